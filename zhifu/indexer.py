"""Follows the chain: events and batch calldata into the index, in block order.

The cursor is a block's number and hash. Where the chain no longer has that block (a
reorganisation) the index goes back to the latest checkpoint that the chain still has, and follows
it from there. Where it has none of them (a chain that was started anew) the whole index is thrown
away and built again from the deployment's block: it holds nothing the chain does not.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from operator import le
from typing import Any, NamedTuple

from zhifu import chart
from zhifu.chain_ledger import ChainLedger
from zhifu.checkpoints import Checkpoint, still_there, thin
from zhifu.deployment import DAY_SECONDS, Network
from zhifu.exceptions import LedgerMismatch, RootMismatch, UnknownContent
from zhifu.index import Cursor, Index
from zhifu.ingest import Ingest, forget
from zhifu.rewind import put_windows, rewind
from zhifu.rpc import Call
from zhifu.store import Store, Transaction
from zhifu.stretch import Stretch, StretchReader
from zhifu.transfers import BEFORE_ALL, take_back

#: How many stretches are taken in before superfluous checkpoints are let go of.
_THINNED_AFTER = 64

#: A chain that has had no block for so long after midnight has none to come from before it.
QUIET_SECONDS = 300

#: How often the chain may become another during one `sync`.
_MOST_CHANGES = 10


class _Head(NamedTuple):
    """The chain's end, and what now stands where the index ended."""

    latest: Cursor
    timestamp: int
    pending_timestamp: int
    hash_at_cursor: str | None


class Indexer:
    """Keeps an index up to date with the contracts of a network; safe to share between threads."""

    def __init__(
        self, store: Store, network: Network, index: Index, clock: Callable[[], int]
    ) -> None:
        self._store = store
        self._network = network
        self._index = index
        self._clock = clock
        self._lock = threading.Lock()
        self._ahead_seconds = 0
        self._reader = StretchReader(network)
        self._windows = dict(enumerate(network.deployment.windows))
        self._taken = 0

    def now(self) -> int:
        """The time (Unix seconds) by the chain's clock, as of the last `sync`."""
        return self._clock() + self._ahead_seconds

    def today(self) -> int:
        """The day (since 1970, UTC) by the chain's clock, as of the last `sync`."""
        return self.now() // DAY_SECONDS

    def sync(self) -> bool:
        """Follow the chain up to its latest block; whether there was anything new.

        Raises ChainUnreachable, InconsistentNode and WrongChain; the index then stays where it
        was. An index that has fewer platforms, learners or contents than the contracts count is
        built again. Raises RootMismatch for calldata that a batch's root does not commit to,
        UnknownContent for a batch of one that was never published, and LedgerMismatch for an event
        that moves what is not there; the index then starts over.
        """
        with self._lock:
            return self._follow()

    def start_over(self) -> None:
        """Throw the index away and build it again: it has missed something. Raises as `sync`."""
        with self._lock:
            self._forget()
            self._follow()

    def _follow(self) -> bool:
        news = self._read_on()
        if news and not self._is_whole():
            self._forget()
            self._read_on()
            if not self._is_whole():
                self._forget()
                raise self._network.chain.inconsistent("fewer events than its contracts count")
        self._index.builds += self._index.builds % 2
        return news

    def _is_whole(self) -> bool:
        """Whether the index has as many platforms, learners and contents as the contracts count.

        Nothing else tells of such an event that a node has kept back: the next ones do not build
        on it.
        """
        index, registry, license_ = self._index, self._network.registry, self._network.license
        calls = [
            (registry.address, registry.encode("platformCount")),
            (registry.address, registry.encode("learnerCount")),
            (license_.address, license_.encode("contentCount")),
        ]
        answers = self._network.chain.call_many(calls, block=self._start().block_number)
        counted = [int.from_bytes(each, "big") for each in answers]
        # A view that says less is of another block.
        return all(map(le, counted, index.counts))

    def _read_on(self) -> bool:
        self._load()
        before = self._index.cursor
        head = self._stand()
        changes = 0
        while self._start().block_number < head.latest.block_number:
            if not self._advance(head.latest):
                head, changes = self._stand(), changes + 1
            if changes > _MOST_CHANGES:
                raise self._network.chain.inconsistent("blocks that come and go")
        # A price is set on the day before it holds: later blocks change nothing of this day's.
        quiet_at = head.pending_timestamp - QUIET_SECONDS
        self._index.priced_day = max(head.timestamp, quiet_at) // DAY_SECONDS
        return self._index.cursor != before

    def _stand(self) -> _Head:
        """The chain's end, after going back to a block that it has if need be."""
        head = self._head()
        self._ahead_seconds = head.pending_timestamp - self._clock()
        cursor = self._index.cursor
        if cursor is not None and head.hash_at_cursor != cursor.block_hash:
            self._go_back()
        return head

    def _load(self) -> None:
        """Take over what another process has indexed since."""
        with self._store.reading() as transaction:
            found = transaction.row("cursor")
            known = self._index.cursor
            if found is None or known is None or Cursor(*found[:2]) != known:
                if known is not None and (found is None or found[0] < known.block_number):
                    self._begin_anew()
                self._index.load(transaction)
            taken = transaction.value("ledger_cursor", source=chart.CHAIN)
        # One of them was emptied, or the index was made before there was a ledger.
        if (taken or BEFORE_ALL) != (found[0] if found else BEFORE_ALL):
            self._forget()

    def _head(self) -> _Head:
        asked = ["latest", "pending"]
        if self._index.cursor is not None:
            asked.append(hex(self._index.cursor.block_number))
        calls: list[Call] = [("eth_getBlockByNumber", (each, False)) for each in asked]
        chain = self._network.chain
        chain_id, latest, pending, *at_cursor = chain.rpc.batch([("eth_chainId", ()), *calls])
        chain.require_id(chain_id)
        head = chain.header(latest)
        return _Head(
            Cursor(head.number, head.hash),
            head.timestamp,
            chain.parsed(_timestamp, pending) if pending else head.timestamp,
            chain.header(at_cursor[0]).hash if at_cursor and at_cursor[0] else None,
        )

    def _begin_anew(self) -> None:
        self._index.builds |= 1

    def _forget(self) -> None:
        self._begin_anew()
        with self._changing() as transaction:
            forget(transaction)
            take_back(transaction, BEFORE_ALL)
            self._index.load(transaction)

    def _go_back(self) -> None:
        """Take back what the chain has no more; all of it if none of it is there."""
        checkpoint = still_there(self._store, self._network.chain)
        if checkpoint is None:
            self._forget()
            return
        self._begin_anew()
        with self._changing() as transaction:
            if self._is_current(transaction):
                self._take_back(transaction, checkpoint)

    def _take_back(self, transaction: Transaction, to: Checkpoint) -> None:
        rewind(transaction, self._index, to, self._windows, self._reader.decode)
        take_back(transaction, to.block_number)

    def _start(self) -> Cursor:
        """The block after which the next stretch begins."""
        return self._index.cursor or Cursor(self._network.deployment.first_block - 1, "")

    def _advance(self, latest: Cursor) -> bool:
        """Take in the next stretch; False if the chain has become another meanwhile."""
        stretch = self._reader.read(self._start(), latest)
        if stretch is None:
            return False
        try:
            with self._changing() as transaction:
                if self._is_current(transaction):
                    self._apply(transaction, stretch)
        except (LedgerMismatch, RootMismatch, UnknownContent):
            # What was read before may lack something that this stretch builds on.
            self._forget()
            raise
        return True

    @contextmanager
    def _changing(self) -> Iterator[Transaction]:
        """A transaction that changes the index; if it fails, the index is what is stored."""
        try:
            with self._store.writing() as transaction:
                yield transaction
        except BaseException:
            with self._store.reading() as transaction:
                self._index.load(transaction)
            raise

    def _is_current(self, transaction: Transaction) -> bool:
        """Whether no other process has moved the index meanwhile; if one has, it is read again."""
        found = transaction.row("cursor")
        if (Cursor(*found[:2]) if found else None) == self._index.cursor:
            return True
        self._index.load(transaction)
        return False

    def _apply(self, transaction: Transaction, stretch: Stretch) -> None:
        if self._index.cursor is None:
            put_windows(transaction, self._windows)
            self._index.load_members(transaction)
        learners = Ingest(transaction, self._index).take(stretch.events, stretch.batches)
        ChainLedger(transaction, self._index).take(stretch)
        checkpoint = Checkpoint(*stretch.end, learners)
        transaction.run("put_cursor", **checkpoint._asdict())
        transaction.run("put_checkpoint", **checkpoint._asdict())
        if self._taken % _THINNED_AFTER == 0:
            thin(transaction)
        self._taken += 1
        self._index.cursor, self._index.learners = stretch.end, learners


def _timestamp(block: Any) -> int:
    return int(block["timestamp"], 16)
