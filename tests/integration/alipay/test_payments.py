"""Alipay against its simulation: every operation, over HTTP and signed."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.integration.alipay.scene import (
    AMOUNT,
    BROWSER,
    NOON,
    PAID,
    Scene,
    scan,
)
from zhifu.exceptions import (
    CurrencyMismatch,
    InvalidInput,
    PaymentUnknown,
    ProviderRefused,
)
from zhifu.money import Money
from zhifu.providers import (
    ProviderPayment,
    ProviderStatus,
    RefundStatus,
)
from zhifu.sandbox.keys import public_half

# Creating and asking


@pytest.mark.parametrize("method", ["page", "precreate"])
def test_a_payment_is_paid_once_its_learner_paid(scene: Scene, method: str) -> None:
    checkout = scene.alipay.create(scene.intent(method=method))
    number = checkout.provider_payment_id
    assert scene.alipay.query(number).status is ProviderStatus.PENDING
    scan(checkout)
    assert scene.alipay.query(number) == ProviderPayment(ProviderStatus.PENDING, AMOUNT)
    scene.pay(number)
    assert scene.alipay.query(number) == PAID


def test_a_learner_pays_on_the_page_and_comes_back(scene: Scene) -> None:
    checkout = scene.alipay.create(
        scene.intent(method="page", return_url="https://shop.example/back?order=7")
    )
    page = scan(checkout)
    assert "49.00" in page.text
    back = BROWSER.post(page.url)
    assert back.status_code == 303
    assert back.headers["location"].startswith("https://shop.example/back?order=7&")
    told = parse_qs(urlsplit(back.headers["location"]).query)
    assert told["out_trade_no"] == [checkout.provider_payment_id]
    assert scene.alipay.query(checkout.provider_payment_id) == PAID


def test_the_same_payment_id_is_the_same_payment(scene: Scene) -> None:
    intent = scene.intent()
    first = scene.alipay.create(intent)
    assert scene.alipay.create(intent) == first
    page = intent._replace(method="page")
    assert scene.alipay.create(page).provider_payment_id == first.provider_payment_id
    assert len(scene.books.payments()) == 1
    with pytest.raises(ProviderRefused):
        scene.alipay.create(intent._replace(amount=Money(1, "CNY")))
    scan(first)
    scene.pay(first.provider_payment_id)
    with pytest.raises(ProviderRefused):
        scene.alipay.create(intent)


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("method", {"method": "native"}),
        ("amount", {"amount": Money(0, "CNY")}),
        ("payment_id", {"payment_id": "pay-1"}),
        ("description", {"description": " \n"}),
    ],
)
def test_what_alipay_cannot_take_is_refused(
    scene: Scene, field: str, change: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        scene.alipay.create(scene.intent(**change))
    assert refusal.value.field == field
    with pytest.raises(CurrencyMismatch):
        scene.alipay.create(scene.intent(amount=Money(4900, "USD")))
    assert scene.books.payments() == ()


def test_a_payment_that_nobody_opened_is_pending_until_it_has_expired(scene: Scene) -> None:
    """ALIPAY-2"""
    number = scene.alipay.create(scene.intent(method="page")).provider_payment_id
    scene.clock.now += 900 + 300
    assert scene.alipay.query(number).status is ProviderStatus.PENDING
    scene.clock.now += 1
    assert scene.alipay.query(number).status is ProviderStatus.FAILED


def test_a_payment_that_expired_cannot_be_paid(scene: Scene) -> None:
    number = scene.opened()
    scene.clock.now += 900
    assert scene.alipay.query(number) == ProviderPayment(ProviderStatus.FAILED, AMOUNT)


def test_a_payment_nobody_made_failed(scene: Scene) -> None:
    """ALIPAY-2"""
    assert scene.alipay.query("20200327181224259").status is ProviderStatus.FAILED
    with pytest.raises(InvalidInput):
        scene.alipay.query("7 or more")


def test_a_stranger_is_told_nothing(scene: Scene) -> None:
    """ALIPAY-1"""
    number = scene.paid()
    strangers = [
        scene.provider(app_id="2021000000000000"),
        scene.provider(private_key=scene.keys.alipay_key),
        scene.provider(clock=lambda: NOON - 8 * 3600),
    ]
    for stranger in strangers:
        assert stranger.query(number).status is ProviderStatus.UNKNOWN
        with pytest.raises(PaymentUnknown):
            stranger.refund(number, AMOUNT, "ref_1")
        with pytest.raises(PaymentUnknown):
            stranger.create(scene.intent())
    assert returned(scene, number) == Money.zero("CNY")
    assert len(scene.books.payments()) == 1


def test_a_strangers_answer_is_not_believed(scene: Scene) -> None:
    """ALIPAY-1"""
    number = scene.paid()
    misled = scene.provider(alipay_public_key=public_half(scene.keys.app_key))
    assert misled.query(number).status is ProviderStatus.UNKNOWN
    with pytest.raises(PaymentUnknown):
        misled.create(scene.intent())


# Cancelling


def test_a_cancelled_payment_cannot_be_paid(scene: Scene) -> None:
    number = scene.opened()
    for _ in range(2):
        scene.alipay.cancel(number)
    assert scene.alipay.query(number).status is ProviderStatus.FAILED
    with pytest.raises(ProviderRefused):
        scene.alipay.create(scene.intent(payment_id=number.partition("_until_")[0]))


def test_a_paid_payment_cannot_be_cancelled(scene: Scene) -> None:
    number = scene.paid()
    with pytest.raises(ProviderRefused):
        scene.alipay.cancel(number)
    assert scene.alipay.query(number) == PAID


def test_a_payment_that_nobody_opened_cannot_be_cancelled_before_it_expires(scene: Scene) -> None:
    number = scene.alipay.create(scene.intent(method="page")).provider_payment_id
    with pytest.raises(PaymentUnknown):
        scene.alipay.cancel(number)
    scene.clock.now += 900 + 301
    scene.alipay.cancel(number)


# Refunding


def test_a_refund_id_pays_back_once(scene: Scene) -> None:
    """ALIPAY-4"""
    number = scene.paid()
    for _ in range(3):
        assert scene.alipay.refund(number, Money(900, "CNY"), "ref_1") is RefundStatus.DONE
    assert returned(scene, number) == Money(900, "CNY")
    with pytest.raises(ProviderRefused):
        scene.alipay.refund(number, Money(901, "CNY"), "ref_1")
    with pytest.raises(ProviderRefused):
        scene.alipay.refund(number, Money(4001, "CNY"), "ref_2")
    assert scene.alipay.refund(number, Money(4000, "CNY"), "ref_3") is RefundStatus.DONE
    assert returned(scene, number) == AMOUNT


def test_a_payment_that_was_wholly_refunded_was_paid(scene: Scene) -> None:
    """ALIPAY-3"""
    number = scene.paid()
    assert scene.alipay.refund(number, AMOUNT, "ref_1") is RefundStatus.DONE
    assert scene.alipay.refund(number, AMOUNT, "ref_1") is RefundStatus.DONE
    assert scene.alipay.query(number) == PAID
    with pytest.raises(ProviderRefused):
        scene.alipay.cancel(number)


def test_a_refund_of_what_is_not_paid_is_refused(scene: Scene) -> None:
    for number in (scene.opened(), scene.alipay.create(scene.intent()).provider_payment_id):
        with pytest.raises(ProviderRefused):
            scene.alipay.refund(number, AMOUNT, "ref_1")


def test_a_refund_must_go_by_an_id_of_its_own(scene: Scene) -> None:
    number = scene.paid()
    for refund_id in ("", number, "ref 1", "a" * 65):
        with pytest.raises(InvalidInput) as refusal:
            scene.alipay.refund(number, AMOUNT, refund_id)
        assert refusal.value.field == "refund_id"


def test_what_went_back_unasked_is_charged_back(scene: Scene) -> None:
    """ALIPAY-6"""
    number = scene.paid()
    scene.alipay.refund(number, Money(900, "CNY"), "ref_1")
    assert scene.alipay.query(number) == PAID
    scene.books.charge_back(scene.books.payment_by_reference(number).id, Money(100, "CNY"))
    assert scene.alipay.query(number) == PAID._replace(charged_back=Money(100, "CNY"))
    scene.books.charge_back(scene.books.payment_by_reference(number).id)
    assert scene.alipay.query(number) == PAID._replace(charged_back=Money(4000, "CNY"))


def returned(scene: Scene, number: str) -> Money:
    return scene.books.returned(scene.books.payment_by_reference(number).id)


# Silence


def test_an_answer_that_is_lost_leaves_one_effect(scene: Scene) -> None:
    """ALIPAY-1"""
    intent = scene.intent()
    scene.time_out()
    with pytest.raises(PaymentUnknown):
        scene.alipay.create(intent)
    checkout = scene.alipay.create(intent)
    number = checkout.provider_payment_id
    assert len(scene.books.payments()) == 1
    scan(checkout)
    scene.pay(number)
    scene.time_out()
    assert scene.alipay.query(number) == ProviderPayment(ProviderStatus.UNKNOWN)
    assert scene.alipay.query(number) == PAID
    scene.time_out()
    with pytest.raises(PaymentUnknown):
        scene.alipay.refund(number, Money(900, "CNY"), "ref_1")
    assert scene.alipay.refund(number, Money(900, "CNY"), "ref_1") is RefundStatus.DONE
    assert returned(scene, number) == Money(900, "CNY")


def test_a_lost_cancel_is_repeated(scene: Scene) -> None:
    number = scene.opened()
    scene.time_out()
    with pytest.raises(PaymentUnknown):
        scene.alipay.cancel(number)
    scene.alipay.cancel(number)
    assert scene.alipay.query(number).status is ProviderStatus.FAILED
