"""The log of what was sent to a webhook endpoint, and sending it again."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Path, Query

from zhifu.api import cursors, schemas
from zhifu.api.route import PlatformRoute, operation
from zhifu.api.scopes import Scope
from zhifu.api.service import Asking, Events, Gateway
from zhifu.notify.feed import Delivery

router = APIRouter(route_class=PlatformRoute, tags=["webhooks"])

Id = Annotated[str, Path()]

#: A cursor is one number: an event's sequence number above its item.
_ITEMS = 1 << 20


@router.get("/v1/webhook-endpoints/{endpoint}/deliveries", response_model=schemas.DeliveriesOut)
@operation(Scope.WEBHOOKS_READ)
async def list_deliveries(
    gateway: Gateway,
    events: Events,
    caller: Asking,
    endpoint: Id,
    page: Annotated[schemas.PageQuery, Query()],
) -> schemas.DeliveriesOut:
    """What was or is to be sent to an endpoint, with every attempt; the newest events first."""
    listed = f"deliveries/{endpoint}"
    number, item = divmod(cursors.read(listed, caller.platform, page.cursor), _ITEMS)
    found = await gateway.run_brief(
        partial(
            events.deliveries,
            caller.platform,
            endpoint,
            before=(number, item),
            limit=page.limit + 1,
        )
    )
    shown, cursor = found[: page.limit], None
    if len(found) > page.limit:
        number, item = shown[-1].cursor
        cursor = cursors.write(listed, caller.platform, number * _ITEMS + item)
    return schemas.DeliveriesOut(data=[_shown(each) for each in shown], next_cursor=cursor)


@router.post("/v1/webhook-endpoints/{endpoint}/resend", response_model=schemas.ResentOut)
@operation(Scope.WEBHOOKS_WRITE, is_repeatable=True)
async def resend(
    gateway: Gateway, events: Events, caller: Asking, endpoint: Id, body: schemas.ResendIn
) -> schemas.ResentOut:
    """Send an endpoint one event again, or what it wants of a range; the events keep their ids."""
    if body.event is not None:
        await gateway.run_brief(events.resend, caller.platform, endpoint, body.event)
        return schemas.ResentOut(resent=1)
    first, last = body.first or 0, body.last or 0
    resent = await gateway.run_brief(events.resend_range, caller.platform, endpoint, first, last)
    return schemas.ResentOut(resent=resent.numbers, last=resent.last)


def _shown(found: Delivery) -> schemas.DeliveryOut:
    return schemas.DeliveryOut(
        event=found.event_id,
        type=found.type,
        state=found.state,
        due_at=found.due_at,
        attempts=[schemas.AttemptOut(**each._asdict()) for each in found.attempts],
    )
