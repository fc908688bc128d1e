"""Money that goes back beside refunds: paybacks and chargebacks."""

from __future__ import annotations

from zhifu.api.schemas.fields import (
    ChargebackId,
    In,
    MoneyOut,
    Out,
    PageQuery,
    PaybackId,
    PaymentId,
    Text,
    Time,
)


class ReturnsQuery(PageQuery):
    """Which page of what goes back; of all payments, or of one."""

    payment: PaymentId | None = None


class PaybackOut(Out):
    """Money that came in and fits no order; `reason` says why, `detail` why it is as it is."""

    id: PaybackId
    payment: PaymentId
    reason: str
    amount: MoneyOut
    state: str
    created_at: Time
    changed_at: Time
    detail: str | None


class PaybacksOut(Out):
    """A page of paybacks, the newest first."""

    data: list[PaybackOut]
    next_cursor: str | None


class ByHandIn(In):
    """How a person returned the money: a transfer's number, for example.

    It stays in the books for good, also when the learner is forgotten: name nobody in it.
    """

    detail: Text


class ChargebackOut(Out):
    """What a payer's bank took back; `stage` says whether orders could be taken back then."""

    id: ChargebackId
    payment: PaymentId
    stage: str
    amount: MoneyOut
    state: str
    created_at: Time
    changed_at: Time
    detail: str | None


class ChargebacksOut(Out):
    """A page of chargebacks, the newest first."""

    data: list[ChargebackOut]
    next_cursor: str | None
