"""What a learner is handed for an order."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from zhifu.api.schemas.fields import (
    Address,
    Bytes32,
    MoneyOut,
    Number,
    OrderId,
    Out,
    PaymentId,
    RefundId,
    Time,
)
from zhifu.languages import Language


class PaperQuery(BaseModel):
    """In which language a page is; data are the same in all."""

    model_config = ConfigDict(extra="forbid")

    language: Language = Language.CHINESE


class NamedOut(Out):
    """A platform with its name."""

    number: Number
    name: str


class BoughtOut(Out):
    """What was bought; a licence of 0 seconds never ends."""

    number: Number
    ref: str
    duration_seconds: int
    renewable: bool


class PaidOut(Out):
    """The payment, which may be for several orders."""

    amount: MoneyOut
    orders: Annotated[int, Field(ge=1)]
    provider: str
    provider_payment_id: str | None
    at: Time


class ReturnedOut(Out):
    """Money that goes back or went."""

    id: RefundId
    amount: MoneyOut
    to: str
    state: str
    is_part: bool
    created_at: Time


class GrantOut(Out):
    """Where the licence is on chain, and the contract that verifies it."""

    order_id: Bytes32
    chain_id: int
    contract: Address
    platform: Number
    lane: int
    number: int
    position: int
    transaction_hash: Bytes32
    block_number: int | None
    starts_at: Time | None
    ends_at: Time | None


class ReceiptOut(Out):
    """One order that was paid: what was bought, paid and returned, and what it grants."""

    order: OrderId
    payment: PaymentId
    issued_at: Time
    seller: NamedOut
    host: NamedOut
    learner: Number
    content: BoughtOut
    price: MoneyOut
    in_words: dict[str, str]
    paid: PaidOut
    state: str
    is_charged_back: bool
    refunds: list[ReturnedOut]
    returned: MoneyOut
    kept: MoneyOut
    licence: GrantOut | None
