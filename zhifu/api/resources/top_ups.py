"""Top-ups: what learners pay for money on their accounts, by the name of its payment."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.requests import Request

from zhifu import ids
from zhifu.api import cursors, schemas, shown
from zhifu.api.callers import Caller
from zhifu.api.replies import key_of
from zhifu.api.route import OF_PAYMENTS, PlatformRoute, operation
from zhifu.api.scopes import Scope
from zhifu.api.service import Asking, Gateway, service_of
from zhifu.exceptions import UnknownPayment
from zhifu.money import Money
from zhifu.payments import CheckoutTerms, Payment, PaymentRequest, Purpose, TopUp, TopUpState

_LISTED = "top-ups"

router = APIRouter(route_class=PlatformRoute, tags=["top-ups"])

Id = Annotated[str, Path()]


@router.post("/v1/top-ups", status_code=201, response_model=schemas.NewTopUpOut)
@operation(Scope.TOP_UPS_WRITE, is_repeatable=True, is_rebuilt=True, statuses=OF_PAYMENTS)
async def create_top_up(
    gateway: Gateway, caller: Asking, request: Request, body: schemas.TopUpIn
) -> schemas.NewTopUpOut:
    """Put money on a learner's account, once its payment is paid.

    The payment is one that there is at its provider, or it is made there, and `action` is what the
    learner's client needs to pay it. The same request again is told the same, the action as long as
    the payment can be paid.
    """
    asked = PaymentRequest(
        caller.platform,
        body.learner,
        (),
        Money(body.amount.amount, body.amount.currency),
        body.provider,
        body.provider_payment_id or "",
        key_of(request),
        purpose=Purpose.TOP_UP,
    )
    if body.provider_payment_id is not None:
        return _begun(await gateway.pay(asked), TopUpState.WAITING, {})
    found = await gateway.checkout(asked, _terms(request, body))
    return _begun(found.payment, TopUpState.AWAITING_PAYMENT, dict(found.action))


@router.get("/v1/top-ups", response_model=schemas.TopUpsOut)
@operation(Scope.TOP_UPS_READ)
async def list_top_ups(
    gateway: Gateway, caller: Asking, page: Annotated[schemas.PageQuery, Query()]
) -> schemas.TopUpsOut:
    """Your platform's top-ups, the newest first."""
    before = cursors.read(_LISTED, caller.platform, page.cursor)
    found = await gateway.top_ups(caller.platform, before=before, limit=page.limit + 1)
    cursor = cursors.following(_LISTED, caller.platform, ids.PAYMENT, found, page.limit)
    return schemas.TopUpsOut(
        data=[_shown(each) for each in found[: page.limit]], next_cursor=cursor
    )


@router.get("/v1/top-ups/{top_up}", response_model=schemas.TopUpOut)
@operation(Scope.TOP_UPS_READ)
async def get_top_up(gateway: Gateway, caller: Asking, top_up: Id) -> schemas.TopUpOut:
    """One top-up, as it is now."""
    return _shown(await _own(gateway, caller, top_up))


@router.get("/v1/top-ups/{top_up}/history", response_model=schemas.HistoryOut)
@operation(Scope.TOP_UPS_READ)
async def get_top_up_history(gateway: Gateway, caller: Asking, top_up: Id) -> schemas.HistoryOut:
    """What happened to a top-up, its payment first, in order."""
    await _own(gateway, caller, top_up)
    changes = await gateway.top_up_history(top_up)
    return schemas.HistoryOut(data=[schemas.ChangeOut(**each._asdict()) for each in changes])


@router.post("/v1/top-ups/{top_up}/refund", response_model=schemas.TopUpOut)
@operation(Scope.REFUNDS_WRITE, is_repeatable=True)
async def refund_top_up(
    gateway: Gateway, caller: Asking, top_up: Id, _: schemas.NothingIn
) -> schemas.TopUpOut:
    """Send a top-up that is not on chain yet back at its provider.

    It is `refund_pending` while the provider has not; the gateway goes on with it.
    """
    await _own(gateway, caller, top_up)
    return _shown(await gateway.refund_top_up(top_up))


@router.post("/v1/top-ups/{top_up}/returned", response_model=schemas.TopUpOut)
@operation(Scope.REFUNDS_WRITE, is_repeatable=True)
async def return_top_up(
    gateway: Gateway, caller: Asking, top_up: Id, body: schemas.ByHandIn
) -> schemas.TopUpOut:
    """Say that you have returned the money by hand, which the provider had refused to.

    Or what is left of it, where the payer's bank has a part.
    """
    await _own(gateway, caller, top_up)
    return _shown(await gateway.top_up_returned(top_up, body.detail))


async def _own(gateway: Gateway, caller: Caller, top_up: str) -> TopUp:
    """A top-up of the caller's platform; another platform's is as unknown as none."""
    found = await gateway.top_up(top_up)
    if found.platform != caller.platform:
        raise UnknownPayment(top_up)
    return found


def _terms(request: Request, body: schemas.TopUpIn) -> CheckoutTerms:
    service = service_of(request)
    lifetime = body.expires_in_seconds or service.options.expiry_seconds
    return CheckoutTerms(
        service.clock() + lifetime,
        body.method or "",
        body.description or "",
        body.return_url,
        body.payer,
    )


def _begun(payment: Payment, state: TopUpState, action: dict[str, str]) -> schemas.NewTopUpOut:
    """A top-up as it was when it was recorded, which is the same however often it is told."""
    request = payment.request
    top_up = schemas.TopUpOut(
        id=payment.id,
        platform=request.platform,
        learner=request.learner,
        amount=shown.money(request.amount),
        state=state.value,
        problem=None,
        transaction_hash=None,
        block_number=None,
        created_at=payment.created_at,
    )
    return schemas.NewTopUpOut(top_up=top_up, action=action, expires_at=payment.expires_at)


def _shown(found: TopUp) -> schemas.TopUpOut:
    return schemas.TopUpOut(
        **{**found._asdict(), "amount": shown.money(found.amount), "state": found.state.value}
    )
