"""WeChat's callbacks: sealed JSON around a payment or a refund that only the merchant can read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from zhifu.providers import Callback, Hint, HintKind
from zhifu.providers.wechatpay._client import WeChatPayClient
from zhifu.providers.wechatpay._seal import BrokenSealError
from zhifu.providers.wechatpay._wire import CURRENCY, is_trade_number

_KINDS = {
    "TRANSACTION.SUCCESS": HintKind.PAYMENT,
    "REFUND.SUCCESS": HintKind.REFUND,
    "REFUND.ABNORMAL": HintKind.REFUND,
    "REFUND.CLOSED": HintKind.REFUND,
}
_CIPHER = "AEAD_AES_256_GCM"
_LONGEST_ID = 64


class NotGenuineError(Exception):
    """A callback is not WeChat's, not for this merchant, or not now."""


def hint(callback: Callback, client: WeChatPayClient, *, mchid: str, appid: str) -> Hint:
    """What a callback is about, once everything in it is as it must be; raises NotGenuineError."""
    event = _event(callback, client)
    event_id = str(event.get("id", ""))
    _require(0 < len(event_id) <= _LONGEST_ID, "it has no id")
    kind = _KINDS.get(str(event.get("event_type")))
    if kind is None:
        return Hint(event_id, HintKind.OTHER, "")
    subject = _subject(event, client)
    _require(subject.get("mchid") == mchid, "it is for another merchant")
    if kind is HintKind.PAYMENT:
        _require(subject.get("appid") == appid, "it is for another app")
    number = subject.get("out_trade_no")
    _require(is_trade_number(number), "it is about no order")
    _require(_is_amount(subject.get("amount")), "its amount is none in CNY")
    return Hint(event_id, kind, str(number))


def _event(callback: Callback, client: WeChatPayClient) -> Mapping[str, Any]:
    try:
        text = client.open(callback.headers, callback.body, callback.received_at)
    except BrokenSealError as reason:
        raise NotGenuineError(str(reason)) from None
    return _object(text, "it is no JSON object")


def _subject(event: Mapping[str, Any], client: WeChatPayClient) -> Mapping[str, Any]:
    """What the callback carries for the merchant alone."""
    resource = event.get("resource")
    if not isinstance(resource, dict):
        raise NotGenuineError("it carries nothing")
    _require(resource.get("algorithm") == _CIPHER, "it is encrypted in another way")
    text = client.decrypted(resource)
    if text is None:
        raise NotGenuineError("what it carries is not encrypted for this merchant")
    return _object(text, "what it carries is no JSON object")


def _object(text: str, otherwise: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise NotGenuineError(otherwise) from None
    if not isinstance(found, dict):
        raise NotGenuineError(otherwise)
    return found


def _is_amount(amount: object) -> bool:
    """Whether it counts fen; a refund's amounts name no currency."""
    if not isinstance(amount, dict) or amount.get("currency", CURRENCY) != CURRENCY:
        return False
    total = amount.get("total")
    return type(total) is int and total > 0


def _require(kept: bool, otherwise: str) -> None:
    if not kept:
        raise NotGenuineError(otherwise)
