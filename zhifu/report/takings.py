"""What happened on a network, added up while an auditor reads it. Amounts are ledger units."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from zhifu import accounts
from zhifu.accounts import Account
from zhifu.audit.batch import Group, RecomputedBatch
from zhifu.audit.recomputation import Recomputation
from zhifu.audit.records import DAY_SECONDS, Moment, Sold
from zhifu.calldata import read_settle_call
from zhifu.netting import Netting
from zhifu.obligations import Event, Obligations
from zhifu.report.gas import Gas
from zhifu.report.period import Period

Share: TypeAlias = tuple[Account, int]
"""An account and what it gets."""

_Event = Mapping[str, Any]


@dataclass(slots=True)
class Day:
    """One day of the network.

    `disputed` is what went from holds into disputes less what disputes let go of; `released` is
    what left holds or disputes to the payees, `refunded` to the payers.
    """

    orders: int = 0
    sold: int = 0
    refunds: int = 0
    refunded: int = 0
    released: int = 0
    disputed: int = 0
    withdrawn: int = 0

    def add(self, other: Day) -> None:
        """Add another day to this one."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def held(self) -> int:
        """By how much the holds grew."""
        return self.sold - self.refunded - self.released - self.disputed


class Line(NamedTuple):
    """What sales have in common: the seller (0: none), the content, its plan's first creator."""

    seller: int
    content: int
    creator: Account


@dataclass(slots=True)
class Tally:
    """Orders and their prices, and how often and how much was given back of any."""

    orders: int = 0
    sold: int = 0
    refunds: int = 0
    refunded: int = 0

    def add(self, other: Tally) -> None:
        """Add another tally to this one."""
        self.orders += other.orders
        self.sold += other.sold
        self.refunds += other.refunds
        self.refunded += other.refunded


class _At(NamedTuple):
    """The day of an event by number, what it adds to, and whether it is in the period."""

    number: int
    day: Day
    counts: bool


class Takings:
    """The figures of a period, from the events of `state` as they are applied to it.

    `days` has every day on which money moved, from the network's first to the period's last. All
    else is of the period alone: `sales`, those of each day by seller, what was `released` to each
    account, what each `withdrew`, and the `netting`. What happened after the period is not counted.
    """

    def __init__(self, state: Recomputation, period: Period, gas: Gas) -> None:
        self.period = period
        self.gas = gas
        self.days: dict[int, Day] = defaultdict(Day)
        self.sales: dict[Line, Tally] = defaultdict(Tally)
        self.sold_by: Counter[tuple[int, int]] = Counter()
        self.released: Counter[Account] = Counter()
        self.withdrew: Counter[Account] = Counter()
        self.netting = Netting()
        self._obligations = Obligations()
        self._state = state
        self._sold: Iterable[Sold] = ()
        self._in_dispute: dict[int, int] = {}
        self._handlers: dict[str, Callable[[_Event, _At], None]] = {
            "BatchSettled": self._batch_settled,
            "OrderPlaced": self._order_placed,
            "OrderRefunded": self._refunded,
            "BatchOrderRefunded": self._refunded,
            "OrderPartRefunded": self._refunded,
            "DisputeOpened": self._dispute_opened,
            "DisputeResolved": self._dispute_resolved,
            "Released": self._released,
            "CommissionReleased": self._commission_released,
            "Withdrawn": self._withdrawn,
        }

    def witness(self, sold: Iterable[Sold]) -> None:
        """Take note of what is sold, whose event is heard next."""
        self._sold = sold

    def hear(self, name: str, arguments: _Event, moment: Moment) -> None:
        """Add one event, which the state has taken into account."""
        number = moment.timestamp // DAY_SECONDS
        if self.period.is_over(number):
            return
        counts = self.period.has(number)
        self._net(name, arguments, moment, counts=counts)
        handler = self._handlers.get(name)
        if handler is None:
            return
        handler(arguments, _At(number, self.days[number], counts))
        if counts:
            self.gas.note(name, int(arguments.get("orders", 1)), moment.transaction_hash)

    def total(self, first: int | None, last: int | None) -> Day:
        """All that happened from a day to another one (None: as far as there is)."""
        found = Day()
        for number, day in self.days.items():
            if (first is None or first <= number) and (last is None or number <= last):
                found.add(day)
        return found

    def _net(self, name: str, arguments: _Event, moment: Moment, *, counts: bool) -> None:
        event = Event(name, arguments, moment.block_number, moment.timestamp)
        if moment.calldata:
            event = event._replace(call=read_settle_call(moment.calldata))
        movement = self._obligations.take(event)
        if counts and movement is not None:
            movement.into(self.netting)

    # Sales

    def _batch_settled(self, _: _Event, at: _At) -> None:
        batch = self._sold
        if not isinstance(batch, RecomputedBatch):
            raise TypeError("a batch is witnessed before its event is heard")
        for group in batch.groups:
            line = Line(batch.lot.platform, group.content, self._creator(group))
            self._sell(line, group.orders, group.capture.price, at)

    def _order_placed(self, _: _Event, at: _At) -> None:
        (sold,) = self._sold
        self._sell(self._line(sold), 1, sold.price, at)

    def _sell(self, line: Line, orders: int, price: int, at: _At) -> None:
        amount = orders * price
        at.day.add(Day(orders, amount))
        if at.counts:
            self.sales[line].add(Tally(orders, amount))
            self.sold_by[at.number, line.seller] += amount

    def _line(self, sold: Sold) -> Line:
        return Line(sold.seller, sold.content, self._creator(sold))

    def _creator(self, of: Sold | Group) -> Account:
        """The creator who is named first by the plan that something was sold under."""
        *_, creators = self._state.contents.offers[of.content].plans[of.capture.version]
        return accounts.of_address(creators[0][0])

    # What becomes of them

    def _refunded(self, event: _Event, at: _At) -> None:
        order_id = event["orderId"]
        if isinstance(order_id, bytes):
            order_id = int.from_bytes(order_id, "big")
        self._give_back(order_id, event["amount"], at)

    def _dispute_opened(self, event: _Event, at: _At) -> None:
        self._in_dispute[event["orderId"]] = event["amount"]
        at.day.disputed += event["amount"]

    def _dispute_resolved(self, event: _Event, at: _At) -> None:
        amount = self._in_dispute.pop(event["orderId"])
        at.day.disputed -= amount
        if event["refunded"]:
            self._give_back(event["orderId"], amount, at)
        else:
            self._release(amount, self._by_terms(event["orderId"], amount), at)

    def _give_back(self, order_id: int, amount: int, at: _At) -> None:
        at.day.add(Day(refunds=1, refunded=amount))
        if at.counts:
            line = self._line(self._state.order(order_id))
            self.sales[line].add(Tally(refunds=1, refunded=amount))

    # Releases, and what goes out

    def _released(self, event: _Event, at: _At) -> None:
        offer = self._state.contents.offers[event["content"]]
        self._release(event["amount"], offer.shares(event["planVersion"], event["amount"]), at)

    def _commission_released(self, event: _Event, at: _At) -> None:
        self._release(event["amount"], [(event["account"], event["amount"])], at)

    def _by_terms(self, order_id: int, amount: int) -> Iterator[Share]:
        """Who gets what of an amount that a dispute pays by the order's terms."""
        sold = self._state.order(order_id)
        parts = sold.capture.parts(amount)
        yield from self._state.contents.offers[sold.content].shares(
            sold.capture.version, parts.revenue
        )
        yield from sold.earners(parts)

    def _release(self, amount: int, shares: Iterable[Share], at: _At) -> None:
        at.day.released += amount
        if at.counts:
            for account, share in shares:
                self.released[account] += share

    def _withdrawn(self, event: _Event, at: _At) -> None:
        at.day.withdrawn += event["amount"]
        if at.counts:
            self.withdrew[event["account"]] += event["amount"]
