"""A merchant's callback address, which takes and answers as a provider wants."""

from __future__ import annotations

import time
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from zhifu.exceptions import InvalidCallback
from zhifu.providers import Callback, Hint, Provider


class Merchant:
    """Callbacks as they came (`arrived`), what they were about (`hints`), and why not (`refused`).

    `provider` is set once it is known: its settings have the merchant's address.
    """

    provider: Provider

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.app = Starlette(routes=[Route("/{path:path}", self._take, methods=["POST"])])
        self.arrived: list[Callback] = []
        self.hints: list[Hint] = []
        self.refused: list[str] = []
        self._clock = clock

    async def _take(self, request: Request) -> Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        callback = Callback(headers, await request.body(), int(self._clock()))
        self.arrived.append(callback)
        try:
            self.hints.append(self.provider.verify(callback))
            answer = self.provider.answer(True)
        except InvalidCallback as refusal:
            self.refused.append(refusal.reason)
            answer = self.provider.answer(False)
        return Response(answer.body, answer.status, media_type=answer.content_type)


class Switch:
    """An application that is another one for each test, so that one server does for all."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)
