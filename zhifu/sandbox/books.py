"""What happened at a simulated provider: payments, refunds and chargebacks, with money conserved.

The rules are those that all providers share. Each provider's module turns its wire format into
these calls, and `records.Refused` into its own errors.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeAlias, TypeVar

from zhifu.money import Money
from zhifu.providers import LineKind
from zhifu.sandbox.records import (
    Change,
    Chargeback,
    Event,
    Line,
    Payment,
    PaymentStatus,
    Refund,
    Refused,
    ReturnStatus,
    Why,
)

_WHOLE_BPS = 10_000

_T = TypeVar("_T")


Listener: TypeAlias = Callable[[Change], None]


class Books:
    """One simulated provider's books: in memory, safe to share between threads.

    `fee_bps` is what the provider keeps of a payment, rounded down; it is not given back on a
    refund. The ids of chargebacks begin with `chargeback_prefix`. `clock` tells Unix seconds. Every
    method that changes something either does it whole, tells the listeners and returns what is
    there now, or raises `Refused`.
    """

    def __init__(
        self,
        name: str,
        *,
        fee_bps: int = 0,
        chargeback_prefix: str = "chargeback",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.name = name
        self._fee_bps = fee_bps
        self._chargeback_prefix = chargeback_prefix
        self._clock = clock
        self._lock = threading.RLock()
        self._payments: dict[str, Payment] = {}
        self._by_reference: dict[str, str] = {}
        self._refunds: dict[str, Refund] = {}
        self._refund_by_reference: dict[str, str] = {}
        self._refunds_of: defaultdict[str, list[str]] = defaultdict(list)
        self._chargebacks: dict[str, Chargeback] = {}
        self._chargebacks_of: defaultdict[str, list[str]] = defaultdict(list)
        self._lines: list[Line] = []
        self._lines_of: defaultdict[str, list[Line]] = defaultdict(list)
        self._listeners: list[Listener] = []
        self._changes = 0

    def now(self) -> int:
        """The provider's clock, in Unix seconds."""
        return int(self._clock())

    def listen(self, listener: Listener) -> None:
        """Tell `listener` of every change from now on.

        It is called in the order of the changes, while the books are held: it must be quick and not
        change the books from another thread.
        """
        self._listeners.append(listener)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the books still, so that several calls are one."""
        with self._lock:
            yield

    # Asking

    def payment(self, payment_id: str) -> Payment:
        """A payment by the provider's id."""
        with self._lock:
            return _found(self._payments, payment_id, Why.UNKNOWN_PAYMENT)

    def payment_by_reference(self, reference: str) -> Payment:
        """A payment by the merchant's id."""
        with self._lock:
            payment_id = _found(self._by_reference, reference, Why.UNKNOWN_PAYMENT)
            return self._payments[payment_id]

    def payments(self) -> tuple[Payment, ...]:
        """All payments, the oldest first."""
        with self._lock:
            return tuple(self._payments.values())

    def refund(self, refund_id: str) -> Refund:
        """A refund by the provider's id."""
        with self._lock:
            return _found(self._refunds, refund_id, Why.UNKNOWN_REFUND)

    def refund_by_reference(self, reference: str) -> Refund:
        """A refund by the merchant's id."""
        with self._lock:
            refund_id = _found(self._refund_by_reference, reference, Why.UNKNOWN_REFUND)
            return self._refunds[refund_id]

    def refunds(self, payment_id: str) -> tuple[Refund, ...]:
        """The refunds of a payment, the oldest first."""
        with self._lock:
            return tuple(self._refunds[each] for each in self._refunds_of.get(payment_id, ()))

    def chargeback(self, chargeback_id: str) -> Chargeback:
        """A chargeback by the provider's id."""
        with self._lock:
            return _found(self._chargebacks, chargeback_id, Why.UNKNOWN_CHARGEBACK)

    def chargebacks(self, payment_id: str) -> tuple[Chargeback, ...]:
        """The chargebacks of a payment, the oldest first."""
        with self._lock:
            names = self._chargebacks_of.get(payment_id, ())
            return tuple(self._chargebacks[each] for each in names)

    def returned(self, payment_id: str) -> Money:
        """How much of a payment is gone from the merchant, by refunds and chargebacks."""
        with self._lock:
            payment = self.payment(payment_id)
            gone = [each.amount for each in self.refunds(payment_id) if _is_gone(each.status)]
            gone += [each.amount for each in self.chargebacks(payment_id) if _is_gone(each.status)]
            return sum(gone, Money.zero(payment.amount.currency))

    def lines(self, since: int, until: int) -> tuple[Line, ...]:
        """The bill's lines of a time, `since` included and `until` not, in Unix seconds."""
        with self._lock:
            return tuple(each for each in self._lines if since <= each.at < until)

    def lines_of(self, about: str) -> tuple[Line, ...]:
        """The lines of a payment, refund or chargeback itself, by the provider's id."""
        with self._lock:
            return tuple(self._lines_of.get(about, ()))

    # Payments

    def open(
        self,
        reference: str,
        amount: Money,
        *,
        id: str | None = None,  # noqa: A002 - a payment's own word for it
        expires_at: int | None = None,
        notify_url: str | None = None,
        details: Mapping[str, str] | None = None,
    ) -> Payment:
        """Open a payment; `id` is drawn unless it is given.

        The same reference with the same amount is the payment that is there; with another amount it
        is refused (REFERENCE_USED), as is an amount that is not positive (NOT_POSITIVE).
        """
        with self._lock:
            if reference in self._by_reference:
                return self._same_payment(reference, amount)
            _require_positive(amount, reference)
            payment = Payment(
                id or _drawn("pay"),
                reference,
                amount,
                PaymentStatus.OPEN,
                self.now(),
                expires_at,
                notify_url,
                dict(details or {}),
            )
            self._payments[payment.id] = payment
            self._by_reference[reference] = payment.id
            return payment

    def pay(self, payment_id: str, amount: Money | None = None) -> Payment:
        """The learner pays, `amount` where that is not what was asked.

        Refused unless it is open (NOT_OPEN) and not expired (EXPIRED).
        """
        with self._lock:
            payment = self._open_payment(payment_id)
            if payment.expires_at is not None and self.now() >= payment.expires_at:
                raise Refused(Why.EXPIRED, payment_id)
            received = payment.amount if amount is None else amount
            _require_same_currency(payment, received)
            _require_positive(received, payment_id)
            fee = Money(received.amount * self._fee_bps // _WHOLE_BPS, received.currency)
            payment = replace(self._decided(payment, PaymentStatus.PAID), received=received)
            payment = replace(payment, fee=fee)
            self._bill(LineKind.PAYMENT, payment.id, payment, payment.reference, received, fee)
            return self._keep(payment, Event.PAYMENT_PAID)

    def fail(self, payment_id: str) -> Payment:
        """The payment fails for good; harmless to repeat. Refused if it is decided otherwise."""
        return self._close(payment_id, PaymentStatus.FAILED, Event.PAYMENT_FAILED)

    def cancel(self, payment_id: str) -> Payment:
        """The merchant cancels; harmless to repeat.

        Refused if it is paid (ALREADY_PAID) or failed (NOT_OPEN).
        """
        return self._close(payment_id, PaymentStatus.CANCELLED, Event.PAYMENT_CANCELLED)

    def annotate(self, payment_id: str, **details: str) -> Payment:
        """Remember more details of a payment."""
        with self._lock:
            payment = self.payment(payment_id)
            payment = replace(payment, details={**payment.details, **details})
            self._payments[payment_id] = payment
            return payment

    # Refunds and chargebacks

    def give_back(
        self,
        payment_id: str,
        amount: Money,
        reference: str,
        *,
        id: str | None = None,  # noqa: A002 - a refund's own word for it
        pending: bool = False,
        notify_url: str | None = None,
        details: Mapping[str, str] | None = None,
    ) -> Refund:
        """Refund a payment in whole or part; `pending` leaves it to `decide_refund`.

        The same reference for the same payment and amount is the refund that is there, else it is
        refused (REFERENCE_USED); so is what is not paid (NOT_PAID), and more than is left of it
        (MORE_THAN_LEFT).
        """
        with self._lock:
            if reference in self._refund_by_reference:
                return self._same_refund(reference, payment_id, amount)
            payment = self._returnable(payment_id, amount)
            refund = Refund(
                id or _drawn("refund"),
                reference,
                payment.id,
                amount,
                ReturnStatus.PENDING,
                self.now(),
                notify_url,
                dict(details or {}),
            )
            self._refund_by_reference[reference] = refund.id
            self._refunds[refund.id] = refund
            self._refunds_of[payment.id].append(refund.id)
            self._bill(LineKind.REFUND, refund.id, payment, reference, -amount)
            self._tell(Event.REFUND_CREATED, payment, refund=refund)
            return refund if pending else self.decide_refund(refund.id, ReturnStatus.DONE)

    def decide_refund(self, refund_id: str, status: ReturnStatus) -> Refund:
        """End a pending refund; the money of a FAILED one is the merchant's again.

        Refused unless it is pending (NOT_PENDING).
        """
        with self._lock:
            refund = self.refund(refund_id)
            _require_pending(refund.status, refund_id)
            refund = replace(refund, status=status, decided_at=self.now())
            self._refunds[refund_id] = refund
            payment = self._payments[refund.payment]
            if status is ReturnStatus.FAILED:
                self._bill(LineKind.REFUND, refund_id, payment, refund.reference, refund.amount)
            self._tell(Event.REFUND_DECIDED, payment, refund=refund)
            return refund

    def charge_back(
        self,
        payment_id: str,
        amount: Money | None = None,
    ) -> Chargeback:
        """The learner's bank takes `amount`, by default all that is left, from the merchant.

        Refused as a refund is.
        """
        with self._lock:
            payment = self.payment(payment_id)
            left = (payment.received or payment.amount) - self.returned(payment_id)
            taken = left if amount is None else amount
            payment = self._returnable(payment_id, taken)
            name = _drawn(self._chargeback_prefix)
            chargeback = Chargeback(name, payment.id, taken, ReturnStatus.PENDING, self.now())
            self._chargebacks[name] = chargeback
            self._chargebacks_of[payment.id].append(name)
            self._bill(LineKind.CHARGEBACK, name, payment, payment.reference, -taken)
            self._tell(Event.CHARGEBACK_CREATED, payment, chargeback=chargeback)
            return chargeback

    def decide_chargeback(self, chargeback_id: str, status: ReturnStatus) -> Chargeback:
        """End a chargeback: DONE is lost, FAILED is won, and its money is the merchant's again.

        Refused unless it is pending (NOT_PENDING).
        """
        with self._lock:
            chargeback = self.chargeback(chargeback_id)
            _require_pending(chargeback.status, chargeback_id)
            chargeback = replace(chargeback, status=status, decided_at=self.now())
            self._chargebacks[chargeback_id] = chargeback
            payment = self._payments[chargeback.payment]
            if status is ReturnStatus.FAILED:
                kind, amount = LineKind.CHARGEBACK, chargeback.amount
                self._bill(kind, chargeback_id, payment, payment.reference, amount)
            self._tell(Event.CHARGEBACK_DECIDED, payment, chargeback=chargeback)
            return chargeback

    # Rules

    def _same_payment(self, reference: str, amount: Money) -> Payment:
        payment = self._payments[self._by_reference[reference]]
        if payment.amount != amount:
            raise Refused(Why.REFERENCE_USED, reference)
        return payment

    def _same_refund(self, reference: str, payment_id: str, amount: Money) -> Refund:
        refund = self._refunds[self._refund_by_reference[reference]]
        if (refund.payment, refund.amount) != (payment_id, amount):
            raise Refused(Why.REFERENCE_USED, reference)
        return refund

    def _open_payment(self, payment_id: str) -> Payment:
        payment = self.payment(payment_id)
        if payment.status is not PaymentStatus.OPEN:
            raise Refused(Why.NOT_OPEN, payment_id)
        return payment

    def _returnable(self, payment_id: str, amount: Money) -> Payment:
        payment = self.payment(payment_id)
        if payment.status is not PaymentStatus.PAID or payment.received is None:
            raise Refused(Why.NOT_PAID, payment_id)
        _require_same_currency(payment, amount)
        _require_positive(amount, payment_id)
        if self.returned(payment_id) + amount > payment.received:
            raise Refused(Why.MORE_THAN_LEFT, payment_id)
        return payment

    # Keeping

    def _close(self, payment_id: str, status: PaymentStatus, event: Event) -> Payment:
        with self._lock:
            payment = self.payment(payment_id)
            if payment.status is status:
                return payment
            if payment.status is PaymentStatus.PAID:
                raise Refused(Why.ALREADY_PAID, payment_id)
            return self._keep(self._decided(self._open_payment(payment_id), status), event)

    def _decided(self, payment: Payment, status: PaymentStatus) -> Payment:
        return replace(payment, status=status, decided_at=self.now())

    def _keep(self, payment: Payment, event: Event) -> Payment:
        self._payments[payment.id] = payment
        self._tell(event, payment)
        return payment

    def _bill(
        self,
        kind: LineKind,
        id: str,  # noqa: A002 - a line's own word for it
        payment: Payment,
        reference: str,
        amount: Money,
        fee: Money | None = None,
    ) -> None:
        kept = fee or Money.zero(amount.currency)
        line = Line(kind, id, payment.id, reference, amount, kept, self.now())
        self._lines.append(line)
        self._lines_of[id].append(line)

    def _tell(
        self,
        event: Event,
        payment: Payment,
        *,
        refund: Refund | None = None,
        chargeback: Chargeback | None = None,
    ) -> None:
        self._changes += 1
        change = Change(self._changes, event, self.now(), payment, refund, chargeback)
        for listener in self._listeners:
            listener(change)


def _found(known: Mapping[str, _T], name: str, why: Why) -> _T:
    try:
        return known[name]
    except KeyError:
        raise Refused(why, name) from None


def _is_gone(status: ReturnStatus) -> bool:
    return status is not ReturnStatus.FAILED


def _require_pending(status: ReturnStatus, subject: str) -> None:
    if status is not ReturnStatus.PENDING:
        raise Refused(Why.NOT_PENDING, subject)


def _require_positive(amount: Money, subject: str) -> None:
    if amount.amount <= 0:
        raise Refused(Why.NOT_POSITIVE, subject)


def _require_same_currency(payment: Payment, amount: Money) -> None:
    if amount.currency != payment.amount.currency:
        raise Refused(Why.OTHER_CURRENCY, payment.id)


def _drawn(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(12)}"
