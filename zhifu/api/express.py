"""The short way to what is asked thousands of times a second: the same handlers, fewer layers."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as HttpScope

from zhifu.api.failures import answer_error, answer_refused
from zhifu.api.problems import Refused
from zhifu.api.route import Handler, SwiftRoute
from zhifu.exceptions import ZhifuError


class Express:
    """Calls the handlers of swift routes, whose paths have no parameters, without `app`'s router.

    What is asked otherwise, and by any other spelling of a path, is `app`'s to answer.
    """

    def __init__(self, app: FastAPI, routes: Iterable[BaseRoute]) -> None:
        self._app: ASGIApp = app
        self._owner = app
        self._ways: dict[tuple[str, str], tuple[SwiftRoute, Handler]] = {
            (method, route.path): (route, route.get_route_handler())
            for route in routes
            if isinstance(route, SwiftRoute)
            for method in route.methods or ()
        }

    async def __call__(self, scope: HttpScope, receive: Receive, send: Send) -> None:
        """Answer, or let `app` do it."""
        found = scope["type"] == "http" and self._ways.get((scope["method"], scope["path"]))
        if not found:
            await self._app(scope, receive, send)
            return
        scope["route"], handle = found
        scope["app"] = self._owner
        request = Request(scope, receive)
        response = await _answer(request, handle)
        await response(scope, receive, send)


async def _answer(request: Request, handle: Handler) -> Response:
    try:
        return await handle(request)
    except ZhifuError as error:
        return await answer_error(request, error)
    except Refused as refused:
        return await answer_refused(request, refused)
