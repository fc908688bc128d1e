"""Stripe's errors, as its interface words and writes them."""

from __future__ import annotations

from typing import Any, NamedTuple

_DOCS = "https://stripe.com/docs/error-codes"


class StripeError(NamedTuple):
    """An error: the status of the answer and the fields of its `error` object."""

    status: int
    fields: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """The answer's body."""
        return {"error": self.fields}


class StripeRefused(Exception):
    """A request is answered with an error."""

    def __init__(self, error: StripeError) -> None:
        super().__init__(error.fields["message"])
        self.error = error


def invalid(
    message: str, *, code: str | None = None, param: str | None = None, **more: Any
) -> StripeError:
    """A request that cannot be carried out."""
    return _error(400, "invalid_request_error", message, code=code, param=param, **more)


def missing(param: str) -> StripeError:
    """A parameter that must be there."""
    return invalid(f"Missing required param: {param}.", code="parameter_missing", param=param)


def unknown(param: str) -> StripeError:
    """A parameter that there is none of."""
    return invalid(f"Received unknown parameter: {param}", code="parameter_unknown", param=param)


def no_such(what: str, name: str, param: str) -> StripeError:
    """An object that is not there."""
    message = f"No such {what}: '{name}'"
    return _error(404, "invalid_request_error", message, code="resource_missing", param=param)


def unauthorized(key: str) -> StripeError:
    """A request without the account's key."""
    if not key:
        return _error(401, "invalid_request_error", "You did not provide an API key.")
    shown = f"{key[:8]}{'*' * 12}{key[-4:]}"
    return _error(401, "invalid_request_error", f"Invalid API Key provided: {shown}")


def no_such_url(method: str, path: str) -> StripeError:
    """A request to nothing."""
    message = f"Unrecognized request URL ({method}: {path})."
    return _error(404, "invalid_request_error", message)


def idempotency_conflict(key: str) -> StripeError:
    """A key that was used with other parameters."""
    message = (
        "Keys for idempotent requests can only be used with the same parameters they were first"
        f" used with. Try using a key other than '{key}' if you meant to execute a different"
        " request."
    )
    return _error(400, "idempotency_error", message)


def idempotency_in_use(key: str) -> StripeError:
    """A key whose first request is not finished."""
    message = f"There is currently another in-progress request using this Idempotent Key: {key}."
    return _error(409, "idempotency_error", message, code="idempotency_key_in_use")


def _error(status: int, kind: str, message: str, **fields: Any) -> StripeError:
    given = {name: value for name, value in fields.items() if value is not None}
    if "code" in given:
        given["doc_url"] = f"{_DOCS}/{given['code'].replace('_', '-')}"
    return StripeError(status, {**given, "message": message, "type": kind})
