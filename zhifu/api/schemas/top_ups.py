"""Money for learners' accounts."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from zhifu.api.schemas.fields import (
    Bytes32,
    In,
    MoneyIn,
    MoneyOut,
    Number,
    Out,
    PaymentId,
    Text,
    Time,
)
from zhifu.checkouts import LONGEST_LIFETIME_SECONDS


class TopUpIn(In):
    """Money for a learner's account on your platform.

    Either `provider_payment_id` names a payment that there is, or the gateway makes one: then there
    are `method` and `description`, and what else a checkout has.
    """

    learner: Number
    amount: MoneyIn
    provider: Text
    provider_payment_id: Text | None = None
    method: Text | None = None
    description: Text | None = None
    return_url: Text | None = None
    payer: Text | None = None
    expires_in_seconds: Annotated[int, Field(ge=60, le=LONGEST_LIFETIME_SECONDS)] | None = None

    @model_validator(mode="after")
    def _one(self) -> TopUpIn:
        of_checkout = (self.return_url, self.payer, self.expires_in_seconds)
        named = [self.method is not None, self.description is not None]
        if self.provider_payment_id is None and not all(named):
            raise ValueError("must have a provider_payment_id, or a method and a description")
        if self.provider_payment_id is not None and any([*named, *of_checkout]):
            raise ValueError("must have no terms of a checkout beside a provider_payment_id")
        return self


class TopUpOut(Out):
    """Money for a learner's account; `problem` is what keeps it from the chain, or from going back.

    `state` is its payment's until that is paid; then waiting, stored, submitted, settled or
    confirmed, refund_pending or refunded. The block is known while it is on chain.
    """

    id: PaymentId
    platform: Number
    learner: Number
    amount: MoneyOut
    state: str
    problem: str | None
    transaction_hash: Bytes32 | None
    block_number: int | None
    created_at: Time


class NewTopUpOut(Out):
    """A top-up as it began; `action` is what is needed to pay it until `expires_at`."""

    top_up: TopUpOut
    action: dict[str, str]
    expires_at: Time | None


class TopUpsOut(Out):
    """A page of top-ups, the newest first."""

    data: list[TopUpOut]
    next_cursor: str | None
