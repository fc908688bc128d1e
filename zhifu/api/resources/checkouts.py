"""Payments that the gateway makes at a provider, for a learner to pay."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request

from zhifu.api import schemas, shown
from zhifu.api.replies import key_of
from zhifu.api.route import OF_PAYMENTS, PlatformRoute, operation
from zhifu.api.scopes import Scope
from zhifu.api.service import Asking, Gateway, service_of
from zhifu.money import Money
from zhifu.payments import CheckoutTerms, PaymentRequest

router = APIRouter(route_class=PlatformRoute, tags=["orders"])


@router.post("/v1/checkouts", status_code=201, response_model=schemas.CheckoutOut)
@operation(Scope.ORDERS_WRITE, is_repeatable=True, is_rebuilt=True, statuses=OF_PAYMENTS)
async def create_checkout(
    gateway: Gateway, caller: Asking, request: Request, body: schemas.CheckoutIn
) -> schemas.CheckoutOut:
    """Make a payment at its provider; `action` is what the learner's client needs to pay it.

    The same request again is told the action as long as the payment can be paid.
    """
    service = service_of(request)
    lifetime = body.expires_in_seconds or service.options.expiry_seconds
    asked = PaymentRequest(
        caller.platform,
        body.learner,
        tuple(body.contents),
        Money(body.amount.amount, body.amount.currency),
        body.provider,
        "",
        key_of(request),
        body.referrer,
    )
    terms = CheckoutTerms(
        service.clock() + lifetime, body.method, body.description, body.return_url, body.payer
    )
    found = await gateway.checkout(asked, terms)
    payment = schemas.PaymentOut(**shown.made(found.payment))
    return schemas.CheckoutOut(
        payment=payment, action=dict(found.action), expires_at=found.payment.expires_at
    )
