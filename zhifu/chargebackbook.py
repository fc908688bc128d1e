"""What the banks of payers took back from platforms.

A payment is charged back as long as the bank has all of it that did not go back otherwise. Its
orders wait for no batch then; what was settled is to be taken back on chain while that is possible.
Of a part nobody says which orders it is for: they stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from zhifu import ids
from zhifu.backoff import ALWAYS, RETURNS
from zhifu.exceptions import UnknownPayment
from zhifu.money import Money
from zhifu.paybackbook import Reason
from zhifu.paymentleft import PaymentLeft, left_of
from zhifu.store import Row, Store, Transaction


class Stage(str, Enum):
    """Whether the orders' money had matured, so that they could not be taken back any more."""

    BEFORE_MATURITY = "before_maturity"
    AFTER_MATURITY = "after_maturity"


class ChargebackState(str, Enum):
    """Whether a chargeback is still to be dealt with, was, or was given back by the bank."""

    OPEN = "open"
    CLOSED = "closed"
    REVERSED = "reversed"


class Chargeback(NamedTuple):
    """One chargeback; `reference` tells those of a payment apart."""

    id: str
    payment_id: str
    reference: str
    amount: Money
    stage: Stage
    state: ChargebackState


class Taken(NamedTuple):
    """What a bank has of a payment by one chargeback, as it is to be stored."""

    reference: str
    amount: Money
    stage: Stage


class _KnownError(Exception):
    """Somebody else has noted the same meanwhile."""


class ChargebackBook:
    """The chargebacks in `store`; every method is one transaction."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids.Ids()

    def begin(self, payment_id: str, taken: Taken) -> bool:
        """Store that money was taken back by the payer's bank; False if that was known.

        With the last of it the payment is charged back, and its orders wait for no batch; a part
        leaves them as they are. Raises UnknownPayment, and DatabaseRefused for more than was
        received.
        """
        payment = _payment_number(payment_id)
        with self._store.writing() as transaction:
            added = self._put(transaction, payment, taken)
            if added and transaction.row("lost_payment", id=payment) is not None:
                transaction.run("stop_waiting_of_payment", payment_id=payment)
                transaction.run("charged_back_payment", id=payment, now=self._clock())
        return added

    def open(self, limit: int = 1_000, *, due: bool = False) -> list[Chargeback]:
        """Those that are to be dealt with, or of them only what is `due`; the longest due first."""
        now = self._clock() if due else ALWAYS
        with self._store.reading() as transaction:
            rows = transaction.rows("due_chargebacks", now=now, limit=limit)
        return [_from_row(row) for row in rows]

    def postpone(self, chargeback: Chargeback) -> None:
        """A chargeback is dealt with: should that fail, the next time comes later than the last."""
        number = ids.from_text(ids.CHARGEBACK, chargeback.id)
        with self._store.writing() as transaction:
            delay = RETURNS.after(transaction.value("chargeback_tries", id=number))
            transaction.run("postpone_chargeback", id=number, now=self._clock(), delay=delay)

    def of(self, payment_id: str) -> list[Chargeback]:
        """Those of a payment, the oldest first; raises UnknownPayment for what cannot be one."""
        with self._store.reading() as transaction:
            rows = transaction.rows("chargebacks_of", payment_id=_payment_number(payment_id))
        return [_from_row(row) for row in rows]

    def standing(self, payment_id: str) -> int:
        """How much of a payment its bank has now, in minor units; raises UnknownPayment."""
        stand = [each for each in self.of(payment_id) if each.state is not ChargebackState.REVERSED]
        return sum(each.amount.amount for each in stand)

    def close(self, chargeback: Chargeback, detail: str) -> None:
        """All that can be done about a chargeback is done."""
        with self._store.writing() as transaction:
            self._set(transaction, chargeback, ChargebackState.CLOSED, detail)

    def reverse(self, *chargebacks: Chargeback, kept: Taken | None = None) -> bool:
        """The bank has given back the money of some chargebacks of a payment, but what it `kept`.

        The payment is paid again, if it was charged back, and its orders that were neither settled
        nor taken back wait for a batch. What was taken back is to be paid back. False, and nothing
        is stored, if that was known.
        """
        payment = _payment_number(chargebacks[0].payment_id)
        try:
            with self._store.writing() as transaction:
                for each in chargebacks:
                    if not self._set(transaction, each, ChargebackState.REVERSED, None):
                        raise _KnownError
                if kept is not None and not self._put(transaction, payment, kept):
                    raise _KnownError
                self._put_surplus(transaction, payment)
                if transaction.run("paid_payment_again", id=payment, now=self._clock()):
                    transaction.run("wait_for_payment", payment_id=payment)
        except _KnownError:
            return False
        return True

    def left(self, payment_id: str) -> PaymentLeft:
        """What of a payment can still go back; raises UnknownPayment."""
        with self._store.reading() as transaction:
            return left_of(transaction, payment_id)

    def loss(self, payment_id: str) -> Money:
        """What banks have of a payment beside what was taken back for it: the platform's loss.

        Nothing of a top-up that is not on its learner's account. Raises UnknownPayment.
        """
        with self._store.reading() as transaction:
            row = transaction.row("lost_of_payment", id=_payment_number(payment_id))
        if row is None:
            raise UnknownPayment(payment_id)
        return Money(*row)

    def _put(self, transaction: Transaction, payment: int, taken: Taken) -> bool:
        (number,) = self._ids.take()
        added = transaction.run(
            "put_chargeback",
            id=number,
            payment_id=payment,
            reference=taken.reference,
            amount=taken.amount.amount,
            currency=taken.amount.currency,
            stage=taken.stage.value,
            now=self._clock(),
        )
        return added > 0

    def _put_surplus(self, transaction: Transaction, payment: int) -> None:
        (number,) = self._ids.take()
        transaction.run(
            "put_surplus",
            id=number,
            payment_id=payment,
            reason=Reason.REVERSED.value,
            now=self._clock(),
        )

    def _set(
        self,
        transaction: Transaction,
        chargeback: Chargeback,
        state: ChargebackState,
        detail: str | None,
    ) -> bool:
        number = ids.from_text(ids.CHARGEBACK, chargeback.id)
        changed = transaction.run(
            "set_chargeback_state", id=number, state=state.value, detail=detail, now=self._clock()
        )
        return changed > 0


def _payment_number(payment_id: str) -> int:
    number = ids.from_text(ids.PAYMENT, payment_id)
    if number is None:
        raise UnknownPayment(payment_id)
    return number


def _from_row(row: Row) -> Chargeback:
    number, payment_id, reference, amount, currency, stage, state = row
    return Chargeback(
        ids.to_text(ids.CHARGEBACK, number),
        ids.to_text(ids.PAYMENT, payment_id),
        reference,
        Money(amount, currency),
        Stage(stage),
        ChargebackState(state),
    )
