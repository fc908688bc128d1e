"""Money of orders until it is released."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from tests.contracts.model.network import Network
from tests.contracts.model.sale import Sale


@dataclass(eq=False)
class Held:
    """One order's part in a hold; the parts are revenue, seller's and referrer's."""

    sale: Sale
    part: int
    released: int = 0

    @property
    def amount(self) -> int:
        return self.sale.parts()[self.part] if self.is_held else 0

    @property
    def is_held(self) -> bool:
        return self.sale.is_held and not self.released


@dataclass
class Holds(Network):
    """What orders have put into each hold."""

    holds: defaultdict[Any, list[Held]] = field(default_factory=lambda: defaultdict(list))

    def matures_at(self, sale: Sale) -> int:
        """Return when an order's money matures (SPLIT-2)."""
        return (sale.facts.epoch + 2) * self.windows[sale.facts.class_]

    def _mature(self, hold: Any, class_: int) -> int:
        last = self.epoch(class_) - 2
        ripe = [held for held in self.holds[hold] if held.is_held and held.sale.facts.epoch <= last]
        amount = sum(held.amount for held in ripe)
        for held in ripe:
            held.released = held.amount
        return amount

    def bucket(self, hold: Any, first: int, last: int) -> int:
        """Return what a hold has of the epochs from `first` to `last`."""
        entries = self.holds.get(hold, [])
        return sum(h.amount for h in entries if h.is_held and first <= h.sale.facts.epoch <= last)

    def held(self) -> int:
        """Return what all holds have."""
        return sum(held.amount for entries in self.holds.values() for held in entries)
