"""What happened to a platform's payments, batches, refunds and orders."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from zhifu.api import schemas
from zhifu.api.route import PlatformRoute, operation
from zhifu.api.scopes import Scope
from zhifu.api.service import Asking, Events, Gateway

router = APIRouter(route_class=PlatformRoute, tags=["events"])


class EventsQuery(BaseModel):
    """Which events: those after a sequence number."""

    model_config = ConfigDict(extra="forbid")

    after: Annotated[int, Field(ge=0, le=2**53 - 1)] = 0
    limit: Annotated[int, Field(ge=1, le=schemas.LARGEST_PAGE)] = 50


@router.get("/v1/events", response_model=schemas.EventsOut)
@operation(Scope.EVENTS_READ)
async def list_events(
    gateway: Gateway, events: Events, caller: Asking, query: Annotated[EventsQuery, Query()]
) -> dict[str, Any]:
    """Your platform's events after a sequence number, in order; those of single orders apart."""
    found = await gateway.run_brief(
        lambda: events.events(caller.platform, after=query.after, limit=query.limit)
    )
    return {"data": found, "next_after": found[-1]["sequence"] if found else None}


@router.get("/v1/events/{event}", response_model=schemas.EventOut)
@operation(Scope.EVENTS_READ)
async def get_event(
    gateway: Gateway, events: Events, caller: Asking, event: Annotated[str, Path()]
) -> dict[str, Any]:
    """One event, as webhooks tell it."""
    return await gateway.run_brief(events.event, caller.platform, event)
