"""Routes for platforms: an API key with the right scope, a rate, and one effect per POST."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from zhifu.api import problems, replies
from zhifu.api.callers import Caller
from zhifu.api.problems import Refused
from zhifu.api.scopes import Scope
from zhifu.api.service import service_of

F = TypeVar("F", bound=Callable[..., Any])

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

SECURITY = "apiKey"

#: What a payment's provider may say, or not say.
OF_PAYMENTS = (402, 504)

#: A transaction that was included, and failed there.
OF_TRANSACTIONS = (502,)

_ALWAYS = (400, 401, 403, 404, 409, 413, 422, 429, 500, 503)
_TO_A_BODY = (415,)
_WITH_A_BODY = frozenset({"POST", "PUT", "PATCH"})
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Operation:
    """What a route asks of whoever calls it.

    `is_repeatable` is a POST that may be begun again after it was cut short. `keeps_own_key` is one
    that sees to its idempotency key itself. `is_rebuilt` is one that finds its own effect under its
    key and answers it again: its answer is not kept. `secret` is a field of the answer that is told
    once. `statuses` are those of its answers that not every route has.
    """

    scope: Scope
    is_repeatable: bool = False
    keeps_own_key: bool = False
    is_rebuilt: bool = False
    secret: str | None = None
    statuses: tuple[int, ...] = ()


def operation(
    scope: Scope,
    *,
    is_repeatable: bool = False,
    keeps_own_key: bool = False,
    is_rebuilt: bool = False,
    secret: str | None = None,
    statuses: tuple[int, ...] = (),
) -> Callable[[F], F]:
    """Say what a handler asks of its callers; see Operation."""

    def mark(handler: F) -> F:
        handler.operation = Operation(  # type: ignore[attr-defined]
            scope, is_repeatable, keeps_own_key, is_rebuilt, secret, statuses
        )
        return handler

    return mark


class PlatformRoute(APIRoute):
    """A route whose handler has an `operation`."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        asked: Operation = endpoint.operation  # type: ignore[attr-defined]
        methods = set(options.get("methods") or ())
        is_post = "POST" in methods
        own = options.get("openapi_extra") or {}
        options["openapi_extra"] = {**_documented(asked, is_post), **own}
        statuses = (*_ALWAYS, *(_TO_A_BODY if methods & _WITH_A_BODY else ()), *asked.statuses)
        options["responses"] = {**problem_answers(*statuses), **(options.get("responses") or {})}
        super().__init__(path, endpoint, **options)

    @property
    def operation(self) -> Operation:
        """What is asked of whoever calls it."""
        asked: Operation = self.endpoint.operation  # type: ignore[attr-defined]
        return asked

    def get_route_handler(self) -> Handler:
        """Let the right callers in, and each request have its effect once."""
        work, asked = self.handler(), self.operation
        methods = self.methods or set()
        is_keyed = "POST" in methods and not asked.keeps_own_key
        is_change = bool(methods & {"PUT", "PATCH"})

        async def handle(request: Request) -> Response:
            caller = await _admit(request, asked.scope)
            if is_keyed:
                return await _once(request, caller, work, asked)
            if is_change:
                require_media_type(request, _JSON)
            return await work(request)

        return handle

    def handler(self) -> Handler:
        """What answers a request that was let in."""
        return super().get_route_handler()


class SwiftRoute(PlatformRoute):
    """A route whose handler takes the request as it is and answers with a response.

    Nothing is resolved for it: this is for what is called thousands of times a second.
    """

    def handler(self) -> Handler:
        """The endpoint itself."""
        found: Handler = self.endpoint
        return found


async def _admit(request: Request, scope: Scope) -> Caller:
    caller = await service_of(request).callers.of(request.scope)
    request.state.caller = caller
    wait_seconds = caller.bucket.take(time.monotonic())
    if wait_seconds:
        raise Refused(problems.too_many(wait_seconds))
    caller.require(scope)
    return caller


async def _once(
    request: Request,
    caller: Caller,
    work: Callable[[Request], Awaitable[Response]],
    asked: Operation,
) -> Response:
    key, body = replies.key_of(request), await request.body()
    require_media_type(request, _JSON)
    return await service_of(request).replies.once(
        caller.platform,
        key,
        replies.hash_of(request, body),
        lambda: work(request),
        is_repeatable=asked.is_repeatable,
        is_rebuilt=asked.is_rebuilt,
        secret=asked.secret,
    )


def require_media_type(request: Request, *allowed: str) -> str:
    """The kind of a request's body; refused unless it is one of the allowed."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in allowed:
        raise Refused(problems.wrong_media_type(" or ".join(allowed)))
    return kind


def _documented(asked: Operation, is_post: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"security": [{SECURITY: []}], "x-scope": asked.scope.value}
    if is_post:
        told["parameters"] = [
            {
                "name": replies.HEADER,
                "in": "header",
                "required": True,
                "description": "The same key again is the same request, and has its effect once.",
                "schema": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": replies.LONGEST_KEY,
                    "pattern": "^[ -~]+$",
                },
            }
        ]
    return told


def problem_answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a route says of its answers that are problems."""
    content = {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemOut"}}}
    return {status: {"description": "A problem.", "content": content} for status in statuses}
