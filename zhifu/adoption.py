"""Taking batches into the books that the chain settled and the books know nothing of.

Books that were restored from a back-up have orders that wait, though the chain has settled them
since. What is on chain is certain: who bought which content from whom at which price. Which order
of the books that is, is not: orders alike in all of it are worth the same, so the oldest is taken.
What no order of the books is like was paid after the back-up was made, and only the provider's
bills tell of it. So an operator decides on this, never the gateway by itself.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

from zhifu.batch import ORDERS_PER_WORD, content_of, learners, unpack
from zhifu.blocks import Receipt
from zhifu.chain import Chain
from zhifu.exceptions import UnrecordedBatch
from zhifu.index import Index
from zhifu.lanebook import ChainBatch, LaneBook
from zhifu.payments import BatchRecord
from zhifu.signing import SignedTransaction


class Sale(NamedTuple):
    """What the chain says of one order of a batch; `price` in ledger units."""

    content: int
    learner: int
    referrer: str | None
    price: int


class Adoption(NamedTuple):
    """A batch that was taken in: how many of the books' orders are in it, and what else is."""

    batch: BatchRecord
    matched: int
    unmatched: tuple[Sale, ...]


class Adopter:
    """Adopts batches of a platform, whichever of its keys settled them."""

    def __init__(self, book: LaneBook, index: Index, chain: Chain, platform: int) -> None:
        self._book = book
        self._index = index
        self._chain = chain
        self._platform = platform

    def adopt(self, *, unmatched: bool) -> list[Adoption]:
        """Record every batch that the index has and the books have not, in order.

        Raises UnrecordedBatch for one that has a sale no waiting order is like, unless `unmatched`
        ones are to be taken in too; those before it are recorded then.
        """
        batches = self._book.unrecorded(self._platform)
        receipts = self._chain.receipts([batch.transaction_hash for batch in batches])
        adopted = []
        for batch, receipt in zip(batches, receipts, strict=True):
            if receipt is None:
                raise self._unrecorded(batch)
            adopted += self._adopt(batch, receipt, unmatched)
        return adopted

    def _adopt(self, batch: ChainBatch, receipt: Receipt, unmatched: bool) -> list[Adoption]:
        while True:
            positions, strangers = self._match(batch)
            if strangers and not unmatched:
                raise self._unrecorded(batch)
            place = (self._platform, batch, positions)
            record = self._book.adopt(*place, self._signed(batch), receipt)
            if record is not None:
                return [Adoption(record, len(positions), tuple(strangers))]
            if batch not in self._book.unrecorded(self._platform):
                return []

    def _signed(self, batch: ChainBatch) -> SignedTransaction:
        """The transaction that settled a batch, to be sent again if the chain should lose it."""
        signed = self._chain.signed(batch.transaction_hash)
        if signed is None:
            raise self._unrecorded(batch)
        return signed

    def _unrecorded(self, batch: ChainBatch) -> UnrecordedBatch:
        return UnrecordedBatch(self._platform, batch.lane, batch.number)

    def _match(self, batch: ChainBatch) -> tuple[dict[int, int], list[Sale]]:
        """Where in a batch which order stands, and the sales that are no order's."""
        alike: defaultdict[Sale, deque[int]] = defaultdict(deque)
        for order in self._book.waiting(self._platform):
            if order.from_learner == batch.from_learners:
                referrer = order.referrer and order.referrer.lower()
                sale = Sale(order.content, order.learner, referrer, order.price)
                alike[sale].append(order.order_id)
        positions, strangers = {}, []
        for position, sale in sales(batch, self._price):
            if alike[sale]:
                positions[alike[sale].popleft()] = position
            else:
                strangers.append(sale)
        return positions, strangers

    def _price(self, content: int, day: int) -> int:
        found = self._index.content(content)
        return found.price_on(day) if found else 0


def sales(batch: ChainBatch, price: Callable[[int, int], int]) -> Iterator[tuple[int, Sale]]:
    """The sales of a batch with their positions; `price` is a content's on a day."""
    for number, leaf in enumerate(unpack(batch.words)):
        content = content_of(leaf.word)
        paid = price(content, batch.sale_day)
        for place, learner in enumerate(learners(leaf.word)):
            if learner:
                position = ORDERS_PER_WORD * number + place
                yield position, Sale(content, learner, leaf.referrer, paid)
