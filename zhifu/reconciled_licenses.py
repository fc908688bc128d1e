"""The chain's batches held against the books' and against the licences that they grant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from zhifu import ids, reasons
from zhifu.booking import PAID_STATES
from zhifu.differences import paired
from zhifu.index import Index
from zhifu.reasons import Reason, Route
from zhifu.reconciled_orders import minor, sold_in
from zhifu.reconciliation import Tally
from zhifu.scope import Scope
from zhifu.spool import Spool
from zhifu.store import Row, Transaction

_DAY_SECONDS = 86_400
_BATCHES_AT_ONCE = 20
_LICENSES_AT_ONCE = 5_000
_END = 2**62


class _Batch(NamedTuple):
    """A batch on chain."""

    id: int
    platform: int
    lane: int
    number: int
    orders: int
    debit: int
    sale_day: int
    words: bytes
    timestamp: int

    @property
    def day(self) -> int:
        """The day of its block (UTC), as `date.toordinal` counts."""
        return self.timestamp // _DAY_SECONDS + date(1970, 1, 1).toordinal()

    @property
    def named(self) -> str:
        """What it is called."""
        return f"batch {(self.platform, self.lane, self.number)}"


class ReconciledLicenses:
    """Goes through the batches that were settled on the days of `scope`, all if it is whole.

    The orders of a lane that the books have no batch of are another gateway's. Notes in `tally`
    what differs.
    """

    def __init__(
        self,
        transaction: Transaction,
        index: Index,
        decimals: int,
        scope: Scope,
        tally: Tally,
    ) -> None:
        self._transaction = transaction
        self._index = index
        self._decimals = decimals
        self._scope = scope
        self._tally = tally
        self._lanes = set(transaction.rows("audited_lanes"))
        self._places: dict[int, tuple[str, int, int]] = {}
        self._granted = Spool(4)

    def close(self) -> None:
        """Forget everything."""
        self._granted.close()

    def compare(self) -> None:
        """Compare batches with the books, and licences with batches."""
        for batch in self._batches():
            orders = dict(sold_in(self._index, batch.sale_day, batch.words))
            self._places[batch.id] = (batch.named, batch.platform, batch.day)
            for position, (learner, content, _) in orders.items():
                self._granted.put((learner, content, batch.id, position))
            self._compare_debit(batch, orders)
            if (batch.platform, batch.lane) in self._lanes:
                self._compare_books(batch, orders)
        self._compare_licenses()

    def _batches(self) -> Iterator[_Batch]:
        since, until, after = self._since, self._until, 0
        while True:
            rows = self._transaction.rows(
                "reconciled_batches", id=after, since=since, until=until, limit=_BATCHES_AT_ONCE
            )
            for row in rows:
                batch = _Batch(*row)._replace(words=bytes(row[7]))
                if self._scope.platform in (None, batch.platform):
                    yield batch
            if len(rows) < _BATCHES_AT_ONCE:
                return
            after = rows[-1][0]

    @property
    def _since(self) -> int:
        return 0 if self._scope.is_whole else _start(self._scope.first)

    @property
    def _until(self) -> int:
        return _END if self._scope.is_whole else _start(self._scope.last + 1)

    # The books

    def _compare_debit(self, batch: _Batch, orders: dict[int, tuple[int, int, int]]) -> None:
        debit = sum(price for _, _, price in orders.values())
        if (debit, len(orders)) != (batch.debit, batch.orders):
            detail = (
                f"{batch.orders} orders for {batch.debit} ledger units by its event,"
                f" {len(orders)} for {debit} by its words"
            )
            self._note(reasons.DEBIT, batch.named, batch, batch.debit - debit, detail)

    def _compare_books(self, batch: _Batch, orders: dict[int, tuple[int, int, int]]) -> None:
        place = {"platform": batch.platform, "lane": batch.lane, "number": batch.number}
        row = self._transaction.row("reconciled_book_batch", **place)
        total = sum(price for _, _, price in orders.values())
        if row is None:
            detail = f"{len(orders)} orders"
            self._note(reasons.BATCH_NOT_IN_BOOKS, batch.named, batch, total, detail)
            return
        _, count, prices, unpaid = row
        if (count, prices, unpaid) == (len(orders), total, 0):
            return
        rows = self._transaction.rows("reconciled_batch_positions", **place)
        books = {position: (order, state) for position, order, state in rows}
        for position, (learner, content, price) in orders.items():
            subject = f"the order at position {position} of {batch.named}"
            if position not in books:
                detail = f"learner {learner}, content {content}"
                self._note(reasons.ORDER_NOT_IN_BOOKS, subject, batch, price, detail)
            elif books[position][1] not in PAID_STATES:
                order, state = books[position]
                subject, detail = f"order {ids.to_text(ids.ORDER, order)}", f"payment {state}"
                self._note(reasons.SETTLED_UNPAID, subject, batch, price, detail)

    # Licences

    def _compare_licenses(self) -> None:
        chain = ((_key(row), True) for row in self._granted)
        books = ((_key(row), True) for row in self._licenses())
        for (learner, content, batch, position), granted, licensed in paired(chain, books):
            if granted and licensed:
                self._tally.matched[Route.LICENSES] += 1
                continue
            unknown = (f"batch {batch} of the index, which has none", None, self._scope.last)
            named, platform, day = self._places.get(batch, unknown)
            reason = reasons.LICENSE_MISSING if granted else reasons.LICENSE_WITHOUT_ORDER
            subject = f"learner {learner}, content {content}, position {position} of {named}"
            self._tally.note(reason, subject, day, platform=platform)

    def _licenses(self) -> Iterable[Row]:
        """The licences of the batches in question, and of those that are none, in order."""
        first, last = min(self._places, default=0), max(self._places, default=0)
        if self._scope.is_whole:
            first, last = 0, _END
        key: Row = (-1, -1, -1, -1)
        while True:
            learner, content, batch, position = key
            rows = self._transaction.rows(
                "reconciled_licenses",
                learner=learner,
                content=content,
                batch_id=batch,
                position=position,
                first=first,
                last=last,
                limit=_LICENSES_AT_ONCE,
            )
            is_of_all = self._scope.platform is None
            yield from (row for row in rows if is_of_all or row[2] in self._places)
            if len(rows) < _LICENSES_AT_ONCE:
                return
            key = rows[-1]

    def _note(self, reason: Reason, subject: str, batch: _Batch, units: int, detail: str) -> None:
        self._tally.note(
            reason,
            subject,
            batch.day,
            platform=batch.platform,
            amount=minor(units, self._tally.currency, self._decimals),
            detail=detail,
        )


def _key(row: Iterable[int]) -> tuple[int, ...]:
    return tuple(row)


def _start(day: int) -> int:
    return (day - date(1970, 1, 1).toordinal()) * _DAY_SECONDS
