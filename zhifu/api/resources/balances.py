"""A platform's own balance with its withdrawals, and the balances of learners."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from zhifu import ids
from zhifu.api import cursors, schemas, shown
from zhifu.api.replies import Key
from zhifu.api.route import OF_TRANSACTIONS, PlatformRoute, operation
from zhifu.api.scopes import Scope
from zhifu.api.service import Asking, Gateway
from zhifu.money import Money
from zhifu.treasury import Balance, WithdrawalRecord

_LISTED = "withdrawals"

router = APIRouter(route_class=PlatformRoute, tags=["balances"])


@router.get("/v1/balance", response_model=schemas.BalanceOut)
@operation(Scope.BALANCES_READ)
async def get_balance(gateway: Gateway, caller: Asking) -> schemas.BalanceOut:
    """What your platform can spend or withdraw now."""
    return schemas.BalanceOut(**_balance(await gateway.balance(caller.platform)))


@router.get("/v1/learners/{learner}/balances", response_model=schemas.LearnerBalancesOut)
@operation(Scope.BALANCES_READ)
async def get_learner_balances(
    gateway: Gateway, caller: Asking, learner: Annotated[schemas.Number, Path()]
) -> schemas.LearnerBalancesOut:
    """What a learner can spend on your platform now, and what the chain has of theirs anywhere.

    An order with the provider `balance` spends it.
    """
    found = await gateway.learner_balances(learner)
    listed = [
        schemas.LearnerBalanceOut(platform=each.platform, **_balance(each.balance))
        for each in found
    ]
    spendable = await gateway.learner_balance(caller.platform, learner)
    return schemas.LearnerBalancesOut(
        learner=learner, spendable=schemas.BalanceOut(**_balance(spendable)), data=listed
    )


@router.post("/v1/withdrawals", status_code=201, response_model=schemas.WithdrawalOut)
@operation(Scope.WITHDRAWALS_WRITE, is_repeatable=True, statuses=OF_TRANSACTIONS)
async def withdraw(
    gateway: Gateway, caller: Asking, key: Key, body: schemas.WithdrawalIn
) -> schemas.WithdrawalOut:
    """Send some of your platform's balance to its treasury, and wait until that is on chain.

    The same key again goes on with a withdrawal that was cut short.
    """
    amount = Money(body.amount.amount, body.amount.currency)
    return _shown(await gateway.withdraw(caller.platform, amount, key))


@router.get("/v1/withdrawals", response_model=schemas.WithdrawalsOut)
@operation(Scope.WITHDRAWALS_READ)
async def list_withdrawals(
    gateway: Gateway, caller: Asking, page: Annotated[schemas.PageQuery, Query()]
) -> schemas.WithdrawalsOut:
    """Your platform's withdrawals, the newest first."""
    before = cursors.read(_LISTED, caller.platform, page.cursor)
    found = await gateway.withdrawals(caller.platform, before=before, limit=page.limit + 1)
    cursor = cursors.following(_LISTED, caller.platform, ids.WITHDRAWAL, found, page.limit)
    return schemas.WithdrawalsOut(
        data=[_shown(each) for each in found[: page.limit]], next_cursor=cursor
    )


@router.get("/v1/withdrawals/{withdrawal}", response_model=schemas.WithdrawalOut)
@operation(Scope.WITHDRAWALS_READ)
async def get_withdrawal(
    gateway: Gateway, caller: Asking, withdrawal: Annotated[str, Path()]
) -> schemas.WithdrawalOut:
    """One withdrawal, as it is now."""
    return _shown(await gateway.withdrawal(caller.platform, withdrawal))


def _balance(found: Balance) -> dict[str, Any]:
    return {
        "available": shown.money(found.available),
        "available_units": found.units,
        "unit_decimals": found.unit_decimals,
    }


def _shown(found: WithdrawalRecord) -> schemas.WithdrawalOut:
    return schemas.WithdrawalOut(**{**found._asdict(), "amount": shown.money(found.amount)})
