"""What WeChat Pay does: orders and refunds of one merchant, over the books, in WeChat's words."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from zhifu.money import Money
from zhifu.providers.wechatpay._wire import BEIJING, CURRENCY, moment
from zhifu.sandbox.books import Books
from zhifu.sandbox.records import (
    Payment,
    PaymentStatus,
    Refund,
    Refused,
    ReturnStatus,
    Why,
)
from zhifu.sandbox.wechatpay_wire import WeChatRefused

OPENID = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
ACCOUNT = "支付用户零钱"

Fields = dict[str, Any]

_REFUSALS = {
    Why.UNKNOWN_PAYMENT: (404, "ORDER_NOT_EXIST", "订单不存在"),
    Why.UNKNOWN_REFUND: (404, "RESOURCE_NOT_EXISTS", "退款单不存在"),
    Why.REFERENCE_USED: (400, "INVALID_REQUEST", "请求重入时，参数与首次请求时不一致"),
    Why.NOT_OPEN: (400, "ORDER_CLOSED", "该订单已失效"),
    Why.ALREADY_PAID: (400, "ORDERPAID", "该订单已支付"),
    Why.NOT_PAID: (404, "RESOURCE_NOT_EXISTS", "订单不存在"),
    Why.MORE_THAN_LEFT: (400, "INVALID_REQUEST", "申请退款金额超过订单剩余金额"),
    Why.NOT_POSITIVE: (400, "PARAM_ERROR", "金额必须大于0"),
    Why.OTHER_CURRENCY: (400, "PARAM_ERROR", "币种有误"),
}

_STATES = {
    PaymentStatus.OPEN: ("NOTPAY", "订单未支付"),
    PaymentStatus.PAID: ("SUCCESS", "支付成功"),
    PaymentStatus.FAILED: ("PAYERROR", "支付失败"),
    PaymentStatus.CANCELLED: ("CLOSED", "订单已关闭"),
}
_REFUNDED = ("REFUND", "订单发生过退款")

_RETURNS = {
    ReturnStatus.PENDING: "PROCESSING",
    ReturnStatus.DONE: "SUCCESS",
    ReturnStatus.FAILED: "CLOSED",
}

_TRADE_NUMBER = re.compile(r"[0-9A-Za-z_|*-]{6,32}", re.ASCII)
_REFUND_NUMBER = re.compile(r"[0-9A-Za-z_|*@-]{1,64}", re.ASCII)
_LONGEST_DESCRIPTION = 127


def refusal(refused: Refused) -> WeChatRefused:
    """What WeChat says when the books refuse."""
    return WeChatRefused(*_REFUSALS.get(refused.why, (400, "INVALID_REQUEST", "请求有误")))


class WeChatOrders:
    """The orders of one merchant and app in the books.

    The books' reference of a payment is the merchant's `out_trade_no`, its id the `transaction_id`;
    of a refund `out_refund_no` and `refund_id`. A refund is told to be under way when it is asked
    for, and has arrived right after; with `holds_refunds` it waits until the books decide it.
    """

    def __init__(self, books: Books, mchid: str, appid: str, *, holds_refunds: bool) -> None:
        self._books = books
        self._mchid = mchid
        self._appid = appid
        self._holds_refunds = holds_refunds
        self._closed_unheard: set[str] = set()

    def order(self, content: Mapping[str, Any], trade_type: str) -> Payment:
        """Place an order, or find it placed with the same content; raises WeChatRefused."""
        details = self._details(content, trade_type)
        number, amount = details["out_trade_no"], _money(content, "total")
        expires_at = _expiry(content, self._books.now())
        if number in self._closed_unheard:
            raise refusal(Refused(Why.REFERENCE_USED, number))
        payment = self._books.open(
            number,
            amount,
            id=self._number("4200"),
            expires_at=expires_at,
            notify_url=str(content["notify_url"]),
            details=details,
        )
        if payment.status is PaymentStatus.PAID:
            raise refusal(Refused(Why.ALREADY_PAID, number))
        if payment.status is not PaymentStatus.OPEN:
            raise refusal(Refused(Why.NOT_OPEN, number))
        if (payment.details, payment.expires_at) != (details, expires_at):
            raise refusal(Refused(Why.REFERENCE_USED, number))
        return payment

    def close(self, number: str) -> None:
        """Close an order. A number that nothing was ordered under cannot be ordered under then."""
        try:
            payment = self._books.payment_by_reference(number)
        except Refused:
            self._closed_unheard.add(number)
            return
        if payment.status is PaymentStatus.CANCELLED:
            raise refusal(Refused(Why.NOT_OPEN, number))
        self._books.cancel(payment.id)

    def refund(self, content: Mapping[str, Any]) -> Fields:
        """Refund an order; under a number that was used, tell how far that refund is."""
        payment = self._refundable(content)
        number = str(content["out_refund_no"])
        if not _REFUND_NUMBER.fullmatch(number):
            raise WeChatRefused(400, "PARAM_ERROR", "out_refund_no有误")
        if _money(content, "total") != payment.received:
            raise WeChatRefused(400, "INVALID_REQUEST", "订单金额与原订单不一致")
        refund = self._books.give_back(
            payment.id,
            _money(content, "refund"),
            number,
            id=self._number("5030"),
            pending=True,
            notify_url=content.get("notify_url"),
        )
        answer = self.refund_fields(payment, refund)
        if refund.status is ReturnStatus.PENDING and not self._holds_refunds:
            self._books.decide_refund(refund.id, ReturnStatus.DONE)
        return answer

    def found(self, number: str) -> Fields:
        """An order by the merchant's number."""
        return self.order_fields(self._books.payment_by_reference(number))

    def found_refund(self, number: str) -> Fields:
        """A refund by the merchant's number."""
        refund = self._books.refund_by_reference(number)
        return self.refund_fields(self._books.payment(refund.payment), refund)

    def order_fields(self, payment: Payment) -> Fields:
        """An order as a query and a callback tell it."""
        state, said = _STATES[payment.status]
        if payment.status is PaymentStatus.PAID and self._books.returned(payment.id):
            state, said = _REFUNDED
        fields = {
            "appid": self._appid,
            "mchid": self._mchid,
            "out_trade_no": payment.reference,
            "promotion_detail": [],
            "trade_state": state,
            "trade_state_desc": said,
        }
        if payment.received is None or payment.decided_at is None:
            return fields | {"amount": {"payer_currency": CURRENCY, "total": payment.amount.amount}}
        total = payment.received.amount
        return fields | {
            "amount": {
                "currency": CURRENCY,
                "payer_currency": CURRENCY,
                "payer_total": total,
                "total": total,
            },
            "attach": "",
            "bank_type": "OTHERS",
            "payer": {"openid": payment.details.get("openid") or OPENID},
            "success_time": moment(payment.decided_at),
            "trade_type": payment.details["trade_type"],
            "transaction_id": payment.id,
        }

    def refund_fields(self, payment: Payment, refund: Refund) -> Fields:
        """A refund as its answer and a query tell it."""
        total, returned = (payment.received or payment.amount).amount, refund.amount.amount
        fields = {
            "amount": {
                "currency": CURRENCY,
                "discount_refund": 0,
                "from": [],
                "payer_refund": returned,
                "payer_total": total,
                "refund": returned,
                "refund_fee": 0,
                "settlement_refund": returned,
                "settlement_total": total,
                "total": total,
            },
            "channel": "ORIGINAL",
            "create_time": moment(refund.created_at),
            "funds_account": "AVAILABLE",
            "out_refund_no": refund.reference,
            "out_trade_no": payment.reference,
            "promotion_detail": [],
            "refund_id": refund.id,
            "status": _RETURNS[refund.status],
            "transaction_id": payment.id,
            "user_received_account": ACCOUNT,
        }
        if refund.status is ReturnStatus.DONE and refund.decided_at is not None:
            fields["success_time"] = moment(refund.decided_at)
        return fields

    # Rules

    def _details(self, content: Mapping[str, Any], trade_type: str) -> dict[str, str]:
        if (content["appid"], content["mchid"]) != (self._appid, self._mchid):
            raise WeChatRefused(400, "APPID_MCHID_NOT_MATCH", "appid和mch_id不匹配")
        number, description = content["out_trade_no"], content["description"]
        if not isinstance(number, str) or not _TRADE_NUMBER.fullmatch(number):
            raise WeChatRefused(400, "PARAM_ERROR", "out_trade_no有误")
        if not isinstance(description, str) or not 0 < len(description) <= _LONGEST_DESCRIPTION:
            raise WeChatRefused(400, "PARAM_ERROR", "description有误")
        openid = content["payer"]["openid"] if trade_type == "JSAPI" else ""
        return {
            "out_trade_no": number,
            "description": description,
            "openid": openid,
            "trade_type": trade_type,
        }

    def _refundable(self, content: Mapping[str, Any]) -> Payment:
        try:
            if "transaction_id" in content:
                return self._books.payment(content["transaction_id"])
            return self._books.payment_by_reference(content["out_trade_no"])
        except Refused:
            raise refusal(Refused(Why.NOT_PAID, "")) from None

    def _number(self, prefix: str) -> str:
        """A number as WeChat gives them: 28 digits, the day among them."""
        day = datetime.fromtimestamp(self._books.now(), BEIJING)
        return f"{prefix}000000{day:%Y%m%d}{secrets.randbelow(10**10):010d}"


def _money(content: Mapping[str, Any], field: str) -> Money:
    amount = content["amount"]
    total = amount[field]
    if type(total) is not int or amount.get("currency", CURRENCY) != CURRENCY:
        raise WeChatRefused(400, "PARAM_ERROR", f"amount.{field}有误")
    return Money(total, CURRENCY)


def _expiry(content: Mapping[str, Any], now: int) -> int | None:
    if "time_expire" not in content:
        return None
    expires_at = int(datetime.fromisoformat(content["time_expire"]).timestamp())
    if expires_at <= now:
        raise WeChatRefused(400, "PARAM_ERROR", "time_expire必须晚于当前时间")
    return expires_at
