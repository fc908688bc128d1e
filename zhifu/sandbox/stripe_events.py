"""Stripe's webhooks: the events that changes of the books cause, signed as Stripe signs them."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator

from zhifu.sandbox.books import Books
from zhifu.sandbox.deliveries import Notice, Signed
from zhifu.sandbox.records import Change, Chargeback, Event, Refund, ReturnStatus
from zhifu.sandbox.stripe_objects import Json, Objects

_OF_PAYMENTS = {
    Event.PAYMENT_PAID: "payment_intent.succeeded",
    Event.PAYMENT_FAILED: "payment_intent.payment_failed",
    Event.PAYMENT_CANCELLED: "payment_intent.canceled",
}


class Events:
    """Makes the notices of changes, for the endpoint at `url` whose secret is `secret`."""

    def __init__(self, books: Books, objects: Objects, url: str, secret: str, version: str) -> None:
        self._books = books
        self._objects = objects
        self._url = url
        self._secret = secret
        self._version = version

    def of(self, change: Change) -> Iterator[Notice]:
        """The events of a change, with the objects as they are now."""
        for kind, about in self._told(change):
            yield self.notice(kind, about, change.at)

    def notice(self, kind: str, about: Json, at: int) -> Notice:
        """An event about an object."""
        event = {
            "id": f"evt_{secrets.token_hex(12)}",
            "object": "event",
            "api_version": self._version,
            "created": at,
            "data": {"object": about},
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": kind,
        }
        body = json.dumps(event, indent=2, ensure_ascii=False).encode()
        sign = lambda: signed(body, self._secret, self._books.now())  # noqa: E731
        return Notice(self._books.name, str(event["id"]), self._url, sign, _is_accepted)

    def _told(self, change: Change) -> Iterator[tuple[str, Json]]:
        if change.refund is not None:
            yield from self._of_refund(change, change.refund)
        elif change.chargeback is not None:
            yield from self._of_dispute(change, change.chargeback)
        else:
            yield _OF_PAYMENTS[change.event], self._objects.payment_intent(change.payment)

    def _of_refund(self, change: Change, decided: Refund) -> Iterator[tuple[str, Json]]:
        refund = self._objects.refund(decided)
        if change.event is Event.REFUND_CREATED:
            yield "refund.created", refund
            yield "charge.refunded", self._objects.charge(change.payment)
        else:
            yield "refund.updated", refund
            if decided.status is ReturnStatus.FAILED:
                yield "refund.failed", refund

    def _of_dispute(self, change: Change, decided: Chargeback) -> Iterator[tuple[str, Json]]:
        dispute = self._objects.dispute(decided)
        if change.event is Event.CHARGEBACK_CREATED:
            yield "charge.dispute.created", dispute
            yield "charge.dispute.funds_withdrawn", dispute
        else:
            yield "charge.dispute.closed", dispute
            if decided.status is ReturnStatus.FAILED:
                yield "charge.dispute.funds_reinstated", dispute


def signed(body: bytes, secret: str, at: int) -> Signed:
    """A body with the headers that Stripe posts it with at a time."""
    digest = hmac.new(secret.encode(), b"%d.%s" % (at, body), hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        "Stripe-Signature": f"t={at},v1={digest}",
    }
    return Signed(headers, body)


def _is_accepted(status: int, _: bytes) -> bool:
    return 200 <= status < 300
