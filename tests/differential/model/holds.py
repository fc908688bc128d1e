"""Where captured money waits (SPLIT-2, SPLIT-5, INV-2).

A hold's bucket of 2^56 ledger units (SPLIT-4) takes more orders than a walk has.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.differential.model.contents import Version
from tests.differential.model.facts import Facts
from tests.differential.model.refusal import Rules
from tests.differential.model.words import ZERO, of_address, of_platform

if TYPE_CHECKING:
    from tests.differential.model import Model


@dataclass
class Hold:
    """Ledger units by the epoch they were captured in."""

    class_: int
    by_epoch: dict[int, int] = field(default_factory=dict)

    def total(self) -> int:
        """Return all that waits."""
        return sum(self.by_epoch.values())

    def matured(self, epoch: int) -> int:
        """Return what can be released in an epoch."""
        return sum(units for captured, units in self.by_epoch.items() if captured + 2 <= epoch)


class Holds:
    """One hold per content and plan version, and one per (account, class) for commissions."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.contents: dict[Version, Hold] = {}
        self.commissions: dict[tuple[int, int], Hold] = {}

    def capture(self, content: int, seller: int, referrer: str, facts: Facts, orders: int) -> None:
        """Put the parts of some equal orders into the holds (ORDER-4, BATCH-8)."""
        parts = facts.parts(facts.price)
        self._add(content, seller, referrer, facts, [part * orders for part in parts])

    def require_open(self, facts: Facts, rules: Rules) -> None:
        """Require that an order can still be refunded (REFUND-1)."""
        now = self._model.classes.epoch(facts.class_)
        rules.require(now <= facts.epoch + 1, "RefundWindowClosed", facts.epoch, now)

    def take_back(
        self, content: int, seller: int, referrer: str, facts: Facts, left: int, amount: int
    ) -> None:
        """Take from the holds what goes beyond the split of what stays (REFUND-2, REFUND-6)."""
        before, after = facts.parts(left), facts.parts(left - amount)
        changes = [b - a for a, b in zip(before, after, strict=True)]
        self._add(content, seller, referrer, facts, changes)

    def drain(self, hold: Hold, kind: str, key: Any) -> int:
        """Take out all that has matured (RELEASE-1, RELEASE-2)."""
        now = self._model.classes.epoch(hold.class_)
        amount = hold.matured(now)
        hold.by_epoch = {epoch: units for epoch, units in hold.by_epoch.items() if epoch + 2 > now}
        self._model.touched.add((kind, key))
        return amount

    def total(self) -> int:
        """Return all that waits in all holds."""
        holds = [*self.contents.values(), *self.commissions.values()]
        return sum(hold.total() for hold in holds)

    def _add(
        self, content: int, seller: int, referrer: str, facts: Facts, parts: list[int]
    ) -> None:
        revenue, sellers, referrers = parts
        self._put(self._of_version((content, facts.plan_version), facts), facts, revenue)
        if seller:
            self._put(self._of_account(of_platform(seller), facts), facts, sellers)
        if referrer != ZERO:
            self._put(self._of_account(of_address(referrer), facts), facts, referrers)

    def _of_version(self, version: Version, facts: Facts) -> Hold:
        self._model.touched.add(("content hold", version))
        return self.contents.setdefault(version, Hold(facts.class_))

    def _of_account(self, account: int, facts: Facts) -> Hold:
        key = (account, facts.class_)
        self._model.touched.add(("commission", key))
        return self.commissions.setdefault(key, Hold(facts.class_))

    @staticmethod
    def _put(hold: Hold, facts: Facts, units: int) -> None:
        hold.by_epoch[facts.epoch] = hold.by_epoch.get(facts.epoch, 0) + units
