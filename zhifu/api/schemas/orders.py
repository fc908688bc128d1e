"""Payments and their orders, alone and in bulk."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from zhifu.api.schemas.fields import (
    Address,
    BatchId,
    In,
    MoneyIn,
    MoneyOut,
    Number,
    OrderId,
    Out,
    PaymentId,
    Text,
    Time,
)
from zhifu.api.schemas.service import ProblemOut
from zhifu.requests import LARGEST_CART


class OrderIn(In):
    """A payment that its provider confirms, for one content or a cart.

    `amount` is the sum of the contents' prices; `provider_payment_id` the provider's own name for
    the payment, none where the provider is `balance`, the learner's own; `referrer` the address
    that gets the referrer's share.
    """

    learner: Number
    contents: Annotated[list[Number], Field(min_length=1, max_length=LARGEST_CART)]
    amount: MoneyIn
    provider: Text
    provider_payment_id: Text | None = None
    referrer: Address | None = None


class BulkOrderIn(OrderIn):
    """One of many; without a key of its own it has the request's, with its place behind it."""

    idempotency_key: Text | None = None


class PlacedOrderOut(Out):
    """One content of a cart, as it was when it was paid."""

    id: OrderId
    content: Number
    price: MoneyOut
    state: str


class PaymentOut(Out):
    """A payment with its orders."""

    id: PaymentId
    platform: Number
    learner: Number
    amount: MoneyOut
    provider: str
    provider_payment_id: str | None
    referrer: Address | None
    state: str
    created_at: Time
    orders: list[PlacedOrderOut]


class BulkOutcomeOut(Out):
    """What became of one of many; a `payment` or a `problem`."""

    index: int
    status: int
    payment: PaymentOut | None = None
    problem: ProblemOut | None = None


class BulkOut(Out):
    """What became of each, in the order they were sent."""

    data: list[BulkOutcomeOut]


class BatchPlaceOut(Out):
    """Where an order is on chain."""

    id: BatchId
    lane: int
    number: int
    position: int


class OrderOut(Out):
    """One content bought by one learner, as it is now."""

    id: OrderId
    payment: PaymentId
    platform: Number
    learner: Number
    content: Number
    price: MoneyOut
    state: str
    batch: BatchPlaceOut | None
    problem: str | None


class OrdersOut(Out):
    """A page of orders, the newest first."""

    data: list[OrderOut]
    next_cursor: str | None


class ChangeOut(Out):
    """One line of an order's history."""

    state: str
    at: Time
    detail: str | None


class HistoryOut(Out):
    """What happened to an order, in order."""

    data: list[ChangeOut]
