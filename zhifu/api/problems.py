"""Errors as an HTTP client sees them: RFC 9457 problems, and the one place that picks a status.

Every problem has a stable `code`, the `field` it is about and the `rule` that was not kept. What a
server error carries stays in the log: it may name addresses that are nobody's business.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from math import ceil
from typing import Any

import orjson
from pydantic import ValidationError
from starlette.responses import Response

from zhifu.api.rules import rule_of
from zhifu.exceptions import (
    AuthorityError,
    ChainError,
    ContractReverted,
    InputError,
    InvalidApiKey,
    InvalidInput,
    NotFoundError,
    ProviderError,
    StateError,
    ZhifuError,
)
from zhifu.refusals import meaning

MEDIA_TYPE = "application/problem+json"

_BY_CATEGORY: Mapping[type[ZhifuError], HTTPStatus] = {
    InputError: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotFoundError: HTTPStatus.NOT_FOUND,
    AuthorityError: HTTPStatus.FORBIDDEN,
    StateError: HTTPStatus.CONFLICT,
    ChainError: HTTPStatus.SERVICE_UNAVAILABLE,
    ProviderError: HTTPStatus.BAD_GATEWAY,
}

#: Those whose status is another than their category's.
_BY_CODE: Mapping[str, HTTPStatus] = {
    "commit_unknown": HTTPStatus.SERVICE_UNAVAILABLE,
    "contract_reverted": HTTPStatus.CONFLICT,
    "database_refused": HTTPStatus.SERVICE_UNAVAILABLE,
    "database_unreachable": HTTPStatus.SERVICE_UNAVAILABLE,
    "foreign_database": HTTPStatus.SERVICE_UNAVAILABLE,
    "gateway_closed": HTTPStatus.SERVICE_UNAVAILABLE,
    "invalid_api_key": HTTPStatus.UNAUTHORIZED,
    "invalid_callback": HTTPStatus.BAD_REQUEST,
    "payment_unknown": HTTPStatus.GATEWAY_TIMEOUT,
    "payment_unpaid": HTTPStatus.PAYMENT_REQUIRED,
    "provider_busy": HTTPStatus.SERVICE_UNAVAILABLE,
    "provider_refused": HTTPStatus.CONFLICT,
    "transaction_failed": HTTPStatus.BAD_GATEWAY,
    "transaction_too_large": HTTPStatus.UNPROCESSABLE_ENTITY,
    "unrecorded_batch": HTTPStatus.SERVICE_UNAVAILABLE,
    "wrong_vault_key": HTTPStatus.SERVICE_UNAVAILABLE,
}

#: What a client may do about an error is to wait for so many seconds and ask again.
_RETRY_AFTER: Mapping[str, int] = {
    "chain_unreachable": 5,
    "commit_unknown": 1,
    "database_refused": 1,
    "database_unreachable": 1,
    "gateway_closed": 5,
    "lane_busy": 5,
    "payment_unknown": 5,
    "platform_busy": 5,
    "provider_busy": 5,
    "request_in_progress": 1,
    "transaction_pending": 5,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with an HTTP exchange itself; `status` is the answer's."""

    status: HTTPStatus
    code: str
    field: str
    rule: str
    headers: tuple[tuple[str, str], ...] = ()
    errors: Sequence[Mapping[str, str]] = ()


class Refused(Exception):
    """Raised to answer a request with a problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


NO_SUCH_PATH = Problem(HTTPStatus.NOT_FOUND, "unknown_path", "path", "must be one of the API's")
TOO_LARGE = Problem(
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", "body", "must fit the limit"
)
NOT_JSON = Problem(HTTPStatus.BAD_REQUEST, "malformed_json", "body", "must be JSON")
MALFORMED = Problem(
    HTTPStatus.BAD_REQUEST, "malformed_request", "request", "must be one that can be read"
)
DEFECT = Problem(
    HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", "gateway", "must not fail like this"
)
TIMED_OUT = Problem(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "timed_out",
    "request",
    "must be answered in time; the same request under the same key may be sent again",
    (("Retry-After", "1"),),
)
BUSY = Problem(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "busy",
    "request",
    "must find room; the same request may be sent again",
    (("Retry-After", "1"),),
)


def wrong_method(allowed: str) -> Problem:
    """A path that is there, asked with a method that it does not have."""
    return Problem(
        HTTPStatus.METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "method",
        f"must be {allowed}",
        (("Allow", allowed),),
    )


def wrong_media_type(allowed: str) -> Problem:
    """A body of another kind than the path takes."""
    rule = f"must be {allowed}"
    return Problem(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "Content-Type", rule
    )


def too_many(wait_seconds: float) -> Problem:
    """A key that has asked too often."""
    return Problem(
        HTTPStatus.TOO_MANY_REQUESTS,
        "too_many_requests",
        "Authorization",
        "must not ask more often than its limit",
        (("Retry-After", str(ceil(wait_seconds))),),
    )


def status_of(error: ZhifuError) -> HTTPStatus:
    """The HTTP status of an error; the only place that knows."""
    found = _BY_CODE.get(error.code)
    if found is not None:
        return found
    return next(status for category, status in _BY_CATEGORY.items() if isinstance(error, category))


def problem_of(error: ZhifuError) -> tuple[HTTPStatus, dict[str, Any], dict[str, str]]:
    """The status, the body and the headers that answer an error."""
    if isinstance(error, ContractReverted):
        error = meaning(error)
    status = status_of(error)
    told = error.to_dict()
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        told |= {"message": f"{error.field}: {error.rule}", "values": {}}
    body = _body(status, error.code, error.field, error.rule, told["message"])
    headers = {}
    if told["values"]:
        body["values"] = told["values"]
    if error.code in _RETRY_AFTER:
        headers["Retry-After"] = str(_RETRY_AFTER[error.code])
    if isinstance(error, InvalidApiKey):
        headers["WWW-Authenticate"] = "Bearer"
    return status, body, headers


def invalid(error: ValidationError | Any, *, within: str = "body") -> Problem:
    """What pydantic found wrong with a request."""
    found = error.errors(include_url=False, include_input=False)
    return from_errors(found, within)


def from_errors(found: Sequence[Mapping[str, Any]], within: str = "body") -> Problem:
    """What was found wrong with a request, by place; values are not repeated."""
    if any(each["type"] == "json_invalid" for each in found):
        return NOT_JSON
    errors = [{"field": _place(each["loc"], within), "rule": rule_of(each)} for each in found]
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        InvalidInput.code,
        errors[0]["field"],
        errors[0]["rule"],
        errors=errors,
    )


def body_of(problem: Problem) -> dict[str, Any]:
    """The body that answers a problem of the exchange."""
    message = f"{problem.field}: {problem.rule}"
    body = _body(problem.status, problem.code, problem.field, problem.rule, message)
    if problem.errors:
        body["errors"] = list(problem.errors)
    return body


def respond(error: ZhifuError | Problem) -> Response:
    """The response to an error."""
    if isinstance(error, Problem):
        return _response(error.status, body_of(error), dict(error.headers))
    return _response(*problem_of(error))


def _response(status: int, body: Mapping[str, Any], headers: Mapping[str, str]) -> Response:
    return Response(orjson.dumps(body), status, dict(headers), MEDIA_TYPE)


def _body(status: HTTPStatus, code: str, where: str, rule: str, message: str) -> dict[str, Any]:
    return {
        "type": f"urn:zhifu:problem:{code}",
        "title": status.phrase,
        "status": int(status),
        "detail": message,
        "code": code,
        "field": where,
        "rule": rule,
    }


def _place(location: Iterable[int | str], within: str) -> str:
    parts = [str(each) for each in location]
    if parts and parts[0] in ("body", "query", "path", "header"):
        parts = parts[1:]
    return ".".join(parts) or within
