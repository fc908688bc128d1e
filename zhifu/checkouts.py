"""Payments that the gateway makes at providers, so that learners can pay them.

The payment is in the books before its provider hears of it, under an id of ours that makes telling
it again harmless: whatever is lost on the way, the next attempt goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

from zhifu.books import Books, Draft
from zhifu.exceptions import (
    IdempotencyConflict,
    InputError,
    InvalidInput,
    ProviderRefused,
    UnknownProvider,
)
from zhifu.intake import Intake
from zhifu.payments import CheckoutTerms, Payment, PaymentRequest, PaymentState
from zhifu.providers import Intent, Provider
from zhifu.requests import TEXT_RULE, canonical, is_text, malformed

LONGEST_LIFETIME_SECONDS = 86_400
"""How far ahead a payment may expire: no longer than every provider remembers our id of it."""

_REFUSED = "it was not made when it was asked for first, and will not be under the same key"


class OpenCheckout(NamedTuple):
    """A payment that its learner can pay, and what the learner's client needs for it.

    `action` is empty once the payment is decided.
    """

    payment: Payment
    action: Mapping[str, str]


class Checkouts:
    """Makes the payments of `books` at `providers`; `clock` tells Unix seconds."""

    def __init__(
        self,
        books: Books,
        intake: Intake,
        providers: Mapping[str, Provider],
        clock: Callable[[], int],
    ) -> None:
        self._books = books
        self._intake = intake
        self._providers = providers
        self._clock = clock

    def create(self, request: PaymentRequest, terms: CheckoutTerms) -> OpenCheckout:
        """Record a payment and make it at its provider; see `Gateway.checkout`."""
        wrong = malformed(request, is_checkout=True)
        if wrong is not None:
            raise wrong
        (known,) = self._books.known([request])
        if known is None:
            self._require_terms(terms)
            known = self._recorded(request, terms)
        self._require_same(request, terms, known)
        return self.make(known)

    def make(self, payment: Payment) -> OpenCheckout:
        """Make a recorded payment at its provider, if that is still to be done.

        Raises ProviderRefused, or InvalidInput for what this provider could never accept, and
        the payment is then cancelled unless somebody else has made it meanwhile: the same again is
        refused too, without being asked.
        PaymentUnknown if no answer came: the same again goes on.
        """
        if payment.state is PaymentState.CANCELLED and payment.provider_payment_id is None:
            raise ProviderRefused(payment.request.provider, payment.id, _REFUSED)
        stored = self._books.checkout(payment.id)
        if payment.state is not PaymentState.CREATED:
            return _open(payment, stored.action or {})
        try:
            made = self._provider(payment).create(_intent(payment, stored.terms))
        except (ProviderRefused, InputError):
            known = self._books.not_made(payment.id)
            if known.provider_payment_id is None:
                raise
            # Somebody else has made it meanwhile: it cannot be made once more, and may be paid.
            return self.make(known)
        known = self._books.made(payment.id, made.provider_payment_id, made.action)
        return _open(known, made.action)

    def _recorded(self, request: PaymentRequest, terms: CheckoutTerms) -> Payment:
        prices = self._intake.prices(request)
        draft = Draft(canonical(request), prices, PaymentState.CREATED, checkout=terms)
        (payment,) = self._books.record([draft])
        if payment is None:
            # The same key came first by another way.
            (payment,) = self._books.known([request])
        if payment is None:
            raise IdempotencyConflict(request.idempotency_key)
        return payment

    def _require_same(self, request: PaymentRequest, terms: CheckoutTerms, known: Payment) -> None:
        """The first request's expiry counts, and a payer may have been forgotten since."""
        if canonical(request) != known.request or known.expires_at is None:
            raise IdempotencyConflict(request.idempotency_key)
        told = self._books.checkout(known.id).terms
        payer = told.payer if told.payer is None else terms.payer
        if replace(terms, expires_at=told.expires_at, payer=payer) != told:
            raise IdempotencyConflict(request.idempotency_key)

    def _require_terms(self, terms: CheckoutTerms) -> None:
        for field in ("method", "description"):
            if not is_text(getattr(terms, field)):
                raise InvalidInput(field, TEXT_RULE)
        for field in ("return_url", "payer"):
            if getattr(terms, field) is not None and not is_text(getattr(terms, field)):
                raise InvalidInput(field, TEXT_RULE)
        now = self._clock()
        if not now < terms.expires_at <= now + LONGEST_LIFETIME_SECONDS:
            rule = f"must be later than now, by at most {LONGEST_LIFETIME_SECONDS} seconds"
            raise InvalidInput("expires_at", rule, terms.expires_at)

    def _provider(self, payment: Payment) -> Provider:
        provider = self._providers.get(payment.request.provider)
        if provider is None:
            raise UnknownProvider(payment.request.provider)
        return provider


def _open(payment: Payment, action: Mapping[str, str]) -> OpenCheckout:
    is_open = payment.state in (PaymentState.AWAITING_PAYMENT, PaymentState.PAYMENT_UNKNOWN)
    return OpenCheckout(payment, action if is_open else {})


def _intent(payment: Payment, terms: CheckoutTerms) -> Intent:
    return Intent(
        payment.id,
        payment.request.amount,
        terms.description,
        terms.expires_at,
        terms.method,
        terms.payer,
        terms.return_url,
    )
