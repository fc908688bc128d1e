"""The application: routes, what surrounds them, and what runs beside them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Literal

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.types import ASGIApp

from zhifu.api import schemas
from zhifu.api.api_keys import ApiKeys
from zhifu.api.callers import Callers
from zhifu.api.desk import Desk
from zhifu.api.edge import Edge
from zhifu.api.express import Express
from zhifu.api.failures import HANDLERS
from zhifu.api.lags import Lags
from zhifu.api.limits import Limits
from zhifu.api.logs import open_log
from zhifu.api.metrics import Metrics
from zhifu.api.probes import probes_of
from zhifu.api.replies import Replies
from zhifu.api.resources import (
    balances,
    callbacks,
    catalogue,
    chargebacks,
    checkouts,
    contacts,
    deliveries,
    disputes,
    events,
    health,
    learners,
    licences,
    orders,
    paybacks,
    payouts,
    receipts,
    refunds,
    top_ups,
    webhooks,
)
from zhifu.api.route import SECURITY
from zhifu.api.service import Options, Service
from zhifu.api.supervision import Background, Supervision
from zhifu.async_gateway import AsyncGateway
from zhifu.exceptions import ZhifuError
from zhifu.gateway import Gateway
from zhifu.notify.contacts import Contacts
from zhifu.notify.endpoints import Endpoints
from zhifu.notify.feed import Feed
from zhifu.store import Store

DAY_SECONDS = 86_400
KEPT_DAYS = 30
"""How long a reply under an idempotency key is kept."""

ROUTERS = (
    orders.swift,
    orders.router,
    receipts.router,
    checkouts.router,
    catalogue.router,
    learners.router,
    contacts.router,
    refunds.router,
    disputes.router,
    paybacks.router,
    chargebacks.router,
    licences.router,
    balances.router,
    top_ups.router,
    payouts.router,
    webhooks.router,
    deliveries.router,
    events.router,
    callbacks.router,
    health.router,
)

#: How many requests may wait for the chain or a provider at once.
_THREADS = 32

#: How often what runs beside the requests is done.
_CHORES_SECONDS = 60.0

#: What is read, or answered, without FastAPI knowing.
_MODELS: list[tuple[type[BaseModel], Literal["validation", "serialization"]]] = [
    (schemas.OrderIn, "validation"),
    (schemas.BulkOrderIn, "validation"),
    (schemas.ProblemOut, "validation"),
]

_ABOUT = """Every POST carries an `Idempotency-Key`: the same request under the same key has its
effect once, and the same answer. Errors are problems (RFC 9457) with a stable `code`."""


def _wall_clock() -> int:
    return int(time.time())


def create_app(
    gateway: Gateway,
    store: Store,
    hooks: Endpoints,
    feed: Feed,
    options: Options | None = None,
    log: Any = None,
    clock: Callable[[], int] = _wall_clock,
    background: Mapping[str, Background] | None = None,
) -> ASGIApp:
    """The API over a gateway and the store it works on; both are closed when the service ends.

    The named parts of the `background` begin and end with it.
    """
    chosen, logger, metrics = options or Options(), log or open_log(), Metrics()
    awaited, desk = AsyncGateway(gateway, threads=_THREADS), Desk()
    callers = Callers(ApiKeys(store, clock), desk.run, chosen.mode, chosen.rate)
    replies = Replies(store, desk.run, clock)
    supervision = Supervision(background or {}, logger)
    service = Service(
        awaited,
        desk,
        store,
        hooks,
        feed,
        callers,
        replies,
        metrics,
        logger,
        chosen,
        clock,
        supervision,
        probes_of(store, gateway.network.chain),
        Contacts(store, hooks.vault),
        Lags(store, clock),
    )
    service.lags.watched_by(metrics)
    metrics.watch(
        "zhifu_commits_waiting",
        "Payments that wait for the next commit.",
        lambda: awaited.commits_waiting,
    )
    metrics.watch(
        "zhifu_parts_broken",
        "Parts beside the requests that ended or failed lately, and are begun again.",
        lambda: sum(not well for well in supervision.alive().values()),
    )
    inner = api(service)
    short = Express(inner, orders.swift.routes)
    limited = Limits(short, body_bytes=chosen.body_bytes, seconds=chosen.seconds)
    return Edge(limited, logger, metrics)


def api(service: Service | None) -> FastAPI:
    """The routes alone; a service of None is for those who only want to read what there is."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if service is None:
            raise RuntimeError("there is no service behind these routes")
        service.background.start()
        chores = asyncio.ensure_future(_do_chores(service))
        try:
            yield
        finally:
            chores.cancel()
            await _end(service)

    app = FastAPI(
        title="zhifu",
        summary="Pay once for knowledge, use it on every platform of the network.",
        description=_ABOUT,
        version="1",
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.service = service
    for router in ROUTERS:
        app.include_router(router)
    for error, handler in HANDLERS.items():
        app.add_exception_handler(error, handler)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


async def _end(service: Service) -> None:
    """Finish what was begun; what takes too long is left, and goes on where it was next time."""
    grace_seconds = service.options.grace_seconds
    left = await asyncio.to_thread(service.background.stop, grace_seconds)
    try:
        await asyncio.wait_for(_finish(service), grace_seconds)
    except (TimeoutError, asyncio.TimeoutError):
        left.append("requests")
    service.desk.close()
    for probe in service.probes.values():
        probe.close()
    service.lags.close()
    if left:
        service.log.warning("left behind", parts=left)


async def _finish(service: Service) -> None:
    await service.replies.drain()
    await service.callers.note_used()
    await service.gateway.close()


async def _do_chores(service: Service) -> None:
    while True:
        await asyncio.sleep(_CHORES_SECONDS)
        try:
            await service.callers.note_used()
            before = service.clock() - KEPT_DAYS * DAY_SECONDS
            await service.desk.run(service.replies.forget, before)
        except ZhifuError as error:
            service.log.warning("chores", code=error.code, detail=str(error))
        except Exception as error:
            service.log.error("defect", part="chores", exc_info=error)


def _openapi(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        told = get_openapi(
            title=app.title,
            version=app.version,
            openapi_version=app.openapi_version,
            summary=app.summary,
            description=app.description,
            routes=app.routes,
        )
        parts = told.setdefault("components", {}).setdefault("schemas", {})
        for unused in ("HTTPValidationError", "ValidationError"):
            parts.pop(unused, None)
        _, found = models_json_schema(_MODELS, ref_template="#/components/schemas/{model}")
        parts.update(found["$defs"])
        scheme = {"type": "http", "scheme": "bearer", "bearerFormat": "zk_test_… or zk_live_…"}
        told["components"]["securitySchemes"] = {SECURITY: scheme}
        app.openapi_schema = told
    return app.openapi_schema
