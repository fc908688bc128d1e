"""Refunds of a platform's orders."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from zhifu import ids
from zhifu.api import cursors, schemas, shown
from zhifu.api.replies import Key
from zhifu.api.resources.orders import own_order
from zhifu.api.route import OF_TRANSACTIONS, PlatformRoute, operation
from zhifu.api.scopes import Scope
from zhifu.api.service import Asking, Gateway
from zhifu.money import Money

_LISTED = "refunds"

router = APIRouter(route_class=PlatformRoute, tags=["refunds"])


@router.post("/v1/refunds", status_code=201, response_model=schemas.RefundOut)
@operation(Scope.REFUNDS_WRITE, is_repeatable=True, statuses=OF_TRANSACTIONS)
async def create_refund(
    gateway: Gateway, caller: Asking, key: Key, body: schemas.RefundIn
) -> schemas.RefundOut:
    """Refund what is left of an order, or a part of it, the way it was paid or to the balance.

    What is settled goes back on chain first.

    A part is of a settled order, and is given back on chain by the host of its content, whose key
    the service has to have. It is `refund_pending` while one of both has not been done; the gateway
    goes on with it.
    """
    await own_order(gateway, caller, body.order)
    if body.amount is not None:
        amount = Money(body.amount.amount, body.amount.currency)
        return shown.refund(await gateway.refund_part(body.order, amount, key, to=body.to))
    await gateway.refund(body.order, to=body.to)
    return shown.refund(await gateway.refund_of(body.order))


@router.get("/v1/refunds", response_model=schemas.RefundsOut)
@operation(Scope.REFUNDS_READ)
async def list_refunds(
    gateway: Gateway, caller: Asking, page: Annotated[schemas.PageQuery, Query()]
) -> schemas.RefundsOut:
    """Your platform's refunds, the newest first."""
    before = cursors.read(_LISTED, caller.platform, page.cursor)
    found = await gateway.refunds(caller.platform, before=before, limit=page.limit + 1)
    listed = [shown.refund(each) for each in found[: page.limit]]
    cursor = cursors.following(_LISTED, caller.platform, ids.REFUND, found, page.limit)
    return schemas.RefundsOut(data=listed, next_cursor=cursor)


@router.get("/v1/refunds/{refund}", response_model=schemas.RefundOut)
@operation(Scope.REFUNDS_READ)
async def get_refund(
    gateway: Gateway, caller: Asking, refund: Annotated[str, Path()]
) -> schemas.RefundOut:
    """One refund, as it is now."""
    return shown.refund(await gateway.refund_record(caller.platform, refund))


@router.post("/v1/refunds/{refund}/returned", response_model=schemas.RefundOut)
@operation(Scope.REFUNDS_WRITE, is_repeatable=True)
async def return_refund(
    gateway: Gateway, caller: Asking, refund: Annotated[str, Path()], body: schemas.ByHandIn
) -> schemas.RefundOut:
    """Say that you have returned the money by hand, which the provider had refused to.

    It is not asked for the refund any more.
    """
    found = await gateway.refund_record(caller.platform, refund)
    return shown.refund(await gateway.returned(found.id, body.detail))
