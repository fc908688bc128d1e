"""Many payments in one request: read one by one, so that a bad one spoils no other.

They are counted before any is looked at, and read some at a time: what waits beside them, waits for
no more than that.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from itertools import islice
from typing import Any, NamedTuple

import orjson
from pydantic import ValidationError
from starlette.responses import Response

from zhifu.api import problems, shown
from zhifu.api.problems import NOT_JSON, Problem, Refused
from zhifu.api.replies import LONGEST_KEY
from zhifu.api.schemas import BulkOrderIn
from zhifu.exceptions import InvalidInput, ZhifuError
from zhifu.money import Money
from zhifu.payments import Payment, PaymentRequest

NDJSON = "application/x-ndjson"
MOST = 10_000

PART = 256
"""How many items are read, and recorded, before others have their turn."""

Item = PaymentRequest | Problem | ZhifuError
Done = Payment | Problem | ZhifuError


class Part(NamedTuple):
    """Some of the items of a bulk, not looked at yet; `first` is the first one's place."""

    first: int
    items: Sequence[Any]


def parts_of(body: bytes, kind: str) -> list[Part]:
    """The items of a bulk, some at a time.

    Raises InvalidInput for none, or too many, and Refused for what is no JSON array.
    """
    items = list(islice(_lines(body), MOST + 1)) if kind == NDJSON else _elements(body)
    if not 1 <= len(items) <= MOST:
        raise InvalidInput("body", f"must have from 1 to {MOST} orders")
    return [Part(first, items[first : first + PART]) for first in range(0, len(items), PART)]


def read(part: Part, kind: str, key: str, platform: int) -> list[Item]:
    """What is asked by each item; what is wrong with it instead, if something is."""
    return [
        _read(item, kind, f"{key}/{at}", platform) for at, item in enumerate(part.items, part.first)
    ]


def answer_bulk(done: Sequence[Done], kind: str) -> Response:
    """What became of each item, in the form it was asked."""
    told = [{"index": at, **_outcome(each)} for at, each in enumerate(done)]
    if kind == NDJSON:
        return Response(b"".join(orjson.dumps(each) + b"\n" for each in told), media_type=NDJSON)
    return Response(orjson.dumps({"data": told}), media_type="application/json")


def _lines(body: bytes) -> Iterator[bytes]:
    return (line for line in io.BytesIO(body) if not line.isspace())


def _elements(body: bytes) -> list[Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Refused(NOT_JSON) from None
    if not isinstance(found, list):
        raise InvalidInput("body", "must be an array of orders")
    return found


def _read(item: Any, kind: str, default_key: str, platform: int) -> Item:
    validator = BulkOrderIn.__pydantic_validator__
    try:
        validate = validator.validate_json if kind == NDJSON else validator.validate_python
        order: BulkOrderIn = validate(item)
    except ValidationError as error:
        return problems.invalid(error)
    return _request(order, default_key, platform)


def _request(item: BulkOrderIn, default_key: str, platform: int) -> Item:
    key = item.idempotency_key or default_key
    if len(key) > LONGEST_KEY:
        return InvalidInput("Idempotency-Key", f"must leave room for the place in {LONGEST_KEY}")
    try:
        amount = Money(item.amount.amount, item.amount.currency)
    except ZhifuError as error:
        return error
    return PaymentRequest(
        platform,
        item.learner,
        tuple(item.contents),
        amount,
        item.provider,
        item.provider_payment_id or "",
        key,
        item.referrer,
    )


def _outcome(done: Done) -> dict[str, Any]:
    if isinstance(done, Payment):
        return {"status": int(HTTPStatus.CREATED), "payment": shown.placed(done)}
    if isinstance(done, Problem):
        return {"status": int(done.status), "problem": problems.body_of(done)}
    status, body, _ = problems.problem_of(done)
    return {"status": int(status), "problem": body}
