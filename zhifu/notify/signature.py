"""Signatures by the Standard Webhooks specification: secrets, and the headers that prove a body."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone

from standardwebhooks import Webhook

_PREFIX = "whsec_"
_SECRET_BYTES = 32


def new_secret() -> str:
    """A fresh secret, `whsec_` and 32 random bytes in base64."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def headers(event_id: str, body: str, at: int, with_secrets: Sequence[str]) -> Mapping[str, str]:
    """The headers of a body sent at a time (Unix seconds), signed with each of the secrets."""
    when = datetime.fromtimestamp(at, timezone.utc)
    signatures = [Webhook(each).sign(event_id, when, body) for each in with_secrets]
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(signatures),
    }
