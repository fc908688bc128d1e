"""Asking providers what became of payments, and recording what they say.

A payment is asked about when its provider hints at news, and on a schedule until it is decided.
Only an answer decides: silence leaves a payment as it was, or unknown where its provider had
hinted at news.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import NamedTuple

from zhifu import rounds
from zhifu.asking import Answered, Asking
from zhifu.books import Books, DuePayment
from zhifu.chargebacks import Chargebacks
from zhifu.checkouts import Checkouts
from zhifu.exceptions import (
    CurrencyMismatch,
    InputError,
    PaymentUnknown,
    ProviderError,
    ProviderRefused,
    UnknownProvider,
    ZhifuError,
)
from zhifu.money import Money
from zhifu.payments import Payment, PaymentState
from zhifu.providers import Provider, ProviderPayment, ProviderStatus
from zhifu.silence import while_heard

UNDECIDED = (
    PaymentState.CREATED,
    PaymentState.AWAITING_PAYMENT,
    PaymentState.PAYMENT_UNKNOWN,
)
_FIRST_DELAY_SECONDS = 5
_LONGEST_DELAY_SECONDS = int(timedelta(minutes=10).total_seconds())


class Heard(NamedTuple):
    """What a provider said of a payment; None if it was not even made there."""

    payment: Payment
    answer: ProviderPayment | None


class Inquiries:
    """Asks `providers` about the payments of `books`; `clock` tells Unix seconds."""

    def __init__(
        self,
        books: Books,
        checkouts: Checkouts,
        chargebacks: Chargebacks,
        providers: Mapping[str, Provider],
        asking: Asking,
        clock: Callable[[], int],
    ) -> None:
        self._books = books
        self._checkouts = checkouts
        self._chargebacks = chargebacks
        self._providers = providers
        self._asking = asking
        self._clock = clock

    def ask(self, payment: Payment, *, hinted: bool = False) -> Payment:
        """Ask about a payment and record the answer; the payment as it is then.

        `hinted` says that its provider told us of news. Raises UnknownProvider, PaymentUnknown if
        no answer came, CurrencyMismatch for an answer in another currency.
        """
        return self.record(self.heard(payment, hinted=hinted))

    def heard(self, payment: Payment, *, hinted: bool = False) -> Heard:
        """Ask about a payment, and record nothing of the answer yet; raises as `ask`."""
        if payment.provider_payment_id is None:
            payment = self._made(payment)
        if payment.provider_payment_id is None:
            return Heard(payment, None)
        return Heard(payment, self._answer(payment, hinted))

    def record(self, heard: Heard) -> Payment:
        """Record what was heard of a payment; the payment as it is then. Raises as `ask`."""
        payment, found = self._books.payment(heard.payment.id), heard.answer
        if found is None:
            return payment
        decided = self._record(payment, found)
        if found.charged_back is not None and decided.state not in UNDECIDED:
            self._note(decided, found.charged_back)
        return self._books.payment(payment.id)

    def standing(self, payment: Payment) -> int:
        """How much of a payment its payer's bank has by the books, in minor units."""
        return self._chargebacks.standing(payment)

    def has_due(self, provider: str) -> bool:
        """Whether the time of any payment at a provider has come."""
        return bool(self._books.due(provider, limit=1))

    def ask_due(self, provider: str | None = None) -> int:
        """Ask about every payment, at a provider or at all, whose time has come.

        How many were decided by it. A few are asked about at once, and what is answered is recorded
        one after the other. One that cannot be asked about does not keep the others from it.
        """
        due = self._books.due(provider)
        at = dict.fromkeys(each.payment.request.provider for each in due)
        return sum(self._ask_at(each, due) for each in at)

    def _ask_at(self, provider: str, due: Sequence[DuePayment]) -> int:
        there = (each for each in due if each.payment.request.provider == provider)
        heard = while_heard(self._providers.get(provider), rounds.in_time(there))
        asked = self._asking.each(provider, heard, self._heard_of)
        return rounds.finish(asked, self._decided)

    def _heard_of(self, due: DuePayment) -> Heard:
        # Before anything can fail, so that whatever does comes round later than the others.
        self._books.postpone(due.payment.id, self._next(due))
        return self.heard(due.payment)

    def _decided(self, asked: Answered[DuePayment, Heard]) -> bool:
        with suppress(ProviderError):
            self.record(asked.outcome())
        return self._books.payment(asked.subject.payment.id).state not in UNDECIDED

    def _next(self, due: DuePayment) -> int:
        """When to ask again: ever later, but soon after it has expired."""
        now, expires_at = self._clock(), due.payment.expires_at
        delay = min(_FIRST_DELAY_SECONDS << min(due.tries, 16), _LONGEST_DELAY_SECONDS)
        if expires_at is not None and now <= expires_at:
            return min(now + delay, expires_at + 1)
        return now + delay

    def _made(self, payment: Payment) -> Payment:
        """Learn what the provider calls a payment whose making was not answered."""
        try:
            return self._checkouts.make(payment).payment
        except (ProviderRefused, InputError):
            return self._books.payment(payment.id)

    def _note(self, payment: Payment, charged_back: Money) -> None:
        if charged_back.amount < self._chargebacks.standing(payment):
            # That may be older than what another answer told meanwhile.
            charged_back = self._answer(payment, hinted=False).charged_back or charged_back
        self._chargebacks.note(payment, charged_back)

    def _answer(self, payment: Payment, hinted: bool) -> ProviderPayment:
        provider, name = self._provider(payment), payment.provider_payment_id or ""
        found = self._query(provider, name)
        if found.status is ProviderStatus.PENDING and self._is_over(payment):
            found = self._cancelled(provider, name)
        if found.status is ProviderStatus.UNKNOWN:
            if hinted and payment.state in UNDECIDED:
                self._books.resolve(payment.id, PaymentState.PAYMENT_UNKNOWN)
            raise PaymentUnknown(provider.name, name)
        return found

    def _query(self, provider: Provider, name: str) -> ProviderPayment:
        try:
            return provider.query(name)
        except ZhifuError:
            return ProviderPayment(ProviderStatus.UNKNOWN)

    def _cancelled(self, provider: Provider, name: str) -> ProviderPayment:
        """What has become of a payment that nobody is to pay any more."""
        try:
            provider.cancel(name)
        except PaymentUnknown:
            return ProviderPayment(ProviderStatus.UNKNOWN)
        except ProviderRefused:
            # It was paid in the last moment, or never opened: the answer tells.
            pass
        return self._query(provider, name)

    def _is_over(self, payment: Payment) -> bool:
        return payment.expires_at is not None and self._clock() > payment.expires_at

    def _record(self, payment: Payment, found: ProviderPayment) -> Payment:
        if found.status is ProviderStatus.PAID:
            return self._paid(payment, found)
        if payment.state not in UNDECIDED:
            return payment
        if found.status is ProviderStatus.FAILED:
            over = PaymentState.EXPIRED if self._is_over(payment) else PaymentState.CANCELLED
            return self._books.resolve(payment.id, over)
        if payment.state is PaymentState.PAYMENT_UNKNOWN and payment.expires_at is not None:
            return self._books.resolve(payment.id, PaymentState.AWAITING_PAYMENT)
        return payment

    def _paid(self, payment: Payment, found: ProviderPayment) -> Payment:
        """Record money that came in; what fits no order is to be paid back."""
        wanted, received = payment.request.amount, found.amount
        if received is None:
            raise PaymentUnknown(payment.request.provider, payment.provider_payment_id or "")
        if received.currency != wanted.currency:
            raise CurrencyMismatch(wanted.currency, received.currency)
        fee = _part(found.fee, received)
        if payment.state not in UNDECIDED:
            if payment.received is not None and received <= payment.received:
                return payment
            return self._books.receive(payment.id, received, fee=fee)
        state = PaymentState.PAID if received.amount >= wanted.amount else PaymentState.CANCELLED
        return self._books.resolve(payment.id, state, received=received, fee=fee)

    def _provider(self, payment: Payment) -> Provider:
        provider = self._providers.get(payment.request.provider)
        if provider is None:
            raise UnknownProvider(payment.request.provider)
        return provider


def _part(fee: Money | None, received: Money) -> Money | None:
    """A fee as the part of what came in that it is; None if it is paid out of something else."""
    if fee is None or fee.currency != received.currency or fee > received:
        return None
    return fee
