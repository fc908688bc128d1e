"""The outermost layer of the service: what every answer has, and what is told of every request."""

from __future__ import annotations

import re
import secrets
import time
from itertools import count
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as HttpScope

from zhifu.api.metrics import Metrics
from zhifu.api.problems import DEFECT, respond

REQUEST_ID = b"x-request-id"

_GIVEN_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}", re.ASCII)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_UNSENT = 499

#: An id that the service gives: which run of the service, and which request of it.
_RUN = secrets.token_hex(6)
_NUMBERS = count(1)

_ALWAYS = [
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"strict-transport-security", b"max-age=31536000"),
    (b"x-content-type-options", b"nosniff"),
]


class Edge:
    """Gives each request an id and each answer its headers; logs and counts them.

    `scope["state"]` gets the `request_id`, and may get `caller`, whom the request comes from. What
    nobody caught is logged and answered as a defect.
    """

    def __init__(self, app: ASGIApp, log: Any, metrics: Metrics) -> None:
        self._app = app
        self._log = log
        self._metrics = metrics

    async def __call__(self, scope: HttpScope, receive: Receive, send: Send) -> None:
        """Pass a request on, and tell what became of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, send)
        with self._metrics.in_flight.track_inprogress():
            try:
                await self._app(scope, receive, exchange.send)
            except Exception as error:
                self._log.error("defect", request_id=exchange.request_id, exc_info=error)
                if not exchange.status:
                    await respond(DEFECT)(scope, receive, exchange.send)
            finally:
                self._tell(scope, exchange)

    def _tell(self, scope: HttpScope, exchange: _Exchange) -> None:
        seconds = time.perf_counter() - exchange.started
        route, status = getattr(scope.get("route"), "path", "none"), exchange.status or _UNSENT
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._metrics.answered(method, route, status, seconds)
        caller = scope["state"].get("caller")
        self._log.info(
            "request",
            request_id=exchange.request_id,
            method=method,
            route=route,
            status=status,
            code=scope["state"].get("code"),
            milliseconds=round(seconds * 1_000, 2),
            platform=caller.platform if caller else None,
            api_key=caller.key.id if caller else None,
        )


class _Exchange:
    """One request and its answer."""

    __slots__ = ("_send", "_state", "request_id", "started", "status")

    def __init__(self, scope: HttpScope, send: Send) -> None:
        self.started = time.perf_counter()
        self.status = 0
        self.request_id = _request_id(scope)
        self._send = send
        self._state = scope.setdefault("state", {})
        self._state["request_id"] = self.request_id

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            caller = self._state.get("caller")
            limits = caller.bucket.headers() if caller else ()
            own = (REQUEST_ID, self.request_id.encode())
            message["headers"] = [*message.get("headers", ()), own, *_ALWAYS, *limits]
        await self._send(message)


def _request_id(scope: HttpScope) -> str:
    for name, value in scope["headers"]:
        if name == REQUEST_ID and _GIVEN_ID.fullmatch(value):
            return str(value.decode())
    return f"req_{_RUN}{next(_NUMBERS):08x}"
