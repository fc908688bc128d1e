"""What the chain offers for sale, by whom and to whom, as last seen: platforms, contents, learners.

Kept in memory because every payment is checked against it; `zhifu.indexer` brings it up to date.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from zhifu.exceptions import UnknownContent
from zhifu.facts import OrderState, Quote
from zhifu.models import PlatformStatus
from zhifu.store import Row, Transaction

FIRST_PLAN_VERSION = 1

#: The queries for the rows of one content.
_OF_ONE = ("content", "content_plans", "content_prices")


class PlatformRecord(NamedTuple):
    """A member of the network on the terms of one moment; shares in basis points."""

    number: int
    name: str
    owner: str
    treasury: str
    network_bps: int
    host_bps: int
    status: PlatformStatus


class PlanTerms(NamedTuple):
    """What one version of a split plan gives away at capture, in basis points.

    It is in force from `from_epoch` of the content's class on, until the next one.
    """

    from_epoch: int
    version: int
    commission_bps: int
    referrer_bps: int


class Term(NamedTuple):
    """A term that can change later: what it is before the time `since`, and from then on."""

    before: Any
    after: Any
    since: int

    def at(self, time: int) -> Any:
        """What it is at a time (Unix seconds)."""
        return self.after if time >= self.since else self.before


class Member(NamedTuple):
    """A member of the network with the terms it has and those that were announced."""

    number: int
    name: str
    owner: str
    status: PlatformStatus
    treasury: Term
    network_bps: Term
    host_bps: Term

    def at(self, time: int) -> PlatformRecord:
        """The member on the terms of a moment (Unix seconds)."""
        return PlatformRecord(
            self.number,
            self.name,
            self.owner,
            self.treasury.at(time),
            self.network_bps.at(time),
            self.host_bps.at(time),
            self.status,
        )


class Content(NamedTuple):
    """A content with its plans, and its prices (ledger units) by the first day they hold on.

    Days count from 1970 (UTC). A licence lasts `duration_seconds`, 0 for ever; a `renewable` one
    can be bought for a later time.
    """

    number: int
    host: int
    ref: str
    window_class: int
    duration_seconds: int
    renewable: bool
    active: bool
    plans: tuple[PlanTerms, ...]
    price_days: tuple[int, ...]
    prices: tuple[int, ...]

    def price_on(self, day: int) -> int:
        """The price that holds on a day."""
        return self.prices[max(0, bisect_right(self.price_days, day) - 1)]

    def plan_in(self, epoch: int) -> PlanTerms:
        """The plan in force in an epoch."""
        return next(plan for plan in reversed(self.plans) if plan.from_epoch <= epoch)


class Sale(NamedTuple):
    """What a batch's orders have in common: its sale day, its time, and whether learners paid."""

    day: int
    timestamp: int
    from_learners: bool = False


class Cursor(NamedTuple):
    """A block the index has followed the chain to."""

    block_number: int
    block_hash: str


class Index:
    """Everything sellable on the chain, up to `cursor` (None before the first look).

    The prices of days up to `priced_day` are known for good: those of a later one may still be set.
    `builds` is odd while the index is made anew, and is another number after that: what was looked
    up meanwhile may be missing.
    """

    def __init__(self) -> None:
        self.cursor: Cursor | None = None
        self.learners = 0
        self.priced_day = -1
        self.builds = 0
        self._members: dict[int, Member] = {}
        self._contents: dict[int, Content] = {}
        self._by_ref: dict[tuple[int, str], int] = {}
        self._numbers: list[int] = []
        self._of_host: dict[int, list[int]] = {}
        self._windows: dict[int, int] = {}

    @property
    def counts(self) -> tuple[int, int, int]:
        """How many platforms, learners and contents there are."""
        return len(self._members), self.learners, len(self._contents)

    def platforms(self, time: int) -> Sequence[PlatformRecord]:
        """All platforms by number, on the terms of a moment (Unix seconds)."""
        return [self._members[number].at(time) for number in sorted(self._members)]

    def platform(self, number: int) -> Member | None:
        """One platform, or None."""
        return self._members.get(number)

    def contents(self, host: int | None = None) -> Sequence[Content]:
        """All contents, or those of one host, by number."""
        found = (self._contents[number] for number in sorted(self._contents))
        return [each for each in found if host is None or each.host == host]

    def page(self, before: int, limit: int, host: int | None = None) -> Sequence[Content]:
        """At most `limit` contents below a number, of all hosts or of one, the highest first."""
        numbers = self._numbers if host is None else self._of_host.get(host, [])
        end = bisect_left(numbers, before)
        found = (self._contents.get(number) for number in numbers[max(0, end - limit) : end][::-1])
        return [each for each in found if each is not None]

    def content(self, number: int) -> Content | None:
        """One content, or None."""
        return self._contents.get(number)

    def content_by_ref(self, host: int, ref: str) -> Content | None:
        r"""A host's content by the host's own name for it, or None.

        Bytes of a name that are not UTF-8 are spelled as `\xff`; the first content of a spelling
        has it.
        """
        return self._contents.get(self._by_ref.get((host, ref), 0))

    def quote(self, number: int, sale: Sale) -> Quote:
        """What the contract read of a content for a batch; raises UnknownContent."""
        content = self._contents.get(number)
        if content is None:
            raise UnknownContent(number)
        epoch = self.epoch(content.window_class, sale.timestamp)
        plan = content.plan_in(epoch)
        return Quote(
            content.price_on(sale.day),
            plan.commission_bps,
            plan.referrer_bps,
            plan.version,
            content.window_class,
            epoch,
            sale.timestamp,
            content.duration_seconds,
            OrderState.FROM_LEARNER if sale.from_learners else OrderState(0),
        )

    def epoch(self, window_class: int, time: int) -> int:
        """The epoch of a class at a time (Unix seconds)."""
        return time // self._windows[window_class]

    def load(self, transaction: Transaction) -> None:
        """Read everything from the database."""
        found = transaction.row("cursor")
        self.cursor, self.learners = (Cursor(*found[:2]), found[2]) if found else (None, 0)
        # Built aside and put in place at once: other threads read meanwhile.
        found_contents = _contents(
            transaction.rows("contents"), transaction.rows("plans"), transaction.rows("prices")
        )
        contents = {each.number: each for each in found_contents}
        by_ref: dict[tuple[int, str], int] = {}
        for each in contents.values():
            by_ref.setdefault((each.host, each.ref), each.number)
        numbers, of_host = sorted(contents), dict[int, list[int]]()
        for number in numbers:
            of_host.setdefault(contents[number].host, []).append(number)
        self._contents, self._by_ref = contents, by_ref
        self._numbers, self._of_host = numbers, of_host
        self.load_members(transaction)

    def load_members(self, transaction: Transaction) -> None:
        """Read platforms and refund windows from the database."""
        found = (_member(row) for row in transaction.rows("platforms"))
        self._members = {member.number: member for member in found}
        self._windows = dict(transaction.rows("windows"))

    def load_contents(self, transaction: Transaction, numbers: Iterable[int]) -> None:
        """Read some contents from the database."""
        for number in sorted(numbers):
            found = (transaction.rows(each, number=number) for each in _OF_ONE)
            for content in _contents(*found):
                if content.number not in self._contents:
                    insort(self._numbers, content.number)
                    insort(self._of_host.setdefault(content.host, []), content.number)
                self._contents[content.number] = content
                self._by_ref.setdefault((content.host, content.ref), content.number)


def _member(row: Row) -> Member:
    number, name, owner, status, *terms = row
    treasury, network_bps, host_bps = (Term(*terms[at : at + 3]) for at in (0, 3, 6))
    return Member(number, name, owner, PlatformStatus(status), treasury, network_bps, host_bps)


def _contents(
    contents: Sequence[Row], plans: Sequence[Row], prices: Sequence[Row]
) -> Iterator[Content]:
    """Contents from their rows, and those of their plans and prices, all in the same order."""
    plans_of = {number: tuple(group) for number, group in groupby(plans, itemgetter(0))}
    prices_of = {number: tuple(group) for number, group in groupby(prices, itemgetter(0))}
    for number, host, ref, window_class, duration_seconds, renewable, active in contents:
        yield Content(
            number,
            host,
            ref,
            window_class,
            duration_seconds,
            bool(renewable),
            bool(active),
            tuple(PlanTerms(*row[1:]) for row in plans_of[number]),
            tuple(day for _, day, _ in prices_of[number]),
            tuple(price for _, _, price in prices_of[number]),
        )
