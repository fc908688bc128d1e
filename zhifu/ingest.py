"""Events and batch calldata, written into the index's tables."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

from zhifu.batch import ORDERS_PER_WORD, content_of, tree, unpack
from zhifu.calldata import SettleCall
from zhifu.collection import without_collection
from zhifu.contract import EventLog
from zhifu.event_rows import EventRows
from zhifu.exceptions import RootMismatch
from zhifu.index import Index, Sale
from zhifu.store import Transaction

Arguments = Mapping[str, Any]

_NUMBERS_PER_WORD = ORDERS_PER_WORD + 1

_TABLES = (
    "licenses",
    "batches",
    "prices",
    "plans",
    "contents",
    "platforms",
    "windows",
    "refunds",
    "deeds",
    "disputes",
    "direct_orders",
    "tokens",
    "terms",
    "checkpoints",
    "cursor",
)


def forget(transaction: Transaction) -> None:
    """Empty the whole index."""
    for table in _TABLES:
        transaction.run(f"clear_{table}")


class SettledBatch(NamedTuple):
    """A batch that the chain settled: its event, its call, its block's time."""

    event: EventLog
    call: SettleCall
    timestamp: int


class Ingest:
    """Takes one stretch of the chain into the index, inside one transaction."""

    def __init__(self, transaction: Transaction, index: Index) -> None:
        self._transaction = transaction
        self._index = index

    def take(self, events: Iterable[EventLog], batches: Sequence[SettledBatch] = ()) -> int:
        """Write what the events and batches of the stretch say; the highest learner number.

        Raises RootMismatch for a batch whose calldata does not lead to its root.
        """
        rows = EventRows(self._index.learners)
        with without_collection():
            rows.take(events)
        for query, arguments in rows.statements():
            self._transaction.run_many(query, arguments)
        if rows.changed_terms:
            self._index.load_members(self._transaction)
            self._index.load_contents(self._transaction, rows.contents)
        if batches:
            self._take_batches(batches)
        return rows.learners

    def _take_batches(self, batches: Sequence[SettledBatch]) -> None:
        for batch in batches:
            _require_root(batch, self._index)
        numbered = list(enumerate(batches, self._transaction.value("last_batch") + 1))
        self._transaction.run_many("put_batch", [_row(*each) for each in numbered])
        granted = [licenses(number, batch.call.words) for number, batch in numbered]
        self._transaction.run_many("put_license", chain.from_iterable(granted))


def _row(number: int, batch: SettledBatch) -> Arguments:
    event, log = batch.event.arguments, batch.event.log
    return {
        "id": number,
        "platform": event["platform"],
        "lane": event["lane"],
        "number": event["number"],
        "root": event["root"],
        "leaves": event["leaves"],
        "orders": event["orders"],
        "debit": event["debit"],
        "sale_day": event["saleDay"],
        "from_learners": int(batch.call.from_learners),
        "words": batch.call.words,
        "transaction_hash": log.transaction_hash,
        "block_number": log.block_number,
        "block_timestamp": batch.timestamp,
    }


def _require_root(batch: SettledBatch, index: Index) -> None:
    event = batch.event.arguments
    words = batch.call.words
    contents = {content_of(leaf.word) for leaf in unpack(words)}
    sale = Sale(event["saleDay"], batch.timestamp, batch.call.from_learners)
    quotes = {content: index.quote(content, sale) for content in contents}
    if not words or tree(words, quotes).root != event["root"]:
        raise RootMismatch(event["platform"], event["lane"], event["number"])


def licenses(batch: int, words: bytes) -> Iterator[Arguments]:
    """The rows of the licences that a batch grants."""
    numbers = array("I", words)
    if sys.byteorder == "little":
        numbers.byteswap()
    position = 0
    for start in range(0, len(numbers), _NUMBERS_PER_WORD):
        content = numbers[start]
        if content == 0:
            continue
        for place in range(ORDERS_PER_WORD):
            learner = numbers[start + 1 + place]
            if learner:
                yield {
                    "learner": learner,
                    "content": content,
                    "batch_id": batch,
                    "position": position + place,
                }
        position += ORDERS_PER_WORD
