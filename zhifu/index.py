"""What the chain offers for sale, by whom and to whom, as last seen: platforms, contents, learners.

Kept in memory because every payment is checked against it; `zhifu.indexer` brings it up to date.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from zhifu.batch import Facts
from zhifu.exceptions import UnknownContent
from zhifu.models import PlatformStatus
from zhifu.store import Row, Transaction

FIRST_PLAN_VERSION = 1


class PlatformRecord(NamedTuple):
    """A member of the network on the terms of one moment; shares in basis points."""

    number: int
    name: str
    owner: str
    treasury: str
    network_bps: int
    host_bps: int
    status: PlatformStatus


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
    """A content with its prices (ledger units) by the day (since 1970, UTC) they hold from."""

    number: int
    host: int
    ref: str
    window_class: int
    commission_bps: int
    referrer_bps: int
    active: bool
    price_days: tuple[int, ...]
    prices: tuple[int, ...]

    def price_on(self, day: int) -> int:
        """The price that holds on a day."""
        return self.prices[max(0, bisect_right(self.price_days, day) - 1)]


class Cursor(NamedTuple):
    """A block the index has followed the chain to."""

    block_number: int
    block_hash: str


class Index:
    """Everything sellable on the chain, up to `cursor` (None before the first look)."""

    def __init__(self) -> None:
        self.cursor: Cursor | None = None
        self.learners = 0
        self._members: dict[int, Member] = {}
        self._contents: dict[int, Content] = {}
        self._by_ref: dict[tuple[int, str], int] = {}
        self._windows: dict[int, int] = {}

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

    def content(self, number: int) -> Content | None:
        """One content, or None."""
        return self._contents.get(number)

    def content_by_ref(self, host: int, ref: str) -> Content | None:
        r"""A host's content by the host's own name for it, or None.

        Bytes of a name that are not UTF-8 are spelled as `\xff`; the first content of a spelling
        has it.
        """
        return self._contents.get(self._by_ref.get((host, ref), 0))

    def facts(self, number: int, sale_day: int, timestamp: int) -> Facts:
        """What the contract read for an unreferred order, settled at `timestamp`, of a content."""
        content = self._contents.get(number)
        if content is None:
            raise UnknownContent(number)
        return Facts(
            content.price_on(sale_day),
            content.commission_bps,
            0,
            FIRST_PLAN_VERSION,
            content.window_class,
            timestamp // self._windows[content.window_class],
        )

    def referrer_bps(self, number: int) -> int:
        """What a named referrer gets of a content's price."""
        return self._contents[number].referrer_bps

    def load(self, transaction: Transaction) -> None:
        """Read everything from the database."""
        found = transaction.row("cursor")
        self.cursor, self.learners = (Cursor(*found[:2]), found[2]) if found else (None, 0)
        # Built aside and put in place at once: other threads read meanwhile.
        contents = {each.number: each for each in _contents(transaction.rows("contents"))}
        by_ref: dict[tuple[int, str], int] = {}
        for each in contents.values():
            by_ref.setdefault((each.host, each.ref), each.number)
        self._contents, self._by_ref = contents, by_ref
        self.load_members(transaction)

    def load_members(self, transaction: Transaction) -> None:
        """Read platforms and refund windows from the database."""
        found = (_member(row) for row in transaction.rows("platforms"))
        self._members = {member.number: member for member in found}
        self._windows = dict(transaction.rows("windows"))

    def load_contents(self, transaction: Transaction, numbers: Iterable[int]) -> None:
        """Read some contents from the database."""
        for number in sorted(numbers):
            for content in _contents(transaction.rows("content", number=number)):
                self._contents[content.number] = content
                self._by_ref.setdefault((content.host, content.ref), content.number)


def _member(row: Row) -> Member:
    number, name, owner, status, *terms = row
    treasury, network_bps, host_bps = (Term(*terms[at : at + 3]) for at in (0, 3, 6))
    return Member(number, name, owner, PlatformStatus(status), treasury, network_bps, host_bps)


def _contents(rows: Sequence[Row]) -> Iterator[Content]:
    for _, prices in groupby(rows, itemgetter(0)):
        group = list(prices)
        number, host, ref, window_class, commission_bps, referrer_bps, active = group[0][:7]
        yield Content(
            number,
            host,
            ref,
            window_class,
            commission_bps,
            referrer_bps,
            bool(active),
            tuple(row[7] for row in group),
            tuple(row[8] for row in group),
        )
