"""What a payment provider leaves open or refuses."""

from __future__ import annotations

from dataclasses import dataclass

from zhifu.exceptions._base import ProviderError


@dataclass(eq=False)
class PaymentUnknown(ProviderError):
    """The provider never said what became of a payment: it is neither paid nor failed."""

    code = "payment_unknown"
    field = "payment"
    rule = "must be confirmed by its provider"

    provider: str
    payment: str


@dataclass(eq=False)
class PaymentUnpaid(ProviderError):
    """The provider says that a payment is not paid."""

    code = "payment_unpaid"
    field = "provider_payment_id"
    rule = "must be paid at its provider"

    provider: str
    payment: str
    status: str


@dataclass(eq=False)
class ProviderRefused(ProviderError):
    """The provider refused a payment or a refund."""

    code = "provider_refused"
    field = "payment"
    rule = "must be accepted by its provider"

    provider: str
    payment: str
    reason: str


@dataclass(eq=False)
class ProviderBusy(ProviderError):
    """Too many questions wait for a provider that answers slowly; nothing was asked or changed."""

    code = "provider_busy"
    field = "provider"
    rule = "must not be asked more than it answers"

    provider: str


@dataclass(eq=False)
class InvalidCallback(ProviderError):
    """A callback was not made by the provider it claims, not for this merchant, or not now."""

    code = "invalid_callback"
    field = "callback"
    rule = "must be fresh, the provider's own and for this merchant"

    provider: str
    reason: str
