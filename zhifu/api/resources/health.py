"""Whether the service lives, whether it can work, and what it counts; for those who run it."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from zhifu.api import schemas
from zhifu.api.metrics import MEDIA_TYPE
from zhifu.api.probes import BROKEN, GOOD
from zhifu.api.service import service_of

router = APIRouter(tags=["operation"])


@router.get("/healthz", response_model=schemas.HealthOut)
async def live() -> schemas.HealthOut:
    """Whether the service answers at all."""
    return schemas.HealthOut(status=GOOD, checks={})


@router.get("/readyz", response_model=schemas.HealthOut, responses={503: {}})
async def ready(request: Request, response: Response) -> schemas.HealthOut:
    """Whether the service has its database and its chain, and what runs beside it is well.

    Without the former it is `unavailable`. What broke beside it is begun again by itself, and it is
    `degraded` meanwhile.
    """
    service = service_of(request)
    answers = await asyncio.gather(*(each.answer() for each in service.probes.values()))
    needed = dict(zip(service.probes, answers, strict=True))
    parts = {name: GOOD if well else BROKEN for name, well in service.background.alive().items()}
    status = GOOD if {*parts.values()} <= {GOOD} else "degraded"
    if {*needed.values()} != {GOOD}:
        status, response.status_code = "unavailable", 503
    return schemas.HealthOut(status=status, checks={**needed, **parts})


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """What the service counts, for Prometheus."""
    service = service_of(request)
    await service.lags.refresh()
    return Response(service.metrics.expose(), media_type=MEDIA_TYPE)
