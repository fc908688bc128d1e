"""What a platform asks the gateway for, and what the gateway answers: plain values.

Platforms, learners and contents are their numbers on chain. Prices at this edge are Money; `debit`
is in ledger units, as the chain counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from zhifu.money import Money


class PaymentState(str, Enum):
    """What is known of the money at the provider (LIFE-1 tells what may follow on what)."""

    CREATED = "created"
    AWAITING_PAYMENT = "awaiting_payment"
    PAYMENT_UNKNOWN = "payment_unknown"
    PAID = "paid"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    CHARGED_BACK = "charged_back"
    REFUNDED = "refunded"


class OrderState(str, Enum):
    """How far an order has come."""

    CREATED = "created"
    AWAITING_PAYMENT = "awaiting_payment"
    PAYMENT_UNKNOWN = "payment_unknown"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    PAID = "paid"
    CHARGED_BACK = "charged_back"
    BATCHED = "batched"
    SUBMITTED = "submitted"
    SETTLED = "settled"
    CONFIRMED = "confirmed"
    REFUND_PENDING = "refund_pending"
    REFUNDED = "refunded"


class BatchState(str, Enum):
    """How far a batch has come: stored signed, taken by a node, included, deep enough, or void."""

    BATCHED = "batched"
    SUBMITTED = "submitted"
    SETTLED = "settled"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


class Problem(str, Enum):
    """Why a paid order is left out of batches; it must be refunded unless the cause goes away."""

    CONTENT_INACTIVE = "content_inactive"
    PRICE_EXPIRED = "price_expired"
    LEARNER_UNKNOWN = "learner_unknown"
    BALANCE_GONE = "balance_gone"


class Destination(str, Enum):
    """Where the money of a refund goes: back the way it was paid, or to the learner's balance."""

    PROVIDER = "provider"
    BALANCE = "balance"


class TopUpState(str, Enum):
    """How far a top-up has come: as its payment until that is paid, then waiting for the chain."""

    CREATED = "created"
    AWAITING_PAYMENT = "awaiting_payment"
    PAYMENT_UNKNOWN = "payment_unknown"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    CHARGED_BACK = "charged_back"
    WAITING = "waiting"
    STORED = "stored"
    SUBMITTED = "submitted"
    SETTLED = "settled"
    CONFIRMED = "confirmed"
    REFUND_PENDING = "refund_pending"
    REFUNDED = "refunded"


class Purpose(str, Enum):
    """What a payment is for: a cart of orders, or money on the learner's own account."""

    ORDER = "order"
    TOP_UP = "top_up"


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """One payment of a learner for one content or a cart of several, or for money on account.

    `platform` is the seller; `amount` the sum of the contents' prices today or yesterday (UTC);
    `provider` the name the gateway knows the payment provider by, and `provider_payment_id` the
    provider's own name for the payment, empty where the gateway is to make it, and where the
    provider is "balance", the learner's own on the platform. A top-up has no
    contents. `idempotency_key` is the seller's: the same key with the
    same body is the same payment. `referrer` is the address that gets the referrer's share, None
    for nobody.
    """

    platform: int
    learner: int
    contents: tuple[int, ...]
    amount: Money
    provider: str
    provider_payment_id: str
    idempotency_key: str
    referrer: str | None = None
    purpose: Purpose = Purpose.ORDER


@dataclass(frozen=True, slots=True)
class CheckoutTerms:
    """How a payment is made at its provider: the parts of an `Intent` that its request lacks.

    `expires_at` (Unix seconds) is until when it can be paid, `payer` the provider's name for the
    learner where it needs one.
    """

    expires_at: int
    method: str
    description: str
    return_url: str | None = None
    payer: str | None = None


class TopUp(NamedTuple):
    """A payment for money on a learner's account; `id` is the payment's.

    `problem` is the code of the error that keeps it from the chain, or from going back. The
    transaction is the latest one signed until the block is known. Times are Unix seconds.
    """

    id: str
    platform: int
    learner: int
    amount: Money
    state: TopUpState
    problem: str | None
    transaction_hash: str | None
    block_number: int | None
    created_at: int


class BatchPlace(NamedTuple):
    """Where an order stands on chain: the batch's id here, its lane and number, the position."""

    id: str
    lane: int
    number: int
    position: int


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """One content bought by one learner.

    `batch` is set as soon as the order is in one. `problem` says why batches leave it out.
    """

    id: str
    payment_id: str
    platform: int
    learner: int
    content: int
    price: Money
    state: OrderState
    batch: BatchPlace | None = None
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment as recorded, with its orders in the cart's order; times in Unix seconds.

    `provider_payment_id` is None until the provider has made the payment; `expires_at` is set for
    those that the gateway makes there. `received` is all that has come in and `fee` what the
    provider keeps of it, as far as it said so. `replayed` is an answer to a request that had been
    recorded before.
    """

    id: str
    request: PaymentRequest
    state: PaymentState
    orders: tuple[OrderRecord, ...]
    created_at: int
    provider_payment_id: str | None = None
    expires_at: int | None = None
    received: Money | None = None
    fee: Money | None = None
    replayed: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """A batch of one lane. `debit` is in ledger units, `sale_day` in days since 1970 (UTC).

    `transaction_hash` is the latest one signed until the batch is included, then the included one.
    """

    id: str
    platform: int
    lane: int
    number: int
    orders: int
    debit: int
    sale_day: int
    state: BatchState
    transaction_hash: str
    gas_used: int | None = None
    block_number: int | None = None


class Change(NamedTuple):
    """One line of an order's history: what it became, when (Unix seconds), and why if known."""

    state: str
    at: int
    detail: str | None
