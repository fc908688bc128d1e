"""Stretches of the chain as the index takes them in: events, the calldata of batches, times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from zhifu.blocks import Log
from zhifu.calldata import SettleCall, read_settle_call
from zhifu.chain_ledger import MOVES
from zhifu.collection import without_collection
from zhifu.contract import Contract, EventLog
from zhifu.deployment import Network
from zhifu.event_rows import EVENTS
from zhifu.index import Cursor
from zhifu.ingest import SettledBatch

#: The longest stretch of the chain that is taken in at once, in blocks.
MOST_BLOCKS = 5_000

#: How many events and orders of batches are taken in at once at most, and which part of them is
#: aimed at. A single block is taken in whatever it has.
MOST_EVENTS = 40_000
_AIMED_PART = 2

_FIRST_BLOCKS = 128
_BATCH_SETTLED = "BatchSettled"
_WANTED = EVENTS | MOVES | {_BATCH_SETTLED}


class Stretch(NamedTuple):
    """What the contracts did in the blocks up to `end`.

    `events` are in the chain's order, those of `batches` among them by themselves; `times` (Unix
    seconds) has every block that any of them is in.
    """

    end: Cursor
    events: Sequence[EventLog]
    batches: Sequence[SettledBatch]
    times: Mapping[int, int]


class StretchReader:
    """Reads stretches of the chain, as long as goes well at once."""

    def __init__(self, network: Network) -> None:
        self._chain = network.chain
        contracts: tuple[Contract, ...] = (network.registry, network.license, network.settlement)
        self._addresses = [contract.address for contract in contracts]
        self._known = {
            (contract.address, topic): event
            for contract in contracts
            for topic, event in contract.artifact.events.items()
            if event.name in _WANTED
        }
        self._topics = list(dict.fromkeys(topic for _, topic in self._known))
        self._blocks = _FIRST_BLOCKS

    def decode(self, log: Log) -> EventLog:
        """A log of one of the contracts, decoded."""
        event = self._known[log.address, log.topics[0]]
        return EventLog(event.name, event.decode(log.topics, log.data), log)

    def read(self, start: Cursor, latest: Cursor) -> Stretch | None:
        """The blocks after `start` (without a hash before the first), up to `latest` at most.

        None if the chain has not got those blocks any more. Raises ChainUnreachable,
        InconsistentNode and NodeRefused.
        """
        while (end := self._end(start, latest)) is not None:
            with without_collection():
                events = self._events(start.block_number + 1, end.block_number)
            weight, blocks = sum(map(_weight, events)), end.block_number - start.block_number
            self._pace(blocks, weight)
            if weight <= MOST_EVENTS or blocks == 1:
                return self._complete(end, events)
        return None

    def _events(self, first: int, last: int) -> list[EventLog]:
        logs = self._chain.logs(self._addresses, [self._topics], first, last)
        return [self.decode(log) for log in logs]

    def _end(self, start: Cursor, latest: Cursor) -> Cursor | None:
        blocks = min(self._blocks, MOST_BLOCKS)
        if latest.block_number - start.block_number <= blocks:
            return latest
        # Asked for together, so that they are of one chain.
        asked = [start.block_number + blocks, *([start.block_number] if start.block_hash else [])]
        last, *before = self._chain.blocks(asked)
        if last is None or any(each is None or each.hash != start.block_hash for each in before):
            return None
        return Cursor(last.number, last.hash)

    def _pace(self, blocks: int, weight: int) -> None:
        """Make the next stretch as long as this one lets expect to go well."""
        aimed = MOST_EVENTS // _AIMED_PART
        if weight > aimed:
            self._blocks = max(1, blocks * aimed // weight)
        else:
            self._blocks = min(MOST_BLOCKS, 2 * self._blocks)

    def _complete(self, end: Cursor, events: Sequence[EventLog]) -> Stretch:
        times = self._times([event.log for event in events])
        settled = [event for event in events if event.name == _BATCH_SETTLED]
        others = [event for event in events if event.name != _BATCH_SETTLED]
        calls = self._calls(settled)
        batches = [
            SettledBatch(event, call, times[event.log.block_number])
            for event, call in zip(settled, calls, strict=True)
        ]
        return Stretch(end, others, batches, times)

    def _times(self, logs: Sequence[Log]) -> dict[int, int]:
        """The times of the blocks of logs; asked for only where a node does not tell with those."""
        told = {log.block_number: log.block_timestamp for log in logs}
        unknown = [number for number, time in told.items() if time is None]
        asked = dict(zip(unknown, self._chain.timestamps(unknown), strict=True)) if unknown else {}
        return {number: asked[number] if time is None else time for number, time in told.items()}

    def _calls(self, settled: Sequence[EventLog]) -> list[SettleCall]:
        sent = self._chain.transactions([event.log.transaction_hash for event in settled])
        return [read_settle_call(each.input if each else b"") for each in sent]


def _weight(event: EventLog) -> int:
    """How many rows an event makes, about."""
    return 1 + int(event.arguments["orders"]) if event.name == _BATCH_SETTLED else 1
