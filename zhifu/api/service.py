"""What the handlers of one service share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends
from starlette.requests import Request

from zhifu.api.api_keys import Mode
from zhifu.api.buckets import UNLIMITED, Rate
from zhifu.api.callers import Caller, Callers
from zhifu.api.desk import Desk
from zhifu.api.lags import Lags
from zhifu.api.metrics import Metrics
from zhifu.api.probes import Probe
from zhifu.api.replies import Replies
from zhifu.api.rooms import Room
from zhifu.api.supervision import Supervision
from zhifu.async_gateway import AsyncGateway
from zhifu.notify.contacts import Contacts
from zhifu.notify.endpoints import Endpoints
from zhifu.notify.feed import Feed
from zhifu.store import Store

#: So many callbacks are verified and stored at once, and so many are here at all.
_CALLBACKS = 64
CALLBACKS_HERE = 512


@dataclass(frozen=True, slots=True)
class Options:
    """How a service behaves; `seconds` is how long a request may take.

    When it ends, what is under way has `grace_seconds` beside the requests and as much again for
    them; what takes longer is left.

    A payment that is made at a provider can be paid for `expiry_seconds`, if nothing else is asked.
    """

    mode: Mode = Mode.TEST
    rate: Rate = UNLIMITED
    body_bytes: int = 1_048_576
    seconds: float = 30.0
    expiry_seconds: int = 1_800
    grace_seconds: float = 20.0


@dataclass(frozen=True, slots=True)
class Service:
    """The gateway, what stands around it, and the background: what runs beside the requests."""

    gateway: AsyncGateway
    desk: Desk
    store: Store
    hooks: Endpoints
    events: Feed
    callers: Callers
    replies: Replies
    metrics: Metrics
    log: Any
    options: Options
    clock: Callable[[], int]
    background: Supervision
    probes: Mapping[str, Probe]
    contacts: Contacts
    lags: Lags
    callback_door: Room = field(default_factory=lambda: Room(CALLBACKS_HERE))
    callback_room: Room = field(default_factory=lambda: Room(_CALLBACKS, CALLBACKS_HERE))


def service_of(request: Request) -> Service:
    """The service that a request came to."""
    found: Service = request.app.state.service
    return found


async def _gateway(request: Request) -> AsyncGateway:
    return service_of(request).gateway


async def _hooks(request: Request) -> Endpoints:
    return service_of(request).hooks


async def _events(request: Request) -> Feed:
    return service_of(request).events


async def _contacts(request: Request) -> Contacts:
    return service_of(request).contacts


async def _callback_door(request: Request) -> Room:
    return service_of(request).callback_door


async def _callback_room(request: Request) -> Room:
    return service_of(request).callback_room


async def _caller(request: Request) -> Caller:
    found: Caller = request.state.caller
    return found


Gateway = Annotated[AsyncGateway, Depends(_gateway)]
"""The gateway, as a handler's argument."""

Hooks = Annotated[Endpoints, Depends(_hooks)]
"""The webhook endpoints, as a handler's argument."""

Events = Annotated[Feed, Depends(_events)]
"""The events, as a handler's argument."""

People = Annotated[Contacts, Depends(_contacts)]
"""Where learners are told, as a handler's argument."""

CallbackDoor = Annotated[Room, Depends(_callback_door)]
"""Where callbacks are read, as a handler's argument: who sends slowly keeps none of the others."""

CallbackRoom = Annotated[Room, Depends(_callback_room)]
"""Where callbacks are taken, as a handler's argument."""

Asking = Annotated[Caller, Depends(_caller)]
"""Whom a request comes from, as a handler's argument."""
