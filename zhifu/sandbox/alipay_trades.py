"""What Alipay's gateway does: its operations on trades, over the books, in its own words."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from zhifu.exceptions import InputError
from zhifu.money import Money
from zhifu.providers import LineKind
from zhifu.providers.alipay._wire import BEIJING, beijing, moment, money, yuan
from zhifu.sandbox.alipay_bill import REFUND, TRADE, BillRow
from zhifu.sandbox.books import Books
from zhifu.sandbox.records import Line, Payment, PaymentStatus, Refused, ReturnStatus, Why

BUYER_ID, BUYER_LOGON_ID = "2088102169481075", "csq***@sandbox.com"

Fields = dict[str, Any]

_REFUSALS = {
    Why.UNKNOWN_PAYMENT: "ACQ.TRADE_NOT_EXIST",
    Why.REFERENCE_USED: "ACQ.DISCORDANT_REPEAT_REQUEST",
    Why.NOT_OPEN: "ACQ.TRADE_HAS_CLOSE",
    Why.NOT_PAID: "ACQ.TRADE_STATUS_ERROR",
    Why.ALREADY_PAID: "ACQ.REASON_TRADE_STATUS_INVALID",
    Why.EXPIRED: "ACQ.TRADE_HAS_CLOSE",
    Why.NOT_POSITIVE: "ACQ.INVALID_PARAMETER",
    Why.OTHER_CURRENCY: "ACQ.INVALID_PARAMETER",
    Why.MORE_THAN_LEFT: "ACQ.REASON_TRADE_REFUND_FEE_ERR",
}


class AlipayRefused(Exception):
    """A business refusal (40004) by its `sub_code`."""

    def __init__(self, sub_code: str) -> None:
        super().__init__(sub_code)
        self.sub_code = sub_code


class Asked(NamedTuple):
    """A request: its `biz_content`, where to notify, and the sandbox's own address, with a /."""

    content: Mapping[str, Any]
    notify_url: str | None
    base: str


class AlipayTrades:
    """The trades of one merchant (`seller_id`, 2088…) in the books.

    The books' reference of a payment is the merchant's `out_trade_no`, its id the `trade_no`. A
    trade that no learner opened is in the books and unknown to the merchant, as at Alipay. Refunds
    are kept under trade and `out_request_no`.
    """

    def __init__(self, books: Books, seller_id: str) -> None:
        self._books = books
        self._seller_id = seller_id
        self._operations: dict[str, Callable[[Asked], Fields]] = {
            "alipay.trade.precreate": self._precreate,
            "alipay.trade.query": self._query,
            "alipay.trade.close": self._close,
            "alipay.trade.refund": self._refund,
            "alipay.trade.fastpay.refund.query": self._refund_query,
            "alipay.data.dataservice.bill.downloadurl.query": self._bill_address,
        }

    def knows(self, method: str) -> bool:
        """Whether there is such an operation."""
        return method in self._operations

    def do(self, method: str, asked: Asked) -> Fields:
        """Do an operation; the fields that answer it. Raises AlipayRefused."""
        try:
            with self._books.held():
                return self._operations[method](asked)
        except Refused as refused:
            raise AlipayRefused(_REFUSALS.get(refused.why, "ACQ.SYSTEM_ERROR")) from None
        except (InputError, ValueError, KeyError, TypeError):
            raise AlipayRefused("ACQ.INVALID_PARAMETER") from None

    def offer(self, asked: Asked, **details: str) -> Payment:
        """The trade that a learner may open; the same number and amount is the same one.

        Raises AlipayRefused.
        """
        try:
            return self._offer(asked, details)
        except Refused as refused:
            raise AlipayRefused(_REFUSALS[refused.why]) from None
        except (InputError, ValueError, KeyError, TypeError):
            raise AlipayRefused("ACQ.INVALID_PARAMETER") from None

    def _offer(self, asked: Asked, details: Mapping[str, str]) -> Payment:
        content = asked.content
        number, amount = str(content["out_trade_no"]), money(content["total_amount"])
        expires_at = moment(content["time_expire"]) if "time_expire" in content else None
        if expires_at is not None and expires_at <= self._books.now():
            raise AlipayRefused("ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR")
        known = {"subject": str(content["subject"]), "code": secrets.token_hex(8), **details}
        try:
            payment = self._books.open(
                number,
                amount,
                id=self._trade_no(),
                expires_at=expires_at,
                notify_url=asked.notify_url,
                details=known,
            )
        except Refused as refused:
            if refused.why is Why.REFERENCE_USED:
                raise AlipayRefused("ACQ.CONTEXT_INCONSISTENT") from None
            raise
        if payment.status is PaymentStatus.PAID:
            raise AlipayRefused("ACQ.TRADE_HAS_SUCCESS")
        if payment.status is not PaymentStatus.OPEN:
            raise AlipayRefused("ACQ.TRADE_HAS_CLOSE")
        return payment

    def open(self, payment: Payment) -> Payment:
        """A learner opens a trade's page or scans its code: now it exists."""
        return self._books.annotate(payment.id, opened="yes")

    def by_code(self, code: str) -> Payment | None:
        """The trade whose code this is."""
        found = (each for each in self._books.payments() if each.details.get("code") == code)
        return next(found, None)

    def bill(self, day: date) -> list[BillRow]:
        """The rows of a Beijing day's bill."""
        start = int(datetime.combine(day, datetime.min.time(), BEIJING).timestamp())
        lines = self._books.lines(start, start + 86_400)
        return [self._row(each) for each in lines]

    # Operations

    def _precreate(self, asked: Asked) -> Fields:
        payment = self.offer(asked)
        code = f"{asked.base}cashier/{payment.details['code']}"
        return {"out_trade_no": payment.reference, "qr_code": code}

    def _query(self, asked: Asked) -> Fields:
        payment = self._trade(asked.content)
        fields: Fields = {
            "buyer_logon_id": BUYER_LOGON_ID,
            "buyer_pay_amount": "0.00",
            "buyer_user_id": BUYER_ID,
            "invoice_amount": "0.00",
            "out_trade_no": payment.reference,
            "point_amount": "0.00",
            "receipt_amount": "0.00",
            "total_amount": yuan(payment.received or payment.amount),
            "trade_no": payment.id,
            "trade_status": self.status(payment),
        }
        if payment.received is not None and payment.decided_at is not None:
            received = yuan(payment.received)
            fields |= {
                "buyer_pay_amount": received,
                "fund_bill_list": [{"amount": received, "fund_channel": "ALIPAYACCOUNT"}],
                "invoice_amount": received,
                "receipt_amount": received,
                "send_pay_date": beijing(payment.decided_at),
            }
        return fields

    def _close(self, asked: Asked) -> Fields:
        payment = self._trade(asked.content)
        if self.status(payment) != "WAIT_BUYER_PAY":
            raise AlipayRefused("ACQ.TRADE_STATUS_ERROR")
        self._books.cancel(payment.id)
        return {"out_trade_no": payment.reference, "trade_no": payment.id}

    def _refund(self, asked: Asked) -> Fields:
        content = asked.content
        payment = self._trade(content)
        request = str(content.get("out_request_no") or payment.reference)
        before = len(self._books.refunds(payment.id))
        self._books.give_back(
            payment.id,
            money(content["refund_amount"]),
            _filed(payment, request),
            details={"request": request},
        )
        moved = len(self._books.refunds(payment.id)) > before
        return {
            "buyer_logon_id": BUYER_LOGON_ID,
            "buyer_user_id": BUYER_ID,
            "fund_change": "Y" if moved else "N",
            "gmt_refund_pay": beijing(self._books.now()),
            "out_trade_no": payment.reference,
            "refund_fee": yuan(self._books.returned(payment.id)),
            "send_back_fee": yuan(money(content["refund_amount"])) if moved else "0.00",
            "trade_no": payment.id,
        }

    def _refund_query(self, asked: Asked) -> Fields:
        payment = self._trade(asked.content)
        request = str(asked.content["out_request_no"])
        refunded = self._refunded(payment, request)
        if not refunded:
            return {}
        return {
            "out_request_no": request,
            "out_trade_no": payment.reference,
            "refund_amount": yuan(refunded),
            "refund_status": "REFUND_SUCCESS",
            "total_amount": yuan(payment.received or payment.amount),
            "trade_no": payment.id,
        }

    def _bill_address(self, asked: Asked) -> Fields:
        content = asked.content
        day = date.fromisoformat(content["bill_date"])
        today = datetime.fromtimestamp(self._books.now(), BEIJING).date()
        if content["bill_type"] != "trade" or day >= today:
            raise AlipayRefused("isp.invalid_arguments")
        if not self.bill(day):
            raise AlipayRefused("isp.bill_not_exist")
        name = f"{self._seller_id}_{day:%Y%m%d}"
        address = f"{asked.base}bill/{day.isoformat()}?downloadFileName={name}.csv.zip"
        return {"bill_download_url": address}

    # Rules

    def status(self, payment: Payment) -> str:
        """A trade's `trade_status`."""
        if payment.status is PaymentStatus.PAID:
            whole = self._books.returned(payment.id) == payment.received
            return "TRADE_CLOSED" if whole else "TRADE_SUCCESS"
        expired = payment.expires_at is not None and self._books.now() >= payment.expires_at
        awaited = payment.status is PaymentStatus.OPEN and not expired
        return "WAIT_BUYER_PAY" if awaited else "TRADE_CLOSED"

    def _trade(self, content: Mapping[str, Any]) -> Payment:
        """The trade that a request names, if a learner opened it."""
        trade_no = content.get("trade_no")
        if trade_no:
            payment = self._books.payment(str(trade_no))
        else:
            payment = self._books.payment_by_reference(str(content["out_trade_no"]))
        if payment.status is PaymentStatus.OPEN and "opened" not in payment.details:
            raise AlipayRefused("ACQ.TRADE_NOT_EXIST")
        return payment

    def _refunded(self, payment: Payment, request: str) -> Money:
        """What went back under a request number; what was taken back goes by the trade's own."""
        nothing = Money.zero(payment.amount.currency)
        if request == payment.id:
            taken = self._books.chargebacks(payment.id)
            return sum((each.amount for each in taken if _counts(each.status)), nothing)
        refunds = [
            each for each in self._books.refunds(payment.id) if each.details["request"] == request
        ]
        return sum((each.amount for each in refunds if _counts(each.status)), nothing)

    def _row(self, line: Line) -> BillRow:
        payment = self._books.payment(line.payment)
        request = ""
        if line.kind is LineKind.REFUND:
            request = self._books.refund(line.id).details["request"]
        return BillRow(
            TRADE if line.kind is LineKind.PAYMENT else REFUND,
            payment.id,
            payment.reference,
            payment.details.get("subject", ""),
            payment.created_at,
            line.at,
            BUYER_LOGON_ID,
            line.amount.amount,
            request,
            -line.fee.amount,
        )

    def _trade_no(self) -> str:
        digits = secrets.randbelow(10**16)
        day = datetime.fromtimestamp(self._books.now(), BEIJING)
        return f"{day:%Y%m%d}2200{digits:016d}"


def _filed(payment: Payment, request: str) -> str:
    """Request numbers are each trade's own; the books know refunds by one name."""
    return f"{payment.reference}:{request}"


def _counts(status: ReturnStatus) -> bool:
    return status is not ReturnStatus.FAILED
