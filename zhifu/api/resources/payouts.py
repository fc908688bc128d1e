"""Pay-outs of learners' balances."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from zhifu import ids
from zhifu.api import cursors, schemas, shown
from zhifu.api.replies import Key
from zhifu.api.route import OF_TRANSACTIONS, PlatformRoute, operation
from zhifu.api.scopes import Scope
from zhifu.api.service import Asking, Gateway
from zhifu.money import Money
from zhifu.payoutbook import PayOut

_LISTED = "payouts"

router = APIRouter(route_class=PlatformRoute, tags=["payouts"])

Id = Annotated[str, Path()]


@router.post("/v1/payouts", status_code=201, response_model=schemas.PayOutOut)
@operation(Scope.PAY_OUTS_WRITE, is_repeatable=True, statuses=OF_TRANSACTIONS)
async def pay_out(
    gateway: Gateway, caller: Asking, key: Key, body: schemas.PayOutIn
) -> schemas.PayOutOut:
    """Pay some of a learner's balance out, and wait until it is off the account on chain.

    Once that is final, the money goes back through the payments that had filled the balance. The
    same key again goes on with a pay-out that was cut short.
    """
    amount = Money(body.amount.amount, body.amount.currency)
    return _shown(await gateway.pay_out(caller.platform, body.learner, amount, key))


@router.get("/v1/payouts", response_model=schemas.PayOutsOut)
@operation(Scope.PAY_OUTS_READ)
async def list_pay_outs(
    gateway: Gateway, caller: Asking, page: Annotated[schemas.PageQuery, Query()]
) -> schemas.PayOutsOut:
    """Your platform's pay-outs, the newest first."""
    before = cursors.read(_LISTED, caller.platform, page.cursor)
    found = await gateway.pay_outs(caller.platform, before=before, limit=page.limit + 1)
    cursor = cursors.following(_LISTED, caller.platform, ids.PAY_OUT, found, page.limit)
    return schemas.PayOutsOut(
        data=[_shown(each) for each in found[: page.limit]], next_cursor=cursor
    )


@router.get("/v1/payouts/{payout}", response_model=schemas.PayOutOut)
@operation(Scope.PAY_OUTS_READ)
async def get_pay_out(gateway: Gateway, caller: Asking, payout: Id) -> schemas.PayOutOut:
    """One pay-out, as it is now."""
    return _shown(await gateway.pay_out_record(caller.platform, payout))


@router.post("/v1/payouts/{payout}/returned", response_model=schemas.PayOutOut)
@operation(Scope.PAY_OUTS_WRITE, is_repeatable=True)
async def return_pay_out(
    gateway: Gateway, caller: Asking, payout: Id, body: schemas.ByHandIn
) -> schemas.PayOutOut:
    """Say that you have returned by hand what no payment could take back, and how."""
    return _shown(await gateway.paid_out_by_hand(caller.platform, payout, body.detail))


def _shown(found: PayOut) -> schemas.PayOutOut:
    amounts = {"amount": shown.money(found.amount), "by_hand": shown.money(found.by_hand)}
    return schemas.PayOutOut(**{**found._asdict(), **amounts})
