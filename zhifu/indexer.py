"""Follows the chain: events and batch calldata into the index, in block order.

The cursor is a block's number and hash. Where the chain no longer has that block (a
reorganisation, or a chain that was started anew) the whole index is thrown away and built again
from the deployment's block: it holds nothing the chain does not.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from zhifu.abi import artifact
from zhifu.blocks import Log
from zhifu.calldata import read_settle_call
from zhifu.contract import Contract, EventLog
from zhifu.deployment import DAY_SECONDS, Network
from zhifu.exceptions import RootMismatch, UnknownContent
from zhifu.index import Cursor, Index
from zhifu.ingest import EVENTS, Ingest, SettledBatch, forget
from zhifu.rpc import Call
from zhifu.store import Store, Transaction

#: The longest stretch of the chain that is taken in at once.
CHUNK_BLOCKS = 5_000

_BATCH_SETTLED = "BatchSettled"


class _Head(NamedTuple):
    """The chain's end, and what now stands where the index ended."""

    latest: Cursor
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
        contracts: tuple[Contract, ...] = (network.registry, network.license, network.settlement)
        self._contracts = {contract.address: contract for contract in contracts}
        self._topics = [
            topic
            for contract in contracts
            for topic, event in artifact(contract.NAME).events.items()
            if event.name in EVENTS or event.name == _BATCH_SETTLED
        ]

    def now(self) -> int:
        """The time (Unix seconds) by the chain's clock, as of the last `sync`."""
        return self._clock() + self._ahead_seconds

    def today(self) -> int:
        """The day (since 1970, UTC) by the chain's clock, as of the last `sync`."""
        return self.now() // DAY_SECONDS

    def sync(self) -> bool:
        """Follow the chain up to its latest block; whether there was anything new.

        Raises ChainUnreachable, InconsistentNode and WrongChain; the index then stays where it
        was. Raises RootMismatch for calldata that a batch's root does not commit to, and
        UnknownContent for a batch of one that was never published; the index then starts over.
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
        self._index.builds += self._index.builds % 2
        return news

    def _read_on(self) -> bool:
        self._load()
        head = self._head()
        self._ahead_seconds = head.pending_timestamp - self._clock()
        cursor = self._index.cursor
        if cursor is not None and head.hash_at_cursor != cursor.block_hash:
            self._forget()
        elif cursor == head.latest:
            return False
        while self._block_number() < head.latest.block_number:
            self._advance(head.latest)
        return True

    def _load(self) -> None:
        """Take over what another process has indexed since."""
        with self._store.reading() as transaction:
            found = transaction.row("cursor")
            known = self._index.cursor
            if found is None or known is None or Cursor(*found[:2]) != known:
                if known is not None and (found is None or found[0] < known.block_number):
                    self._begin_anew()
                self._index.load(transaction)

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
            chain.parsed(_timestamp, pending) if pending else head.timestamp,
            chain.header(at_cursor[0]).hash if at_cursor and at_cursor[0] else None,
        )

    def _begin_anew(self) -> None:
        self._index.builds |= 1

    def _forget(self) -> None:
        self._begin_anew()
        with self._store.writing() as transaction:
            forget(transaction)
            self._index.load(transaction)

    def _block_number(self) -> int:
        if self._index.cursor is None:
            return self._network.deployment.first_block - 1
        return self._index.cursor.block_number

    def _advance(self, latest: Cursor) -> None:
        first, end = self._block_number() + 1, latest
        if latest.block_number - first >= CHUNK_BLOCKS:
            block = self._network.chain.block(first + CHUNK_BLOCKS - 1)
            end = Cursor(block.number, block.hash)
        events, batches = self._read(first, end.block_number)
        try:
            with self._store.writing() as transaction:
                self._apply(transaction, end, events, batches)
        except (RootMismatch, UnknownContent):
            # What was read before may lack something that this stretch builds on.
            self._forget()
            raise
        except BaseException:
            with self._store.reading() as transaction:
                self._index.load(transaction)
            raise

    def _apply(
        self,
        transaction: Transaction,
        end: Cursor,
        events: Sequence[EventLog],
        batches: Sequence[SettledBatch],
    ) -> None:
        found = transaction.row("cursor")
        if (Cursor(*found[:2]) if found else None) != self._index.cursor:
            # Another process has read the same stretch of the chain meanwhile.
            self._index.load(transaction)
            return
        if self._index.cursor is None:
            windows = enumerate(self._network.deployment.windows)
            rows = [{"window_class": each, "seconds": seconds} for each, seconds in windows]
            transaction.run_many("put_window", rows)
        learners = Ingest(transaction, self._index).take(events, batches)
        transaction.run("put_cursor", **end._asdict(), learners=learners)
        self._index.cursor, self._index.learners = end, learners

    def _read(self, first: int, last: int) -> tuple[list[EventLog], list[SettledBatch]]:
        logs = self._network.chain.logs(list(self._contracts), [self._topics], first, last)
        events = [self._decoded(log) for log in logs]
        settled = [event for event in events if event.name == _BATCH_SETTLED]
        others = [event for event in events if event.name != _BATCH_SETTLED]
        return others, self._batches(settled)

    def _decoded(self, log: Log) -> EventLog:
        return self._contracts[log.address].decode(log)

    def _batches(self, events: Sequence[EventLog]) -> list[SettledBatch]:
        chain = self._network.chain
        sent = chain.transactions([event.log.transaction_hash for event in events])
        blocks = sorted({event.log.block_number for event in events})
        times = dict(zip(blocks, chain.timestamps(blocks), strict=True))
        return [
            SettledBatch(
                event,
                read_settle_call(transaction.input if transaction else b""),
                times[event.log.block_number],
            )
            for event, transaction in zip(events, sent, strict=True)
        ]


def _timestamp(block: Any) -> int:
    return int(block["timestamp"], 16)
