"""Orders at WeChat Pay: placed, asked about, closed and refunded, with answers lost on the way."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import httpx
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from starlette.types import Receive, Scope, Send

from tests.integration.wechatpay.scene import (
    AMOUNT,
    FAILED,
    OPENID,
    PAID,
    PENDING,
    Scene,
    Stage,
    Staged,
)
from zhifu.exceptions import CurrencyMismatch, InvalidInput, PaymentUnknown, ProviderRefused
from zhifu.money import Money
from zhifu.providers import ProviderPayment, ProviderStatus, RefundStatus
from zhifu.sandbox.faults import Fault
from zhifu.sandbox.keys import public_half
from zhifu.sandbox.records import ReturnStatus

# Creating and asking


def test_a_code_is_scanned_and_paid(scene: Scene) -> None:
    """WECHAT-2, 3"""
    intent = scene.intent()
    checkout = scene.wechat.create(intent)
    assert checkout.provider_payment_id == intent.payment_id
    assert checkout.action["code_url"].startswith("weixin://wxpay/")
    assert scene.wechat.query(intent.payment_id) == PENDING
    scene.pay(intent.payment_id)
    assert scene.wechat.query(intent.payment_id) == PAID


def test_a_payment_inside_wechat_is_opened_by_signed_fields(scene: Scene) -> None:
    intent = scene.intent(method="jsapi", payer=OPENID)
    fields = dict(scene.wechat.create(intent).action)
    assert fields["package"] == f"prepay_id={fields['prepay_id']}"
    assert fields["signType"] == "RSA"
    lines = (fields["appId"], fields["timeStamp"], fields["nonceStr"], fields["package"])
    merchant = load_pem_public_key(public_half(scene.keys.merchant_key).encode())
    assert isinstance(merchant, RSAPublicKey)
    message = "".join(f"{each}\n" for each in lines).encode()
    merchant.verify(base64.b64decode(fields["paySign"]), message, PKCS1v15(), SHA256())
    with pytest.raises(InvalidSignature):
        merchant.verify(base64.b64decode(fields["paySign"]), b"x", PKCS1v15(), SHA256())
    payment = scene.books.payment_by_reference(intent.payment_id)
    assert payment.details["openid"] == OPENID
    scene.pay(intent.payment_id)
    assert scene.wechat.query(intent.payment_id) == PAID


def test_the_same_payment_id_is_the_same_payment(scene: Scene) -> None:
    """WECHAT-2"""
    intent = scene.intent()
    assert scene.wechat.create(intent) == scene.wechat.create(intent)
    assert len(scene.books.payments()) == 1
    with pytest.raises(ProviderRefused):
        scene.wechat.create(intent._replace(amount=Money(1, "CNY")))
    assert len(scene.books.payments()) == 1


def test_of_a_payment_that_is_paid_nothing_is_left_to_do(scene: Scene) -> None:
    """WECHAT-2"""
    intent = scene.intent()
    scene.wechat.create(intent)
    scene.pay(intent.payment_id)
    assert scene.wechat.create(intent) == (intent.payment_id, {})
    with pytest.raises(ProviderRefused):
        scene.wechat.create(intent._replace(amount=Money(1, "CNY")))


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("method", {"method": "page"}),
        ("amount", {"amount": Money(0, "CNY")}),
        ("amount", {"amount": Money(2**31, "CNY")}),
        ("payment_id", {"payment_id": "pay_1/../x"}),
        ("payment_id", {"payment_id": "pay_1"[:5]}),
        ("payment_id", {"payment_id": "p" * 33}),
        ("payer", {"method": "jsapi"}),
        ("description", {"description": " `\n"}),
        ("expires_at", {"expires_at": 0}),
    ],
)
def test_what_wechat_cannot_take_is_refused(
    scene: Scene, field: str, change: dict[str, Any]
) -> None:
    """WECHAT-2"""
    with pytest.raises(InvalidInput) as refusal:
        scene.wechat.create(scene.intent(**change))
    assert refusal.value.field == field
    with pytest.raises(CurrencyMismatch):
        scene.wechat.create(scene.intent(amount=Money(4900, "USD")))
    assert scene.books.payments() == ()


def test_a_payment_past_its_expiry_cannot_be_paid(scene: Scene) -> None:
    number = scene.opened()
    scene.clock.shift = 901
    answer = httpx.post(
        f"{scene.settings['base_url'].removesuffix('/wechatpay')}"
        f"/sandbox/wechatpay/payments/{number}/pay"
    )
    assert answer.status_code == 409
    assert scene.wechat.query(number) == PENDING
    with pytest.raises(ProviderRefused):
        scene.wechat.create(scene.intent(expires_at=int(time.time()) + 900))


def test_a_payment_nobody_made_failed(scene: Scene) -> None:
    """WECHAT-3"""
    assert scene.wechat.query("pay_00000000000000ff") == FAILED
    with pytest.raises(InvalidInput):
        scene.wechat.query("7 or more")


def test_strangers_are_told_nothing(scene: Scene) -> None:
    """WECHAT-1: WeChat does not sign the refusal of a request that it cannot tell whose it is."""
    number = scene.paid()
    for changed in (
        {"mchid": "1999999999"},
        {"certificate_serial": "AB" * 20},
        {"private_key": scene.keys.platform_key},
    ):
        stranger = scene.provider(**changed)
        assert stranger.query(number).status is ProviderStatus.UNKNOWN
        with pytest.raises(PaymentUnknown):
            stranger.refund(number, AMOUNT, "ref_1")
        with pytest.raises(PaymentUnknown):
            stranger.create(scene.intent())
    assert scene.returned(number) == Money.zero("CNY")
    assert len(scene.books.payments()) == 1


@pytest.mark.parametrize("setting", ["public_key", "public_key_id"])
def test_answers_under_another_key_are_not_believed(scene: Scene, setting: str) -> None:
    """WECHAT-1"""
    other = {"public_key": public_half(scene.keys.merchant_key), "public_key_id": "PUB_KEY_ID_9"}
    number = scene.paid()
    misled = scene.provider(**{setting: other[setting]})
    assert misled.query(number).status is ProviderStatus.UNKNOWN
    with pytest.raises(PaymentUnknown):
        misled.cancel(number)
    with pytest.raises(PaymentUnknown):
        misled.create(scene.intent())


# Cancelling


def test_a_cancelled_payment_cannot_be_paid(scene: Scene) -> None:
    """WECHAT-4"""
    intent = scene.intent()
    number = scene.wechat.create(intent).provider_payment_id
    for _ in range(2):
        scene.wechat.cancel(number)
    assert scene.wechat.query(number) == FAILED._replace(amount=AMOUNT)
    with pytest.raises(ProviderRefused):
        scene.wechat.create(intent)


def test_a_paid_payment_cannot_be_cancelled(scene: Scene) -> None:
    """WECHAT-4"""
    number = scene.paid()
    with pytest.raises(ProviderRefused):
        scene.wechat.cancel(number)
    assert scene.wechat.query(number) == PAID


def test_a_payment_that_was_cancelled_before_it_was_made_is_never_made(scene: Scene) -> None:
    """WECHAT-4"""
    intent = scene.intent()
    scene.wechat.cancel(intent.payment_id)
    with pytest.raises(ProviderRefused):
        scene.wechat.create(intent)


# Refunding


def test_a_refund_id_pays_back_once(scene: Scene) -> None:
    """WECHAT-5"""
    number = scene.paid()
    assert scene.wechat.refund(number, Money(900, "CNY"), "ref_1") is RefundStatus.PENDING
    for _ in range(2):
        assert scene.wechat.refund(number, Money(900, "CNY"), "ref_1") is RefundStatus.DONE
    assert scene.returned(number) == Money(900, "CNY")
    for amount, refund_id in ((901, "ref_1"), (4001, "ref_2")):
        with pytest.raises(ProviderRefused):
            scene.wechat.refund(number, Money(amount, "CNY"), refund_id)
    scene.wechat.refund(number, Money(4000, "CNY"), "ref_3")
    assert scene.wechat.refund(number, Money(4000, "CNY"), "ref_3") is RefundStatus.DONE
    assert scene.returned(number) == AMOUNT


def test_a_refund_id_is_of_one_payment(scene: Scene) -> None:
    """WECHAT-5"""
    first, second = scene.paid(), scene.paid()
    scene.wechat.refund(first, AMOUNT, "ref_1")
    with pytest.raises(ProviderRefused):
        scene.wechat.refund(second, AMOUNT, "ref_1")
    assert scene.returned(second) == Money.zero("CNY")


def test_a_payment_that_was_wholly_refunded_was_paid(scene: Scene) -> None:
    """WECHAT-3"""
    number = scene.paid()
    scene.wechat.refund(number, AMOUNT, "ref_1")
    assert scene.wechat.query(number) == PAID
    with pytest.raises(ProviderRefused):
        scene.wechat.cancel(number)


def test_a_refund_of_what_is_not_paid_is_refused(scene: Scene) -> None:
    """WECHAT-5"""
    for number in (scene.opened(), "pay_00000000000000ff"):
        with pytest.raises(ProviderRefused):
            scene.wechat.refund(number, AMOUNT, "ref_1")


@pytest.mark.parametrize("refund_id", ["", "ref 1", "ref/1", "a" * 65])
def test_a_refund_must_go_by_an_id_that_wechat_takes(scene: Scene, refund_id: str) -> None:
    number = scene.paid()
    with pytest.raises(InvalidInput) as refusal:
        scene.wechat.refund(number, AMOUNT, refund_id)
    assert refusal.value.field == "refund_id"


@pytest.mark.parametrize(
    ("decided", "told"),
    [(ReturnStatus.DONE, RefundStatus.DONE), (ReturnStatus.FAILED, RefundStatus.FAILED)],
)
def test_a_refund_is_under_way_until_wechat_decides(
    staged: Staged, decided: ReturnStatus, told: RefundStatus
) -> None:
    """WECHAT-5"""
    scene = staged(holds_refunds=True)
    number = scene.paid()
    for _ in range(2):
        assert scene.wechat.refund(number, AMOUNT, "ref_1") is RefundStatus.PENDING
    scene.books.decide_refund(scene.books.refund_by_reference("ref_1").id, decided)
    assert scene.wechat.refund(number, AMOUNT, "ref_1") is told


# Silence


def test_an_answer_that_is_lost_leaves_one_effect(scene: Scene, stage: Stage) -> None:
    """WECHAT-1, 2, 5"""
    intent = scene.intent()
    number = intent.payment_id
    scene.time_out()
    with pytest.raises(PaymentUnknown):
        scene.wechat.create(intent)
    assert len(scene.books.payments()) == 1
    scene.wechat.create(intent)
    assert len(scene.books.payments()) == 1
    scene.pay(number)
    scene.sandbox.faults.force(Fault.SILENCE, "wechatpay")
    assert scene.wechat.query(number) == ProviderPayment(ProviderStatus.UNKNOWN)
    assert scene.wechat.query(number) == PAID
    refund = Money(900, "CNY")
    with losing_refunds(scene, stage), pytest.raises(PaymentUnknown):
        scene.wechat.refund(number, refund, "ref_1")
    assert scene.returned(number) == refund
    assert scene.wechat.refund(number, refund, "ref_1") is RefundStatus.DONE
    assert scene.returned(number) == refund


@contextmanager
def losing_refunds(scene: Scene, stage: Stage) -> Iterator[None]:
    """Refunds are made, and nobody hears of it."""
    served = stage.wechat.app

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "POST" and scope["path"].endswith("/refunds"):
            scene.time_out()
        await served(scope, receive, send)

    stage.wechat.app = app
    yield
    stage.wechat.app = served


def test_a_lost_cancel_is_repeated(scene: Scene) -> None:
    """WECHAT-1, 4"""
    number = scene.opened()
    scene.time_out()
    with pytest.raises(PaymentUnknown):
        scene.wechat.cancel(number)
    scene.wechat.cancel(number)
    assert scene.wechat.query(number).status is ProviderStatus.FAILED


def test_a_wechat_that_is_not_there_leaves_everything_unknown(scene: Scene) -> None:
    """WECHAT-1"""
    nobody = scene.provider(base_url="http://127.0.0.1:9")
    number = scene.paid()
    assert nobody.query(number).status is ProviderStatus.UNKNOWN
    for ask in (
        lambda: nobody.create(scene.intent()),
        lambda: nobody.cancel(number),
        lambda: nobody.refund(number, AMOUNT, "ref_1"),
        lambda: nobody.transactions(date(2026, 3, 27)),
    ):
        with pytest.raises(PaymentUnknown):
            ask()
