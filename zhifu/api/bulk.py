"""Many payments in one request: read one by one, so that a bad one spoils no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from http import HTTPStatus
from typing import Any

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

Item = PaymentRequest | Problem | ZhifuError
Done = Payment | Problem | ZhifuError


def read_bulk(body: bytes, kind: str, key: str, platform: int) -> list[Item]:
    """What is asked by each item; what is wrong with it instead, if something is.

    Raises InvalidInput for none, or too many.
    """
    items = list(_lines(body) if kind == NDJSON else _elements(body))
    if not 1 <= len(items) <= MOST:
        raise InvalidInput("body", f"must have from 1 to {MOST} orders", len(items))
    return [
        _request(item, f"{key}/{at}", platform) if isinstance(item, BulkOrderIn) else item
        for at, item in enumerate(items)
    ]


def answer_bulk(done: Sequence[Done], kind: str) -> Response:
    """What became of each item, in the form it was asked."""
    told = [{"index": at, **_outcome(each)} for at, each in enumerate(done)]
    if kind == NDJSON:
        return Response(b"".join(orjson.dumps(each) + b"\n" for each in told), media_type=NDJSON)
    return Response(orjson.dumps({"data": told}), media_type="application/json")


def _lines(body: bytes) -> Iterator[BulkOrderIn | Problem]:
    for line in body.splitlines():
        if line:
            yield _checked(BulkOrderIn.__pydantic_validator__.validate_json, line)


def _elements(body: bytes) -> Iterator[BulkOrderIn | Problem]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Refused(NOT_JSON) from None
    if not isinstance(found, list):
        raise InvalidInput("body", "must be an array of orders")
    for each in found:
        yield _checked(BulkOrderIn.__pydantic_validator__.validate_python, each)


def _checked(validate: Callable[[Any], BulkOrderIn], given: Any) -> BulkOrderIn | Problem:
    try:
        return validate(given)
    except ValidationError as error:
        return problems.invalid(error)


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
        item.provider_payment_id,
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
