"""Disputes about a platform's orders, whoever opened them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from zhifu import ids
from zhifu.api import cursors, schemas
from zhifu.api.replies import Key
from zhifu.api.resources.orders import own_order
from zhifu.api.route import OF_TRANSACTIONS, PlatformRoute, operation
from zhifu.api.scopes import Scope
from zhifu.api.service import Asking, Gateway
from zhifu.disputebook import DisputeRecord

_LISTED = "disputes"

router = APIRouter(route_class=PlatformRoute, tags=["disputes"])


@router.post("/v1/disputes", status_code=201, response_model=schemas.DisputeOut)
@operation(Scope.DISPUTES_WRITE, is_repeatable=True, statuses=OF_TRANSACTIONS)
async def open_dispute(
    gateway: Gateway, caller: Asking, key: Key, body: schemas.DisputeIn
) -> schemas.DisputeOut:
    """Move what is left of a settled order into dispute, with a bond of your platform's.

    The same key again goes on with a dispute that was cut short.
    """
    await own_order(gateway, caller, body.order)
    evidence = bytes.fromhex(body.evidence[2:])
    return _shown(await gateway.open_dispute(body.order, evidence, key))


@router.get("/v1/disputes", response_model=schemas.DisputesOut)
@operation(Scope.DISPUTES_READ)
async def list_disputes(
    gateway: Gateway, caller: Asking, page: Annotated[schemas.PageQuery, Query()]
) -> schemas.DisputesOut:
    """The disputes about your platform's orders, the newest first."""
    before = cursors.read(_LISTED, caller.platform, page.cursor)
    found = await gateway.disputes(caller.platform, before=before, limit=page.limit + 1)
    cursor = cursors.following(_LISTED, caller.platform, ids.DISPUTE, found, page.limit)
    data = [_shown(each) for each in found[: page.limit]]
    return schemas.DisputesOut(data=data, next_cursor=cursor)


@router.get("/v1/disputes/{dispute}", response_model=schemas.DisputeOut)
@operation(Scope.DISPUTES_READ)
async def get_dispute(
    gateway: Gateway, caller: Asking, dispute: Annotated[str, Path()]
) -> schemas.DisputeOut:
    """One dispute, as it is now."""
    return _shown(await gateway.dispute_record(caller.platform, dispute))


@router.get("/v1/orders/{order}/dispute", response_model=schemas.DisputeOut)
@operation(Scope.DISPUTES_READ)
async def get_dispute_of_order(
    gateway: Gateway, caller: Asking, order: Annotated[str, Path()]
) -> schemas.DisputeOut:
    """The dispute about an order, open or decided."""
    await own_order(gateway, caller, order)
    return _shown(await gateway.dispute(order))


def _shown(found: DisputeRecord) -> schemas.DisputeOut:
    return schemas.DisputeOut(
        id=found.id,
        order=found.order_id,
        opener=found.opener,
        amount_units=found.amount_units,
        bond_units=found.bond_units,
        deadline=found.deadline,
        evidence="0x" + found.evidence.hex(),
        state=found.state.value,
        created_at=found.created_at,
        changed_at=found.changed_at,
    )
