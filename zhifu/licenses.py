"""Licences out of the index, with proofs, believed only as far as the chain verifies them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import NamedTuple

from zhifu.batch import (
    ORDERS_PER_WORD,
    BatchTree,
    Leaf,
    content_of,
    facts_of,
    learners,
    tree,
    unpack,
)
from zhifu.blocks import checksum_address
from zhifu.deployment import Network
from zhifu.facts import Quote
from zhifu.index import Index, Sale
from zhifu.models import BatchOrder, DirectOrder, OrderPlace
from zhifu.store import Row, Store, Transaction

_TREES_KEPT = 32


class _Batch(NamedTuple):
    """A batch as the index has it, ready to prove its orders."""

    platform: int
    lane: int
    number: int
    quotes: dict[int, Quote]
    leaves: list[Leaf]
    tree: BatchTree


class _Granted(NamedTuple):
    """An order that the index has of a learner: where it is, and when it was settled."""

    place: OrderPlace
    batch_id: int
    timestamp: int


class Licenses:
    """Answers who may use what; safe to share between threads."""

    def __init__(self, store: Store, network: Network, index: Index) -> None:
        self._store = store
        self._network = network
        self._index = index
        self._batches: OrderedDict[Row, _Batch] = OrderedDict()

    def of_learner(self, learner: int, content: int) -> BatchOrder | None:
        """A learner's latest order of a content that the chain verifies, or None."""
        verify = self._network.license.verify_batch
        return next(
            (each for each in self._orders(learner, content) if verify(each, learner)), None
        )

    def granted(self, learner: int, content: int, now: int) -> bool:
        """Whether a learner has a licence at a time (Unix seconds) by what the index holds.

        The chain is asked only about an order that was claimed: whose the token is depends on the
        learner's key, which the index does not follow.
        """
        asked = {"learner": learner, "content": content}
        with self._store.reading() as transaction:
            found = [_granted(*row) for row in transaction.rows("granted", **asked)]
            standing = [
                each
                for each in found
                if transaction.row("chain_refund", order_id=each.place.order_id) is None
                and self._is_current(transaction, content, each, now)
            ]
            claimed = [
                transaction.row("token", order_id=each.place.order_id) is not None
                for each in standing
            ]
        if not all(claimed):
            return True
        return bool(standing) and self.of_learner(learner, content) is not None

    def _is_current(
        self, transaction: Transaction, content: int, order: _Granted, now: int
    ) -> bool:
        terms = self._index.content(content)
        if terms is None or terms.duration_seconds == 0:
            return terms is not None
        start = order.timestamp
        if terms.renewable:
            words = transaction.value("batch_words", id=order.batch_id)
            leaf = unpack(bytes(words))[order.place.position // ORDERS_PER_WORD]
            start = max(start, leaf.starts_at)
        return start <= now < start + terms.duration_seconds

    def of_batch(self, platform: int, lane: int, number: int, position: int) -> BatchOrder | None:
        """One order of a settled batch with its proof; None if the index has no such order."""
        with self._store.reading() as transaction:
            row = transaction.row(
                "indexed_batch_of_lane", platform=platform, lane=lane, number=number
            )
        return self._order(self._batch(row), position) if row else None

    def holds(self, holder: str, content: int) -> bool:
        """Whether an address may use a content: by a direct order, or a claimed licence."""
        address, license_ = checksum_address(holder), self._network.license
        with self._store.reading() as transaction:
            tokens = transaction.rows("tokens", holder=address, content=content)
            orders = transaction.rows("direct_orders", receiver=address, content=content)
        return any(license_.verify(_direct(order), address) for order in orders) or any(
            license_.verify_token(int.from_bytes(order_id, "big"), content, address)
            for (order_id,) in tokens
        )

    def _orders(self, learner: int, content: int) -> Iterator[BatchOrder]:
        with self._store.reading() as transaction:
            places = transaction.rows("licenses", learner=learner, content=content)
        for batch, position in places:
            with self._store.reading() as transaction:
                row = transaction.row("indexed_batch", id=batch)
            order = self._order(self._batch(row), position) if row else None
            if order is not None:
                yield order

    def _order(self, batch: _Batch, position: int) -> BatchOrder | None:
        at, place = divmod(position, ORDERS_PER_WORD)
        if at >= len(batch.leaves) or not learners(batch.leaves[at].word)[place]:
            return None
        leaf = batch.leaves[at]
        return BatchOrder(
            batch.platform,
            batch.lane,
            batch.number,
            batch.tree.leaves,
            at,
            place,
            leaf.word,
            facts_of(leaf, batch.quotes),
            leaf.referrer,
            batch.tree.proof(at),
        )

    def _batch(self, row: Row) -> _Batch:
        """The batch of an index row; the latest few are kept."""
        found = self._batches.pop(row, None) or self._read(row)
        self._batches[row] = found
        if len(self._batches) > _TREES_KEPT:
            self._batches.popitem(last=False)
        return found

    def _read(self, row: Row) -> _Batch:
        platform, lane, number, sale_day, words, timestamp, from_learners = row
        leaves = unpack(words)
        sale = Sale(sale_day, timestamp, bool(from_learners))
        contents = {content_of(leaf.word) for leaf in leaves}
        quotes = {content: self._index.quote(content, sale) for content in contents}
        return _Batch(platform, lane, number, quotes, leaves, tree(words, quotes))


def _granted(
    platform: int, lane: int, number: int, position: int, batch_id: int, timestamp: int
) -> _Granted:
    return _Granted(OrderPlace(platform, lane, number, position), batch_id, timestamp)


def _direct(row: Row) -> DirectOrder:
    content, seller, buyer, receiver, max_price, deadline, salt, referrer, starts_at = row
    numbers = (int(max_price), int(deadline))
    return DirectOrder(content, seller, buyer, receiver, *numbers, salt, referrer, int(starts_at))
