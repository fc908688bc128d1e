"""Stripe's library against its simulation: every operation, over HTTP, and what goes wrong."""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from typing import Any

import httpx
import pytest
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import Receive, Send
from starlette.types import Scope as Asked

from tests.integration.merchant import Switch
from zhifu.exceptions import InvalidInput, PaymentUnknown, ProviderRefused
from zhifu.money import Money
from zhifu.providers import Intent, LineKind, ProviderPayment, ProviderStatus, RefundStatus
from zhifu.providers.stripe import StripeProvider
from zhifu.sandbox.books import Books
from zhifu.sandbox.faults import Fault
from zhifu.sandbox.keys import StripeKeys
from zhifu.sandbox.records import ReturnStatus
from zhifu.sandbox.server import Sandbox
from zhifu.sandbox.serving import Serving
from zhifu.sandbox.stripe import StripeSandbox
from zhifu.sandbox.stripe_objects import Objects

KEYS = StripeKeys("sk_test_4eC39HqLyjWDarjtT1zdp7dc", "whsec_5WbX5kEWLlfzsGNjH64I8lOO", "acct_1")
AMOUNT = Money(4900, "USD")
NOON = 1_750_075_200  # 16 June 2025, 12:00 UTC
DAY = 86_400
UNKNOWN = ProviderStatus.UNKNOWN


@dataclass
class Scene:
    """A Stripe account, and the provider that speaks to it."""

    url: str
    sandbox: Sandbox
    books: Books
    stripe: StripeProvider
    now: list[float]
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def intent(self, **others: Any) -> Intent:
        name = f"pay_{next(self.numbers)}"
        expiry = int(self.now[0]) + 3600
        return Intent(name, AMOUNT, "课程 A & B", expiry, "card")._replace(**others)

    def paid(self, **others: Any) -> str:
        payment = self.stripe.create(self.intent(**others)).provider_payment_id
        self.books.pay(payment)
        return payment

    def time_out(self, *, after: int = 0) -> None:
        self.sandbox.faults.force(Fault.TIME_OUT, "stripe", after=after)

    def post(self, path: str, key: str | None, **form: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {KEYS.secret_key}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        return httpx.post(f"{self.url}/stripe{path}", data=form, headers=headers)


@pytest.fixture(scope="module")
def switch() -> Switch:
    return Switch()


@pytest.fixture(scope="module")
def url(switch: Switch) -> Iterator[str]:
    with Serving(switch) as serving:
        yield serving.url


@pytest.fixture
def staged(switch: Switch, url: str) -> Callable[..., Scene]:
    def stage(**options: Any) -> Scene:
        now = [float(NOON)]
        simulated = StripeSandbox(KEYS, clock=lambda: now[0], **options)
        sandbox = Sandbox([simulated], hang_seconds=0)
        switch.app = sandbox.app
        return Scene(url, sandbox, simulated.books, provider(url, now), now)

    return stage


@pytest.fixture
def scene(staged: Callable[..., Scene]) -> Scene:
    return staged()


def provider(url: str, now: list[float], **others: Any) -> StripeProvider:
    settings = {
        "secret_key": KEYS.secret_key,
        "webhook_secret": KEYS.webhook_secret,
        "base_url": f"{url}/stripe",
        "timeout_seconds": 10,
        "clock": lambda: now[0],
    }
    return StripeProvider(**{**settings, **others})


# Creating and asking


def test_a_payment_is_created_once_under_our_id(scene: Scene) -> None:
    """STRIPE-1"""
    intent = scene.intent()
    first = scene.stripe.create(intent)
    assert first.action["client_secret"].startswith(f"{first.provider_payment_id}_secret_")
    assert scene.stripe.create(intent) == first
    with pytest.raises(ProviderRefused):
        scene.stripe.create(intent._replace(amount=Money(4901, "USD")))
    (payment,) = scene.books.payments()
    assert (payment.reference, payment.amount) == (intent.payment_id, AMOUNT)
    assert payment.details["description"] == intent.description


def test_a_payment_is_pending_until_its_learner_pays_and_paid_for_good(scene: Scene) -> None:
    """STRIPE-2"""
    payment = scene.stripe.create(scene.intent()).provider_payment_id
    assert scene.stripe.query(payment) == ProviderPayment(ProviderStatus.PENDING, AMOUNT)
    scene.books.pay(payment)
    assert scene.stripe.query(payment).status is ProviderStatus.PAID
    scene.stripe.refund(payment, AMOUNT, "rf_1")
    assert scene.stripe.query(payment)[:2] == (ProviderStatus.PAID, AMOUNT)


def test_what_was_paid_and_what_stripe_keeps_of_it_are_told(staged: Callable[..., Scene]) -> None:
    """STRIPE-2"""
    scene = staged(fee_bps=290)
    payment = scene.stripe.create(scene.intent()).provider_payment_id
    scene.books.pay(payment, Money(4800, "USD"))
    found = scene.stripe.query(payment)
    assert (found.amount, found.fee) == (Money(4800, "USD"), Money(139, "USD"))


def test_a_payment_that_stripe_never_heard_of_failed(scene: Scene) -> None:
    """STRIPE-2"""
    assert scene.stripe.query("pi_1") == ProviderPayment(ProviderStatus.FAILED)


def test_a_declined_card_leaves_the_payment_open(scene: Scene) -> None:
    """STRIPE-2"""
    payment = scene.stripe.create(scene.intent()).provider_payment_id
    scene.books.fail(payment)
    assert scene.stripe.query(payment).status is ProviderStatus.PENDING
    scene.stripe.cancel(payment)
    assert scene.stripe.query(payment).status is ProviderStatus.FAILED


@pytest.mark.parametrize(
    ("others", "field"),
    [
        ({"method": "native"}, "method"),
        ({"expires_at": NOON + DAY + 1}, "expires_at"),
        ({"amount": Money(0, "USD")}, "amount"),
        ({"amount": Money(1, "UGX")}, "currency"),
        ({"amount": Money(5125, "KWD")}, "amount"),
    ],
)
def test_what_stripe_cannot_take_is_refused_before_it_is_asked(
    scene: Scene, others: dict[str, Any], field: str
) -> None:
    """STRIPE-1, STRIPE-7"""
    with pytest.raises(InvalidInput) as raised:
        scene.stripe.create(scene.intent(**others))
    assert raised.value.field == field
    assert not scene.books.payments()


def test_a_payment_is_not_created_after_it_expired(scene: Scene) -> None:
    """STRIPE-1"""
    with pytest.raises(ProviderRefused):
        scene.stripe.create(scene.intent(expires_at=NOON))
    assert not scene.books.payments()


def test_whatever_the_dashboard_switched_on_can_be_taken(scene: Scene) -> None:
    payment = scene.stripe.create(scene.intent(method="automatic")).provider_payment_id
    assert scene.books.payment(payment).details["automatic"] == "true"


# Cancelling


def test_a_cancelled_payment_cannot_be_paid_and_a_paid_one_not_cancelled(scene: Scene) -> None:
    """STRIPE-3"""
    open_one = scene.stripe.create(scene.intent()).provider_payment_id
    for _ in range(2):
        scene.stripe.cancel(open_one)
    assert scene.stripe.query(open_one).status is ProviderStatus.FAILED
    paid = scene.paid()
    for payment in (paid, "pi_1"):
        with pytest.raises(ProviderRefused):
            scene.stripe.cancel(payment)


# Refunding


def test_a_refund_id_gives_back_once_even_when_stripe_forgot_its_key(scene: Scene) -> None:
    """STRIPE-4"""
    payment, part = scene.paid(), Money(900, "USD")
    assert scene.stripe.refund(payment, part, "rf_1") is RefundStatus.DONE
    scene.now[0] += 2 * DAY
    assert scene.stripe.refund(payment, part, "rf_1") is RefundStatus.DONE
    assert scene.books.returned(payment) == part
    with pytest.raises(ProviderRefused):
        scene.stripe.refund(payment, Money(901, "USD"), "rf_1")


def test_the_refund_is_found_among_many(scene: Scene) -> None:
    """STRIPE-4"""
    payment, cent = scene.paid(), Money(1, "USD")
    for number in range(105):
        scene.books.give_back(payment, cent, f"other_{number}")
    assert scene.stripe.refund(payment, cent, "rf_1") is RefundStatus.DONE
    for number in range(105):
        scene.books.give_back(payment, cent, f"another_{number}")
    scene.now[0] += 2 * DAY
    scene.stripe.refund(payment, cent, "rf_1")
    assert scene.books.returned(payment) == Money(211, "USD")


def test_no_more_goes_back_than_was_paid(scene: Scene) -> None:
    """STRIPE-4"""
    payment = scene.paid()
    scene.stripe.refund(payment, Money(4000, "USD"), "rf_1")
    for amount in (901, 4900):
        with pytest.raises(ProviderRefused):
            scene.stripe.refund(payment, Money(amount, "USD"), f"rf_{amount}")
    scene.stripe.refund(payment, Money(900, "USD"), "rf_2")
    with pytest.raises(ProviderRefused, match="already been refunded"):
        scene.stripe.refund(payment, Money(1, "USD"), "rf_3")
    assert scene.books.returned(payment) == AMOUNT


def test_what_is_not_paid_or_was_charged_back_is_not_refunded(scene: Scene) -> None:
    """STRIPE-4"""
    unpaid, disputed = scene.stripe.create(scene.intent()).provider_payment_id, scene.paid()
    scene.books.charge_back(disputed, Money(100, "USD"))
    for payment in (unpaid, disputed, "pi_1"):
        with pytest.raises(ProviderRefused):
            scene.stripe.refund(payment, Money(100, "USD"), "rf_1")


@pytest.mark.parametrize(
    ("decided", "told"),
    [(ReturnStatus.DONE, RefundStatus.DONE), (ReturnStatus.FAILED, RefundStatus.FAILED)],
)
def test_a_refund_is_pending_until_the_bank_decides(
    staged: Callable[..., Scene], decided: ReturnStatus, told: RefundStatus
) -> None:
    """STRIPE-4"""
    scene = staged(pending_refunds=True)
    payment = scene.paid()
    for _ in range(2):
        assert scene.stripe.refund(payment, AMOUNT, "rf_1") is RefundStatus.PENDING
    scene.books.decide_refund(scene.books.refund_by_reference("rf_1").id, decided)
    assert scene.stripe.refund(payment, AMOUNT, "rf_1") is told


# Chargebacks


def test_a_chargeback_counts_until_it_is_won(scene: Scene) -> None:
    """STRIPE-5"""
    lost, won = scene.paid(), scene.paid()
    part = Money(1000, "USD")
    for payment in (lost, won):
        scene.books.charge_back(payment, part)
        assert scene.stripe.query(payment).charged_back == part
    (lost_one,), (won_one,) = scene.books.chargebacks(lost), scene.books.chargebacks(won)
    scene.books.decide_chargeback(lost_one.id, ReturnStatus.DONE)
    scene.books.decide_chargeback(won_one.id, ReturnStatus.FAILED)
    assert scene.stripe.query(lost).charged_back == part
    assert scene.stripe.query(won).charged_back == Money(0, "USD")
    assert scene.stripe.query(scene.paid()).charged_back is None


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


# Bills


def test_the_days_lines_add_up_to_stripes_books(staged: Callable[..., Scene]) -> None:
    """STRIPE-8"""
    scene = staged(fee_bps=290, pending_refunds=True)
    scene.now[0] -= DAY
    scene.paid()
    scene.now[0] += DAY
    payments = [scene.paid(amount=Money(100 + n, "USD")) for n in range(120)]
    for payment in payments[:30]:
        scene.stripe.refund(payment, Money(50, "USD"), f"rf_{payment}")
    came_back = scene.books.refund_by_reference(f"rf_{payments[0]}")
    scene.books.decide_refund(came_back.id, ReturnStatus.FAILED)
    chargeback = scene.books.charge_back(payments[40])
    scene.books.charge_back(payments[41])
    scene.books.decide_chargeback(chargeback.id, ReturnStatus.FAILED)
    lines = list(scene.stripe.transactions(date(2025, 6, 16)))
    kept = scene.books.lines(NOON - NOON % DAY, NOON - NOON % DAY + DAY)
    assert len(lines) == len(kept) == 120 + 31 + 3
    for kind in (LineKind.PAYMENT, LineKind.REFUND, LineKind.CHARGEBACK):
        ours = [line for line in lines if line.kind is kind]
        theirs = [line for line in kept if line.kind is kind]
        assert sum(each.amount.amount for each in ours) == sum(e.amount.amount for e in theirs)
        assert {each.provider_payment_id for each in ours} == {each.payment for each in theirs}
    fees = [line.fee for line in lines if line.fee is not None]
    assert sum(each.amount for each in fees) == sum(each.fee.amount for each in kept)
    references = {line.reference for line in lines if line.kind is LineKind.REFUND}
    assert references == {f"rf_{payment}" for payment in payments[:30]}
    assert {datetime.fromtimestamp(line.at, timezone.utc).date() for line in lines} == {
        date(2025, 6, 16)
    }


def test_a_bill_that_was_cut_short_is_no_bill(scene: Scene) -> None:
    """STRIPE-8"""
    for _ in range(101):
        scene.paid()
    scene.sandbox.faults.force(Fault.SILENCE, "stripe", after=1)
    with pytest.raises(PaymentUnknown):
        list(scene.stripe.transactions(date(2025, 6, 16)))


# What the simulation promises to be like


def test_the_simulation_keeps_stripes_rules_of_idempotency_keys(scene: Scene) -> None:
    """SANDBOX-2"""
    form = {"amount": "4900", "currency": "usd"}
    first = scene.post("/v1/payment_intents", "key", **form)
    again = scene.post("/v1/payment_intents", "key", **form)
    assert (first.status_code, again.json()) == (200, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    other = scene.post("/v1/payment_intents", "key", amount="4901", currency="usd")
    assert (other.status_code, other.json()["error"]["type"]) == (400, "idempotency_error")
    # What is refused before it begins is not kept; after a day nothing is.
    assert scene.post("/v1/payment_intents", "free", currency="usd").status_code == 400
    assert scene.post("/v1/payment_intents", "free", **form).status_code == 200
    scene.now[0] += DAY
    assert scene.post("/v1/payment_intents", "key", **form).json()["id"] != first.json()["id"]


@pytest.mark.parametrize(
    ("path", "form", "code", "param"),
    [
        ("/v1/payment_intents", {"currency": "usd"}, "parameter_missing", "amount"),
        ("/v1/payment_intents", {"amount": "1", "x": "1"}, "parameter_unknown", "x"),
        ("/v1/refunds", {"payment_intent": "pi_1"}, "resource_missing", "payment_intent"),
        ("/v1/payment_intents/pi_1/cancel", {}, "resource_missing", "intent"),
    ],
)
def test_the_simulation_names_what_is_wrong_as_stripe_does(
    scene: Scene, path: str, form: dict[str, str], code: str, param: str
) -> None:
    """SANDBOX-2"""
    error = scene.post(path, None, **form).json()["error"]
    assert (error["code"], error["param"]) == (code, param)
    assert error["type"] == "invalid_request_error"


def test_the_simulation_takes_no_other_key(scene: Scene) -> None:
    """SANDBOX-2"""
    path = f"{scene.url}/stripe/v1/refunds"
    answer = httpx.get(path, headers={"Authorization": "Bearer sk_test_other"})
    assert answer.status_code == 401
