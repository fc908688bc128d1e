"""The books of operations: what an operator key has to do on chain, and what it has signed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from zhifu import ids
from zhifu.blocks import Receipt
from zhifu.operations import Kind, KnownBlock, Operation, OperationState, Submission
from zhifu.outcomes import Outcome, nothing
from zhifu.signing import SignedTransaction
from zhifu.store import Row, Store, Transaction

_MANY = 2**31 - 1
_NOTHING: Mapping[str, object] = {}

#: What else a refusal changes, and what else it changes that a refused one was included after all.
_AFTER_REFUSAL = {
    Kind.BATCH: (
        "release_orders",
        "refund_without_chain",
        "refuse_refunds_of",
        "wait_again",
    )
}
_AFTER_REVIVAL = {Kind.BATCH: ("stop_waiting_for", "take_orders_again", "refund_with_chain")}


class OperationBook:
    """The operations in `store`; all but those that `put` are transactions of their own.

    `outcome` reads what an operation brought about from its receipt.
    """

    def __init__(self, store: Store, clock: Callable[[], int], outcome: Outcome = nothing) -> None:
        self._store = store
        self._clock = clock
        self._outcome = outcome
        self._ids = ids.Ids()

    def put(
        self,
        transaction: Transaction,
        platform: int,
        kind: Kind,
        subject: int,
        signed: SignedTransaction,
    ) -> Operation:
        """Add an operation with its first signed transaction, or find the one there is already."""
        (number,) = self._ids.take()
        added = transaction.run(
            "put_operation",
            id=number,
            platform=platform,
            operator=signed.sender,
            kind=kind.value,
            subject=subject,
            nonce=signed.nonce,
            transaction_hash=signed.hash,
            now=self._clock(),
        )
        if added:
            self._put_submission(transaction, number, 1, signed)
        return _found(transaction.row("operation_of", kind=kind.value, subject=subject))

    def store(
        self,
        platform: int,
        kind: Kind,
        subject: int,
        signed: SignedTransaction,
        put: Callable[[Transaction], None] | None = None,
    ) -> Operation:
        """Store an operation before it is sent; the one there is already, if it is not refused.

        `put` adds what it is for, in the same transaction.
        """
        with self._store.writing() as transaction:
            if put is not None:
                put(transaction)
            return self.put(transaction, platform, kind, subject, signed)

    def of(self, kind: Kind, subject: int) -> Operation | None:
        """What is done for a subject, unless nothing is or the chain refused it."""
        with self._store.reading() as transaction:
            row = transaction.row("operation_of", kind=kind.value, subject=subject)
        return _operation(row) if row else None

    def latest(self, kind: Kind, subject: int) -> Operation:
        """What was done for a subject last, refused or not; LookupError if nothing ever was."""
        with self._store.reading() as transaction:
            return _found(transaction.row("latest_operation_of", kind=kind.value, subject=subject))

    def open(self, operator: str) -> list[Operation]:
        """What a key has stored or submitted and not seen included, by nonce."""
        with self._store.reading() as transaction:
            rows = transaction.rows("open_operations", operator=operator)
        return [_operation(row) for row in rows]

    def left(self, platform: int, operator: str, seconds: int) -> list[Operation]:
        """What other keys of a platform have left open for so long, by key and nonce."""
        before = self._clock() - seconds
        named = {"platform": platform, "operator": operator, "before": before}
        with self._store.reading() as transaction:
            return [_operation(row) for row in transaction.rows("left_operations", **named)]

    def again(self, operation: Operation) -> Operation:
        """An operation as it is now."""
        with self._store.reading() as transaction:
            return _found(transaction.row("operation", id=operation.id))

    def settled_ones(self) -> list[Operation]:
        """What is included, and not deeply enough yet to be confirmed."""
        with self._store.reading() as transaction:
            return [_operation(row) for row in transaction.rows("settled_operations")]

    def gone(self, first: int) -> list[Operation]:
        """Confirmed batches from block `first` on that the index, having come as far, has not."""
        with self._store.reading() as transaction:
            return [_operation(row) for row in transaction.rows("gone_batches", first=first)]

    def beyond(self, operator: str) -> list[Operation]:
        """What a key has confirmed in blocks that the index is not at, or not any more."""
        with self._store.reading() as transaction:
            rows = transaction.rows("confirmed_beyond", operator=operator)
        return [_operation(row) for row in rows]

    def confirmed(self, first: int, last: int, *, limit: int = _MANY) -> list[Operation]:
        """What is confirmed from one block to another, whoever's it is, the last block first."""
        with self._store.reading() as transaction:
            rows = transaction.rows("confirmed_operations", first=first, last=last, limit=limit)
        return [_operation(row) for row in rows]

    def last_blocks(self) -> list[KnownBlock]:
        """The last block that anything here is known to stand in; none before the first look.

        Several of one number are there if some of it was known before a reorganisation.
        """
        with self._store.reading() as transaction:
            return [KnownBlock(*row) for row in transaction.rows("last_known_blocks")]

    def included_after_all(self, operator: str) -> list[tuple[Operation, str]]:
        """A key's refused batches that the chain settled all the same, by which transaction."""
        with self._store.reading() as transaction:
            rows = transaction.rows("included_after_all", operator=operator)
        return [(_operation(row[:-1]), row[-1]) for row in rows]

    def missed(self) -> set[int]:
        """The settled operations that the index passed over."""
        with self._store.reading() as transaction:
            return {number for (number,) in transaction.rows("missed_operations")}

    def submissions(self, operation: Operation) -> Sequence[Submission]:
        """Every transaction signed for an operation, the latest last."""
        with self._store.reading() as transaction:
            rows = transaction.rows("submissions", operation_id=operation.id)
        return [Submission(*row) for row in rows]

    def age(self, submission: Submission) -> int:
        """How many seconds ago a transaction was signed."""
        return self._clock() - submission.created_at

    def sign_again(self, operation: Operation, signed: SignedTransaction) -> Operation:
        """Store another signed transaction, unless somebody else has stored one meanwhile."""
        with self._store.writing() as transaction:
            now = _found(transaction.row("operation", id=operation.id))
            if now == operation:
                attempt = len(transaction.rows("submissions", operation_id=operation.id)) + 1
                self._put_submission(transaction, operation.id, attempt, signed)
                transaction.run(
                    "resigned_operation",
                    id=operation.id,
                    nonce=signed.nonce,
                    transaction_hash=signed.hash,
                    now=self._clock(),
                )
            return _found(transaction.row("operation", id=operation.id))

    def fill(self, operation: Operation, first: int) -> None:
        """The nonces from one on up to the operation's own are about to be filled for it."""
        with self._store.writing() as transaction:
            transaction.run("fill_nonces", id=operation.id, nonce=operation.nonce, first=first)

    def filled_from(self, operation: Operation) -> int | None:
        """The first nonce that was filled for an operation, or None."""
        with self._store.reading() as transaction:
            row = transaction.row("filled_nonces", id=operation.id)
        return row[0] if row else None

    def submitted(self, operation: Operation) -> Operation:
        """A node is about to be handed the operation's transaction."""
        return self._change("submitted_operation", operation)

    def put_submitted(self, transaction: Transaction, operation: Operation) -> Operation:
        """As `submitted`, within a transaction: what the contract takes once needs no more."""
        transaction.run("submitted_operation", id=operation.id, now=self._clock())
        return _found(transaction.row("operation", id=operation.id))

    def settled(self, operation: Operation, receipt: Receipt) -> Operation:
        """One of its transactions was included and succeeded."""
        return self._change("settled_operation", operation, self._place(operation, receipt))

    def put_settled(self, transaction: Transaction, operation: Operation, receipt: Receipt) -> None:
        """As `settled`, within a transaction."""
        place = self._place(operation, receipt)
        transaction.run("settled_operation", id=operation.id, now=self._clock(), **place)

    def revived(self, operation: Operation, receipt: Receipt) -> Operation:
        """A refused operation was included after all, and succeeded."""
        also = _AFTER_REVIVAL.get(operation.kind, ())
        return self._change("revived_operation", operation, self._place(operation, receipt), also)

    def refused(self, operation: Operation, reason: str) -> Operation:
        """The operation can never be included; what it was for can be done anew."""
        also = _AFTER_REFUSAL.get(operation.kind, ())
        return self._change("refused_operation", operation, {"detail": reason}, also)

    def unsettled(self, operation: Operation) -> Operation:
        """Its block was reorganised away; it is submitted again."""
        return self._change("unsettled_operation", operation)

    def moved(self, operation: Operation, receipt: Receipt) -> Operation:
        """It is included in another block than before."""
        return self._change("moved_operation", operation, self._place(operation, receipt))

    def confirm(self, operations: Iterable[Operation]) -> None:
        """These are included deeply enough, in the blocks they name."""
        now = self._clock()
        rows = [{"id": each.id, "block_hash": each.block_hash, "now": now} for each in operations]
        if rows:
            with self._store.writing() as transaction:
                transaction.run_many("confirm_operation", rows)

    def _change(
        self,
        query: str,
        operation: Operation,
        values: Mapping[str, object] = _NOTHING,
        also: Sequence[str] = (),
    ) -> Operation:
        """Change an operation, and what goes with it if the change was one."""
        now = self._clock()
        with self._store.writing() as transaction:
            if transaction.run(query, id=operation.id, now=now, **values):
                for each in also:
                    transaction.run(
                        each, batch_id=operation.subject, platform=operation.platform, now=now
                    )
            return _found(transaction.row("operation", id=operation.id))

    def _place(self, operation: Operation, receipt: Receipt) -> dict[str, object]:
        """Where an operation is included, and what came of it."""
        return {
            "transaction_hash": receipt.transaction_hash,
            "gas_used": receipt.gas_used,
            "block_number": receipt.block_number,
            "block_hash": receipt.block_hash,
            "result": self._outcome(operation.kind, receipt),
        }

    def _put_submission(
        self, transaction: Transaction, operation: int, attempt: int, signed: SignedTransaction
    ) -> None:
        transaction.run(
            "put_submission",
            hash=signed.hash,
            operation_id=operation,
            attempt=attempt,
            nonce=signed.nonce,
            raw=signed.raw,
            now=self._clock(),
        )


def _found(row: Row | None) -> Operation:
    if row is None:
        raise LookupError
    return _operation(row)


def _operation(row: Row) -> Operation:
    number, platform, operator, kind, subject, state, *others = row
    return Operation(
        number, platform, operator, Kind(kind), subject, OperationState(state), *others
    )
