"""Stripe's library against its simulation: every operation, over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from starlette.types import Message, Receive, Send
from starlette.types import Scope as Asked

from tests.integration.merchant import Switch
from tests.integration.stripe.scene import AMOUNT, DAY, NOON, Scene
from zhifu.exceptions import InvalidInput, ProviderRefused
from zhifu.money import Money
from zhifu.providers import ProviderPayment, ProviderStatus, RefundStatus
from zhifu.sandbox.records import ReturnStatus

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


def test_a_chargeback_in_another_currency_may_be_of_all(switch: Switch, scene: Scene) -> None:
    """STRIPE-5: how much of the payment it is, nobody says."""
    payment = scene.paid()
    scene.books.charge_back(payment, Money(100, "USD"))
    served = switch.app

    async def abroad(scope: Asked, receive: Receive, send: Send) -> None:
        async def answer(message: Message) -> None:
            if message["type"] == "http.response.body" and scope["path"].endswith("/disputes"):
                message["body"] = message["body"].replace(b'"usd"', b'"hkd"')
            await send(message)

        await served(scope, receive, answer)

    switch.app = abroad
    assert scene.stripe.query(payment).charged_back == AMOUNT
