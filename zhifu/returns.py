"""What goes back of a platform's payments beside refunds, page by page, the newest first.

Paybacks, which are money that fits no order, and chargebacks, which are what payers' banks took. A
payback that its provider refused is a person's affair: they have it tried again, or return the
money by hand and say how.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from zhifu import ids
from zhifu.chargebackbook import ChargebackState, Stage
from zhifu.exceptions import (
    PaybackNotFailed,
    UnknownChargeback,
    UnknownPayback,
    UnknownPayment,
)
from zhifu.money import Money
from zhifu.paybackbook import PaybackState, Reason
from zhifu.requests import require_told
from zhifu.store import Row, Store, Transaction

#: No payment has this number: payments of all.
_ANY = 0


class PaybackRecord(NamedTuple):
    """A payback as it is kept; times in Unix seconds. `detail` says why it is as it is."""

    id: str
    payment_id: str
    reason: Reason
    amount: Money
    state: PaybackState
    created_at: int
    changed_at: int
    detail: str | None


class ChargebackRecord(NamedTuple):
    """A chargeback as it is kept; times in Unix seconds. `detail` says what could be done."""

    id: str
    payment_id: str
    stage: Stage
    amount: Money
    state: ChargebackState
    created_at: int
    changed_at: int
    detail: str | None


class Returns:
    """The paybacks and chargebacks in `store`; every method is one transaction."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    def paybacks(
        self, platform: int, payment_id: str | None, before: int, limit: int
    ) -> Sequence[PaybackRecord]:
        """Paybacks with numbers below `before`; of one payment if it is named."""
        return [
            _payback(row) for row in self._page("paybacks", platform, payment_id, before, limit)
        ]

    def chargebacks(
        self, platform: int, payment_id: str | None, before: int, limit: int
    ) -> Sequence[ChargebackRecord]:
        """Chargebacks with numbers below `before`; of one payment if it is named."""
        rows = self._page("chargebacks", platform, payment_id, before, limit)
        return [_chargeback(row) for row in rows]

    def payback(self, platform: int, payback_id: str) -> PaybackRecord:
        """One payback; raises UnknownPayback, also if it is another platform's."""
        with self._store.reading() as transaction:
            return _found(transaction, platform, payback_id)

    def chargeback(self, platform: int, chargeback_id: str) -> ChargebackRecord:
        """One chargeback; raises UnknownChargeback, also if it is another platform's."""
        number = ids.from_text(ids.CHARGEBACK, chargeback_id)
        with self._store.reading() as transaction:
            row = transaction.row("chargeback_shown", id=number or 0, platform=platform)
        if row is None:
            raise UnknownChargeback(chargeback_id)
        return _chargeback(row)

    def pay_back_again(self, platform: int, payback_id: str) -> PaybackRecord:
        """Have a payback tried again that its provider refused; see `Gateway.pay_back_again`."""
        with self._store.reading() as transaction:
            known = _found(transaction, platform, payback_id)
            if transaction.row("asked_again_payback", id=ids.from_text(ids.PAYBACK, payback_id)):
                return known
        return self._mend(platform, payback_id, PaybackState.PENDING, None)

    def paid_back_by_hand(self, platform: int, payback_id: str, detail: str) -> PaybackRecord:
        """Note that a person returned the money; see `Gateway.paid_back_by_hand`."""
        require_told(detail)
        return self._mend(platform, payback_id, PaybackState.PAID_BACK, detail)

    def _mend(
        self, platform: int, payback_id: str, state: PaybackState, detail: str | None
    ) -> PaybackRecord:
        with self._store.writing() as transaction:
            known = _found(transaction, platform, payback_id)
            # A pending one may be with its provider now: to return it by hand as well is twice.
            if detail is not None and (known.state, known.detail) == (state, detail):
                return known
            if known.state is not PaybackState.FAILED:
                raise PaybackNotFailed(payback_id, known.state.value)
            number = ids.from_text(ids.PAYBACK, payback_id)
            transaction.run(
                "set_payback_state", id=number, state=state.value, detail=detail, now=self._clock()
            )
            return _found(transaction, platform, payback_id)

    def _page(
        self, listed: str, platform: int, payment_id: str | None, before: int, limit: int
    ) -> Sequence[Row]:
        number = _ANY if payment_id is None else ids.from_text(ids.PAYMENT, payment_id)
        if number is None:
            raise UnknownPayment(str(payment_id))
        with self._store.reading() as transaction:
            return transaction.rows(
                f"{listed}_page",
                platform=platform,
                payment_id=number,
                before=before,
                limit=limit,
            )


def _found(transaction: Transaction, platform: int, payback_id: str) -> PaybackRecord:
    number = ids.from_text(ids.PAYBACK, payback_id)
    row = transaction.row("payback_shown", id=number or 0, platform=platform)
    if row is None:
        raise UnknownPayback(payback_id)
    return _payback(row)


def _payback(row: Row) -> PaybackRecord:
    number, payment, reason, amount, currency, state, *rest = row
    return PaybackRecord(
        ids.to_text(ids.PAYBACK, number),
        ids.to_text(ids.PAYMENT, payment),
        Reason(reason),
        Money(amount, currency),
        PaybackState(state),
        *rest,
    )


def _chargeback(row: Row) -> ChargebackRecord:
    number, payment, stage, amount, currency, state, *rest = row
    return ChargebackRecord(
        ids.to_text(ids.CHARGEBACK, number),
        ids.to_text(ids.PAYMENT, payment),
        Stage(stage),
        Money(amount, currency),
        ChargebackState(state),
        *rest,
    )
