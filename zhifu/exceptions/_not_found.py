"""What does not exist."""

from __future__ import annotations

from dataclasses import dataclass

from zhifu.exceptions._base import NotFoundError


@dataclass(eq=False)
class UnknownPlatform(NotFoundError):
    """No such platform in the network."""

    code = "unknown_platform"
    field = "platform"
    rule = "must be admitted to the network"

    platform: int | str


@dataclass(eq=False)
class UnknownLearner(NotFoundError):
    """No such learner."""

    code = "unknown_learner"
    field = "learner"
    rule = "must be registered"

    learner: int | str


@dataclass(eq=False)
class UnknownContent(NotFoundError):
    """No such content."""

    code = "unknown_content"
    field = "content"
    rule = "must be published"

    content: int | str


@dataclass(eq=False)
class UnknownOrder(NotFoundError):
    """No such order."""

    code = "unknown_order"
    field = "order"
    rule = "must exist"

    order: int | str


@dataclass(eq=False)
class UnknownPayment(NotFoundError):
    """No such payment."""

    code = "unknown_payment"
    field = "payment"
    rule = "must exist"

    payment: str


@dataclass(eq=False)
class UnknownProvider(NotFoundError):
    """No payment provider of this name is set up."""

    code = "unknown_provider"
    field = "provider"
    rule = "must be set up in this gateway"

    provider: object


@dataclass(eq=False)
class UnknownEndpoint(NotFoundError):
    """No such webhook endpoint."""

    code = "unknown_endpoint"
    field = "endpoint"
    rule = "must exist"

    endpoint: str


@dataclass(eq=False)
class UnknownEvent(NotFoundError):
    """No such event."""

    code = "unknown_event"
    field = "event"
    rule = "must exist"

    event: str


@dataclass(eq=False)
class UnknownRefund(NotFoundError):
    """No such refund."""

    code = "unknown_refund"
    field = "refund"
    rule = "must exist"

    refund: str


@dataclass(eq=False)
class UnknownPayback(NotFoundError):
    """No such payback."""

    code = "unknown_payback"
    field = "payback"
    rule = "must exist"

    payback: str


@dataclass(eq=False)
class UnknownChargeback(NotFoundError):
    """No such chargeback."""

    code = "unknown_chargeback"
    field = "chargeback"
    rule = "must exist"

    chargeback: str


@dataclass(eq=False)
class UnknownWithdrawal(NotFoundError):
    """No such withdrawal."""

    code = "unknown_withdrawal"
    field = "withdrawal"
    rule = "must exist"

    withdrawal: str


@dataclass(eq=False)
class UnknownPayOut(NotFoundError):
    """No such pay-out."""

    code = "unknown_pay_out"
    field = "pay_out"
    rule = "must exist"

    pay_out: str


@dataclass(eq=False)
class UnknownReservation(NotFoundError):
    """No such reservation of learner numbers."""

    code = "unknown_reservation"
    field = "reservation"
    rule = "must exist"

    reservation: str


@dataclass(eq=False)
class UnknownDispute(NotFoundError):
    """No dispute about this order is open."""

    code = "unknown_dispute"
    field = "order"
    rule = "must be in dispute"

    order: str


@dataclass(eq=False)
class UnknownLicense(NotFoundError):
    """No order grants this, or it is not on chain yet."""

    code = "unknown_license"
    field = "licence"
    rule = "must be granted by a settled order"


@dataclass(eq=False)
class UnknownApiKey(NotFoundError):
    """No such API key."""

    code = "unknown_api_key"
    field = "api_key"
    rule = "must exist"

    api_key: str
