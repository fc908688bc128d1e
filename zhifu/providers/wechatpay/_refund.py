"""A refund, as WeChat tells of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from zhifu.money import Money
from zhifu.providers import RefundStatus
from zhifu.providers.wechatpay._client import NoAnswerError
from zhifu.providers.wechatpay._wire import CURRENCY

_STATUSES = {
    "SUCCESS": RefundStatus.DONE,
    "PROCESSING": RefundStatus.PENDING,
    "CLOSED": RefundStatus.FAILED,
    "ABNORMAL": RefundStatus.FAILED,
}


class MadeRefund(NamedTuple):
    """A refund that WeChat knows: of which order, how much, and how far it is."""

    trade_number: str
    amount: Money
    status: RefundStatus


def made(fields: Mapping[str, Any], refund_number: str) -> MadeRefund:
    """The refund of this number; raises NoAnswerError where the answer makes no sense."""
    if fields.get("out_refund_no") != refund_number:
        raise NoAnswerError("the answer is about another refund")
    status = _STATUSES.get(str(fields.get("status")))
    if status is None:
        raise NoAnswerError("the refund has no known status")
    amount = fields.get("amount")
    if not isinstance(amount, dict) or amount.get("currency", CURRENCY) != CURRENCY:
        raise NoAnswerError("the refund's amount is none in CNY")
    if type(amount.get("refund")) is not int:
        raise NoAnswerError("the refund's amount is no integer")
    return MadeRefund(str(fields.get("out_trade_no")), Money(amount["refund"], CURRENCY), status)
