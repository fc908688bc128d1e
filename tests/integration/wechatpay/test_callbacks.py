"""WeChat Pay's callbacks: taken when they are WeChat's own, for this merchant, and fresh."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.integration.wechatpay.scene import AMOUNT, PAID, Scene, Staged
from zhifu.exceptions import InvalidCallback
from zhifu.money import Money
from zhifu.providers import Callback, HintKind
from zhifu.sandbox.faults import Fault
from zhifu.sandbox.records import ReturnStatus
from zhifu.sandbox.wechatpay_wire import WeChatPayWire


def test_a_payment_and_a_refund_are_told(scene: Scene) -> None:
    """WECHAT-6"""
    number = scene.paid()
    scene.wechat.refund(number, Money(900, "CNY"), "ref_1")
    scene.sandbox.deliveries.flush()
    hints = scene.merchant.hints
    assert [(each.kind, each.provider_payment_id) for each in hints] == [
        (HintKind.PAYMENT, number),
        (HintKind.REFUND, number),
    ]
    assert len({each.event_id for each in hints}) == 2
    assert [each.status for each in scene.sandbox.deliveries.log()] == [204, 204]
    assert number.encode() not in b"".join(each.body for each in scene.merchant.arrived)


def test_a_refund_that_failed_is_told(staged: Staged) -> None:
    """WECHAT-6"""
    scene = staged(holds_refunds=True)
    number = scene.paid()
    scene.wechat.refund(number, AMOUNT, "ref_1")
    refund = scene.books.refund_by_reference("ref_1")
    scene.books.decide_refund(refund.id, ReturnStatus.FAILED)
    scene.sandbox.deliveries.flush()
    assert [each.kind for each in scene.merchant.hints] == [HintKind.PAYMENT, HintKind.REFUND]


def test_a_callback_that_comes_twice_is_one_event(scene: Scene) -> None:
    """WECHAT-6"""
    scene.sandbox.faults.force(Fault.DUPLICATE, "wechatpay")
    scene.paid()
    scene.sandbox.deliveries.flush()
    first, second = scene.merchant.hints
    assert first == second
    nonces = {each.headers["wechatpay-nonce"] for each in scene.merchant.arrived}
    assert len(nonces) == 2


def test_an_altered_callback_is_refused_and_comes_again(scene: Scene) -> None:
    """WECHAT-6"""
    scene.sandbox.faults.force(Fault.TAMPER, "wechatpay")
    number = scene.paid()
    scene.sandbox.deliveries.flush()
    assert scene.merchant.refused == ["its signature is not WeChat's"]
    assert [each.provider_payment_id for each in scene.merchant.hints] == [number]
    assert [each.status for each in scene.sandbox.deliveries.log()] == [400, 204]


def test_a_callback_that_never_came_changes_nothing_that_is_asked(scene: Scene) -> None:
    scene.sandbox.faults.force(Fault.DROP, "wechatpay")
    number = scene.paid()
    scene.sandbox.deliveries.flush()
    assert scene.merchant.hints == []
    assert scene.wechat.query(number) == PAID


def told(scene: Scene) -> Callback:
    """A genuine callback about a payment."""
    scene.paid()
    scene.sandbox.deliveries.flush()
    (callback,) = scene.merchant.arrived
    scene.wechat.verify(callback)
    return callback


@pytest.mark.parametrize(
    ("seconds", "reason"), [(301, "it is stale"), (-302, "it is from the future")]
)
def test_a_callback_is_taken_within_five_minutes_alone(
    scene: Scene, seconds: int, reason: str
) -> None:
    """WECHAT-6"""
    callback = told(scene)
    at = int(callback.headers["wechatpay-timestamp"])
    for edge in (300, -300):
        scene.wechat.verify(callback._replace(received_at=at + edge))
    with pytest.raises(InvalidCallback) as refusal:
        scene.wechat.verify(callback._replace(received_at=at + seconds))
    assert refusal.value.reason == reason


@pytest.mark.parametrize(
    ("header", "value", "reason"),
    [
        ("wechatpay-serial", "PUB_KEY_ID_0", "its serial is not that of the trusted key"),
        ("wechatpay-serial", "", "it is not signed"),
        ("wechatpay-nonce", "0" * 32, "its signature is not WeChat's"),
        ("wechatpay-signature", "", "it is not signed"),
        ("wechatpay-signature", "AAAA", "its signature is not WeChat's"),
        ("wechatpay-signature", "é", "its signature is not WeChat's"),
        ("wechatpay-signature", "WECHATPAY/SIGNTEST/AAAA", "its signature is not WeChat's"),
        ("wechatpay-signature-type", "NONE", "its signature is of another type"),
        ("wechatpay-timestamp", "soon", "its timestamp is none"),
        ("wechatpay-timestamp", "١٢٣", "its timestamp is none"),
    ],
)
def test_a_callback_without_wechats_seal_is_refused(
    scene: Scene, header: str, value: str, reason: str
) -> None:
    """WECHAT-6"""
    callback = told(scene)
    with pytest.raises(InvalidCallback) as refusal:
        scene.wechat.verify(callback._replace(headers={**callback.headers, header: value}))
    assert refusal.value.reason == reason


def test_every_byte_of_a_callback_is_under_the_seal(scene: Scene) -> None:
    """WECHAT-6"""
    callback = told(scene)
    bodies = [callback.body + b" ", callback.body[:-1], b"", b"\xff" + callback.body]
    bodies += [
        callback.body[:at] + bytes([callback.body[at] ^ 1]) + callback.body[at + 1 :]
        for at in range(0, len(callback.body), 37)
    ]
    for body in bodies:
        with pytest.raises(InvalidCallback):
            scene.wechat.verify(callback._replace(body=body))


def resealed(scene: Scene, body: bytes) -> Callback:
    """A callback that WeChat itself signs, whatever is in it."""
    headers = WeChatPayWire(scene.keys).sealed(body)
    named = {name.lower(): value for name, value in headers.items()}
    return Callback(named, body, int(time.time()))


def composed(scene: Scene, content: dict[str, Any], **others: Any) -> Callback:
    """A callback about an order of ours, changed here and there before WeChat seals it."""
    order = {
        "appid": scene.keys.appid,
        "mchid": scene.keys.mchid,
        "out_trade_no": "pay_0000000000000001",
        "amount": {"total": 4900, "currency": "CNY"},
    }
    kept = {name: value for name, value in {**order, **content}.items() if value is not None}
    event = {
        "id": "EV-1",
        "event_type": "TRANSACTION.SUCCESS",
        "resource_type": "encrypt-resource",
        "resource": WeChatPayWire(scene.keys).encrypted("transaction", kept),
        **others,
    }
    return resealed(scene, json.dumps(event).encode())


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"mchid": "1999999999"}, "it is for another merchant"),
        ({"mchid": None}, "it is for another merchant"),
        ({"appid": "wx0"}, "it is for another app"),
        ({"appid": None}, "it is for another app"),
        ({"out_trade_no": None}, "it is about no order"),
        ({"out_trade_no": "a b"}, "it is about no order"),
        ({"amount": {"total": 4900, "currency": "USD"}}, "its amount is none in CNY"),
        ({"amount": {"total": 49.0, "currency": "CNY"}}, "its amount is none in CNY"),
        ({"amount": {"total": "4900"}}, "its amount is none in CNY"),
        ({"amount": {"total": True}}, "its amount is none in CNY"),
        ({"amount": None}, "its amount is none in CNY"),
    ],
)
def test_a_callback_must_be_for_this_merchant_and_app(
    scene: Scene, content: dict[str, Any], reason: str
) -> None:
    """WECHAT-6"""
    assert scene.wechat.verify(composed(scene, {})).kind is HintKind.PAYMENT
    with pytest.raises(InvalidCallback) as refusal:
        scene.wechat.verify(composed(scene, content))
    assert refusal.value.reason == reason


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"algorithm": "NONE"}, "it is encrypted in another way"),
        ({"ciphertext": "AAAA"}, "what it carries is not encrypted for this merchant"),
        ({"ciphertext": "%"}, "what it carries is not encrypted for this merchant"),
        ({"ciphertext": None}, "what it carries is not encrypted for this merchant"),
        ({"nonce": "0" * 12}, "what it carries is not encrypted for this merchant"),
        ({"nonce": ""}, "what it carries is not encrypted for this merchant"),
        ({"associated_data": "refund"}, "what it carries is not encrypted for this merchant"),
    ],
)
def test_what_a_callback_carries_must_be_encrypted_for_this_merchant(
    scene: Scene, changed: dict[str, Any], reason: str
) -> None:
    """WECHAT-6"""
    resource = json.loads(composed(scene, {}).body)["resource"]
    with pytest.raises(InvalidCallback) as refusal:
        scene.wechat.verify(composed(scene, {}, resource={**resource, **changed}))
    assert refusal.value.reason == reason


def test_a_callback_for_another_merchants_key_is_refused(scene: Scene) -> None:
    """WECHAT-6"""
    other = scene.provider(apiv3_key="k" * 32)
    with pytest.raises(InvalidCallback) as refusal:
        other.verify(composed(scene, {}))
    assert refusal.value.reason == "what it carries is not encrypted for this merchant"


@pytest.mark.parametrize("body", [b"[]", b"7", b"{", b"[" * 100_000, b'{"id": ""}', b"{}"])
def test_a_sealed_callback_that_makes_no_sense_is_refused(scene: Scene, body: bytes) -> None:
    with pytest.raises(InvalidCallback):
        scene.wechat.verify(resealed(scene, body))


def test_a_callback_about_something_else_is_known_for_what_it_is(scene: Scene) -> None:
    hint = scene.wechat.verify(composed(scene, {}, event_type="COUPON.USE"))
    assert hint == ("EV-1", HintKind.OTHER, "")


def test_a_callback_is_answered_as_wechat_wants(scene: Scene) -> None:
    assert scene.wechat.answer(True)[::2] == (204, b"")
    status, content_type, body = scene.wechat.answer(False)
    assert (status, content_type) == (400, "application/json")
    assert json.loads(body)["code"] == "FAIL"
