"""The sandbox's control plane: what learners and their banks do, and what goes wrong.

    GET  /sandbox/payments                               every payment, the oldest first
    POST /sandbox/{provider}/payments/{id}/pay           the learner pays ({"amount": minor units})
    POST /sandbox/{provider}/payments/{id}/fail          the payment fails
    POST /sandbox/{provider}/payments/{id}/charge_back   its bank takes it back ({"amount": …})
    POST /sandbox/{provider}/chargebacks/{id}/win        the merchant gets the money back
    POST /sandbox/{provider}/chargebacks/{id}/lose       … or not
    POST /sandbox/{provider}/refunds/{id}/finish         a refund that is pending arrives
    POST /sandbox/{provider}/refunds/{id}/fail           … or comes back
    POST /sandbox/{provider}/faults/{fault}              it strikes next ({"times": 1, "after": 0})
    POST /sandbox/deliver                                all callbacks that wait are sent at once
    GET  /sandbox/deliveries                             every attempt at a callback

Payments and refunds are named by the provider's id or by the merchant's. Without an amount all of
it is meant. A refusal is 404 or 409 with the books' reason, a request that cannot be read 400.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from zhifu.exceptions import ZhifuError
from zhifu.money import Money
from zhifu.sandbox.books import Books
from zhifu.sandbox.deliveries import Deliveries
from zhifu.sandbox.faults import Fault, Faults
from zhifu.sandbox.records import Payment, Refund, Refused, ReturnStatus, Why

_UNKNOWN = (Why.UNKNOWN_PAYMENT, Why.UNKNOWN_REFUND, Why.UNKNOWN_CHARGEBACK)

_Data: TypeAlias = Mapping[str, Any]


class _Asked(NamedTuple):
    """A request about something `named` in a provider's books."""

    books: Books
    named: str
    body: _Data


_Act: TypeAlias = Callable[[_Asked], _Data]


def routes(books: Mapping[str, Books], faults: Faults, deliveries: Deliveries) -> list[BaseRoute]:
    """The control plane over the books of providers by name."""

    async def act_on(request: Request) -> Response:
        place = request.path_params
        act = _ACTS.get((place["what"], place["act"]))
        if act is None or place["provider"] not in books:
            return JSONResponse({"error": "not_found"}, 404)
        return await _answered(request, books[place["provider"]], act)

    async def force(request: Request) -> Response:
        name, provider = request.path_params["fault"], request.path_params["provider"]
        if name not in {each.value for each in Fault} or provider not in books:
            return JSONResponse({"error": "not_found"}, 404)
        try:
            body = _read(await request.body())
            times, after = int(body.get("times", 1)), int(body.get("after", 0))
        except (ValueError, TypeError) as error:
            return _invalid(error)
        faults.force(Fault(name), provider, times, after=after)
        return JSONResponse({"fault": name, "provider": provider, "times": times})

    async def deliver(_: Request) -> Response:
        return JSONResponse({"attempts": await run_in_threadpool(deliveries.flush)})

    async def log(_: Request) -> Response:
        return JSONResponse([each._asdict() for each in deliveries.log()])

    async def payments(_: Request) -> Response:
        found = [(name, each, one) for name, each in books.items() for one in each.payments()]
        return JSONResponse([{"provider": n, **payment_data(b, each)} for n, b, each in found])

    return [
        Route("/payments", payments),
        Route("/deliveries", log),
        Route("/deliver", deliver, methods=["POST"]),
        Route("/{provider}/faults/{fault}", force, methods=["POST"]),
        Route("/{provider}/{what}/{id}/{act}", act_on, methods=["POST"]),
    ]


async def _answered(request: Request, books: Books, act: _Act) -> Response:
    try:
        asked = _Asked(books, request.path_params["id"], _read(await request.body()))
        return JSONResponse(await run_in_threadpool(act, asked))
    except Refused as refused:
        status = 404 if refused.why in _UNKNOWN else 409
        return JSONResponse({"error": refused.why.value, "subject": refused.subject}, status)
    except (ZhifuError, ValueError, TypeError) as error:
        return _invalid(error)


def _read(body: bytes) -> _Data:
    found = json.loads(body or b"{}")
    if not isinstance(found, dict):
        raise TypeError("the body must be a JSON object")
    return found


def _invalid(error: Exception) -> Response:
    return JSONResponse({"error": "invalid", "message": str(error)}, 400)


def _pay(asked: _Asked) -> _Data:
    payment = payment_named(asked.books, asked.named)
    return payment_data(asked.books, asked.books.pay(payment.id, _amount(asked, payment)))


def _fail(asked: _Asked) -> _Data:
    payment = payment_named(asked.books, asked.named)
    return payment_data(asked.books, asked.books.fail(payment.id))


def _charge_back(asked: _Asked) -> _Data:
    payment = payment_named(asked.books, asked.named)
    chargeback = asked.books.charge_back(payment.id, _amount(asked, payment))
    return {**payment_data(asked.books, payment), "chargeback": chargeback.id}


def _decide_chargeback(asked: _Asked, status: ReturnStatus) -> _Data:
    decided = asked.books.decide_chargeback(asked.named, status)
    return {"chargeback": decided.id, "status": decided.status.value}


def _decide_refund(asked: _Asked, status: ReturnStatus) -> _Data:
    refund = refund_named(asked.books, asked.named)
    decided = asked.books.decide_refund(refund.id, status)
    return {"refund": decided.id, "status": decided.status.value}


_ACTS: Mapping[tuple[str, str], _Act] = {
    ("payments", "pay"): _pay,
    ("payments", "fail"): _fail,
    ("payments", "charge_back"): _charge_back,
    ("chargebacks", "win"): lambda asked: _decide_chargeback(asked, ReturnStatus.FAILED),
    ("chargebacks", "lose"): lambda asked: _decide_chargeback(asked, ReturnStatus.DONE),
    ("refunds", "finish"): lambda asked: _decide_refund(asked, ReturnStatus.DONE),
    ("refunds", "fail"): lambda asked: _decide_refund(asked, ReturnStatus.FAILED),
}


def payment_named(books: Books, name: str) -> Payment:
    """A payment by the provider's id or the merchant's; raises Refused (UNKNOWN_PAYMENT)."""
    try:
        return books.payment(name)
    except Refused:
        return books.payment_by_reference(name)


def refund_named(books: Books, name: str) -> Refund:
    """A refund by the provider's id or the merchant's; raises Refused (UNKNOWN_REFUND)."""
    try:
        return books.refund(name)
    except Refused:
        return books.refund_by_reference(name)


def payment_data(books: Books, payment: Payment) -> _Data:
    """A payment as JSON; amounts in minor units."""
    return {
        "id": payment.id,
        "reference": payment.reference,
        "status": payment.status.value,
        "amount": payment.amount.amount,
        "currency": payment.amount.currency,
        "received": payment.received.amount if payment.received else None,
        "returned": books.returned(payment.id).amount,
    }


def _amount(asked: _Asked, payment: Payment) -> Money | None:
    if "amount" not in asked.body:
        return None
    return Money(asked.body["amount"], payment.amount.currency)
