"""Lost, late, endless and wrong answers of Stripe: what is not known stays unknown."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from datetime import date

import httpx
import pytest
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import Receive, Send
from starlette.types import Scope as Asked

from tests.integration.merchant import Switch
from tests.integration.stripe.scene import AMOUNT, UNKNOWN, Scene, provider
from zhifu.exceptions import PaymentUnknown
from zhifu.money import Money
from zhifu.providers import ProviderPayment, ProviderStatus, RefundStatus
from zhifu.sandbox.faults import Fault
from zhifu.sandbox.stripe_objects import Objects

# Silence


def test_an_answer_that_is_lost_leaves_one_effect(scene: Scene) -> None:
    """STRIPE-6"""
    intent = scene.intent()
    scene.time_out()
    with pytest.raises(PaymentUnknown):
        scene.stripe.create(intent)
    payment = scene.stripe.create(intent).provider_payment_id
    assert [each.id for each in scene.books.payments()] == [payment]
    scene.books.pay(payment)
    scene.time_out(after=1)
    with pytest.raises(PaymentUnknown):
        scene.stripe.refund(payment, AMOUNT, "rf_1")
    assert scene.books.returned(payment) == AMOUNT
    assert scene.stripe.refund(payment, AMOUNT, "rf_1") is RefundStatus.DONE
    assert len(scene.books.refunds(payment)) == 1


def test_a_lost_cancel_is_repeated(scene: Scene) -> None:
    """STRIPE-3, STRIPE-6"""
    payment = scene.stripe.create(scene.intent()).provider_payment_id
    scene.time_out()
    with pytest.raises(PaymentUnknown):
        scene.stripe.cancel(payment)
    scene.stripe.cancel(payment)


@pytest.mark.parametrize("asked", range(3))
def test_a_question_that_is_not_answered_leaves_the_payment_unknown(
    scene: Scene, asked: int
) -> None:
    """STRIPE-6: of a disputed payment the payment is asked for, then its disputes."""
    payment = scene.paid()
    scene.books.charge_back(payment, Money(1000, "USD"))
    scene.sandbox.faults.force(Fault.SILENCE, "stripe", after=asked)
    statuses = [scene.stripe.query(payment).status for _ in range(2)]
    assert statuses[asked // 2] is ProviderStatus.UNKNOWN
    assert statuses[1 - asked // 2] is ProviderStatus.PAID


def test_a_provider_that_is_slower_than_our_patience_is_unknown(
    switch: Switch, url: str, scene: Scene
) -> None:
    """STRIPE-6"""
    released, served = threading.Event(), switch.app

    async def stall(scope: Asked, receive: Receive, send: Send) -> None:
        await run_in_threadpool(released.wait)
        await served(scope, receive, send)

    switch.app = stall
    hasty = provider(url, scene.now, timeout_seconds=0.2)
    assert hasty.query("pi_1").status is ProviderStatus.UNKNOWN
    with pytest.raises(PaymentUnknown):
        hasty.create(scene.intent())
    released.set()


def test_an_answer_that_drips_is_unknown(switch: Switch, url: str, scene: Scene) -> None:
    """STRIPE-6"""

    async def drip(scope: Asked, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(100):
            await send({"type": "http.response.body", "body": b" ", "more_body": True})
            await asyncio.sleep(0.02)
        await send({"type": "http.response.body", "body": b""})

    switch.app = drip
    assert provider(url, scene.now, timeout_seconds=0.2).query("pi_1").status is UNKNOWN


def test_an_answer_without_end_is_unknown(switch: Switch, scene: Scene) -> None:
    """STRIPE-6"""
    switch.app = Response(b" " * (17 << 20))
    assert scene.stripe.query("pi_1").status is UNKNOWN


ANSWERS = [
    (302, b""),
    (500, b'{"error": {"type": "api_error", "message": "Oops"}}'),
    (503, b"<html>down</html>"),
    (429, b'{"error": {"type": "invalid_request_error", "code": "rate_limit"}}'),
    (409, b'{"error": {"type": "idempotency_error", "code": "idempotency_key_in_use"}}'),
    (401, b'{"error": {"type": "invalid_request_error", "message": "Invalid API Key"}}'),
    (403, b'{"error": {"type": "invalid_request_error", "message": "Not allowed"}}'),
    (200, b"<html>Log in to this network</html>"),
    (200, b"{}"),
    (200, b"[]"),
    (404, b"<html>Not found</html>"),
]


@pytest.mark.parametrize(("status", "body"), ANSWERS)
def test_an_answer_that_says_nothing_of_the_payment_leaves_it_unknown(
    switch: Switch, scene: Scene, status: int, body: bytes
) -> None:
    """STRIPE-6"""
    payment = scene.paid()
    headers = {"Location": f"{scene.url}/elsewhere"} if status == 302 else None
    switch.app = Response(body, status, headers, "application/json")
    assert scene.stripe.query(payment) == ProviderPayment(ProviderStatus.UNKNOWN)
    asked: list[Callable[[], object]] = [
        lambda: scene.stripe.create(scene.intent()),
        lambda: scene.stripe.cancel(payment),
        lambda: scene.stripe.refund(payment, AMOUNT, "rf_1"),
        lambda: list(scene.stripe.transactions(date(2025, 6, 16))),
    ]
    for ask in asked:
        with pytest.raises(PaymentUnknown):
            ask()


def test_nothing_is_repeated_unasked(switch: Switch, scene: Scene) -> None:
    """STRIPE-6"""
    asked: list[str] = []

    async def fail(scope: Asked, receive: Receive, send: Send) -> None:
        asked.append(scope["path"])
        await Response(b"{}", 500)(scope, receive, send)

    switch.app = fail
    with pytest.raises(PaymentUnknown):
        scene.stripe.create(scene.intent())
    assert len(asked) == 1


def test_an_answer_about_another_payment_says_nothing(switch: Switch, scene: Scene) -> None:
    """STRIPE-6"""
    other = scene.books.payment(scene.paid())
    found = Objects(scene.books).payment_intent(other)
    switch.app = Response(json.dumps(found), media_type="application/json")
    assert scene.stripe.query("pi_1").status is ProviderStatus.UNKNOWN


def test_a_payment_that_is_under_way_is_not_cancelled_yet(switch: Switch, scene: Scene) -> None:
    """STRIPE-3"""
    payment = scene.stripe.create(scene.intent()).provider_payment_id
    found = Objects(scene.books).payment_intent(scene.books.payment(payment))
    error = {"code": "payment_intent_unexpected_state", "type": "invalid_request_error"}

    async def answer(scope: Asked, receive: Receive, send: Send) -> None:
        refuses = scope["method"] == "POST"
        body = {"error": error} if refuses else {**found, "status": "processing"}
        response = Response(json.dumps(body), 400 if refuses else 200)
        await response(scope, receive, send)

    switch.app = answer
    with pytest.raises(PaymentUnknown):
        scene.stripe.cancel(payment)


def test_a_list_that_lags_behind_does_not_refund_twice(switch: Switch, scene: Scene) -> None:
    """STRIPE-4"""
    payment, served = scene.paid(), switch.app
    empty = {"object": "list", "data": [], "has_more": False, "url": "/v1/refunds"}

    async def lag(scope: Asked, receive: Receive, send: Send) -> None:
        app = Response(json.dumps(empty)) if scope["method"] == "GET" else served
        await app(scope, receive, send)

    switch.app = lag
    for _ in range(2):
        assert scene.stripe.refund(payment, Money(900, "USD"), "rf_1") is RefundStatus.DONE
    assert scene.books.returned(payment) == Money(900, "USD")


def test_a_payment_of_the_other_mode_is_a_mistake_and_not_unpaid(
    switch: Switch, scene: Scene
) -> None:
    """STRIPE-6"""
    message = "No such payment_intent: 'pi_1'; a similar object exists in live mode"
    error = {"code": "resource_missing", "message": message, "type": "invalid_request_error"}
    switch.app = Response(httpx.Response(404, json={"error": error}).content, 404)
    assert scene.stripe.query("pi_1").status is ProviderStatus.UNKNOWN


def test_nobody_listening_is_unknown(scene: Scene) -> None:
    """STRIPE-6"""
    nobody = provider("http://127.0.0.1:1", scene.now)
    assert nobody.query("pi_1").status is ProviderStatus.UNKNOWN
