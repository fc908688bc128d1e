"""Money that came in and fits no order: where it is, and what a person does if it is refused."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from zhifu import ids
from zhifu.api import cursors, schemas, shown
from zhifu.api.route import PlatformRoute, operation
from zhifu.api.scopes import Scope
from zhifu.api.service import Asking, Gateway

router = APIRouter(route_class=PlatformRoute, tags=["paybacks"])

Id = Annotated[str, Path()]


@router.get("/v1/paybacks", response_model=schemas.PaybacksOut)
@operation(Scope.REFUNDS_READ)
async def list_paybacks(
    gateway: Gateway, caller: Asking, query: Annotated[schemas.ReturnsQuery, Query()]
) -> schemas.PaybacksOut:
    """Your platform's paybacks, the newest first."""
    listed = f"paybacks/{query.payment or ''}"
    found = await gateway.paybacks_page(
        caller.platform,
        payment_id=query.payment,
        before=cursors.read(listed, caller.platform, query.cursor),
        limit=query.limit + 1,
    )
    cursor = cursors.following(listed, caller.platform, ids.PAYBACK, found, query.limit)
    page = [shown.payback(each) for each in found[: query.limit]]
    return schemas.PaybacksOut(data=page, next_cursor=cursor)


@router.get("/v1/paybacks/{payback}", response_model=schemas.PaybackOut)
@operation(Scope.REFUNDS_READ)
async def get_payback(gateway: Gateway, caller: Asking, payback: Id) -> schemas.PaybackOut:
    """One payback, as it is now."""
    return shown.payback(await gateway.payback_record(caller.platform, payback))


@router.post("/v1/paybacks/{payback}/again", response_model=schemas.PaybackOut)
@operation(Scope.REFUNDS_WRITE, is_repeatable=True)
async def pay_back_again(
    gateway: Gateway, caller: Asking, payback: Id, _: schemas.NothingIn
) -> schemas.PaybackOut:
    """Have a payback tried again that its provider refused; again, how far that is is told."""
    return shown.payback(await gateway.pay_back_again(caller.platform, payback))


@router.post("/v1/paybacks/{payback}/returned", response_model=schemas.PaybackOut)
@operation(Scope.REFUNDS_WRITE, is_repeatable=True)
async def paid_back_by_hand(
    gateway: Gateway, caller: Asking, payback: Id, body: schemas.ByHandIn
) -> schemas.PaybackOut:
    """Note that a person returned what the provider refused to, and how."""
    found = await gateway.paid_back_by_hand(caller.platform, payback, body.detail)
    return shown.payback(found)
