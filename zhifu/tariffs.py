"""What contents cost and what of it is commission, as the events of the chain set it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from typing import Any

from zhifu.facts import WHOLE_BPS


class Tariff:
    """One content: its host, its prices by day and its commissions by epoch; in ledger units.

    Days count from 1970 (UTC), epochs are those of the content's class of refund windows.
    """

    def __init__(self, host: int, window_class: int, price: int, plan: tuple[Any, ...]) -> None:
        self.host = host
        self.window_class = window_class
        self._days, self._prices = [0], [price]
        self._epochs, self._commissions = [0], [_commission_bps(plan)]

    def reprice(self, from_day: int, price: int) -> None:
        """Set a price in place of all that was set for its first day and later."""
        kept = bisect_left(self._days, from_day)
        self._days[kept:], self._prices[kept:] = [from_day], [price]

    def replan(self, from_epoch: int, plan: tuple[Any, ...]) -> None:
        """Set a plan, in place of one that was to begin in the same epoch."""
        kept = bisect_left(self._epochs, from_epoch)
        self._epochs[kept:], self._commissions[kept:] = [from_epoch], [_commission_bps(plan)]

    def price_on(self, day: int) -> int:
        """The price of a day."""
        return self._prices[bisect_right(self._days, day) - 1]

    def revenue_in(self, epoch: int, amount: int) -> int:
        """What a seller does not keep of an amount that was captured in an epoch (SPLIT-1)."""
        commission_bps = self._commissions[bisect_right(self._epochs, epoch) - 1]
        return amount - amount * commission_bps // WHOLE_BPS


class Tariffs:
    """The tariffs of all contents, from events in chain order."""

    def __init__(self) -> None:
        self._of: dict[int, Tariff] = {}
        self._windows: dict[int, int] = {}

    def take(self, event: str, arguments: Mapping[str, Any]) -> None:
        """Take one of EVENTS into account."""
        if event == "WindowAdded":
            self._windows[arguments["class"]] = arguments["windowSeconds"]
        elif event == "ContentPublished":
            told = (arguments[each] for each in ("host", "class", "price", "plan"))
            self._of[arguments["content"]] = Tariff(*told)
        elif event == "PriceChanged":
            self._of[arguments["content"]].reprice(arguments["fromDay"], arguments["price"])
        elif event == "PlanChanged":
            self._of[arguments["content"]].replan(arguments["fromEpoch"], arguments["plan"])

    def of(self, content: int) -> Tariff:
        """The tariff of a content; raises KeyError for one that was not published."""
        return self._of[content]

    def epoch(self, tariff: Tariff, timestamp: int) -> int:
        """The epoch of a tariff's class at a time (Unix seconds)."""
        return timestamp // self._windows[tariff.window_class]


EVENTS = frozenset({"WindowAdded", "ContentPublished", "PriceChanged", "PlanChanged"})


def _commission_bps(plan: tuple[Any, ...]) -> int:
    seller_bps, referrer_bps, *_ = plan
    return int(seller_bps) + int(referrer_bps)
