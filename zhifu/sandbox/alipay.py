"""Alipay's gateway, cashier and notifies, for one merchant application."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from html import escape
from typing import Any
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from zhifu.providers.alipay._wire import beijing, moment, yuan
from zhifu.sandbox import alipay_wire as wire
from zhifu.sandbox.alipay_bill import pack
from zhifu.sandbox.alipay_trades import BUYER_ID, BUYER_LOGON_ID, AlipayRefused, AlipayTrades, Asked
from zhifu.sandbox.books import Books
from zhifu.sandbox.deliveries import Notice, Signed
from zhifu.sandbox.keys import AlipayKeys
from zhifu.sandbox.records import Change, Event, Payment, PaymentStatus, Refused, ReturnStatus

_PAGE_PAY = "alipay.trade.page.pay"
_OLDEST_REQUEST_SECONDS = 900

_CASHIER = """<!doctype html><meta charset="utf-8"><title>Alipay sandbox</title>
<h1>{subject}</h1><p>¥ {amount} · {status}</p>
<form method="post"><button{disabled}>付款 Pay</button></form>"""


class AlipaySandbox:
    """One merchant application at a simulated Alipay.

    `fee_bps` is kept of each payment. `clock` tells Unix seconds.
    """

    name = "alipay"

    def __init__(
        self,
        keys: AlipayKeys,
        *,
        fee_bps: int = 0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.books = Books(self.name, fee_bps=fee_bps, clock=clock)
        self._app_id = keys.app_id
        self._seller_id = keys.seller_id
        self._key = wire.private_key(keys.alipay_key)
        self._merchant = wire.private_key(keys.app_key).public_key()
        self._trades = AlipayTrades(self.books, keys.seller_id)

    def routes(self) -> Sequence[BaseRoute]:
        """The gateway, the cashier that learners see, and the files of bills."""
        return [
            Route("/gateway.do", self._gateway, methods=["GET", "POST"]),
            Route("/cashier/{code}", self._cashier, methods=["GET", "POST"]),
            Route("/bill/{day}", self._bill),
        ]

    def notices(self, change: Change) -> Iterable[Notice]:
        """A notify for every change that moves money or closes a trade."""
        url = change.payment.notify_url
        told = _told(change)
        if url is None or told is None:
            return []
        fields = {**self._notice(change), **told}
        return [
            Notice(self.name, fields["notify_id"], url, lambda: self._signed(fields), _is_accepted)
        ]

    # The gateway

    async def _gateway(self, request: Request) -> Response:
        form = dict(request.query_params)
        body = (await request.body()).decode()
        form |= dict(parse_qsl(body, keep_blank_values=True))
        return await run_in_threadpool(self._answer, form, _base(request))

    def _answer(self, form: Mapping[str, str], base: str) -> Response:
        method = form.get("method", "")
        problem = self._problem(form)
        if problem is not None:
            complaint = wire.complaint(method, "40002", "Invalid Arguments", problem)
            return _json(complaint)
        content = json.loads(form["biz_content"])
        asked = Asked(content, form.get("notify_url"), base)
        if method == _PAGE_PAY:
            return self._page(asked, form.get("return_url", ""))
        return _json(wire.answer(method, self._fields(method, asked), self._key))

    def _fields(self, method: str, asked: Asked) -> dict[str, Any]:
        try:
            return {"code": "10000", "msg": "Success", **self._trades.do(method, asked)}
        except AlipayRefused as refused:
            about = asked.content.get("out_trade_no")
            return {
                "code": "40004",
                "msg": "Business Failed",
                "sub_code": refused.sub_code,
                "sub_msg": refused.sub_code,
                **({"out_trade_no": about} if about else {}),
            }

    def _problem(self, form: Mapping[str, str]) -> str | None:
        """Why a request is not even looked at, in Alipay's order."""
        if form.get("app_id") != self._app_id:
            return "isv.invalid-app-id"
        if form.get("sign_type") != "RSA2":
            return "isv.invalid-signature-type"
        if not wire.is_signed(form, self._merchant):
            return "isv.invalid-signature"
        if not self._is_timely(form.get("timestamp", "")):
            return "isv.invalid-timestamp"
        if form.get("charset", "").lower() != "utf-8":
            return "isv.invalid-charset"
        method = form.get("method", "")
        if method != _PAGE_PAY and not self._trades.knows(method):
            return "isv.invalid-method"
        return None if _is_object(form.get("biz_content", "")) else "isv.illegal-json"

    def _is_timely(self, timestamp: str) -> bool:
        try:
            return abs(moment(timestamp) - self.books.now()) <= _OLDEST_REQUEST_SECONDS
        except ValueError:
            return False

    # What learners see

    def _page(self, asked: Asked, return_url: str) -> Response:
        try:
            payment = self._trades.offer(asked, return_url=return_url)
        except AlipayRefused as refused:
            return HTMLResponse(f"<h1>{escape(refused.sub_code)}</h1>", 400)
        return RedirectResponse(f"{asked.base}cashier/{payment.details['code']}", 302)

    def _cashier(self, request: Request) -> Response:
        payment = self._trades.by_code(request.path_params["code"])
        if payment is None:
            return HTMLResponse("<h1>?</h1>", 404)
        self._trades.open(payment)
        if request.method == "POST":
            return self._pay(payment)
        status = self._trades.status(payment)
        page = _CASHIER.format(
            subject=escape(payment.details["subject"]),
            amount=yuan(payment.amount),
            status=status,
            disabled="" if status == "WAIT_BUYER_PAY" else " disabled",
        )
        return HTMLResponse(page)

    def _pay(self, payment: Payment) -> Response:
        try:
            self.books.pay(payment.id)
        except Refused as refused:
            return HTMLResponse(f"<h1>{escape(refused.why.value)}</h1>", 409)
        return_url = payment.details.get("return_url")
        if not return_url:
            return HTMLResponse("<h1>TRADE_SUCCESS</h1>")
        mark = "&" if "?" in return_url else "?"
        return RedirectResponse(f"{return_url}{mark}{self._return(payment)}", 303)

    def _return(self, payment: Payment) -> str:
        """What a learner's browser brings back to the merchant: signed, and proof of nothing."""
        fields = {
            "app_id": self._app_id,
            "auth_app_id": self._app_id,
            "charset": "utf-8",
            "method": f"{_PAGE_PAY}.return",
            "out_trade_no": payment.reference,
            "seller_id": self._seller_id,
            "timestamp": beijing(self.books.now()),
            "total_amount": yuan(payment.amount),
            "trade_no": payment.id,
            "version": "1.0",
        }
        return wire.notice(fields, self._key).decode()

    def _bill(self, request: Request) -> Response:
        day = date.fromisoformat(request.path_params["day"])
        archive = pack(self._seller_id, day, self._trades.bill(day))
        return Response(archive, media_type="application/zip")

    # Notifies

    def _notice(self, change: Change) -> dict[str, str]:
        payment, now = change.payment, self.books.now()
        fields = {
            "app_id": self._app_id,
            "auth_app_id": self._app_id,
            "buyer_id": BUYER_ID,
            "buyer_logon_id": BUYER_LOGON_ID,
            "charset": "utf-8",
            "gmt_create": beijing(payment.created_at),
            "notify_id": f"{beijing(now)[:10].replace('-', '')}00{secrets.randbelow(10**24):024d}",
            "notify_type": "trade_status_sync",
            "out_trade_no": payment.reference,
            "seller_id": self._seller_id,
            "subject": payment.details.get("subject", ""),
            "total_amount": yuan(payment.received or payment.amount),
            "trade_no": payment.id,
            "trade_status": self._trades.status(payment),
            "version": "1.0",
        }
        if payment.received is not None and payment.decided_at is not None:
            fields["gmt_payment"] = beijing(payment.decided_at)
        if change.event is Event.PAYMENT_PAID and payment.received is not None:
            received = yuan(payment.received)
            bills = [{"amount": received, "fundChannel": "ALIPAYACCOUNT"}]
            fields["fund_bill_list"] = json.dumps(bills, separators=(",", ":"))
            fields["buyer_pay_amount"] = fields["invoice_amount"] = received
            fields["receipt_amount"], fields["point_amount"] = received, "0.00"
        if change.refund is not None or change.chargeback is not None:
            fields["refund_fee"] = yuan(self.books.returned(payment.id))
        return fields

    def _signed(self, fields: Mapping[str, str]) -> Signed:
        sent = {**fields, "notify_time": beijing(self.books.now())}
        kind = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
        return Signed(kind, wire.notice(sent, self._key))


def _told(change: Change) -> dict[str, str] | None:
    """What a notify says of this kind of change; None if Alipay keeps it to itself."""
    at = beijing(change.at)
    if change.event is Event.PAYMENT_PAID:
        return {}
    if change.payment.status in (PaymentStatus.CANCELLED, PaymentStatus.FAILED):
        return {"gmt_close": at}
    if change.event is Event.CHARGEBACK_CREATED:
        # Alipay calls it a refund, and files it under its own number of the trade.
        return {"gmt_refund": f"{at}.000", "out_biz_no": change.payment.id}
    refund = change.refund
    if change.event is Event.REFUND_DECIDED and refund and refund.status is ReturnStatus.DONE:
        return {"gmt_refund": f"{at}.000", "out_biz_no": refund.details["request"]}
    return None


def _is_accepted(_: int, body: bytes) -> bool:
    return body.strip() == b"success"


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def _json(body: bytes) -> Response:
    # What Alipay calls text is JSON.
    return Response(body, media_type="text/html;charset=utf-8")


def _base(request: Request) -> str:
    """The address that the gateway is asked at, up to its last part."""
    return str(request.url.replace(query="", fragment="")).rpartition("/")[0] + "/"
