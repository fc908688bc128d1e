"""Where captured money waits (SPLIT-2, INV-2).

A hold's bucket of 2^56 ledger units (SPLIT-4) takes more orders than a walk has.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.differential.model.plans import Facts
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
    """One hold per content, and one per (account, class) for commissions."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.contents: dict[int, Hold] = {}
        self.commissions: dict[tuple[int, int], Hold] = {}

    def capture(
        self, content: int, seller: int, referrer: str, facts: Facts, count: int = 1
    ) -> None:
        """Put the parts of some equal orders into the holds (ORDER-4, BATCH-8)."""
        for hold, units in self._parts(content, seller, referrer, facts):
            self._add(hold, facts.epoch, units * count)

    def require_open(self, facts: Facts, rules: Rules) -> None:
        """Require that an order can still be refunded (REFUND-1)."""
        now = self._model.classes.epoch(facts.class_)
        rules.require(now <= facts.epoch + 1, "RefundWindowClosed", facts.epoch, now)

    def take_back(self, content: int, seller: int, referrer: str, facts: Facts) -> None:
        """Take from the holds what an order put in (REFUND-2)."""
        for hold, units in self._parts(content, seller, referrer, facts):
            self._add(hold, facts.epoch, -units)

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

    def _parts(
        self, content: int, seller: int, referrer: str, facts: Facts
    ) -> list[tuple[Hold, int]]:
        revenue, sellers, referrers = facts.parts()
        parts = [(self._of_content(content, facts.class_), revenue)]
        parts.append((self._of_account(of_platform(seller), facts.class_), sellers))
        if referrer != ZERO:
            parts.append((self._of_account(of_address(referrer), facts.class_), referrers))
        return parts

    def _of_content(self, content: int, class_: int) -> Hold:
        self._model.touched.add(("content hold", content))
        return self.contents.setdefault(content, Hold(class_))

    def _of_account(self, account: int, class_: int) -> Hold:
        self._model.touched.add(("commission", (account, class_)))
        return self.commissions.setdefault((account, class_), Hold(class_))

    @staticmethod
    def _add(hold: Hold, epoch: int, units: int) -> None:
        hold.by_epoch[epoch] = hold.by_epoch.get(epoch, 0) + units
