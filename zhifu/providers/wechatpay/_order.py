"""An order, as WeChat is asked for it and as WeChat tells of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from wechatpayv3 import WeChatPayType

from zhifu.exceptions import InvalidInput
from zhifu.money import Money
from zhifu.providers import Intent, ProviderPayment, ProviderStatus
from zhifu.providers.wechatpay._client import NoAnswerError
from zhifu.providers.wechatpay._wire import CURRENCY, fen, moment, trade_number

_METHODS = {"native": WeChatPayType.NATIVE, "jsapi": WeChatPayType.JSAPI}

_STATUSES = {
    "SUCCESS": ProviderStatus.PAID,
    "REFUND": ProviderStatus.PAID,
    "NOTPAY": ProviderStatus.PENDING,
    "USERPAYING": ProviderStatus.PENDING,
    "CLOSED": ProviderStatus.FAILED,
    "REVOKED": ProviderStatus.FAILED,
    "PAYERROR": ProviderStatus.FAILED,
}

_LONGEST_DESCRIPTION = 127
_LONGEST_PAYER = 128


def request(intent: Intent) -> dict[str, Any]:
    """What the SDK is given to place an order; raises InvalidInput and CurrencyMismatch."""
    if intent.method not in _METHODS:
        raise InvalidInput("method", "must be native or jsapi", intent.method)
    order = {
        "pay_type": _METHODS[intent.method],
        "description": _description(intent.description),
        "out_trade_no": trade_number(intent.payment_id),
        "amount": {"total": fen(intent.amount), "currency": CURRENCY},
        "time_expire": moment(intent.expires_at),
    }
    if intent.method == "jsapi":
        order["payer"] = {"openid": _openid(intent.payer)}
    return order


def payment(fields: Mapping[str, Any]) -> ProviderPayment:
    """What WeChat tells of an order; raises NoAnswerError where it makes no sense."""
    status, amount = _STATUSES.get(str(fields.get("trade_state"))), _total(fields)
    if status is None:
        raise NoAnswerError("the order has no known state")
    if status is ProviderStatus.PAID and not (amount and fields.get("transaction_id")):
        raise NoAnswerError("the order is paid, but how much is not told")
    return ProviderPayment(status, amount)


def _total(fields: Mapping[str, Any]) -> Money | None:
    amount = fields.get("amount")
    if not isinstance(amount, dict) or "total" not in amount:
        return None
    total = amount["total"]
    if type(total) is not int or total <= 0 or amount.get("currency", CURRENCY) != CURRENCY:
        raise NoAnswerError("the order's amount is none in CNY")
    return Money(total, CURRENCY)


def _openid(payer: str | None) -> str:
    if not isinstance(payer, str) or not 0 < len(payer) <= _LONGEST_PAYER:
        raise InvalidInput("payer", "must be the learner's openid for jsapi", payer)
    return payer


def _description(description: str) -> str:
    """The description without what would break a bill's line, and as long as WeChat allows."""
    text = " ".join(re.sub(r"[`\x00-\x1f\x7f]", " ", description).split())
    if not text:
        raise InvalidInput("description", "must not be empty", description)
    return text[:_LONGEST_DESCRIPTION]
