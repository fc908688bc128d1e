"""A lane's books: its batches, the orders in them, and every transaction signed for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from zhifu import ids
from zhifu.blocks import Receipt
from zhifu.exceptions import DuplicateBatch
from zhifu.payments import BatchRecord, BatchState
from zhifu.signing import SignedTransaction
from zhifu.store import Row, Store, Transaction


@dataclass(frozen=True, slots=True)
class BatchDraft:
    """A batch that was chosen and packed: `positions` says where each order stands in it."""

    platform: int
    sale_day: int
    debit: int
    words: bytes
    positions: Mapping[int, int]


class Submission(NamedTuple):
    """A signed transaction of a batch."""

    hash: str
    nonce: int
    raw: bytes
    created_at: int


class ChainBatch(NamedTuple):
    """A batch as the index has it; `debit` in ledger units, `from_learners` 1 or 0."""

    number: int
    orders: int
    debit: int
    sale_day: int
    from_learners: int
    words: bytes
    transaction_hash: str


class WaitingOrder(NamedTuple):
    """A paid order without a batch; `price` in ledger units."""

    order_id: int
    learner: int
    content: int
    price: int
    referrer: str | None


class _NotWaitingError(Exception):
    """An order of a draft has gone elsewhere meanwhile."""


class LaneBook:
    """The batches in `store`; every method is one transaction."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids.Ids()

    def store(
        self, draft: BatchDraft, lane: int, number: int, signed: SignedTransaction
    ) -> BatchRecord | None:
        """Store a batch with its signed transaction; its orders wait no longer.

        None, and nothing is stored, if one of the orders was refunded or batched meanwhile.
        Raises DuplicateBatch if another process has stored this number.
        """
        (batch,) = self._ids.take()
        try:
            with self._store.writing() as transaction:
                self._put_batch(transaction, batch, draft, lane, number, signed.hash)
                self._put_submission(transaction, batch, 1, signed)
                return _record(transaction, batch)
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

    def sign_again(self, batch: BatchRecord, signed: SignedTransaction) -> BatchRecord:
        """Store another signed transaction for a batch."""
        number = _number(batch)
        with self._store.writing() as transaction:
            attempt = len(transaction.rows("submissions", batch_id=number)) + 1
            self._put_submission(transaction, number, attempt, signed)
            transaction.run(
                "resigned_batch", id=number, transaction_hash=signed.hash, now=self._clock()
            )
            return _record(transaction, number)

    def submitted(self, batch: BatchRecord) -> None:
        """A node has taken the batch's transaction."""
        if batch.state is BatchState.BATCHED:
            with self._store.writing() as transaction:
                transaction.run("submitted_batch", id=_number(batch), now=self._clock())

    def settled(self, batch: BatchRecord, receipt: Receipt) -> BatchRecord:
        """The batch's transaction was included and succeeded."""
        with self._store.writing() as transaction:
            self._settled(transaction, _number(batch), receipt)
            return _record(transaction, _number(batch))

    def refused(self, batch: BatchRecord, reason: str) -> BatchRecord:
        """The batch can never be included; its orders wait for another."""
        number = _number(batch)
        with self._store.writing() as transaction:
            if transaction.run("refused_batch", id=number, detail=reason, now=self._clock()):
                transaction.run("release_orders", batch_id=number)
                transaction.run("refund_without_chain", batch_id=number, now=self._clock())
                transaction.run("wait_again", batch_id=number)
            return _record(transaction, number)

    def indexed_number(self, platform: int, lane: int) -> int:
        """The number of a lane's last batch that the index has, or 0."""
        with self._store.reading() as transaction:
            return int(transaction.value("indexed_number", platform=platform, lane=lane))

    def first_unrecorded(self, platform: int, lane: int, first: int, end: int) -> int | None:
        """The first number of a lane, from one to before another, that no batch here has."""
        with self._store.reading() as transaction:
            rows = transaction.rows(
                "recorded_numbers", platform=platform, lane=lane, first=first, end=end
            )
        recorded = {number for (number,) in rows}
        return next((number for number in range(first, end) if number not in recorded), None)

    def unrecorded(self, platform: int, lane: int) -> list[ChainBatch]:
        """What the chain settled in a lane, by the index, and the books have no batch of."""
        with self._store.reading() as transaction:
            rows = transaction.rows("unrecorded_batches", platform=platform, lane=lane)
        return [ChainBatch(*row) for row in rows]

    def waiting(self, platform: int) -> list[WaitingOrder]:
        """A platform's paid orders that are in no batch, the oldest first, problems or not."""
        with self._store.reading() as transaction:
            return [
                WaitingOrder(*row) for row in transaction.rows("all_waiting", platform=platform)
            ]

    def adopt(
        self,
        platform: int,
        lane: int,
        batch: ChainBatch,
        positions: Mapping[int, int],
        receipt: Receipt,
    ) -> BatchRecord | None:
        """Record a batch that the chain settled, and which waiting order stands where in it.

        None, and nothing is stored, if one of the orders went elsewhere meanwhile, or another
        process has recorded the batch.
        """
        (number,) = self._ids.take()
        draft = BatchDraft(platform, batch.sale_day, batch.debit, batch.words, positions)
        try:
            with self._store.writing() as transaction:
                place = (lane, batch.number, batch.transaction_hash)
                self._put_batch(transaction, number, draft, *place, orders=batch.orders)
                self._settled(transaction, number, receipt)
                return _record(transaction, number)
        except (_NotWaitingError, DuplicateBatch):
            return None

    def included_after_all(self, platform: int, lane: int) -> list[tuple[str, str]]:
        """A lane's refused batches that the chain settled all the same: ids and transactions."""
        with self._store.reading() as transaction:
            rows = transaction.rows("included_after_all", platform=platform, lane=lane)
        return [(ids.to_text(ids.BATCH, number), included) for number, included in rows]

    def revived(self, batch_id: str, receipt: Receipt) -> BatchRecord:
        """A refused batch is on chain: its orders are settled, and wait for no other."""
        number = ids.from_text(ids.BATCH, batch_id) or 0
        with self._store.writing() as transaction:
            revived = transaction.run(
                "revived_batch",
                id=number,
                transaction_hash=receipt.transaction_hash,
                gas_used=receipt.gas_used,
                block_number=receipt.block_number,
                now=self._clock(),
            )
            batch = _record(transaction, number)
            if revived:
                transaction.run("stop_waiting_for", platform=batch.platform, batch_id=number)
                transaction.run("take_orders_again", batch_id=number)
                transaction.run("refund_with_chain", batch_id=number, now=self._clock())
            return batch

    def submissions(self, batch: BatchRecord) -> Sequence[Submission]:
        """Every transaction signed for a batch, the latest last."""
        with self._store.reading() as transaction:
            rows = transaction.rows("submissions", batch_id=_number(batch))
        return [Submission(*row) for row in rows]

    def age(self, submission: Submission) -> int:
        """How many seconds ago a transaction was signed."""
        return self._clock() - submission.created_at

    def words(self, batch: BatchRecord) -> bytes:
        """A batch's words."""
        with self._store.reading() as transaction:
            return bytes(transaction.value("batch_words", id=_number(batch)))

    def unsettled(self, platform: int, lane: int) -> list[BatchRecord]:
        """A lane's batches that are stored but not known to be included, by number."""
        with self._store.reading() as transaction:
            rows = transaction.rows("unsettled_batches", platform=platform, lane=lane)
        return [_from_row(row) for row in rows]

    def batches(self, platform: int) -> list[BatchRecord]:
        """A platform's batches, the oldest first."""
        with self._store.reading() as transaction:
            return [_from_row(row) for row in transaction.rows("batches_of", platform=platform)]

    def follow(self, confirmed_block: int) -> None:
        """Bring settled batches in line with the index, as far as the index has come.

        One whose block was reorganised away is submitted again; one that is in the index at
        `confirmed_block` or before is confirmed.
        """
        now = self._clock()
        with self._store.reading() as transaction:
            if transaction.value("settled_batches") is None:
                return
        with self._store.writing() as transaction:
            for (gone,) in transaction.rows("reorganised_batches"):
                transaction.run("unsettle_batch", id=gone, now=now)
            transaction.run("confirm_batches", block_number=confirmed_block, now=now)

    def settled_numbers(self, platform: int, lane: int) -> Mapping[str, int]:
        """A lane's batches that are settled and not confirmed: their numbers by id."""
        with self._store.reading() as transaction:
            rows = transaction.rows("settled_batches_of_lane", platform=platform, lane=lane)
        return {ids.to_text(ids.BATCH, batch): number for batch, number in rows}

    def unsettled_again(self, batch_id: str) -> None:
        """A settled batch is not on the chain any more; it is submitted again."""
        number = ids.from_text(ids.BATCH, batch_id)
        with self._store.writing() as transaction:
            transaction.run("unsettle_batch", id=number, now=self._clock())

    def _settled(self, transaction: Transaction, batch: int, receipt: Receipt) -> None:
        transaction.run(
            "settled_batch",
            id=batch,
            transaction_hash=receipt.transaction_hash,
            gas_used=receipt.gas_used,
            block_number=receipt.block_number,
            now=self._clock(),
        )

    def _put_submission(
        self, transaction: Transaction, batch: int, attempt: int, signed: SignedTransaction
    ) -> None:
        transaction.run(
            "put_submission",
            hash=signed.hash,
            batch_id=batch,
            attempt=attempt,
            nonce=signed.nonce,
            raw=signed.raw,
            now=self._clock(),
        )


def _number(batch: BatchRecord) -> int:
    number = ids.from_text(ids.BATCH, batch.id)
    if number is None:
        raise ValueError(batch.id)
    return number


def _record(transaction: Transaction, number: int) -> BatchRecord:
    row = transaction.row("batch_record", id=number)
    if row is None:
        raise LookupError(number)
    return _from_row(row)


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
