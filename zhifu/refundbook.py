"""The refunds in the books: what was begun, what stands on chain, what has gone back."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from zhifu import ids
from zhifu.backoff import ALWAYS, RETURNS, UNTRIED_SECONDS
from zhifu.books import order_number
from zhifu.exceptions import UnknownOrder, UnknownRefund
from zhifu.money import Money
from zhifu.paybackbook import Reason
from zhifu.paymentleft import left_of, require_left
from zhifu.payments import Destination, OrderRecord, PaymentState
from zhifu.store import Row, Store, Transaction

#: No chain that is worth settling on takes back more blocks than this.
_WATCHED_BLOCKS = 10_000


class OnChain(str, Enum):
    """Whether a refund has to be made on chain, and whether it is there."""

    NONE = "none"
    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


class ReturnedBy(str, Enum):
    """Who returns the money: the provider when it is asked to, or a chargeback that did already."""

    PROVIDER = "provider"
    CHARGEBACK = "chargeback"


class RefundRecord(NamedTuple):
    """A refund that was begun; `is_part` if it leaves some of its order.

    `asked` while its provider may be returning the money, `refused` while that would not, and is
    not asked again; `problem` is the code of what kept it from the learner's balance last.
    """

    number: int
    order_id: str
    is_part: bool
    amount: Money
    destination: Destination
    returned_by: ReturnedBy
    on_chain: OnChain
    state: str
    asked: bool
    refused: bool
    problem: str | None
    detail: str | None


class Left(NamedTuple):
    """What of an order's price does not go back, in its currency and in ledger units."""

    amount: Money
    units: int


class Inclusion(NamedTuple):
    """Where a refund is on chain: in this block, or before it if it is not known by which hash."""

    transaction_hash: str | None
    block_number: int


class RefundBook:
    """The refunds in `store`; every method is one transaction.

    A refund stands once it is in `final_block`, the last one that is final, or before it.
    """

    def __init__(
        self, store: Store, clock: Callable[[], int], final_block: Callable[[], int]
    ) -> None:
        self._store = store
        self._clock = clock
        self._final_block = final_block
        self._ids = ids.Ids()

    def begin(
        self,
        order: OrderRecord,
        returned_by: ReturnedBy = ReturnedBy.PROVIDER,
        destination: Destination = Destination.PROVIDER,
    ) -> None:
        """Store that what is left of an order goes back; it waits for a batch no longer.

        By a chargeback only what was charged back. What was paid from a balance goes back there.
        Does nothing if that is stored already.
        """
        with self._store.writing() as transaction:
            left = _left(transaction, order)
            if left.units:
                self._put_rest(transaction, order, left, destination, returned_by=returned_by)

    def begin_part(
        self, order: OrderRecord, part: Left, destination: Destination, idempotency_key: str
    ) -> None:
        """Store once under a key that a part of an order goes back, or all that is left of it.

        Raises DatabaseRefused for more, and for a part of what is not settled.
        """
        with self._store.writing() as transaction:
            if part.units == _left(transaction, order).units:
                self._put_rest(transaction, order, part, destination, key=idempotency_key)
            else:
                self._put(transaction, order, part, destination, is_part=True, key=idempotency_key)

    def left(self, order: OrderRecord) -> Left:
        """What of an order's price has not gone back and does not."""
        with self._store.reading() as transaction:
            return _left(transaction, order)

    def of(self, order_id: str) -> RefundRecord:
        """The refund of what was left of an order that has not failed; raises UnknownRefund."""
        return self._found("whole_refund", order_id, order_id=order_number(order_id))

    def under(self, order_id: str, idempotency_key: str) -> RefundRecord:
        """The part of an order that goes back, went or failed under a key; raises UnknownRefund."""
        named = {"order_id": order_number(order_id), "idempotency_key": idempotency_key}
        return self._found("refund_under", order_id, **named)

    def record(self, number: int) -> RefundRecord:
        """One refund; raises UnknownRefund."""
        return self._found("refund", ids.to_text(ids.REFUND, number), id=number)

    def named(self, refund_id: str) -> RefundRecord:
        """One refund, by its id; raises UnknownRefund."""
        return self._found("refund", refund_id, id=ids.from_text(ids.REFUND, refund_id) or 0)

    def is_any_pending(self, payment_id: str) -> bool:
        """Whether a refund of a payment's orders is not finished."""
        number = ids.from_text(ids.PAYMENT, payment_id)
        with self._store.reading() as transaction:
            return bool(transaction.value("pending_refunds_of", payment_id=number))

    def open(self) -> list[str]:
        """The orders whose refund is not finished, or has to be made on chain again."""
        with self._store.reading() as transaction:
            rows = sorted(transaction.rows("open_refunds"))
        return list(dict.fromkeys(ids.to_text(ids.ORDER, order) for _, order in rows))

    def due(self, platform: int, limit: int = 1_000, *, at_once: bool = False) -> list[str]:
        """The ids of a platform's refunds that are to be gone on with.

        First those that need nothing on chain any more, and the longest due first.

        `at_once` takes those too that are left alone for a while. What a provider refused is not
        among them: somebody has to ask it again.
        """
        now = ALWAYS if at_once else self._clock()
        with self._store.reading() as transaction:
            rows = transaction.rows("due_refunds", platform=platform, now=now, limit=limit)
        return [ids.to_text(ids.REFUND, number) for (number,) in rows]

    def postpone(self, number: int, *, is_tried: bool = True) -> None:
        """A refund is tried: should it fail, the next time comes later than the last.

        One that is not tried, because its provider is left alone, has its turn in a minute.
        """
        now, tried = self._clock(), int(is_tried)
        with self._store.writing() as transaction:
            delay = RETURNS.after(transaction.value("refund_tries", id=number))
            delay = delay if is_tried else UNTRIED_SECONDS
            transaction.run("postpone_refund", id=number, now=now, delay=delay, tried=tried)

    def inclusion(self, chain_order: int) -> Inclusion | None:
        """Where the index has the refund of an order, which it names as the chain does."""
        with self._store.reading() as transaction:
            row = transaction.row("chain_refund", order_id=chain_order.to_bytes(32, "big"))
        return Inclusion(*row) if row else None

    def stands(self, refund: RefundRecord) -> bool:
        """Whether nothing on chain keeps the money from going back at the provider."""
        with self._store.reading() as transaction:
            found = transaction.row(
                "standing_refund", id=refund.number, final_block=self._final_block()
            )
        return found is not None

    def included(self, refund: RefundRecord, chain_order: int, inclusion: Inclusion) -> None:
        """The refund is on chain."""
        with self._store.writing() as transaction:
            transaction.run(
                "refund_on_chain",
                id=refund.number,
                chain_order=chain_order.to_bytes(32, "big"),
                **inclusion._asdict(),
                now=self._clock(),
            )

    def failed(self, refund: RefundRecord, reason: str) -> None:
        """The chain will never take the order back; it stays settled unless it was paid back."""
        with self._store.writing() as transaction:
            transaction.run("refund_failed", id=refund.number, detail=reason, now=self._clock())

    def lost(self, refund: RefundRecord) -> RefundRecord:
        """The payer's bank returns the money, which the provider was to return."""
        with self._store.writing() as transaction:
            transaction.run("refund_lost", id=refund.number)
        return refund._replace(returned_by=ReturnedBy.CHARGEBACK)

    def refused(self, refund: RefundRecord, reason: str) -> None:
        """The provider will not return the money: a person must, or ask it again."""
        with self._store.writing() as transaction:
            transaction.run("refund_refused", id=refund.number, detail=reason, now=self._clock())

    def ask(self, refund: RefundRecord, payment_id: str) -> bool:
        """The provider is asked from now on, also if it refused; False if the refund has ended.

        Raises NotRefundable if too little of the payment is left.
        """
        if refund.asked:
            return True
        with self._store.writing() as transaction:
            known = _record(transaction.row("refund", id=refund.number) or ())
            if known.state == "refund_pending" and not known.asked:
                require_left(transaction, payment_id, refund.amount, refund.order_id)
                transaction.run("ask_for_refund", id=refund.number, now=self._clock())
            return known.state == "refund_pending"

    def put_on_balance(
        self, transaction: Transaction, refund: RefundRecord, payment_id: str
    ) -> None:
        """It goes to the learner's balance; raises NotRefundable if too little is left for it."""
        require_left(transaction, payment_id, refund.amount, refund.order_id)
        transaction.run("put_refund_on_balance", id=refund.number, now=self._clock())

    def delayed(self, refund: RefundRecord, problem: str) -> None:
        """Something, by an error's code, keeps the money from the learner's balance for now."""
        with self._store.writing() as transaction:
            transaction.run("delay_refund", id=refund.number, problem=problem, now=self._clock())

    def refunded(self, refund: RefundRecord, payment_id: str) -> None:
        """The money is back with the learner."""
        with self._store.writing() as transaction:
            transaction.run("refunded", id=refund.number, detail=None, now=self._clock())
            self._end(transaction, refund, payment_id)

    def returned(self, refund: RefundRecord, payment_id: str, detail: str) -> bool:
        """A person has returned what of the money no bank has, as `detail` says.

        False if nobody had refused to.
        """
        with self._store.writing() as transaction:
            lost = left_of(transaction, payment_id).lost_of(refund.amount)
            told = {"detail": detail, "lost": lost.amount, "now": self._clock()}
            if not transaction.run("refunded_by_hand", id=refund.number, **told):
                return False
            self._end(transaction, refund, payment_id)
            return True

    def follow(self) -> None:
        """Open refunds again that the index, having come as far, does not have on chain."""
        with self._store.reading() as transaction:
            gone = transaction.rows("reorganised_refunds", blocks=_WATCHED_BLOCKS)
        if gone:
            rows = [{"id": number, "now": self._clock()} for (number,) in gone]
            with self._store.writing() as transaction:
                transaction.run_many("refund_off_chain", rows)

    def _end(self, transaction: Transaction, refund: RefundRecord, payment_id: str) -> None:
        """What follows for a payment from a refund's end."""
        payment = ids.from_text(ids.PAYMENT, payment_id)
        if refund.returned_by is ReturnedBy.CHARGEBACK:
            self._put_surplus(transaction, payment)
        self._close_payment(transaction, payment)
        if transaction.row("lost_payment", id=payment) is not None:
            # A bank has the part that this refund left.
            transaction.run("stop_waiting_of_payment", payment_id=payment)
            if transaction.run("charged_back_payment", id=payment, now=self._clock()):
                transaction.run("reopen_chargeback", payment_id=payment, now=self._clock())

    def _put_rest(
        self,
        transaction: Transaction,
        order: OrderRecord,
        left: Left,
        destination: Destination,
        *,
        key: str | None = None,
        returned_by: ReturnedBy = ReturnedBy.PROVIDER,
    ) -> None:
        if order.batch is None:
            number = order_number(order.id)
            transaction.run("stop_waiting", platform=order.platform, order_id=number)
            transaction.run("parts_without_chain", order_id=number, now=self._clock())
        self._put(
            transaction,
            order,
            left,
            destination,
            is_part=False,
            key=key,
            returned_by=returned_by,
        )

    def _put(
        self,
        transaction: Transaction,
        order: OrderRecord,
        back: Left,
        destination: Destination,
        *,
        is_part: bool,
        key: str | None,
        returned_by: ReturnedBy = ReturnedBy.PROVIDER,
    ) -> None:
        (number,) = self._ids.take()
        transaction.run(
            "put_refund_record",
            id=number,
            order_id=order_number(order.id),
            is_part=int(is_part),
            amount=back.amount.amount,
            currency=back.amount.currency,
            units=back.units,
            idempotency_key=key,
            destination=destination.value,
            returned_by=returned_by.value,
            on_chain=(OnChain.NONE if order.batch is None else OnChain.PENDING).value,
            now=self._clock(),
        )

    def _found(self, query: str, name: str, **named: object) -> RefundRecord:
        with self._store.reading() as transaction:
            row = transaction.row(query, **named)
        if row is None:
            raise UnknownRefund(name)
        return _record(row)

    def _put_surplus(self, transaction: Transaction, payment: int | None) -> None:
        """Store what is to be paid back because the bank gave it back before this refund's end."""
        (number,) = self._ids.take()
        transaction.run(
            "put_surplus",
            id=number,
            payment_id=payment,
            reason=Reason.REVERSED.value,
            now=self._clock(),
        )

    def _close_payment(self, transaction: Transaction, payment: int | None) -> None:
        if transaction.value("unrefunded_orders", payment_id=payment) == 0:
            transaction.run(
                "set_payment_state",
                id=payment,
                state=PaymentState.REFUNDED.value,
                before=PaymentState.PAID.value,
                now=self._clock(),
            )


def _left(transaction: Transaction, order: OrderRecord) -> Left:
    row = transaction.row("left_of_order", order_id=order_number(order.id))
    if row is None:
        raise UnknownOrder(order.id)
    units, returned = row
    return Left(order.price - Money(returned, order.price.currency), units)


def _record(row: Row) -> RefundRecord:
    number, order, is_part, amount, currency, to, returned_by, on_chain, state, *told = row
    asked, refused, problem, detail = told
    return RefundRecord(
        number,
        ids.to_text(ids.ORDER, order),
        bool(is_part),
        Money(amount, currency),
        Destination(to),
        ReturnedBy(returned_by),
        OnChain(on_chain),
        state,
        bool(asked),
        bool(refused),
        problem,
        detail,
    )
