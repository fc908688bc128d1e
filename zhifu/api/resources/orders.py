"""Orders and the payments they came with.

What a POST answers is what it recorded, so the same request again is answered the same, from the
payment itself, whatever became of it since; a GET tells that.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Query
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from zhifu import ids
from zhifu.api import bulk, cursors, problems, schemas, shown
from zhifu.api.callers import Caller
from zhifu.api.problems import Refused
from zhifu.api.replies import REPLAYED, key_of
from zhifu.api.route import OF_PAYMENTS, PlatformRoute, SwiftRoute, operation, require_media_type
from zhifu.api.schemas import OrderIn
from zhifu.api.scopes import Scope
from zhifu.api.service import Asking, Gateway, service_of
from zhifu.exceptions import UnknownOrder, UnknownPayment
from zhifu.money import Money
from zhifu.payments import OrderRecord, PaymentRequest

_LISTED = "orders"
_ORDERS_A_REQUEST = 100
_REPLAY_HEADERS = {REPLAYED: "true"}

swift = APIRouter(route_class=SwiftRoute, tags=["orders"])
router = APIRouter(route_class=PlatformRoute, tags=["orders"])


def _body(model: str, *media_types: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{model}"}
    return {"required": True, "content": {each: {"schema": schema} for each in media_types}}


@swift.post(
    "/v1/orders",
    status_code=201,
    response_model=schemas.PaymentOut,
    openapi_extra={"requestBody": _body("OrderIn", "application/json")},
    summary="Record a payment and its orders",
)
@operation(Scope.ORDERS_WRITE, keeps_own_key=True, statuses=OF_PAYMENTS)
async def create_order(request: Request) -> Response:
    """Record a payment that its provider confirms, for one content or a cart, durably."""
    key, caller = key_of(request), request.state.caller
    require_media_type(request, "application/json")
    try:
        body = OrderIn.__pydantic_validator__.validate_json(await request.body())
    except ValidationError as error:
        raise Refused(problems.invalid(error)) from None
    payment = await service_of(request).gateway.pay(payment_request(caller, body, key))
    headers = _REPLAY_HEADERS if payment.replayed else None
    return Response(orjson.dumps(shown.placed(payment)), 201, headers, "application/json")


@swift.post(
    "/v1/orders/bulk",
    response_model=schemas.BulkOut,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {
                        "type": "array",
                        "minItems": 1,
                        "items": {"$ref": "#/components/schemas/BulkOrderIn"},
                    }
                },
                "application/x-ndjson": {"schema": {"type": "string"}},
            },
        }
    },
    summary="Record many payments and their orders",
)
@operation(Scope.ORDERS_WRITE, keeps_own_key=True)
async def create_orders(request: Request) -> Response:
    """Record many payments; each is taken or refused alone.

    A JSON array, or NDJSON, which is answered by NDJSON. Counts as a request per hundred orders.
    """
    key, caller = key_of(request), request.state.caller
    kind = require_media_type(request, "application/json", "application/x-ndjson")
    parts = bulk.parts_of(await request.body(), kind)
    caller.bucket.take_more(sum(len(part.items) for part in parts) // _ORDERS_A_REQUEST)
    gateway, done = service_of(request).gateway, list[bulk.Done]()
    for part in parts:
        items = bulk.read(part, kind, key, caller.platform)
        wanted = [item for item in items if isinstance(item, PaymentRequest)]
        outcomes = iter(await gateway.pay_many(wanted))
        done += [next(outcomes) if isinstance(item, PaymentRequest) else item for item in items]
        # Even where there was nothing to wait for.
        await asyncio.sleep(0)
    return bulk.answer_bulk(done, kind)


@router.get("/v1/orders", response_model=schemas.OrdersOut)
@operation(Scope.ORDERS_READ)
async def list_orders(
    gateway: Gateway, caller: Asking, page: Annotated[schemas.PageQuery, Query()]
) -> schemas.OrdersOut:
    """Your platform's orders, the newest first."""
    before = cursors.read(_LISTED, caller.platform, page.cursor)
    found = await gateway.orders(caller.platform, before=before, limit=page.limit + 1)
    listed = [shown.order(each) for each in found[: page.limit]]
    cursor = cursors.following(_LISTED, caller.platform, ids.ORDER, found, page.limit)
    return schemas.OrdersOut(data=listed, next_cursor=cursor)


@router.get("/v1/orders/{order}", response_model=schemas.OrderOut)
@operation(Scope.ORDERS_READ)
async def get_order(
    gateway: Gateway, caller: Asking, order: Annotated[str, Path()]
) -> schemas.OrderOut:
    """One order, as it is now."""
    return shown.order(await own_order(gateway, caller, order))


@router.get("/v1/orders/{order}/history", response_model=schemas.HistoryOut)
@operation(Scope.ORDERS_READ)
async def get_history(
    gateway: Gateway, caller: Asking, order: Annotated[str, Path()]
) -> schemas.HistoryOut:
    """What happened to an order, its payment, its batch and its refund, in order."""
    await own_order(gateway, caller, order)
    changes = [schemas.ChangeOut(**each._asdict()) for each in await gateway.history(order)]
    return schemas.HistoryOut(data=changes)


@router.get("/v1/payments/{payment}", response_model=schemas.PaymentOut)
@operation(Scope.ORDERS_READ)
async def get_payment(
    gateway: Gateway, caller: Asking, payment: Annotated[str, Path()]
) -> Response:
    """A payment with its orders, as it is now."""
    found = await gateway.payment(payment)
    if found.request.platform != caller.platform:
        raise UnknownPayment(payment)
    return Response(orjson.dumps(shown.payment(found)), media_type="application/json")


async def own_order(gateway: Gateway, caller: Asking, order: str) -> OrderRecord:
    """An order of the caller's platform; another platform's is as unknown as none."""
    found = await gateway.order(order)
    if found.platform != caller.platform:
        raise UnknownOrder(order)
    return found


def payment_request(caller: Caller, body: OrderIn, key: str) -> PaymentRequest:
    """What the gateway is asked, in the caller's name."""
    amount = Money(body.amount.amount, body.amount.currency)
    return PaymentRequest(
        caller.platform,
        body.learner,
        tuple(body.contents),
        amount,
        body.provider,
        body.provider_payment_id or "",
        key,
        body.referrer,
    )
