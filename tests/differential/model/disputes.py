"""Disputes (DISPUTE)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tests.differential.model.batches import BatchOrder
from tests.differential.model.classes import DAY
from tests.differential.model.facts import CLAIMED, DISPUTED, PAID_OUT
from tests.differential.model.orders import Order
from tests.differential.model.refusal import Rules
from tests.differential.model.sales import Sale
from tests.differential.model.table import Table
from tests.differential.model.words import (
    NETWORK,
    of_address,
    of_learner,
    of_platform,
)

if TYPE_CHECKING:
    from tests.differential.model import Model

SETTLEMENT = "Settlement"
DECISION_SECONDS = 14 * DAY
NO_EVIDENCE = bytes(32)


class Dispute(NamedTuple):
    """A dispute that is not over; the bond is in ledger units."""

    opener: int
    bond: int
    deadline: int


NONE = Dispute(0, 0, 0)


class Disputes:
    """The disputes that are not over, by order id."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.open: Table[int, Dispute] = Table("dispute", model.touched, NONE)

    def total(self) -> int:
        """Return what is in dispute, with the bonds (INV-1)."""
        known = self._model.sales.known
        sales = ((known[order_id], dispute) for order_id, dispute in self.open.items())
        return sum(sale.left + d.bond for sale, d in sales if sale and sale.has(DISPUTED))

    # Verbs

    def open_dispute(self, caller: str, order: Any, evidence: bytes) -> None:
        """DISPUTE-1, DISPUTE-2."""
        rules, order = Rules(), Order(*order)
        sale = self._model.orders.require_standing(order, rules)
        parties = (order.buyer, order.receiver)
        self._open(caller, sale, caller in parties, evidence, rules)

    def open_batch_dispute(self, caller: str, order: Any, evidence: bytes) -> None:
        """DISPUTE-1, DISPUTE-2."""
        rules, order = Rules(), BatchOrder(*order)
        sale = self._model.batches.require_standing(order, rules)
        account = of_learner(order.platform, order.learner)
        parties = (self._model.learners.keys[order.learner], self._model.custody.keys[account])
        self._open(caller, sale, caller in parties, evidence, rules)

    def resolve_dispute(self, caller: str, order: Any, to_refund: bool, evidence: bytes) -> None:
        """DISPUTE-3."""
        rules, order = Rules(), Order(*order)
        sale = self._model.orders.require_standing(order, rules)
        self._resolve(caller, sale, to_refund, evidence, rules)

    def resolve_batch_dispute(
        self, caller: str, order: Any, to_refund: bool, evidence: bytes
    ) -> None:
        """DISPUTE-3."""
        rules, order = Rules(), BatchOrder(*order)
        sale = self._model.batches.require_standing(order, rules)
        self._resolve(caller, sale, to_refund, evidence, rules)

    def close_dispute(self, caller: str, order: Any) -> None:
        """DISPUTE-4."""
        rules, order = Rules(), Order(*order)
        self._close(self._model.orders.require_standing(order, rules), rules)

    def close_batch_dispute(self, caller: str, order: Any) -> None:
        """DISPUTE-4."""
        rules, order = Rules(), BatchOrder(*order)
        self._close(self._model.batches.require_standing(order, rules), rules)

    # Opening

    def _open(
        self, caller: str, sale: Sale | None, is_party: bool, evidence: bytes, rules: Rules
    ) -> None:
        if sale is None:
            rules.enforce()
            return
        self._model.sales.require_held(sale, rules)
        opener = of_address(caller) if is_party else self._platform_account(caller, sale, rules)
        bond = -(-sale.left // 10)
        self._model.accounts.require(opener, bond, rules)
        rules.enforce()
        self._model.accounts.debit(opener, bond)
        self._model.sales.take_back(sale, sale.left)
        self._model.sales.keep(sale, DISPUTED)
        deadline = self._model.now + DECISION_SECONDS
        self.open[sale.id] = Dispute(opener, bond, deadline)
        if sale.has(CLAIMED):
            self._model.licences.lock(sale.id)
        values = (sale.left, bond, deadline, evidence)
        self._model.emit(SETTLEMENT, "DisputeOpened", sale.id, sale.content, opener, *values)

    def _platform_account(self, caller: str, sale: Sale, rules: Rules) -> int:
        """Return the account of the platform that an operator acts for (DISPUTE-1)."""
        operator = self._model.platforms.operators[caller]
        parties = {self._model.sales.host(sale)} | ({sale.seller} if sale.place else set())
        may = operator.active and operator.platform in parties
        rules.require(may, "NotParty", caller)
        return of_platform(operator.platform)

    # Ending

    def _resolve(
        self, caller: str, sale: Sale | None, to_refund: bool, evidence: bytes, rules: Rules
    ) -> None:
        arbiter, now = self._model.platforms.roles.arbiter, self._model.now
        rules.require(caller == arbiter, "WrongCaller", caller, arbiter)
        if sale is None:
            rules.enforce()
            return
        dispute = self._require_open(sale, rules)
        rules.require(now < dispute.deadline, "DisputeExpired", dispute.deadline, now)
        rules.enforce()
        self.open[sale.id] = NONE
        if to_refund:
            self._refund(sale, dispute, evidence)
        else:
            self._pay(sale, dispute, evidence)

    def _close(self, sale: Sale | None, rules: Rules) -> None:
        if sale is None:
            rules.enforce()
            return
        dispute, now = self._require_open(sale, rules), self._model.now
        rules.require(now >= dispute.deadline, "TooEarly", now, dispute.deadline)
        rules.enforce()
        self.open[sale.id] = NONE
        self._refund(sale, dispute, NO_EVIDENCE)

    def _require_open(self, sale: Sale, rules: Rules) -> Dispute:
        rules.require(sale.has(DISPUTED), "NotInDispute", sale.id)
        return self.open[sale.id]

    def _refund(self, sale: Sale, dispute: Dispute, evidence: bytes) -> None:
        self._model.accounts.credit(dispute.opener, dispute.bond)
        to_account = self._model.sales.end(sale)
        self._tell(sale, True, to_account, dispute.opener, evidence)

    def _pay(self, sale: Sale, dispute: Dispute, evidence: bytes) -> None:
        accounts, content = self._model.accounts, self._model.contents.known[sale.content]
        assert content is not None
        revenue, sellers, referrers = sale.facts.parts(sale.left)
        plan = content.plan(sale.facts.plan_version)
        for account, units in plan.divide(content.host, revenue):
            accounts.credit(account, units)
        accounts.credit(of_platform(sale.seller), sellers)
        accounts.credit(of_address(sale.referrer), referrers)
        bond_to = self._accused(sale, dispute.opener)
        accounts.credit(bond_to, dispute.bond)
        self._model.sales.keep(sale, PAID_OUT, without=DISPUTED)
        if sale.has(CLAIMED):
            self._model.licences.unlock(sale.id)
        self._tell(sale, False, False, bond_to, evidence)

    def _accused(self, sale: Sale, opener: int) -> int:
        """Return who gets the bond of a dispute that its opener lost (DISPUTE-3)."""
        host = of_platform(self._model.sales.host(sale))
        candidates = [of_platform(sale.seller)] if sale.seller else []
        candidates += [host, of_platform(NETWORK)]
        return next(each for each in candidates if each != opener)

    def _tell(
        self, sale: Sale, refunded: bool, to_account: bool, bond_to: int, evidence: bytes
    ) -> None:
        values = (refunded, to_account, bond_to, evidence)
        self._model.emit(SETTLEMENT, "DisputeResolved", sale.id, sale.content, *values)
