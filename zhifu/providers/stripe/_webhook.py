"""Stripe's webhooks: whose they are, how fresh, and what they are about."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import stripe

from zhifu.exceptions import InvalidCallback
from zhifu.providers import Callback, Hint, HintKind

#: How far a signature's time may be from ours, in either direction.
TOLERANCE_SECONDS = 300

#: A signature's header, read more strictly than the library does: it takes the first of several
#: times, and times in other spellings.
_SIGNATURE = re.compile(r"t=([0-9]{1,12})((?:,v[0-9]=[0-9a-f]+)+)")

#: The events that Stripe must be told to send, by what they are about.
EVENTS: Mapping[str, HintKind] = {
    "payment_intent.succeeded": HintKind.PAYMENT,
    "payment_intent.payment_failed": HintKind.PAYMENT,
    "payment_intent.canceled": HintKind.PAYMENT,
    "charge.refunded": HintKind.REFUND,
    "refund.created": HintKind.REFUND,
    "refund.updated": HintKind.REFUND,
    "refund.failed": HintKind.REFUND,
    "charge.dispute.created": HintKind.CHARGEBACK,
    "charge.dispute.funds_withdrawn": HintKind.CHARGEBACK,
    "charge.dispute.funds_reinstated": HintKind.CHARGEBACK,
    "charge.dispute.closed": HintKind.CHARGEBACK,
}


class Endpoint(NamedTuple):
    """What our webhook endpoint expects: its secret, the account and the mode.

    `account` None expects events of the account whose key we hold, which do not name it.
    """

    name: str
    secret: str
    account: str | None
    livemode: bool

    def hint(self, callback: Callback) -> Hint:
        """What a callback is about; raises InvalidCallback."""
        self._require_signed(callback)
        event = self._event(callback.body)
        if event.get("livemode") is not self.livemode:
            raise InvalidCallback(self.name, "it is of the other mode, live or test")
        # Only events of connected accounts name one; the secret says whose the others are.
        if event.get("account") not in (None, self.account):
            raise InvalidCallback(self.name, "it is of another account")
        return self._told(event)

    def _require_signed(self, callback: Callback) -> None:
        header = callback.headers.get("stripe-signature", "")
        signature = _SIGNATURE.fullmatch(header)
        if signature is None:
            raise InvalidCallback(self.name, "it is not signed")
        try:
            stripe.WebhookSignature.verify_header(callback.body, header, self.secret)
        except (stripe.SignatureVerificationError, ValueError, TypeError):
            raise InvalidCallback(self.name, "its signature is not the provider's") from None
        # The library lets times in the future pass.
        if abs(callback.received_at - int(signature[1])) > TOLERANCE_SECONDS:
            raise InvalidCallback(self.name, "it is not fresh")

    def _event(self, body: bytes) -> dict[str, Any]:
        try:
            event = json.loads(body)
        except ValueError:
            event = None
        if not isinstance(event, dict) or event.get("object") != "event":
            raise InvalidCallback(self.name, "it is no event")
        return event

    def _told(self, event: Mapping[str, Any]) -> Hint:
        try:
            event_id, kind = event["id"], EVENTS.get(event["type"], HintKind.OTHER)
            about = event["data"]["object"]
            payment = about.get("id" if kind is HintKind.PAYMENT else "payment_intent")
        except (KeyError, TypeError, AttributeError):
            raise InvalidCallback(self.name, "it is no event") from None
        if not isinstance(event_id, str) or not event_id:
            raise InvalidCallback(self.name, "it is no event")
        if kind is HintKind.OTHER or not isinstance(payment, str):
            return Hint(event_id, HintKind.OTHER, "")
        return Hint(event_id, kind, payment)
