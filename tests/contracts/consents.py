"""A learner's consent to one order of a batch (CONSENT-1)."""

from __future__ import annotations

from typing import NamedTuple

from tests.contracts.signatures import domain, sign

_TYPES = {
    "Consent": [
        {"name": "content", "type": "uint32"},
        {"name": "seller", "type": "uint32"},
        {"name": "learner", "type": "uint32"},
        {"name": "referrer", "type": "address"},
        {"name": "startsAt", "type": "uint64"},
        {"name": "fromLearner", "type": "bool"},
        {"name": "maxPrice", "type": "uint64"},
        {"name": "deadline", "type": "uint64"},
        {"name": "nonce", "type": "uint64"},
    ]
}


class Consent(NamedTuple):
    """What a learner agrees to, and whether from its account; the price is in ledger units."""

    content: int
    seller: int
    learner: int
    referrer: str
    starts_at: int
    from_learner: bool
    max_price: int
    deadline: int
    nonce: int


class SignedConsent(NamedTuple):
    """A consent, as Settlement takes it beside the batch."""

    max_price: int
    deadline: int
    nonce: int
    signature: bytes


def sign_consent(key: str, settlement: str, consent: Consent) -> SignedConsent:
    """Sign a consent for a settlement."""
    names = [field["name"] for field in _TYPES["Consent"]]
    message = dict(zip(names, consent, strict=True))
    signature = sign(key, domain("zhifu", settlement), _TYPES, message).packed()
    return SignedConsent(consent.max_price, consent.deadline, consent.nonce, signature)
