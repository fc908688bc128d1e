"""What the chain offers for sale, by whom and to whom, as last seen: platforms, contents, learners.

Kept in memory because every payment is checked against it; `zhifu.indexer` brings it up to date.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from zhifu.batch import Facts
from zhifu.exceptions import UnknownContent
from zhifu.models import PlatformStatus
from zhifu.store import Row, Transaction

FIRST_PLAN_VERSION = 1


class PlatformRecord(NamedTuple):
    """A member of the network; shares in basis points."""

    number: int
    name: str
    owner: str
    treasury: str
    network_bps: int
    host_bps: int
    status: PlatformStatus


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
        self._platforms: dict[int, PlatformRecord] = {}
        self._contents: dict[int, Content] = {}
        self._by_ref: dict[tuple[int, str], int] = {}
        self._windows: dict[int, int] = {}

    def platforms(self) -> Sequence[PlatformRecord]:
        """All platforms, by number."""
        return [self._platforms[number] for number in sorted(self._platforms)]

    def platform(self, number: int) -> PlatformRecord | None:
        """One platform, or None."""
        return self._platforms.get(number)

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
        found = (_platform(row) for row in transaction.rows("platforms"))
        self._platforms = {platform.number: platform for platform in found}
        self._windows = dict(transaction.rows("windows"))

    def load_contents(self, transaction: Transaction, numbers: Iterable[int]) -> None:
        """Read some contents from the database."""
        for number in sorted(numbers):
            for content in _contents(transaction.rows("content", number=number)):
                self._contents[content.number] = content
                self._by_ref.setdefault((content.host, content.ref), content.number)


def _platform(row: Row) -> PlatformRecord:
    number, name, owner, treasury, network_bps, host_bps, status = row
    return PlatformRecord(
        number, name, owner, treasury, network_bps, host_bps, PlatformStatus(status)
    )


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
