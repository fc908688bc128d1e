"""Closing days of the ledger: the root over what every account of the chain had and did on one.

Leaves are accounts of the chain alone, so every gateway of the network finds the same root, and
the network can publish it. A day (UTC) is closed once, when no reorganisation can reach its blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

from zhifu import chart
from zhifu.blocks import Block
from zhifu.dayroot import DayLine, DayProof, DayTree, Place
from zhifu.deployment import DAY_SECONDS, Network
from zhifu.exceptions import DayOpen, DayRootMismatch
from zhifu.ledger import Ledger
from zhifu.store import Store, Transaction

_EPOCH = date(1970, 1, 1)


class ClosedDay(NamedTuple):
    """A day that was closed: its last block, its root, and over how many accounts."""

    day: date
    block_number: int
    block_hash: str
    root: bytes
    leaves: int


class WrongDay(NamedTuple):
    """A closed day whose root the ledger does not lead to any more."""

    day: date
    stored: bytes
    found: bytes

    @property
    def subject(self) -> str:
        """What is wrong: the day."""
        return f"{self.day}"


class LedgerDays:
    """The days of the ledger in `store`; `final_block` is the last one that stays for good."""

    def __init__(self, store: Store, network: Network, final_block: Callable[[], int]) -> None:
        self._store = store
        self._ledger = Ledger(store)
        self._network = network
        self._final_block = final_block

    def lines(self, day: date) -> Iterator[DayLine]:
        """What every account of the chain had and did on a day, by name."""
        since = (day - _EPOCH).days * DAY_SECONDS
        found = self._ledger.lines(since=since, until=since + DAY_SECONDS)
        return (DayLine(*line) for line in found if chart.is_of_chain(line.account))

    def close(self, day: date) -> ClosedDay:
        """Close a day, or find it closed.

        Raises DayOpen while a reorganisation can reach its blocks, DayRootMismatch if it was closed
        with another root, and InvalidInput for a day before there was anything in the ledger.
        """
        final = self._over_at(day)
        tree = self._tree(day)
        known = self.closed(day) or self._put(day, tree, final)
        if known.root != tree.root:
            raise DayRootMismatch(day, known.root, tree.root)
        return known

    def due(self) -> Iterator[date]:
        """The days, the first one first, that can be closed and are not.

        A day with nothing in the ledger has no root, and is none of them. Raises as the chain does.
        """
        final = self._final_block()
        with self._store.reading() as transaction:
            first = transaction.value("first_transfer")
            closed = {row[0] for row in transaction.rows("ledger_days")}
        if final < 0 or first is None:
            return
        over = self._network.chain.block(final).timestamp // DAY_SECONDS
        for number in range(first // DAY_SECONDS, over):
            day = _EPOCH + timedelta(number)
            if number not in closed and next(self.lines(day), None) is not None:
                yield day

    def closed(self, day: date) -> ClosedDay | None:
        """A day that was closed, or None."""
        with self._store.reading() as transaction:
            row = transaction.row("ledger_day", day=(day - _EPOCH).days)
        return None if row is None else _closed(row)

    def prove(self, day: date, account: str) -> DayProof:
        """That an account's line is among those of a day; raises InvalidInput if it has none."""
        return self._tree(day).prove(account)

    def wrong(self) -> Iterator[WrongDay]:
        """Closed days that do not follow from the transfers."""
        with self._store.reading() as transaction:
            closed = [_closed(row) for row in transaction.rows("ledger_days")]
        for each in closed:
            found = self._tree(each.day).root
            if found != each.root:
                yield WrongDay(each.day, each.root, found)

    def _tree(self, day: date) -> DayTree:
        deployment = self._network.deployment
        return DayTree(Place(deployment.chain_id, deployment.settlement, day), self.lines(day))

    def _put(self, day: date, tree: DayTree, final: int) -> ClosedDay:
        """Close a day with its root; as it was closed if another process did meanwhile."""
        last, number = self._last_block(day, final), (day - _EPOCH).days
        closed = ClosedDay(day, last.number, last.hash, tree.root, tree.leaves)
        with self._store.writing() as transaction:
            _require_whole(transaction, day, final)
            transaction.run("put_ledger_day", **{**closed._asdict(), "day": number})
            row = transaction.row("ledger_day", day=number)
        return closed if row is None else _closed(row)

    def _over_at(self, day: date) -> int:
        """The last final block, which is behind the day; raises DayOpen if it is not."""
        final = self._final_block()
        if final < 0 or self._network.chain.block(final).timestamp < _end(day):
            raise DayOpen(day)
        with self._store.reading() as transaction:
            _require_whole(transaction, day, final)
        return final

    def _last_block(self, day: date, after: int) -> Block:
        """The last block of a day, which is before the block `after`."""
        chain, before = self._network.chain, self._network.deployment.first_block - 1
        while after - before > 1:
            middle = (before + after) // 2
            if chain.block(middle).timestamp < _end(day):
                before = middle
            else:
                after = middle
        return chain.block(before)


def _require_whole(transaction: Transaction, day: date, final: int) -> None:
    """Raise DayOpen where another process builds the ledger anew and has not come so far."""
    come_to = transaction.value("ledger_cursor", source=chart.CHAIN)
    if come_to is None or come_to < final:
        raise DayOpen(day)


def _end(day: date) -> int:
    """The first second behind a day."""
    return ((day - _EPOCH).days + 1) * DAY_SECONDS


def _closed(row: tuple[int, int, str, bytes, int]) -> ClosedDay:
    day, block_number, block_hash, root, leaves = row
    return ClosedDay(_EPOCH + timedelta(day), block_number, block_hash, bytes(root), leaves)
