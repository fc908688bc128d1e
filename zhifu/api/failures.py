"""What is answered when a handler fails."""

from __future__ import annotations

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from zhifu.api import problems
from zhifu.api.problems import Problem, Refused
from zhifu.exceptions import ZhifuError


def _answer(request: Request, error: ZhifuError | Problem) -> Response:
    request.state.code = error.code
    return problems.respond(error)


async def answer_error(request: Request, error: Exception) -> Response:
    """Answer an error of zhifu; what failed within the service is logged too."""
    if not isinstance(error, ZhifuError):
        raise error
    response = _answer(request, error)
    if response.status_code >= 500:
        log = request.app.state.service.log
        log.warning(
            "failed",
            request_id=request.state.request_id,
            code=error.code,
            detail=str(error),
        )
    return response


async def answer_refused(request: Request, error: Exception) -> Response:
    """Answer with a problem of the exchange."""
    if not isinstance(error, Refused):
        raise error
    return _answer(request, error.problem)


async def _answer_invalid(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    return _answer(request, problems.from_errors(error.errors()))


async def _answer_http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code == 405:
        return _answer(request, problems.wrong_method(_methods_of(request, error)))
    if error.status_code == 404:
        return _answer(request, problems.NO_SUCH_PATH)
    return _answer(request, problems.MALFORMED)


def _methods_of(request: Request, error: HTTPException) -> str:
    """The methods of a path: the error has those of one route, and a path may have several."""
    path = getattr(request.scope.get("route"), "path", None)
    told = request.app.openapi()["paths"].get(path)
    return ", ".join(map(str.upper, told)) if told else (error.headers or {}).get("Allow", "")


async def _answer_defect(request: Request, _: Exception) -> Response:
    # The edge logs what it was.
    return _answer(request, problems.DEFECT)


HANDLERS = {
    Exception: _answer_defect,
    ZhifuError: answer_error,
    Refused: answer_refused,
    RequestValidationError: _answer_invalid,
    HTTPException: _answer_http,
}
"""What FastAPI does with an exception."""
