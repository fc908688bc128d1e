"""How large a request may be, and how long it may take."""

from __future__ import annotations

import asyncio
import sys

from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as HttpScope

from zhifu.api.deadlines import Deadlines
from zhifu.api.problems import BUSY, TIMED_OUT, TOO_LARGE, Problem, Refused, respond

MOST_REQUESTS = 1_024
"""How many requests are worked on at once, beside probes."""

#: A full service is not a dead one: who watches it has to hear that.
_PROBES = frozenset({"/healthz", "/readyz", "/metrics"})


class Limits:
    """Refuses a body of more than `body_bytes`, however it comes, and ends what takes too long.

    While `most` requests are worked on, another is refused, unless it is a probe. A request that is
    ended had its effect or not; the same again under its key tells.
    """

    def __init__(
        self, app: ASGIApp, *, body_bytes: int, seconds: float, most: int = MOST_REQUESTS
    ) -> None:
        self._app = app
        self._body_bytes = body_bytes
        self._seconds = seconds
        self._most = most
        self._under_way = 0
        self._deadlines = Deadlines()

    async def __call__(self, scope: HttpScope, receive: Receive, send: Send) -> None:
        """Pass a request on that is small enough."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._under_way >= self._most and scope["path"] not in _PROBES:
            await self._refuse(BUSY, scope, receive, send)
            return
        announced = _announced(scope)
        if announced is not None and announced > self._body_bytes:
            await self._refuse(TOO_LARGE, scope, receive, send)
            return
        # The server holds a body to the length that was announced; one without is counted.
        measured = receive if announced is not None else self._measured(receive)
        try:
            await self._in_time(scope, measured, send)
        except Refused as refused:
            await self._refuse(refused.problem, scope, receive, send)

    def _measured(self, receive: Receive) -> Receive:
        left = self._body_bytes

        async def counted() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise Refused(TOO_LARGE)
            return message

        return counted

    async def _in_time(self, scope: HttpScope, receive: Receive, send: Send) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a request is answered in a task")
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        deadline = self._deadlines.watch(task, self._seconds)
        self._under_way += 1
        try:
            await self._app(scope, receive, watched)
        except asyncio.CancelledError:
            if not deadline.has_passed or started:
                raise
            if sys.version_info >= (3, 11):
                task.uncancel()
            raise Refused(TIMED_OUT) from None
        finally:
            self._under_way -= 1
            self._deadlines.forget(deadline)

    async def _refuse(
        self, problem: Problem, scope: HttpScope, receive: Receive, send: Send
    ) -> None:
        scope["state"]["code"] = problem.code
        await respond(problem)(scope, receive, send)


def _announced(scope: HttpScope) -> int | None:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value)
    return None
