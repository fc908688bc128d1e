"""Orders that go back."""

from __future__ import annotations

from zhifu.api.schemas.fields import Bytes32, In, MoneyIn, MoneyOut, OrderId, Out, RefundId, Time
from zhifu.payments import Destination


class RefundIn(In):
    """Which order to refund: all that is left of it, or an `amount` of it.

    Its money goes, without `to`, the way it was paid.
    """

    order: OrderId
    amount: MoneyIn | None = None
    to: Destination | None = None


class RefundOut(Out):
    """What goes back of an order; `on_chain` is none, pending, done or failed.

    `part` if its licence goes on.
    """

    id: RefundId
    order: OrderId
    amount: MoneyOut
    part: bool
    to: Destination
    state: str
    on_chain: str
    transaction_hash: Bytes32 | None
    created_at: Time
    detail: str | None


class RefundsOut(Out):
    """A page of refunds, the newest first."""

    data: list[RefundOut]
    next_cursor: str | None
