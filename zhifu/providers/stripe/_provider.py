"""Payments through Stripe's PaymentIntents."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta, timezone
from typing import Any

import stripe

from zhifu.exceptions import InvalidInput, PaymentUnknown, ProviderRefused
from zhifu.money import Money
from zhifu.providers import (
    Answer,
    BillLine,
    Callback,
    Checkout,
    Hint,
    Intent,
    ProviderPayment,
    ProviderStatus,
    RefundStatus,
)
from zhifu.providers.stripe._amounts import from_stripe, to_stripe
from zhifu.providers.stripe._bill import PAYMENT_ID, REFUND_ID, line
from zhifu.providers.stripe._http import Transport
from zhifu.providers.stripe._webhook import Endpoint

_log = logging.getLogger(__name__)

#: A payment is created anew if it is asked for after Stripe forgot its key, which it keeps a day.
MOST_SECONDS_AHEAD = 24 * 3600

_PAGE = 100

_METHODS: Mapping[str, Mapping[str, Any]] = {
    "card": {"payment_method_types": ["card"]},
    "automatic": {"automatic_payment_methods": {"enabled": True}},
}

_STATUSES = {"succeeded": ProviderStatus.PAID, "canceled": ProviderStatus.FAILED}

_REFUNDS = {
    "succeeded": RefundStatus.DONE,
    "failed": RefundStatus.FAILED,
    "canceled": RefundStatus.FAILED,
}

#: Disputes for which Stripe took the money; inquiries take none, and a won one gave it back.
_TAKING = ("needs_response", "under_review", "lost")

#: What Stripe says no with. Anything else says nothing of the payment: not the network's failures,
#: not 5xx, 409 or 429, and not that our key is wrong, which it may have been right before.
_REFUSALS = (stripe.InvalidRequestError, stripe.IdempotencyError, stripe.CardError)


class StripeProvider:
    """One Stripe account.

    `secret_key` is the account's API key, `webhook_secret` its endpoint's. `account` is the
    account's id: events that name another one are refused. `livemode` says whether events of live
    or of test mode are taken; by default that of the key. `base_url` is where Stripe is, without
    `/v1`. `timeout_seconds` is for connecting, and for each answer whole. `clock` tells Unix
    seconds.

    Methods of payments are "card", and "automatic" for whatever the dashboard has switched on.
    Payments expire at most a day ahead. Days of bills are UTC, and their lines come newest first,
    in the currency of Stripe's balance. Safe to share between threads.
    """

    def __init__(
        self,
        *,
        secret_key: str,
        webhook_secret: str,
        name: str = "stripe",
        account: str | None = None,
        livemode: bool | None = None,
        base_url: str | None = None,
        timeout_seconds: float = 10.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.name = name
        live = "_live_" in secret_key[: len("sk_live_")] if livemode is None else livemode
        self._endpoint = Endpoint(name, webhook_secret, account, live)
        self._clock = clock
        self._stripe = stripe.StripeClient(
            secret_key,
            base_addresses={"api": base_url.rstrip("/")} if base_url else {},
            # A repetition by the library would hide that the first answer was lost.
            max_network_retries=0,
            http_client=Transport(timeout_seconds),
        ).v1

    def create(self, intent: Intent) -> Checkout:
        """Create a PaymentIntent; the action is its `client_secret` for Stripe's own form.

        Raises InvalidInput for a method, an amount or an expiry that Stripe cannot take.
        """
        _require_positive(intent.amount)
        units, currency = to_stripe(intent.amount)
        self._require_acceptable(intent)
        with self._asking(intent.payment_id):
            created = self._stripe.payment_intents.create(
                {
                    "amount": units,
                    "currency": currency,
                    "description": intent.description,
                    "metadata": {PAYMENT_ID: intent.payment_id},
                    **_METHODS[intent.method],  # type: ignore[typeddict-item]
                },
                {"idempotency_key": intent.payment_id},
            )
            return Checkout(created.id, {"client_secret": created.client_secret or ""})

    def query(self, provider_payment_id: str) -> ProviderPayment:
        """What became of a PaymentIntent, with Stripe's fee and what disputes took."""
        try:
            with self._asking(provider_payment_id):
                found = self._retrieve(provider_payment_id, "latest_charge.balance_transaction")
                return _payment(found, self._taken(found))
        except PaymentUnknown:
            return ProviderPayment(ProviderStatus.UNKNOWN)
        except ProviderRefused as refused:
            # An id of the other mode, live or test, is a mistake of ours and not an unpaid payment.
            is_missing = _code(refused) == "resource_missing"
            is_elsewhere = "a similar object exists" in refused.reason
            failed = is_missing and not is_elsewhere
            return ProviderPayment(ProviderStatus.FAILED if failed else ProviderStatus.UNKNOWN)

    def cancel(self, provider_payment_id: str) -> None:
        """Cancel a PaymentIntent; Stripe keeps one open for ever otherwise."""
        with self._asking(provider_payment_id):
            status = self._cancelled(provider_payment_id)
        if status == "succeeded":
            raise ProviderRefused(self.name, provider_payment_id, "it is paid")
        if status != "canceled":
            raise PaymentUnknown(self.name, provider_payment_id)

    def refund(self, provider_payment_id: str, amount: Money, refund_id: str) -> RefundStatus:
        """Refund a payment in whole or part.

        Stripe forgets idempotency keys after a day, so it is asked for the refund first.
        """
        units, _ = to_stripe(amount)
        _require_positive(amount)
        with self._asking(provider_payment_id):
            refund = self._refund_made(provider_payment_id, refund_id)
            if refund is None:
                refund = self._stripe.refunds.create(
                    {
                        "payment_intent": provider_payment_id,
                        "amount": units,
                        "metadata": {REFUND_ID: refund_id},
                    },
                    {"idempotency_key": refund_id},
                )
            made = from_stripe(refund.amount, refund.currency)
        if made != amount:
            reason = "the refund id was used for another amount"
            raise ProviderRefused(self.name, provider_payment_id, reason)
        return _REFUNDS.get(refund.status or "succeeded", RefundStatus.PENDING)

    def verify(self, callback: Callback) -> Hint:
        """What a webhook is about, if it is signed with our secret within five minutes of now."""
        return self._endpoint.hint(callback)

    def answer(self, accepted: bool) -> Answer:
        """Status 200, or 400: Stripe then sends it again for three days."""
        return Answer(200 if accepted else 400, "text/plain", b"")

    def transactions(self, day: date) -> Iterator[BillLine]:
        """The balance transactions of a day (UTC), newest first."""
        start = datetime(day.year, day.month, day.day, tzinfo=timezone.utc)
        since, until = (int(each.timestamp()) for each in (start, start + timedelta(days=1)))
        with self._asking(day.isoformat()):
            within: Any = {"gte": since, "lt": until}
            page = self._stripe.balance_transactions.list(
                {"created": within, "limit": _PAGE, "expand": ["data.source"]}
            )
            for each in page.auto_paging_iter():
                yield line(each)

    # Asking Stripe

    @contextmanager
    def _asking(self, subject: str) -> Iterator[None]:
        """Turn Stripe's errors into ours: a refusal where it says no, else nothing is known."""
        try:
            yield
        except _REFUSALS as error:
            raise ProviderRefused(self.name, subject, _reason(error)) from error
        except (stripe.StripeError, AttributeError, TypeError) as error:
            # What answers without the fields an answer has is not Stripe, or not all of its answer.
            _log.warning("stripe left open %s: %s", subject, _reason(error))
            raise PaymentUnknown(self.name, subject) from error

    def _require_acceptable(self, intent: Intent) -> None:
        if intent.method not in _METHODS:
            raise InvalidInput(
                "method", f"must be {' or '.join(_METHODS)} at Stripe", intent.method
            )
        ahead = intent.expires_at - self._clock()
        if ahead > MOST_SECONDS_AHEAD:
            rule = "must be at most a day ahead at Stripe"
            raise InvalidInput("expires_at", rule, intent.expires_at)
        if ahead <= 0:
            raise ProviderRefused(self.name, intent.payment_id, "it has expired")

    def _retrieve(self, payment: str, *expand: str) -> stripe.PaymentIntent:
        found = self._stripe.payment_intents.retrieve(payment, {"expand": list(expand)})
        if found.id != payment:
            raise PaymentUnknown(self.name, payment)
        return found

    def _cancelled(self, payment: str) -> str:
        """The status of a payment after Stripe was asked to cancel it."""
        try:
            return self._stripe.payment_intents.cancel(payment).status
        except stripe.InvalidRequestError as error:
            if error.code != "payment_intent_unexpected_state":
                raise
            return self._retrieve(payment).status

    def _taken(self, payment: stripe.PaymentIntent) -> int | None:
        """How much of a payment disputes have taken, in Stripe's units; None without any."""
        charge: Any = payment.latest_charge
        if charge is None or not charge.disputed:
            return None
        disputes = self._stripe.disputes.list({"payment_intent": payment.id, "limit": _PAGE})
        taking = [each for each in disputes.auto_paging_iter() if each.status in _TAKING]
        if any(each.currency != payment.currency for each in taking):
            # How much of the payment it is nobody says, and the bank may have all of it.
            return payment.amount_received
        return sum(each.amount for each in taking)

    def _refund_made(self, payment: str, refund_id: str) -> stripe.Refund | None:
        """The refund of a payment that was made under an id of ours."""
        made = self._stripe.refunds.list({"payment_intent": payment, "limit": _PAGE})
        same = (each for each in made.auto_paging_iter() if _ours(each) == refund_id)
        return next(same, None)


def _require_positive(amount: Money) -> None:
    if amount.amount <= 0:
        raise InvalidInput("amount", "must be positive", amount.amount)


def _ours(refund: stripe.Refund) -> str | None:
    """The id of ours that a refund was made under."""
    return getattr(refund.metadata, REFUND_ID, None)


def _payment(found: stripe.PaymentIntent, taken: int | None) -> ProviderPayment:
    status = _STATUSES.get(found.status, ProviderStatus.PENDING)
    if status is not ProviderStatus.PAID:
        return ProviderPayment(status, from_stripe(found.amount, found.currency))
    return ProviderPayment(
        status,
        amount=from_stripe(found.amount_received, found.currency),
        fee=_fee(found),
        charged_back=None if taken is None else from_stripe(taken, found.currency),
    )


def _fee(found: stripe.PaymentIntent) -> Money | None:
    """Stripe's fee, in the currency of its balance; it is not known at once of every payment."""
    balance: Any = getattr(found.latest_charge, "balance_transaction", None)
    if not isinstance(balance, stripe.BalanceTransaction):
        return None
    return from_stripe(balance.fee, balance.currency)


def _code(refused: ProviderRefused) -> str | None:
    cause = refused.__cause__
    return cause.code if isinstance(cause, stripe.StripeError) else None


def _reason(error: Exception) -> str:
    said = error.user_message if isinstance(error, stripe.StripeError) else str(error)
    return " ".join((said or type(error).__name__).split())
