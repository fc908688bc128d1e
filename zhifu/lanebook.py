"""A lane's books: its batches, and the orders in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from zhifu import ids
from zhifu.blocks import Receipt
from zhifu.calldata import SettleCall
from zhifu.exceptions import DuplicateBatch
from zhifu.operationbook import OperationBook
from zhifu.operations import Kind, Operation
from zhifu.payments import BatchRecord, BatchState
from zhifu.signing import SignedTransaction
from zhifu.store import Row, Store, Transaction

_ABOVE_ALL_LANES = 2**32


@dataclass(frozen=True, slots=True)
class BatchDraft:
    """A batch that was chosen and packed: `positions` says where each order stands in it.

    `from_learners` says that the accounts of its learners pay for it, who are those of `orders`.
    """

    platform: int
    sale_day: int
    debit: int
    words: bytes
    positions: Mapping[int, int]
    from_learners: bool = False
    orders: Sequence[WaitingOrder] = ()


class Queue(NamedTuple):
    """The orders of a platform that wait for a batch; `oldest` is the number of the first."""

    orders: int
    oldest: int | None


class ChainBatch(NamedTuple):
    """A batch as the index has it; `debit` in ledger units, `from_learners` 1 or 0."""

    lane: int
    number: int
    orders: int
    debit: int
    sale_day: int
    from_learners: int
    words: bytes
    transaction_hash: str


class WaitingOrder(NamedTuple):
    """A paid order without a batch; `price` in ledger units.

    `from_learner` is 1 if the learner's own balance pays for it, else 0.
    """

    order_id: int
    learner: int
    content: int
    price: int
    referrer: str | None
    from_learner: int


class _NotWaitingError(Exception):
    """An order of a draft has gone elsewhere meanwhile."""


class LaneBook:
    """The batches in `store`; what became of each, its operation in `operations` tells."""

    def __init__(self, store: Store, clock: Callable[[], int], operations: OperationBook) -> None:
        self._store = store
        self._clock = clock
        self._operations = operations
        self._ids = ids.Ids()

    def store(
        self, draft: BatchDraft, lane: int, number: int, signed: SignedTransaction
    ) -> Operation | None:
        """Store a batch with its signed transaction, to be sent now; its orders wait no longer.

        None, and nothing is stored, if one of the orders was refunded or batched meanwhile.
        Raises DuplicateBatch if another process has stored this number.
        """
        (batch,) = self._ids.take()
        try:
            with self._store.writing() as transaction:
                self._put_batch(transaction, batch, draft, lane, number, signed.hash)
                added = self._operations.put(transaction, draft.platform, Kind.BATCH, batch, signed)
                return self._operations.put_submitted(transaction, added)
        except _NotWaitingError:
            return None

    def _put_batch(
        self,
        transaction: Transaction,
        batch: int,
        draft: BatchDraft,
        lane: int,
        number: int,
        transaction_hash: str,
        orders: int | None = None,
    ) -> None:
        added = transaction.run(
            "put_batch_record",
            id=batch,
            platform=draft.platform,
            lane=lane,
            number=number,
            orders=orders or len(draft.positions),
            debit=draft.debit,
            from_learners=int(draft.from_learners),
            sale_day=draft.sale_day,
            words=draft.words,
            transaction_hash=transaction_hash,
            now=self._clock(),
        )
        if not added:
            raise DuplicateBatch(expected=number + 1, actual=number)
        rows = [
            {
                "batch_id": batch,
                "platform": draft.platform,
                "position": position,
                "order_id": order_id,
            }
            for order_id, position in draft.positions.items()
        ]
        if transaction.run_many("put_batch_order", rows) != len(rows):
            raise _NotWaitingError
        transaction.run("stop_waiting_for", platform=draft.platform, batch_id=batch)

    def adopt(
        self,
        platform: int,
        batch: ChainBatch,
        positions: Mapping[int, int],
        signed: SignedTransaction,
        receipt: Receipt,
    ) -> BatchRecord | None:
        """Record a batch that the chain settled, and which waiting order stands where in it.

        `signed` is what to send if the chain loses it. None, and nothing is stored, if one of the
        orders went elsewhere meanwhile, or another process has recorded the batch.
        """
        (number,) = self._ids.take()
        facts = (batch.sale_day, batch.debit, batch.words, positions)
        draft = BatchDraft(platform, *facts, from_learners=bool(batch.from_learners))
        try:
            with self._store.writing() as transaction:
                place = (batch.lane, batch.number, batch.transaction_hash)
                self._put_batch(transaction, number, draft, *place, orders=batch.orders)
                operation = self._operations.put(transaction, platform, Kind.BATCH, number, signed)
                self._operations.put_settled(transaction, operation, receipt)
        except (_NotWaitingError, DuplicateBatch):
            return None
        return self.record(operation)

    def first_unrecorded(self, platform: int, lane: int, first: int, end: int) -> int | None:
        """The first number of a lane, from one to before another, that no batch here has."""
        with self._store.reading() as transaction:
            rows = transaction.rows(
                "recorded_numbers", platform=platform, lane=lane, first=first, end=end
            )
        recorded = {number for (number,) in rows}
        return next((number for number in range(first, end) if number not in recorded), None)

    def chain_ends(self, platform: int) -> dict[int, int]:
        """The number after the last batch that the index has of each lane of a platform."""
        ends: dict[int, int] = {}
        below = _ABOVE_ALL_LANES
        with self._store.reading() as transaction:
            while row := transaction.row("chain_lane_below", platform=platform, below=below):
                below, number = row
                ends[below] = number + 1
        return ends

    def unrecorded(self, platform: int) -> list[ChainBatch]:
        """What the chain settled for a platform, by the index, and the books have no batch of."""
        with self._store.reading() as transaction:
            rows = transaction.rows("unrecorded_batches", platform=platform)
        return [ChainBatch(*row) for row in rows]

    def waiting(self, platform: int) -> list[WaitingOrder]:
        """A platform's paid orders that are in no batch, the oldest first, problems or not."""
        with self._store.reading() as transaction:
            rows = transaction.rows("all_waiting", platform=platform)
        return [WaitingOrder(*row) for row in rows]

    def record(self, operation: Operation) -> BatchRecord:
        """The batch that an operation settles."""
        with self._store.reading() as transaction:
            row = transaction.row("batch_record", id=operation.subject)
        if row is None:
            raise LookupError(operation.subject)
        return _from_row(row)

    def call(self, operation: Operation) -> SettleCall:
        """What the call says that settles the batch of an operation."""
        with self._store.reading() as transaction:
            row = transaction.row("batch_call", id=operation.subject)
        if row is None:
            raise LookupError(operation.subject)
        words, from_learners = row
        return SettleCall(bytes(words), bool(from_learners))

    def batches(self, platform: int) -> list[BatchRecord]:
        """A platform's batches, the oldest first."""
        with self._store.reading() as transaction:
            return [_from_row(row) for row in transaction.rows("batches_of", platform=platform)]

    def queue(self, platform: int) -> Queue:
        """The orders of a platform that wait and that a batch can carry."""
        with self._store.reading() as transaction:
            row = transaction.row("oldest_waiting", platform=platform)
        oldest, count = row or (None, 0)
        return Queue(count, oldest)


def _from_row(row: Row) -> BatchRecord:
    number, platform, lane, batch, orders, debit, sale_day, state, *included = row
    return BatchRecord(
        ids.to_text(ids.BATCH, number),
        platform,
        lane,
        batch,
        orders,
        debit,
        sale_day,
        BatchState(state),
        *included,
    )
