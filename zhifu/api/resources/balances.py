"""A platform's own balance, and sending it to the treasury."""

from __future__ import annotations

from fastapi import APIRouter

from zhifu.api import schemas, shown
from zhifu.api.route import PlatformRoute, operation
from zhifu.api.scopes import Scope
from zhifu.api.service import Asking, Gateway
from zhifu.money import Money

router = APIRouter(route_class=PlatformRoute, tags=["balances"])


@router.get("/v1/balance", response_model=schemas.BalanceOut)
@operation(Scope.BALANCES_READ)
async def get_balance(gateway: Gateway, caller: Asking) -> schemas.BalanceOut:
    """What your platform can spend or withdraw now."""
    found = await gateway.balance(caller.platform)
    return schemas.BalanceOut(
        available=shown.money(found.available),
        available_units=found.units,
        unit_decimals=found.unit_decimals,
    )


@router.post("/v1/withdrawals", status_code=201, response_model=schemas.WithdrawalOut)
@operation(Scope.WITHDRAWALS_WRITE)
async def withdraw(
    gateway: Gateway, caller: Asking, body: schemas.WithdrawalIn
) -> schemas.WithdrawalOut:
    """Send some of your platform's balance to its treasury, and wait until that is on chain."""
    amount = Money(body.amount.amount, body.amount.currency)
    found = await gateway.withdraw(caller.platform, amount)
    return schemas.WithdrawalOut(
        amount=shown.money(found.amount),
        treasury=found.treasury,
        transaction_hash=found.transaction_hash,
    )
