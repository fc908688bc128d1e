"""Only what WeChat Pay sealed, about the order that was asked about, is believed."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from tests.integration.wechatpay.server import (
    AMOUNT,
    KEY_ID,
    NUMBER,
    PAID,
    UNHEARD,
    Said,
    WeChat,
    key,
    private_pem,
    provider,
    public_pem,
    sealed,
    unsealed,
)
from zhifu.exceptions import InvalidInput, PaymentUnknown, ProviderRefused
from zhifu.money import Money
from zhifu.providers import Intent, ProviderPayment, ProviderStatus, RefundStatus
from zhifu.providers.wechatpay import WeChatPayProvider

REFUND = {
    "amount": {"currency": "CNY", "refund": 900, "total": 4900},
    "out_refund_no": "ref_1",
    "out_trade_no": NUMBER,
    "refund_id": "50300000002026032712345",
    "status": "SUCCESS",
    "transaction_id": PAID["transaction_id"],
}
NO_REFUND = {"code": "RESOURCE_NOT_EXISTS", "message": "退款单不存在"}
DAY = date(2026, 3, 27)


def intent(**others: Any) -> Intent:
    return Intent(NUMBER, AMOUNT, "课程", 1_900_000_000, "native")._replace(**others)


# What is believed

# Made when they are needed: a seal is fresh for five minutes.
DISBELIEVED: dict[str, Callable[[], Said]] = {
    "not signed": lambda: unsealed(200, PAID),
    "by another key": lambda: sealed(200, PAID, whose="stranger"),
    "under another key's id": lambda: sealed(200, PAID, serial="PUB_KEY_ID_9"),
    "under no id": lambda: sealed(200, PAID, serial=""),
    "in another way": lambda: sealed(200, PAID, Wechatpay_Signature_Type="SHA1"),
    "to test signatures": lambda: sealed(200, PAID, Wechatpay_Signature="WECHATPAY/SIGNTEST/AAAA"),
    "long ago": lambda: sealed(200, PAID, age=302),
    "in the future": lambda: sealed(200, PAID, age=-305),
    "then altered": lambda: sealed(200, PAID)._replace(body=json.dumps({**PAID, "x": 1}).encode()),
    "a refusal, not signed": lambda: unsealed(404, UNHEARD),
    "as no JSON": lambda: sealed(200, b"<html>"),
    "as no object": lambda: sealed(200, [PAID]),
    "as nothing": lambda: sealed(200, b""),
    "beyond UTF-8": lambda: sealed(200, b"\xff"),
    "as a nest": lambda: sealed(200, b"[" * 100_000),
    "a redirect": lambda: sealed(302, UNHEARD),
    "too many requests": lambda: sealed(429, UNHEARD),
    "busy": lambda: sealed(500, UNHEARD),
    "a gateway": lambda: unsealed(502, {}),
    "a slip": lambda: sealed(400, {"code": "SYSTEMERROR", "message": ""}),
    "a bank's slip": lambda: sealed(403, {"code": "BANK_ERROR", "message": ""}),
    "a refusal of nothing": lambda: sealed(400, {"message": ""}),
    "another refusal": lambda: sealed(403, {"code": "RULE_LIMIT", "message": ""}),
}


@pytest.mark.parametrize("said", DISBELIEVED.values(), ids=DISBELIEVED.keys())
def test_nothing_else_tells_what_became_of_a_payment(
    wechat: WeChat, zhifu: WeChatPayProvider, said: Callable[[], Said]
) -> None:
    """WECHAT-1"""
    wechat.says(sealed(200, PAID))
    assert zhifu.query(NUMBER) == ProviderPayment(ProviderStatus.PAID, AMOUNT)
    wechat.says(said())
    assert zhifu.query(NUMBER) == ProviderPayment(ProviderStatus.UNKNOWN)


REFUSED = {name: said for name, said in DISBELIEVED.items() if name != "another refusal"}


@pytest.mark.parametrize("said", REFUSED.values(), ids=REFUSED.keys())
def test_nothing_else_refuses_or_does_anything(
    wechat: WeChat, zhifu: WeChatPayProvider, said: Callable[[], Said]
) -> None:
    """WECHAT-1"""
    wechat.says(sealed(200, PAID))
    wechat.says(said(), "POST")
    for ask in (
        lambda: zhifu.create(intent()),
        lambda: zhifu.refund(NUMBER, Money(900, "CNY"), "ref_1"),
    ):
        with pytest.raises(PaymentUnknown):
            ask()
    wechat.says(said())
    with pytest.raises(PaymentUnknown):
        zhifu.transactions(DAY)


def test_a_refusal_under_the_seal_is_believed(wechat: WeChat, zhifu: WeChatPayProvider) -> None:
    """WECHAT-1, 3"""
    wechat.says(sealed(404, UNHEARD))
    assert zhifu.query(NUMBER) == ProviderPayment(ProviderStatus.FAILED)
    wechat.says(sealed(403, {"code": "NO_AUTH", "message": "商户号该产品权限未开通"}), "POST")
    with pytest.raises(ProviderRefused) as refusal:
        zhifu.create(intent())
    assert refusal.value.reason == "NO_AUTH"


def test_nobody_sends_us_elsewhere(wechat: WeChat, zhifu: WeChatPayProvider) -> None:
    """WECHAT-1"""
    wechat.says(sealed(307, UNHEARD, Location=f"{wechat.url}/elsewhere"))
    wechat.says(sealed(200, PAID), "/elsewhere")
    assert zhifu.query(NUMBER).status is ProviderStatus.UNKNOWN
    assert len(wechat.asked) == 1


def test_an_endless_answer_is_none(wechat: WeChat, zhifu: WeChatPayProvider) -> None:
    """WECHAT-1"""
    wechat.says(sealed(200, {**PAID, "attach": "x" * (1 << 20)}))
    assert zhifu.query(NUMBER).status is ProviderStatus.UNKNOWN


def test_requests_are_signed_by_the_merchant(wechat: WeChat, zhifu: WeChatPayProvider) -> None:
    wechat.says(sealed(200, {"code_url": "weixin://wxpay/bizpayurl?pr=1"}))
    zhifu.create(intent())
    (method, path, headers, body) = wechat.asked[0]
    assert (method, path) == ("POST", "/v3/pay/transactions/native")
    assert json.loads(body) == {
        "appid": PAID["appid"],
        "mchid": PAID["mchid"],
        "description": "课程",
        "notify_url": "https://shop.example/callbacks/wechatpay",
        "out_trade_no": NUMBER,
        "time_expire": "2030-03-18T01:46:40+08:00",
        "amount": {"total": 4900, "currency": "CNY"},
    }
    scheme, _, credentials = headers["authorization"].partition(" ")
    assert scheme == "WECHATPAY2-SHA256-RSA2048"
    parts = dict(each.split("=", 1) for each in credentials.split(","))
    parts = {name: value.strip('"') for name, value in parts.items()}
    assert (parts["mchid"], parts["serial_no"]) == (PAID["mchid"], "444F4864EA9B34415MERCHANT")
    message = f"POST\n{path}\n{parts['timestamp']}\n{parts['nonce_str']}\n{body.decode()}\n"
    key("merchant").public_key().verify(
        base64.b64decode(parts["signature"]), message.encode(), padding.PKCS1v15(), hashes.SHA256()
    )
    assert headers["wechatpay-serial"] == KEY_ID


# Payments


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("SUCCESS", ProviderStatus.PAID),
        ("REFUND", ProviderStatus.PAID),
        ("NOTPAY", ProviderStatus.PENDING),
        ("USERPAYING", ProviderStatus.PENDING),
        ("CLOSED", ProviderStatus.FAILED),
        ("REVOKED", ProviderStatus.FAILED),
        ("PAYERROR", ProviderStatus.FAILED),
        ("ACCEPTED", ProviderStatus.UNKNOWN),
        (None, ProviderStatus.UNKNOWN),
    ],
)
def test_every_state_of_an_order_has_its_meaning(
    wechat: WeChat, zhifu: WeChatPayProvider, state: str | None, status: ProviderStatus
) -> None:
    """WECHAT-3"""
    wechat.says(sealed(200, {**PAID, "trade_state": state}))
    assert zhifu.query(NUMBER).status is status


@pytest.mark.parametrize(
    "change",
    [
        {"out_trade_no": "pay_0000000000000002"},
        {"mchid": "1999999999"},
        {"transaction_id": ""},
        {"amount": None},
        {"amount": {}},
        {"amount": {"total": 49.0}},
        {"amount": {"total": "4900"}},
        {"amount": {"total": True}},
        {"amount": {"total": 0}},
        {"amount": {"total": 4900, "currency": "HKD"}},
    ],
)
def test_a_paid_order_must_be_the_one_and_tell_how_much(
    wechat: WeChat, zhifu: WeChatPayProvider, change: dict[str, Any]
) -> None:
    """WECHAT-3"""
    wechat.says(sealed(200, {**PAID, **change}))
    assert zhifu.query(NUMBER) == ProviderPayment(ProviderStatus.UNKNOWN)


@pytest.mark.parametrize("fields", [{}, {"code_url": ""}, {"code_url": 7}, {"prepay_id": "x"}])
def test_an_order_without_a_code_is_unknown(
    wechat: WeChat, zhifu: WeChatPayProvider, fields: dict[str, Any]
) -> None:
    wechat.says(sealed(200, fields))
    with pytest.raises(PaymentUnknown):
        zhifu.create(intent())


def test_a_payment_that_may_still_be_paid_is_not_cancelled(
    wechat: WeChat, zhifu: WeChatPayProvider
) -> None:
    """WECHAT-4"""
    wechat.says(sealed(400, {"code": "INVALID_REQUEST", "message": ""}), "/close")
    wechat.says(sealed(200, {**PAID, "trade_state": "USERPAYING"}))
    with pytest.raises(PaymentUnknown):
        zhifu.cancel(NUMBER)


# Refunds


def ask_refund(zhifu: WeChatPayProvider) -> RefundStatus:
    return zhifu.refund(NUMBER, Money(900, "CNY"), "ref_1")


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("SUCCESS", RefundStatus.DONE),
        ("PROCESSING", RefundStatus.PENDING),
        ("CLOSED", RefundStatus.FAILED),
        ("ABNORMAL", RefundStatus.FAILED),
    ],
)
def test_every_status_of_a_refund_has_its_meaning(
    wechat: WeChat, zhifu: WeChatPayProvider, status: str, told: RefundStatus
) -> None:
    """WECHAT-5"""
    wechat.says(sealed(200, PAID))
    wechat.says(sealed(200, {**REFUND, "status": status}), "/refunds")
    assert ask_refund(zhifu) is told
    asked = json.loads(wechat.asked[-1][3])
    assert asked["amount"] == {"refund": 900, "total": 4900, "currency": "CNY"}
    assert (asked["out_refund_no"], asked["transaction_id"]) == ("ref_1", PAID["transaction_id"])


@pytest.mark.parametrize(
    "change",
    [
        {"status": "UNHEARD_OF"},
        {"out_refund_no": "ref_2"},
        {"amount": None},
        {"amount": {"refund": 9.0, "currency": "CNY"}},
        {"amount": {"refund": 900, "currency": "USD"}},
    ],
)
def test_a_refund_that_is_told_amiss_is_unknown(
    wechat: WeChat, zhifu: WeChatPayProvider, change: dict[str, Any]
) -> None:
    """WECHAT-5"""
    wechat.says(sealed(200, PAID))
    wechat.says(sealed(200, {**REFUND, **change}), "/refunds")
    with pytest.raises(PaymentUnknown):
        ask_refund(zhifu)


def test_a_refund_that_was_made_before_is_not_refused_by_a_refusal(
    wechat: WeChat, zhifu: WeChatPayProvider
) -> None:
    """WECHAT-5"""
    wechat.says(sealed(200, PAID))
    wechat.says(sealed(400, {"code": "INVALID_REQUEST", "message": "订单已全额退款"}), "POST")
    wechat.says(sealed(200, REFUND), "/refunds/ref_1")
    assert ask_refund(zhifu) is RefundStatus.DONE
    wechat.says(sealed(404, NO_REFUND), "/refunds/ref_1")
    with pytest.raises(ProviderRefused) as refusal:
        ask_refund(zhifu)
    assert refusal.value.reason == "INVALID_REQUEST"
    for silence in (unsealed(404, NO_REFUND), sealed(403, {"code": "NO_AUTH", "message": ""})):
        wechat.says(silence, "/refunds/ref_1")
        with pytest.raises(PaymentUnknown):
            ask_refund(zhifu)


def test_a_refund_of_an_order_that_is_paid_and_then_not_found_is_unknown(
    wechat: WeChat, zhifu: WeChatPayProvider
) -> None:
    """WECHAT-5"""
    wechat.says(sealed(200, PAID))
    wechat.says(sealed(404, {**NO_REFUND, "message": "订单不存在"}), "/refunds")
    with pytest.raises(PaymentUnknown):
        ask_refund(zhifu)


# Settings


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("private_key", "no key"),
        ("private_key", ""),
        ("public_key", "no key"),
        ("public_key", ""),
        ("apiv3_key", "k" * 31),
        ("notify_url", "ftp://shop.example/"),
        ("notify_url", "https://shop.example/?a=b"),
        ("base_url", "api.mch.weixin.qq.com"),
    ],
)
def test_a_setting_that_cannot_work_is_told_by_name(wechat: WeChat, field: str, value: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        provider(wechat, **{field: value})
    assert refusal.value.field == field


def test_keys_may_be_given_without_their_first_and_last_line(wechat: WeChat) -> None:
    def bare(pem: str) -> str:
        return "".join(each for each in pem.splitlines() if not each.startswith("-"))

    wechat.says(sealed(200, PAID))
    keys = {
        "private_key": bare(private_pem("merchant")),
        "public_key": bare(public_pem("wechat")),
    }
    assert provider(wechat, **keys).query(NUMBER).status is ProviderStatus.PAID


def test_no_secret_is_logged(
    wechat: WeChat, zhifu: WeChatPayProvider, caplog: pytest.LogCaptureFixture
) -> None:
    wechat.says(unsealed(401, {"code": "SIGN_ERROR", "message": "错误的签名，验签失败"}))
    with caplog.at_level(logging.DEBUG):
        zhifu.query(NUMBER)
    assert "SIGN_ERROR" in caplog.text
    for secret in ("k" * 32, wechat.asked[-1][2]["authorization"], private_pem("merchant")[40:80]):
        assert secret not in caplog.text
