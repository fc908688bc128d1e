"""What platforms and learners have, and what platforms withdraw."""

from __future__ import annotations

from zhifu.api.schemas.fields import (
    Address,
    Bytes32,
    In,
    MoneyIn,
    MoneyOut,
    Number,
    Out,
    Time,
    WithdrawalId,
)


class BalanceOut(Out):
    """What an account has: whole minor units, and all of it in ledger units."""

    available: MoneyOut
    available_units: int
    unit_decimals: int


class WithdrawalIn(In):
    """How much of the platform's balance goes to its treasury."""

    amount: MoneyIn


class WithdrawalOut(Out):
    """A withdrawal; `state` is stored, submitted, settled, confirmed or refused.

    The treasury it went to is known while it is on chain.
    """

    id: WithdrawalId
    amount: MoneyOut
    treasury: Address | None
    state: str
    transaction_hash: Bytes32 | None
    created_at: Time
    detail: str | None


class WithdrawalsOut(Out):
    """A page of withdrawals, the newest first."""

    data: list[WithdrawalOut]
    next_cursor: str | None


class LearnerBalanceOut(BalanceOut):
    """What a learner has on one platform, by the chain."""

    platform: Number


class LearnerBalancesOut(Out):
    """A learner's balances: what can be spent on your platform now, and where there is any.

    What was bought and is not on chain yet is off what can be spent, and not off the others.
    """

    learner: Number
    spendable: BalanceOut
    data: list[LearnerBalanceOut]
