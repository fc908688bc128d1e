"""Everything that can be seen of the network, with what the model expects of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.contracts.accounts import ZERO, of_address
from tests.contracts.batch import BatchOrder
from tests.contracts.holds import Hold, unpack
from tests.contracts.model import NOBODY, Ledger, Sale
from tests.contracts.orders import Order, as_number
from tests.contracts.reader import View, differences


@dataclass(frozen=True)
class Contracts:
    """The contracts under test, and the reader of their state."""

    registry: Any
    licences: Any
    settlement: Any
    token: Any
    reader: Any


def words(*values: int) -> int:
    """Return what a call answers with these values, a word each."""
    return int.from_bytes(b"".join(int(value).to_bytes(32, "big") for value in values), "big")


class Views:
    """Compares the chain with the model: every balance, hold, price and verdict."""

    def __init__(
        self,
        chain: Contracts,
        ledger: Ledger,
        people: list[str],
        accounts: list[int],
        proofs: dict[Any, BatchOrder],
    ) -> None:
        self.chain, self.ledger, self.proofs = chain, ledger, proofs
        self.people, self.accounts = people, accounts
        self._data: dict[Any, str] = {}

    def differences(self) -> list[str]:
        """Tell where the chain differs from the model."""
        return differences(self.chain.reader, self.all())

    def all(self) -> list[View]:
        """Return every view of the state."""
        registry = [*self._members(), *self._operators()]
        money = [*self._money(), *self._holds(), *self._lanes(), *self._learners()]
        return [*registry, *money, *self._offers(), *self._verdicts(), *self._records()]

    def token_id(self, sale: Sale) -> int:
        """Return the id of a sale's licence as a token."""
        if isinstance(sale.id, Order):
            return as_number(sale.id.id(self.ledger.settlement))
        return self.proofs[sale.id].id

    def _view(self, expected: Any, target: Any, name: str, *arguments: Any) -> View:
        label = (name, *arguments)
        if label not in self._data:
            self._data[label] = getattr(target, name).encode_input(*arguments)
        answer = expected if callable(expected) else lambda _: int(expected)
        return View(label, target.address, self._data[label], answer)

    def _members(self) -> list[View]:
        return [
            self._view(
                words(
                    int(member.owner, 16),
                    1 if member.active else 2,
                    member.network_bps,
                    member.host_bps,
                    int(member.treasury(self.ledger.now), 16),
                ),
                self.chain.registry,
                "platformOf",
                number,
            )
            for number, member in self.ledger.platforms.items()
        ]

    def _operators(self) -> list[View]:
        keys = dict.fromkeys(self.people, (0, 0, False))
        known = self.ledger.operators.items()
        keys |= {key: (each.platform, each.lane, each.active) for key, each in known}
        return [
            self._view(words(*known), self.chain.registry, "operatorOf", key)
            for key, known in keys.items()
        ]

    def _money(self) -> list[View]:
        token, settlement, ledger = self.chain.token, self.chain.settlement, self.ledger
        addresses = [*self.people, ledger.settlement]
        tokens = [self._view(ledger.tokens[each], token, "balanceOf", each) for each in addresses]
        return tokens + [
            self._view(ledger.available[each], settlement, "availableOf", each)
            for each in self.accounts
        ]

    def _holds(self) -> list[View]:
        settlement, classes = self.chain.settlement, range(len(self.ledger.windows))
        contents = [
            self._view(self._hold((number, version)), settlement, "holdOf", number, version)
            for number, content in self.ledger.contents.items()
            for version in content.plans
        ]
        return contents + [
            self._view(self._hold((account, class_)), settlement, "commissionOf", account, class_)
            for account in self.accounts
            for class_ in classes
        ]

    def _hold(self, hold: Any) -> Callable[[int], int]:
        def expected(raw: int) -> int:
            epoch, bucket = unpack(raw).epoch, self.ledger.bucket
            matured, previous = bucket(hold, 0, epoch - 2), bucket(hold, epoch - 1, epoch - 1)
            captured = bucket(hold, epoch, 2**24)
            return Hold(matured, previous, captured, epoch).packed() | raw >> 192 << 192

        return expected

    def _lanes(self) -> list[View]:
        lanes = {(each.platform, each.lane) for each in self.ledger.operators.values()}
        return [
            self._view(self.ledger.lanes[lane] + 1, self.chain.settlement, "nextBatch", *lane)
            for lane in lanes
        ]

    def _offers(self) -> list[View]:
        days = range(self.ledger.today - 1, self.ledger.today + 6)
        paused = self._view(self.ledger.paused, self.chain.settlement, "paused")
        return [paused, *self._plans()] + [
            self._view(
                content.price_on(day) << 256 | content.active,
                self.chain.settlement,
                "priceOn",
                number,
                day,
            )
            for number, content in self.ledger.contents.items()
            for day in days
        ]

    def _plans(self) -> list[View]:
        ledger, settlement = self.ledger, self.chain.settlement
        return [
            self._view(
                content.version_in(ledger.epoch(content.class_)),
                settlement,
                "planVersionOf",
                number,
            )
            for number, content in ledger.contents.items()
        ]

    def _learners(self) -> list[View]:
        """The accounts of learners that ever had something."""
        ledger, settlement = self.ledger, self.chain.settlement
        accounts = [each for each in ledger.available if each >> 248 == 2]
        money = [self._view(ledger.available[a], settlement, "availableOf", a) for a in accounts]
        money += [
            self._view(
                words(ledger.top_up_limit(number), ledger.top_up_left(number)),
                settlement,
                "topUpLimitOf",
                number,
            )
            for number in ledger.platforms
        ]
        keyed = {*ledger.account_keys, *ledger.offers}
        return money + [self._view(self._keys(each), settlement, "keysOf", each) for each in keyed]

    def _keys(self, account: int) -> int:
        key = self.ledger.account_keys.get(account, ZERO)
        offered, since = self.ledger.offers.get(account, (ZERO, 0))
        return words(of_address(key), of_address(offered), since)

    def _records(self) -> list[View]:
        return [view for sale in self.ledger.sales.values() for view in self._record(sale)]

    def _record(self, sale: Sale) -> list[View]:
        """What is stored of an order: its facts, a request and a dispute."""
        settlement, order_id, dispute = self.chain.settlement, self.token_id(sale), sale.dispute
        opened = (dispute.opener, dispute.bond, dispute.deadline) if dispute else (0, 0, 0)
        return [
            self._view(sale.stored_facts(), settlement, "factsOf", order_id),
            self._view(sale.answer_by, settlement, "answerByOf", order_id),
            self._view(words(*opened), settlement, "disputeOf", order_id),
        ]

    def _verdicts(self) -> list[View]:
        return [view for sale in self.ledger.sales.values() for view in self._verdicts_on(sale)]

    def _verdicts_on(self, sale: Sale) -> list[View]:
        licences, verifies = self.chain.licences, self.ledger.verifies
        if isinstance(sale.id, Order):
            call: Any = ("verify", sale.id)
            claimants = {sale.licensee, sale.holder or self.people[0]}
        else:
            call = ("verifyBatch", self.proofs[sale.id])
            claimants = {sale.licensee, sale.licensee % len(self.ledger.homes) + 1}
        views = [self._view(verifies(sale, each), licences, *call, each) for each in claimants]
        if sale.holder != NOBODY:
            token = (self.token_id(sale), sale.content, sale.holder)
            views.append(self._view(self.ledger.grants(sale), licences, "verifyToken", *token))
        return views
