"""Payment providers, each behind one small interface."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple, Protocol

from zhifu.money import Money


class ProviderStatus(str, Enum):
    """What a provider says of a payment."""

    PAID = "paid"
    PENDING = "pending"
    FAILED = "failed"
    UNKNOWN = "unknown"


class ProviderPayment(NamedTuple):
    """A payment as its provider knows it; `amount` is None where the provider does not say."""

    status: ProviderStatus
    amount: Money | None = None


class Provider(Protocol):
    """Who moves the fiat money."""

    @property
    def name(self) -> str:
        """What payment requests call it."""

    def query(self, provider_payment_id: str) -> ProviderPayment:
        """Ask what became of a payment.

        An answer that does not come is UNKNOWN, which is neither paid nor failed; a payment the
        provider never heard of is FAILED.
        """

    def refund(self, provider_payment_id: str, amount: Money, refund_id: str) -> None:
        """Send money of a payment back; the same `refund_id` again is the same refund.

        Raises ProviderRefused, and PaymentUnknown when no answer came.
        """
