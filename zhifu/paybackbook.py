"""Money that came in and belongs to no order, or is paid out: it goes back at its provider.

The books store what is to be paid back in the transaction that records the money; here is what
becomes of it.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from zhifu import ids
from zhifu.backoff import ALWAYS, RETURNS, UNTRIED_SECONDS
from zhifu.exceptions import UnknownPayment
from zhifu.money import Money
from zhifu.store import Row, Store


class Reason(str, Enum):
    """Why money goes back: it belongs to no order, or is paid out of a learner's balance."""

    UNDERPAID = "underpaid"
    OVERPAID = "overpaid"
    LATE = "late"
    DUPLICATE = "duplicate"
    REVERSED = "reversed"
    PAID_OUT = "paid_out"


class PaybackState(str, Enum):
    """Whether the provider has sent the money back, or refuses to."""

    PENDING = "payback_pending"
    PAID_BACK = "paid_back"
    FAILED = "payback_failed"


class Payback(NamedTuple):
    """One amount that goes back; `id` is what the provider is to know it by."""

    id: str
    payment_id: str
    provider: str
    provider_payment_id: str
    reason: Reason
    amount: Money
    state: PaybackState


class PaybackBook:
    """The paybacks in `store`; every method is one transaction."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    def open(self, limit: int = 1_000, *, due: bool = False) -> list[Payback]:
        """Those that are to be made, or of them only what is `due`; the longest due come first."""
        now = self._clock() if due else ALWAYS
        with self._store.reading() as transaction:
            rows = transaction.rows("due_paybacks", now=now, limit=limit)
        return [_from_row(row) for row in rows]

    def postpone(self, payback: Payback, *, is_tried: bool = True) -> None:
        """A payback is tried: should it fail, the next time comes later than the last.

        One that is not tried, because its provider is left alone, has its turn in a minute.
        """
        number, now = ids.from_text(ids.PAYBACK, payback.id), self._clock()
        with self._store.writing() as transaction:
            delay = RETURNS.after(transaction.value("payback_tries", id=number))
            delay = delay if is_tried else UNTRIED_SECONDS
            tried = int(is_tried)
            transaction.run("postpone_payback", id=number, now=now, delay=delay, tried=tried)

    def of(self, payment_id: str) -> list[Payback]:
        """Those of a payment, the oldest first; raises UnknownPayment for what cannot be one."""
        number = ids.from_text(ids.PAYMENT, payment_id)
        if number is None:
            raise UnknownPayment(payment_id)
        with self._store.reading() as transaction:
            rows = transaction.rows("paybacks_of", payment_id=number)
        return [_from_row(row) for row in rows]

    def paid_back(self, payback: Payback, detail: str | None = None) -> None:
        """The money is back: the provider sent it, or an operator did by hand and says how."""
        self._set(payback, PaybackState.PAID_BACK, detail)

    def failed(self, payback: Payback, detail: str) -> None:
        """The provider refuses to send it back: an operator must."""
        self._set(payback, PaybackState.FAILED, detail)

    def again(self, payback: Payback) -> None:
        """Ask the provider once more for what it refused."""
        self._set(payback, PaybackState.PENDING, None)

    def _set(self, payback: Payback, state: PaybackState, detail: str | None) -> None:
        number = ids.from_text(ids.PAYBACK, payback.id)
        with self._store.writing() as transaction:
            transaction.run(
                "set_payback_state", id=number, state=state.value, detail=detail, now=self._clock()
            )


def _from_row(row: Row) -> Payback:
    number, payment_id, provider, provider_payment_id, reason, amount, currency, state = row
    return Payback(
        ids.to_text(ids.PAYBACK, number),
        ids.to_text(ids.PAYMENT, payment_id),
        provider,
        provider_payment_id,
        Reason(reason),
        Money(amount, currency),
        PaybackState(state),
    )
