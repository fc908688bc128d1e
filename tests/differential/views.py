"""What can be seen of the network, on the machine and in the model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from tests.differential.machine import Reverted
from tests.differential.model.batches import Batch
from tests.differential.model.contents import Version
from tests.differential.model.holds import Hold
from tests.differential.model.sales import Sale
from tests.differential.model.words import NETWORK, WHOLE_BPS, ZERO, of_address
from tests.differential.world import PEOPLE, World

BUCKET = 2**56 - 1
FOREVER = 2**64 - 1
SALE_PRICE = 10**12 + 7
REGISTRY, LICENSE = "PlatformRegistry", "ContentLicense"
SETTLEMENT, TOKEN = "Settlement", "SettlementToken"

Key = tuple[str, Any]


class View(NamedTuple):
    """A question to a contract and the model's answer to it."""

    contract: str
    function: str
    arguments: tuple[Any, ...]
    answer: tuple[Any, ...]


class Buckets(NamedTuple):
    """A question for a hold, and what the model has in it at present."""

    function: str
    arguments: tuple[Any, ...]
    hold: Hold


class Views:
    """Compares a world's machine with its model."""

    def __init__(self, world: World) -> None:
        self._world, self._model = world, world.model
        self._of: dict[str, Callable[[Any], Iterator[View | Buckets]]] = {
            "window": self._window,
            "paused": self._paused,
            "platform": self._platform,
            "role": self._role,
            "operator": self._operator,
            "named": self._named,
            "home": self._home,
            "key": self._key,
            "binding": self._binding,
            "content": self._content,
            "available": self._available,
            "account keys": self._account_keys,
            "top-up limit": self._top_up_limit,
            "nonces": self._nonces,
            "content hold": self._content_hold,
            "commission": self._commission,
            "sale": self._sale,
            "request": self._request,
            "dispute": self._dispute,
            "lane": self._lane,
            "batch": self._batch,
            "spent": self._spent,
            "token": self._token,
            "approval": self._approval,
            "balance": self._balance,
            "allowance": self._allowance,
            "mint allowance": self._mint_allowance,
            "permit nonce": self._permit_nonce,
            "used": self._used,
        }

    def differences(self, keys: set[Key]) -> list[str]:
        """Return what differs under some keys."""
        views = (view for kind, key in keys for view in self._of[kind](key))
        return [found for found in map(self._difference, views) if found]

    def all_keys(self) -> set[Key]:
        """Return the keys of everything that there is to see."""
        model = self._model
        keys: set[Key] = {(table.kind, key) for table in model.tables() for key in table}
        keys |= {("content hold", version) for version in model.holds.contents}
        keys |= {("commission", key) for key in model.holds.commissions}
        keys |= {("available", of_address(each)) for each in PEOPLE.all}
        keys |= {("balance", each) for each in PEOPLE.all}
        keys |= {("window", class_) for class_ in range(len(model.classes.windows))}
        return keys | {("platform", NETWORK), ("paused", None)}

    def _difference(self, view: View | Buckets) -> str:
        if isinstance(view, Buckets):
            return self._hold_difference(view)
        contract = self._world.contracts[view.contract]
        expected = contract.returned(view.function, view.answer)
        seen = self._ask(view.contract, view.function, view.arguments)
        return "" if seen == expected else f"{view}: the machine says {seen.hex()}"

    def _hold_difference(self, view: Buckets) -> str:
        raw = int.from_bytes(self._ask(SETTLEMENT, view.function, view.arguments), "big")
        now, waiting = self._model.classes.epoch(view.hold.class_), view.hold.by_epoch
        wanted = (waiting.get(now, 0), waiting.get(now - 1, 0), view.hold.matured(now))
        seen = buckets(raw, now)
        return "" if seen == wanted else f"{view}: {wanted}, the machine says {seen}"

    def _ask(self, contract: str, function: str, arguments: tuple[Any, ...]) -> bytes:
        known = self._world.contracts[contract]
        try:
            return self._world.machine.view(known.address, known.calldata(function, arguments))
        except Reverted as refusal:
            return refusal.output

    # The registry

    def _window(self, class_: int) -> Iterator[View]:
        yield View(SETTLEMENT, "windowOf", (class_,), (self._model.classes.windows[class_],))

    def _paused(self, _: None) -> Iterator[View]:
        yield View(SETTLEMENT, "paused", (), (self._model.selling.paused,))

    def _platform(self, platform: int) -> Iterator[View]:
        known, now = self._model.platforms.get(platform), self._model.now
        yield View(REGISTRY, "platformOf", (platform,), (known.terms(now),))
        yield View(REGISTRY, "changesOf", (platform,), (known.changes(now),))
        yield View(REGISTRY, "platformCount", (), (len(self._model.platforms.members),))

    def _role(self, role: int) -> Iterator[View]:
        roles = self._model.roles
        yield View(REGISTRY, "arbiter", (), (roles.arbiter,))
        yield View(REGISTRY, "pauser", (), (roles.pauser,))
        yield View(REGISTRY, "pendingRole", (role,), (roles.nominees[role].as_tuple(),))

    def _operator(self, key: str) -> Iterator[View]:
        known = self._model.operators[key]
        values = (known.platform, known.lane, known.active)
        yield View(REGISTRY, "operatorOf", (key,), (values,))

    def _named(self, key: tuple[int, str]) -> Iterator[View]:
        yield View(REGISTRY, "isNamed", key, (self._model.operators.named[key],))

    def _home(self, learner: int) -> Iterator[View]:
        learners = self._model.learners
        yield View(REGISTRY, "homeOf", (learner,), (learners.home_of(learner),))
        yield View(REGISTRY, "learnerCount", (), (learners.highest,))

    def _key(self, learner: int) -> Iterator[View]:
        yield View(REGISTRY, "keyOf", (learner,), (self._model.learners.keys[learner],))

    def _binding(self, key: tuple[int, int]) -> Iterator[View]:
        yield View(REGISTRY, "bindingOf", key, (self._model.learners.bindings[key],))

    # Content and licences

    def _content(self, number: int) -> Iterator[View]:
        contents = self._model.contents
        content = contents.known[number]
        if content is None:
            return
        for day in range(contents.today - 1, contents.today + 4):
            answer = (content.price_on(day), content.active)
            yield View(SETTLEMENT, "priceOn", (number, day), answer)
        for version in range(max(1, len(content.plans) - 1), len(content.plans) + 1):
            plan = (content.host, content.plan(version))
            yield View(LICENSE, "planOf", (number, version), plan)
        in_force = contents.version_of(content)
        yield View(SETTLEMENT, "planVersionOf", (number,), (in_force,))
        yield View(LICENSE, "planCount", (number,), (len(content.plans),))
        yield View(LICENSE, "termsOf", (number,), (content.terms,))
        yield View(LICENSE, "contentCount", (), (len(contents.known),))

    def _token(self, number: int) -> Iterator[View]:
        token, sale = self._model.licences.tokens[number], self._model.sales.known[number]
        yield View(LICENSE, "holderOf", (number,), (token.holder,))
        if token.holder == ZERO or sale is None:
            yield View(LICENSE, "userExpires", (number,), (0,))
            return
        shown = (number, token.content, token.holder)
        verifies = self._model.licences.verifies_token(*shown)
        yield View(LICENSE, "verifyToken", shown, (verifies,))
        yield View(LICENSE, "locked", (number,), (self._model.licences.is_locked(token),))
        yield View(LICENSE, "userOf", (number,), (token.holder if verifies else ZERO,))
        yield View(LICENSE, "expiresAt", (number,), (sale.facts.ends_at,))
        yield View(LICENSE, "userExpires", (number,), (sale.facts.ends_at or FOREVER,))
        yield from self._royalty(number, sale)

    def _approval(self, key: tuple[str, str]) -> Iterator[View]:
        yield View(LICENSE, "isApprovedForAll", key, (self._model.licences.approvals[key],))

    def _royalty(self, number: int, sale: Sale) -> Iterator[View]:
        content = self._model.contents.known[sale.content]
        if content:
            plan = content.plan(self._model.contents.version_of(content))
            royalty = SALE_PRICE * content.terms.royalty_bps // WHOLE_BPS
            answer = (plan.creators[0][0], royalty)
            yield View(LICENSE, "royaltyInfo", (number, SALE_PRICE), answer)
            yield View(LICENSE, "isRenewable", (number,), (content.terms.renewable,))

    # Money

    def _available(self, account: int) -> Iterator[View]:
        available = self._model.accounts.available[account]
        yield View(SETTLEMENT, "availableOf", (account,), (available,))

    def _account_keys(self, account: int) -> Iterator[View]:
        custody = self._model.custody
        answer = (custody.keys[account], *custody.offers[account].as_tuple())
        yield View(SETTLEMENT, "keysOf", (account,), answer)

    def _top_up_limit(self, platform: int) -> Iterator[View]:
        limit = self._model.custody.limits[platform].current(self._model.now)
        answer = (limit, self._model.custody.left(platform))
        yield View(SETTLEMENT, "topUpLimitOf", (platform,), answer)

    def _nonces(self, key: tuple[str, int]) -> Iterator[View]:
        yield View(SETTLEMENT, "noncesOf", key, (self._model.nonces.words[key],))

    def _content_hold(self, version: Version) -> Iterator[Buckets]:
        yield Buckets("holdOf", version, self._model.holds.contents[version])

    def _commission(self, key: tuple[int, int]) -> Iterator[Buckets]:
        yield Buckets("commissionOf", key, self._model.holds.commissions[key])

    def _balance(self, owner: str) -> Iterator[View]:
        yield View(TOKEN, "balanceOf", (owner,), (self._model.tokens.balances[owner],))

    def _allowance(self, key: tuple[str, str]) -> Iterator[View]:
        yield View(TOKEN, "allowance", key, (self._model.tokens.allowances[key],))

    def _mint_allowance(self, minter: str) -> Iterator[View]:
        left = self._model.tokens.mint_allowances[minter]
        yield View(TOKEN, "mintAllowance", (minter,), (left,))

    def _permit_nonce(self, owner: str) -> Iterator[View]:
        yield View(TOKEN, "nonces", (owner,), (self._model.tokens.nonces[owner],))

    def _used(self, key: tuple[str, bytes]) -> Iterator[View]:
        yield View(TOKEN, "authorizationState", key, (self._model.tokens.used[key],))

    # Orders

    def _sale(self, order_id: int) -> Iterator[View]:
        sale = self._model.sales.known[order_id]
        if sale is None:
            return
        yield View(SETTLEMENT, "factsOf", (order_id,), (sale.stored(),))
        yield from self._batch_order(sale) if sale.place else self._direct_order(sale)

    def _direct_order(self, sale: Sale) -> Iterator[View]:
        order = self._model.orders.stated[sale.id]
        verifies = self._model.licences.verifies(order, order.receiver)
        yield View(LICENSE, "verify", (order, order.receiver), (verifies,))

    def _batch_order(self, sale: Sale) -> Iterator[View]:
        assert sale.place is not None
        order = self._model.batches.show(sale.place)
        verifies = self._model.licences.verifies_batch(order, sale.learner)
        yield View(LICENSE, "verifyBatch", (order, sale.learner), (verifies,))
        yield View(SETTLEMENT, "inspectBatch", (order,), (True, sale.present()))

    def _request(self, order_id: int) -> Iterator[View]:
        answer_by = self._model.requests.answer_by[order_id]
        yield View(SETTLEMENT, "answerByOf", (order_id,), (answer_by,))

    def _dispute(self, order_id: int) -> Iterator[View]:
        yield View(SETTLEMENT, "disputeOf", (order_id,), (self._model.disputes.open[order_id],))

    def _lane(self, key: tuple[int, int]) -> Iterator[View]:
        yield View(SETTLEMENT, "nextBatch", key, (self._model.batches.last[key] + 1,))

    def _batch(self, key: tuple[int, int, int]) -> Iterator[View]:
        batch = self._model.batches.settled[key]
        assert isinstance(batch, Batch)
        yield View(SETTLEMENT, "rootOf", key, (batch.root,))

    def _spent(self, key: tuple[int, int, int, int]) -> Iterator[View]:
        yield View(SETTLEMENT, "spentOf", key, (self._model.sales.spent[key],))


def buckets(raw: int, now: int) -> tuple[int, int, int]:
    """Return a stored hold as (captured, previous, matured), seen from an epoch."""
    matured, previous, captured = (raw >> shift & BUCKET for shift in (0, 56, 112))
    age = now - (raw >> 168 & 0xFFFFFF)
    if age == 0:
        return captured, previous, matured
    if age == 1:
        return 0, captured, matured + previous
    return 0, 0, matured + previous + captured
