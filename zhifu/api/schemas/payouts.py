"""What learners are paid out of their balances."""

from __future__ import annotations

from zhifu.api.schemas.fields import Bytes32, In, MoneyIn, MoneyOut, Number, Out, PayOutId, Time


class PayOutIn(In):
    """How much of a learner's balance on your platform is paid out."""

    learner: Number
    amount: MoneyIn


class PayOutOut(Out):
    """A pay-out; `state` is stored, submitted, settled, confirmed or refused, by the chain.

    Then it is returning, and paid_out in the end. `by_hand` is what no payment can take back, which
    you return, known once it is returning; `detail` says how you did, or why it is as it is.
    """

    id: PayOutId
    learner: Number
    amount: MoneyOut
    state: str
    by_hand: MoneyOut
    transaction_hash: Bytes32 | None
    block_number: int | None
    created_at: Time
    detail: str | None


class PayOutsOut(Out):
    """A page of pay-outs, the newest first."""

    data: list[PayOutOut]
    next_cursor: str | None
