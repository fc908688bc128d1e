"""Whether the service lives, whether it can work, and what it counts; for those who run it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from zhifu.api import schemas
from zhifu.api.metrics import MEDIA_TYPE
from zhifu.api.service import Service, service_of
from zhifu.exceptions import ZhifuError
from zhifu.store import Store

_PATIENCE_SECONDS = 3.0
_GOOD = "ok"

router = APIRouter(tags=["operation"])


@router.get("/healthz", response_model=schemas.HealthOut)
async def live() -> schemas.HealthOut:
    """Whether the service answers at all."""
    return schemas.HealthOut(status=_GOOD, checks={})


@router.get("/readyz", response_model=schemas.HealthOut, responses={503: {}})
async def ready(request: Request, response: Response) -> schemas.HealthOut:
    """Whether the service has its database and its chain."""
    service = service_of(request)
    store, chain = service.store, service.gateway.gateway.network.chain
    checks = {
        "database": await _check(service, lambda: _ask_database(store)),
        "chain": await _check(service, chain.block_number),
    }
    is_ready = all(each == _GOOD for each in checks.values())
    response.status_code = 200 if is_ready else 503
    return schemas.HealthOut(status=_GOOD if is_ready else "unavailable", checks=checks)


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """What the service counts, for Prometheus."""
    return Response(service_of(request).metrics.expose(), media_type=MEDIA_TYPE)


def _ask_database(store: Store) -> None:
    with store.reading() as transaction:
        transaction.row("deployment")


async def _check(service: Service, ask: Callable[[], object]) -> str:
    try:
        await asyncio.wait_for(service.desk.run(ask), _PATIENCE_SECONDS)
    except ZhifuError as error:
        return error.code
    except (TimeoutError, asyncio.TimeoutError):
        return "timed_out"
    return _GOOD
