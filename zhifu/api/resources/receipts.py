"""Receipts of a platform's orders, to be handed to its learners."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from zhifu.api import papers, schemas
from zhifu.api.resources.orders import own_order
from zhifu.api.route import PlatformRoute, operation
from zhifu.api.scopes import Scope
from zhifu.api.service import Asking, Gateway
from zhifu.printing import receipt_data, receipt_page

router = APIRouter(route_class=PlatformRoute, tags=["orders"])


@router.get(
    "/v1/orders/{order}/receipt", response_model=schemas.ReceiptOut, responses=papers.ANSWERS
)
@operation(Scope.ORDERS_READ)
async def get_receipt(
    request: Request,
    gateway: Gateway,
    caller: Asking,
    order: Annotated[str, Path()],
    query: Annotated[schemas.PaperQuery, Query()],
) -> Response | schemas.ReceiptOut:
    """What a learner is handed for an order that was paid; a page where `text/html` is accepted."""
    await own_order(gateway, caller, order)
    found = await gateway.receipt(order)
    if papers.wants_page(request):
        return papers.page(receipt_page(found, query.language))
    return schemas.ReceiptOut.model_validate(receipt_data(found))
