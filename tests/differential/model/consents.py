"""Learners' signatures for the orders of a batch (CONSENT)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tests.differential.model.refusal import Rules
from tests.differential.model.signing import is_signed, typehash
from tests.differential.model.words import ZERO, of_learner

if TYPE_CHECKING:
    from tests.differential.model import Model

TYPE = typehash(
    "Consent(uint32 content,uint32 seller,uint32 learner,address referrer,uint64 startsAt,"
    "bool fromLearner,uint64 maxPrice,uint64 deadline,uint64 nonce)"
)


class Consent(NamedTuple):
    """A learner's agreement to one order; the price is in ledger units."""

    max_price: int
    deadline: int
    nonce: int
    signature: bytes


class Ordered(NamedTuple):
    """One order of a batch, as its learner agrees to it."""

    content: int
    seller: int
    learner: int
    referrer: str
    starts_at: int
    from_learner: bool
    price: int

    @property
    def account(self) -> int:
        return of_learner(self.seller, self.learner)


class Consents:
    """Who has to sign, and what."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def signer(self, order: Ordered) -> str:
        """Return the key that agrees to an order (CONSENT-1)."""
        key = self._model.custody.keys[order.account]
        return self._model.learners.keys[order.learner] if key == ZERO else key

    def digest(self, order: Ordered, consent: Consent) -> bytes:
        """Return what a learner signs."""
        values = (*order[:-1], *consent[:-1])
        return self._model.orders.domain.digest(TYPE, *values)

    def require(self, orders: list[Ordered], given: list[Any], rules: Rules) -> None:
        """Require a consent to each order, in order."""
        consents, now = [Consent(*each) for each in given], self._model.now
        rules.require(len(consents) == len(orders), "ConsentCountMismatch", len(given), len(orders))
        used: set[tuple[str, int]] = set()
        for order, consent in zip(orders, consents, strict=False):
            cheap = order.price <= consent.max_price
            rules.require(cheap, "PriceAboveMaximum", order.price, consent.max_price)
            rules.require(now < consent.deadline, "DeadlinePassed", consent.deadline, now)
            key = self.signer(order)
            signed = is_signed(key, self.digest(order, consent), consent.signature)
            rules.require(signed, "InvalidSignature", key)
            self._model.nonces.require_free(key, consent.nonce, rules)
            rules.require((key, consent.nonce) not in used, "NonceUsed", key, consent.nonce)
            used.add((key, consent.nonce))

    def use(self, orders: list[Ordered], given: list[Any]) -> None:
        """Use up the nonces of the consents."""
        for order, consent in zip(orders, given, strict=False):
            self._model.nonces.use(self.signer(order), Consent(*consent).nonce)
