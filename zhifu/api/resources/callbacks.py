"""Callbacks of payment providers: verified, stored and answered in their own words at once.

No API key lets a provider in: its signature does.
"""

from __future__ import annotations

import time
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from zhifu.api import problems
from zhifu.api.problems import Refused
from zhifu.api.route import problem_answers
from zhifu.api.service import Gateway
from zhifu.providers import Callback

router = APIRouter(tags=["providers"])

#: Anybody may send something here. Providers send again what is not taken.
_MOST_WAITING = 64

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
async def take_callback(gateway: Gateway, provider: str, request: Request) -> Response:
    """What a provider tells by itself. It is acted on afterwards, by asking the provider again."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    callback = Callback(headers, await request.body(), int(time.time()))
    if gateway.callbacks_waiting >= _MOST_WAITING:
        raise Refused(problems.BUSY)
    answer = await gateway.take_callback(provider, callback)
    return Response(answer.body, answer.status, media_type=answer.content_type)
