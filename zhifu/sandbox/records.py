"""What a simulated provider's books are made of: plain values, and why they refuse a change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from zhifu.money import Money
from zhifu.providers import LineKind


class PaymentStatus(str, Enum):
    """How a payment stands: OPEN can be paid, the others are final."""

    OPEN = "open"
    PAID = "paid"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ReturnStatus(str, Enum):
    """How a refund or a chargeback stands.

    The money of a PENDING or DONE one is gone from the merchant, that of a FAILED one is back.
    """

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


class Why(str, Enum):
    """Why the books refuse something."""

    UNKNOWN_PAYMENT = "unknown_payment"
    UNKNOWN_REFUND = "unknown_refund"
    UNKNOWN_CHARGEBACK = "unknown_chargeback"
    REFERENCE_USED = "reference_used"
    NOT_OPEN = "not_open"
    NOT_PAID = "not_paid"
    NOT_PENDING = "not_pending"
    ALREADY_PAID = "already_paid"
    EXPIRED = "expired"
    NOT_POSITIVE = "not_positive"
    OTHER_CURRENCY = "other_currency"
    MORE_THAN_LEFT = "more_than_left"


class Refused(Exception):
    """The books refuse a change, and nothing changed; `why` is for a provider to put in words."""

    def __init__(self, why: Why, subject: str) -> None:
        super().__init__(f"{why.value}: {subject}")
        self.why = why
        self.subject = subject


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment at the provider; times in Unix seconds.

    `id` is the provider's, `reference` the merchant's (its order number or payment id). `amount` is
    what was asked; `received` what was paid; `fee` what the provider keeps of it. `notify_url` is
    where the provider tells the merchant, None for nowhere. `details` is whatever the provider's
    module wants to remember with it: the description, a client secret, the payer.
    """

    id: str
    reference: str
    amount: Money
    status: PaymentStatus
    created_at: int
    expires_at: int | None = None
    notify_url: str | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    received: Money | None = None
    fee: Money | None = None
    decided_at: int | None = None


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund: `id` is the provider's, `reference` the merchant's; times in Unix seconds."""

    id: str
    reference: str
    payment: str
    amount: Money
    status: ReturnStatus
    created_at: int
    notify_url: str | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    decided_at: int | None = None


@dataclass(frozen=True, slots=True)
class Chargeback:
    """A chargeback: PENDING while it is contested, DONE when it is lost, FAILED when it is won."""

    id: str
    payment: str
    amount: Money
    status: ReturnStatus
    created_at: int
    decided_at: int | None = None


class Event(str, Enum):
    """What became of something, as listeners are told."""

    PAYMENT_PAID = "payment_paid"
    PAYMENT_FAILED = "payment_failed"
    PAYMENT_CANCELLED = "payment_cancelled"
    REFUND_CREATED = "refund_created"
    REFUND_DECIDED = "refund_decided"
    CHARGEBACK_CREATED = "chargeback_created"
    CHARGEBACK_DECIDED = "chargeback_decided"


@dataclass(frozen=True, slots=True)
class Change:
    """One change, with the payment and what else it is about as they are after it.

    `number` counts a provider's changes from 1. A refund that is DONE from the start is told as
    REFUND_CREATED and then REFUND_DECIDED.
    """

    number: int
    event: Event
    at: int
    payment: Payment
    refund: Refund | None = None
    chargeback: Chargeback | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the day's bill: `amount` negative where money leaves the merchant; `fee` kept.

    `id` is the provider's own of the payment, refund or chargeback, `payment` the provider's of the
    payment it is about, `reference` the merchant's of the payment or refund.
    """

    kind: LineKind
    id: str
    payment: str
    reference: str
    amount: Money
    fee: Money
    at: int
