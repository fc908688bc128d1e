"""What the handlers of one service share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends
from starlette.requests import Request

from zhifu.api.callers import Caller, Callers
from zhifu.api.metrics import Metrics
from zhifu.api.replies import Replies
from zhifu.async_gateway import AsyncGateway
from zhifu.notify.endpoints import Endpoints
from zhifu.store import Store


@dataclass(frozen=True, slots=True)
class Service:
    """The gateway and what stands around it."""

    gateway: AsyncGateway
    store: Store
    hooks: Endpoints
    callers: Callers
    replies: Replies
    metrics: Metrics
    log: Any


def service_of(request: Request) -> Service:
    """The service that a request came to."""
    found: Service = request.app.state.service
    return found


async def _gateway(request: Request) -> AsyncGateway:
    return service_of(request).gateway


async def _hooks(request: Request) -> Endpoints:
    return service_of(request).hooks


async def _caller(request: Request) -> Caller:
    found: Caller = request.state.caller
    return found


Gateway = Annotated[AsyncGateway, Depends(_gateway)]
"""The gateway, as a handler's argument."""

Hooks = Annotated[Endpoints, Depends(_hooks)]
"""The webhook endpoints, as a handler's argument."""

Asking = Annotated[Caller, Depends(_caller)]
"""Whom a request comes from, as a handler's argument."""
