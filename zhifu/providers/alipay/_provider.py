"""Alipay's merchant interface as zhifu asks it."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import TypeVar

from zhifu.exceptions import (
    InputError,
    InvalidCallback,
    InvalidInput,
    PaymentUnknown,
    ProviderRefused,
)
from zhifu.money import Money
from zhifu.providers import (
    Answer,
    BillLine,
    Callback,
    Checkout,
    Hint,
    Intent,
    ProviderPayment,
    ProviderStatus,
    RefundStatus,
)
from zhifu.providers.alipay import _bill, _notify
from zhifu.providers.alipay._client import AlipayClient, NoAnswerError, Reply
from zhifu.providers.alipay._wire import (
    BEIJING,
    beijing,
    expiry,
    money,
    require_request_number,
    require_trade_number,
    trade_number,
    yuan,
)

GATEWAY = "https://openapi.alipay.com/gateway.do"

#: How long after its expiry a trade that Alipay has not heard of may still turn up.
_EXPIRY_GRACE_SECONDS = 300

_NO_TRADE = "ACQ.TRADE_NOT_EXIST"
_LONGEST_SUBJECT = 256

_STATUSES = {
    "WAIT_BUYER_PAY": ProviderStatus.PENDING,
    "TRADE_SUCCESS": ProviderStatus.PAID,
    "TRADE_FINISHED": ProviderStatus.PAID,
    "TRADE_CLOSED": ProviderStatus.FAILED,
}

_T = TypeVar("_T")

_log = logging.getLogger(__name__)


class AlipayProvider:
    """Payments in CNY by a page of Alipay's ("page") or a code to scan ("precreate").

    `seller_id` is the merchant's account (2088…), `notify_url` where Alipay sends its callbacks,
    `base_url` the gateway's address, `clock` tells Unix seconds. Keys are RSA, in PEM or the bare
    base64 that Alipay's console shows: ours to sign with, and Alipay's (not the application's own)
    to verify with. Days of bills are Beijing's. Raises InvalidInput for a setting that cannot work.
    """

    #: Whose days its bills are of.
    zone = BEIJING

    def __init__(
        self,
        *,
        app_id: str,
        seller_id: str,
        private_key: str,
        alipay_public_key: str,
        notify_url: str,
        base_url: str | None = None,
        name: str = "alipay",
        timeout_seconds: float = 10.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.name = name
        self._app_id = app_id
        self._seller_id = seller_id
        self._clock = clock
        self._client = AlipayClient(
            app_id=app_id,
            private_key=private_key,
            alipay_public_key=alipay_public_key,
            notify_url=notify_url,
            base_url=base_url or GATEWAY,
            timeout_seconds=timeout_seconds,
            clock=clock,
        )

    def create(self, intent: Intent) -> Checkout:
        """A page to open (`redirect_url`), made without asking Alipay, or a `code_url` to show.

        Until its learner opens it, a payment is pending and cannot be cancelled before it expires.
        """
        number = trade_number(intent.payment_id, intent.expires_at)
        if intent.expires_at <= self._clock():
            raise ProviderRefused(self.name, number, "it has expired")
        trade = {
            "out_trade_no": number,
            "total_amount": yuan(intent.amount),
            "subject": _subject(intent.description),
            "time_expire": beijing(intent.expires_at),
        }
        if intent.method == "page":
            trade["product_code"] = "FAST_INSTANT_TRADE_PAY"
            url = self._client.link("alipay.trade.page.pay", trade, intent.return_url)
            return Checkout(number, {"redirect_url": url})
        if intent.method == "precreate":
            return Checkout(number, {"code_url": self._code(number, trade)})
        raise InvalidInput("method", "must be page or precreate", intent.method)

    def query(self, provider_payment_id: str) -> ProviderPayment:
        """What became of a payment; its amount is the order's, whoever paid a part of it.

        A trade that was paid and wholly refunded is closed for Alipay, and PAID here. Charged back
        is what was refunded without an id of ours: by Alipay, or by hand in its console.
        """
        number = require_trade_number(provider_payment_id)
        try:
            return self._payment(number)
        except NoAnswerError as silence:
            _log.warning("alipay did not say what became of %s: %s", number, silence)
            return ProviderPayment(ProviderStatus.UNKNOWN)

    def cancel(self, provider_payment_id: str) -> None:
        """Close a payment. One that nobody opened yet stays open until it expires."""
        number = require_trade_number(provider_payment_id)
        reply = self._ask(number, "alipay.trade.close", {"out_trade_no": number})
        if reply.refusal is None and reply.fields.get("out_trade_no") == number:
            return
        status = self.query(number).status
        if status is ProviderStatus.PAID:
            raise ProviderRefused(self.name, number, "the payment is paid")
        if status is not ProviderStatus.FAILED:
            raise PaymentUnknown(self.name, number)

    def refund(self, provider_payment_id: str, amount: Money, refund_id: str) -> RefundStatus:
        """Send money of a payment back, whole or in part, under a refund id of ours."""
        number = require_trade_number(provider_payment_id)
        request = {
            "out_trade_no": number,
            "out_request_no": require_request_number(refund_id, number),
            "refund_amount": yuan(amount),
        }
        reply = self._ask(number, "alipay.trade.refund", request)
        if reply.refusal is None and _says(reply, "fund_change", "Y", number):
            return RefundStatus.DONE
        # Nothing moved now: it was done before, is not done yet, or was refused.
        done = self._known(number, lambda: self._refunded(number, refund_id))
        if done is None and reply.refusal is not None:
            raise ProviderRefused(self.name, number, reply.refusal)
        if done is not None and done != amount:
            raise ProviderRefused(self.name, number, "the refund id was used for another refund")
        return RefundStatus.PENDING if done is None else RefundStatus.DONE

    def verify(self, callback: Callback) -> Hint:
        """What a notify is about: signed by Alipay, for this application and seller, and not old.

        Alipay repeats a notify for a day under one `notify_id`, which is the event id.
        """
        ours = {"app_id": self._app_id, "seller_id": self._seller_id}
        try:
            return _notify.hint(callback, self._client.signed, ours)
        except _notify.NotGenuineError as reason:
            raise InvalidCallback(self.name, str(reason)) from None

    def answer(self, accepted: bool) -> Answer:
        """The word that ends or repeats a notify."""
        word = b"success" if accepted else b"fail"
        return Answer(200 if accepted else 400, "text/plain; charset=utf-8", word)

    def transactions(self, day: date) -> Iterator[BillLine]:
        """The lines of a Beijing day's bill, which is made until nine the next morning.

        Where there is no bill nothing was traded; that is only known a day after.
        """
        asked = {"bill_type": "trade", "bill_date": day.isoformat()}
        bill = f"bill {day.isoformat()}"
        reply = self._ask(bill, "alipay.data.dataservice.bill.downloadurl.query", asked)
        if reply.refusal is None:
            return iter(self._known(bill, lambda: self._lines(reply)))
        if not _no_bill(reply.refusal):
            raise ProviderRefused(self.name, bill, reply.refusal)
        if datetime.fromtimestamp(self._clock(), BEIJING).date() <= day + timedelta(days=1):
            raise PaymentUnknown(self.name, bill)
        return iter(())

    def _code(self, number: str, trade: Mapping[str, str]) -> str:
        reply = self._ask(number, "alipay.trade.precreate", trade)
        if reply.refusal is not None:
            raise ProviderRefused(self.name, number, reply.refusal)
        code = reply.fields.get("qr_code")
        if not isinstance(code, str) or reply.fields.get("out_trade_no") != number:
            raise PaymentUnknown(self.name, number)
        return code

    def _payment(self, number: str) -> ProviderPayment:
        reply = self._client.ask("alipay.trade.query", {"out_trade_no": number})
        if reply.refusal == _NO_TRADE:
            return ProviderPayment(self._unopened(number))
        status = _status(reply, number)
        amount = _amount(reply, "total_amount")
        if status is not ProviderStatus.PAID:
            return ProviderPayment(status, amount)
        taken = self._taken_back(number, str(reply.fields.get("trade_no", "")))
        return ProviderPayment(status, amount, charged_back=taken)

    def _unopened(self, number: str) -> ProviderStatus:
        """A trade that Alipay has not heard of."""
        until = expiry(number)
        if until is None or self._clock() > until + _EXPIRY_GRACE_SECONDS:
            return ProviderStatus.FAILED
        return ProviderStatus.PENDING

    def _taken_back(self, number: str, trade_no: str) -> Money | None:
        """What was refunded without an id: Alipay then files it under the trade's own numbers."""
        found = [self._refunded(number, each) for each in (number, trade_no) if each]
        taken = [each for each in found if each is not None]
        return sum(taken[1:], taken[0]) if taken else None

    def _refunded(self, number: str, request: str) -> Money | None:
        """How much was refunded under a request number; None if nothing."""
        reply = self._client.ask(
            "alipay.trade.fastpay.refund.query",
            {"out_trade_no": number, "out_request_no": request},
        )
        if reply.refusal is not None and not reply.refusal.endswith("TRADE_NOT_EXIST"):
            raise NoAnswerError(reply.refusal)
        if reply.refusal is not None or "refund_status" not in reply.fields:
            return None
        if not _says(reply, "out_request_no", request, number):
            raise NoAnswerError("the answer is about another refund")
        if reply.fields["refund_status"] != "REFUND_SUCCESS":
            return None
        return _amount(reply, "refund_amount")

    def _lines(self, reply: Reply) -> list[BillLine]:
        try:
            return _bill.lines(self._client.download(str(reply.fields.get("bill_download_url"))))
        except _bill.UnreadableBillError as cause:
            raise NoAnswerError(str(cause)) from None

    def _ask(self, about: str, method: str, content: Mapping[str, object]) -> Reply:
        return self._known(about, lambda: self._client.ask(method, content))

    def _known(self, about: str, ask: Callable[[], _T]) -> _T:
        try:
            return ask()
        except NoAnswerError as silence:
            _log.warning("alipay left open %s: %s", about, silence)
            raise PaymentUnknown(self.name, about) from None


def _status(reply: Reply, number: str) -> ProviderStatus:
    status = _STATUSES.get(str(reply.fields.get("trade_status")))
    if reply.refusal is not None or status is None or reply.fields.get("out_trade_no") != number:
        raise NoAnswerError(reply.refusal or "the trade has no status")
    # A trade that was paid and wholly refunded is closed too, but has been paid out.
    if status is ProviderStatus.FAILED and reply.fields.get("send_pay_date"):
        return ProviderStatus.PAID
    return status


def _amount(reply: Reply, field: str) -> Money:
    try:
        return money(reply.fields.get(field))
    except InputError as cause:
        raise NoAnswerError(f"{field}: {cause.rule}") from None


def _says(reply: Reply, field: str, value: str, number: str) -> bool:
    return reply.fields.get(field) == value and reply.fields.get("out_trade_no") == number


def _subject(description: str) -> str:
    """The description without what Alipay forbids in a title, or what would split a bill's line."""
    text = " ".join(re.sub(r"[/=&,\"\x00-\x1f]", " ", description).split())[:_LONGEST_SUBJECT]
    if not text:
        raise InvalidInput("description", "must not be empty", description)
    return text


def _no_bill(refusal: str) -> bool:
    return refusal.upper().endswith(("BILL_NOT_EXIST", "NO_BILL_DATA"))
