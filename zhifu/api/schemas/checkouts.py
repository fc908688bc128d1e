"""Payments that are made at a provider."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from zhifu.api.schemas.fields import Address, In, MoneyIn, Number, Out, Text, Time
from zhifu.api.schemas.orders import PaymentOut
from zhifu.checkouts import LONGEST_LIFETIME_SECONDS
from zhifu.requests import LARGEST_CART


class CheckoutIn(In):
    """A payment to be made at a provider, for one content or a cart.

    `method` is the provider's way to pay, such as native, jsapi, page, precreate or card; `payer`
    the provider's name for the learner where the method needs one.
    """

    learner: Number
    contents: Annotated[list[Number], Field(min_length=1, max_length=LARGEST_CART)]
    amount: MoneyIn
    provider: Text
    method: Text
    description: Text
    return_url: Text | None = None
    payer: Text | None = None
    referrer: Address | None = None
    expires_in_seconds: Annotated[int, Field(ge=60, le=LONGEST_LIFETIME_SECONDS)] | None = None


class CheckoutOut(Out):
    """A payment that waits for its learner until `expires_at`."""

    payment: PaymentOut
    action: dict[str, str]
    expires_at: Time | None
