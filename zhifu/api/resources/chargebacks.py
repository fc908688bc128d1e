"""What payers' banks took back of a platform's payments."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from zhifu import ids
from zhifu.api import cursors, schemas, shown
from zhifu.api.route import PlatformRoute, operation
from zhifu.api.scopes import Scope
from zhifu.api.service import Asking, Gateway

router = APIRouter(route_class=PlatformRoute, tags=["chargebacks"])


@router.get("/v1/chargebacks", response_model=schemas.ChargebacksOut)
@operation(Scope.REFUNDS_READ)
async def list_chargebacks(
    gateway: Gateway, caller: Asking, query: Annotated[schemas.ReturnsQuery, Query()]
) -> schemas.ChargebacksOut:
    """Your platform's chargebacks, the newest first."""
    listed = f"chargebacks/{query.payment or ''}"
    found = await gateway.chargebacks_page(
        caller.platform,
        payment_id=query.payment,
        before=cursors.read(listed, caller.platform, query.cursor),
        limit=query.limit + 1,
    )
    cursor = cursors.following(listed, caller.platform, ids.CHARGEBACK, found, query.limit)
    page = [shown.chargeback(each) for each in found[: query.limit]]
    return schemas.ChargebacksOut(data=page, next_cursor=cursor)


@router.get("/v1/chargebacks/{chargeback}", response_model=schemas.ChargebackOut)
@operation(Scope.REFUNDS_READ)
async def get_chargeback(
    gateway: Gateway, caller: Asking, chargeback: Annotated[str, Path()]
) -> schemas.ChargebackOut:
    """One chargeback, as it is now."""
    return shown.chargeback(await gateway.chargeback_record(caller.platform, chargeback))
