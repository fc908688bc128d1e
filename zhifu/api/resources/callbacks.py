"""Callbacks of payment providers: verified, stored and answered in their own words at once.

No API key lets a provider in: its signature does.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from zhifu.api import problems
from zhifu.api.problems import Refused
from zhifu.api.route import problem_answers
from zhifu.api.service import CallbackDoor, CallbackRoom, Gateway
from zhifu.exceptions import UnknownProvider
from zhifu.providers import Callback

router = APIRouter(tags=["providers"])

#: Anybody may send something here, or begin to. Providers send again what is not taken.
BODY_SECONDS = 5.0

_RAW = {"requestBody": {"content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}}

#: What it is told is its own affair, and so is the form.
_WORDS: dict[int | str, dict[str, Any]] = {
    204: {"description": "The callback was taken."},
    400: {"description": "The callback was not taken, as its provider has it."},
}


@router.post(
    "/v1/callbacks/{provider}",
    response_class=Response,
    openapi_extra=_RAW,
    responses={**_WORDS, **problem_answers(404, 413, 422, 500, 503)},
)
async def take_callback(
    gateway: Gateway, door: CallbackDoor, room: CallbackRoom, provider: str, request: Request
) -> Response:
    """What a provider tells by itself. It is acted on afterwards, by asking the provider again."""
    if provider not in gateway.gateway.providers:
        raise UnknownProvider(provider)
    headers = {name.lower(): value for name, value in request.headers.items()}
    async with door.place():
        body = await _body(request)
        async with room.place():
            callback = Callback(headers, body, int(time.time()))
            answer = await gateway.take_callback(provider, callback)
    return Response(answer.body, answer.status, media_type=answer.content_type)


async def _body(request: Request) -> bytes:
    try:
        return await asyncio.wait_for(request.body(), BODY_SECONDS)
    except (TimeoutError, asyncio.TimeoutError):
        raise Refused(problems.TIMED_OUT) from None
