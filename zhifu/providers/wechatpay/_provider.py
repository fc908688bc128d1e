"""WeChat Pay's merchant interface as zhifu asks it."""

from __future__ import annotations

import json
import logging
import secrets
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from zhifu.exceptions import InvalidCallback, PaymentUnknown, ProviderRefused
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
from zhifu.providers.wechatpay import _bill, _callback, _order, _refund
from zhifu.providers.wechatpay._client import NoAnswerError, Reply, WeChatPayClient
from zhifu.providers.wechatpay._wire import (
    BEIJING,
    CURRENCY,
    fen,
    require_refund_number,
    require_trade_number,
)

API = "https://api.mch.weixin.qq.com"

#: When a day's bill is made by, in hours of the next day.
_BILL_HOUR = 10

_NEVER_HEARD_OF = ("ORDER_NOT_EXIST", "ORDERNOTEXIST", "RESOURCE_NOT_EXISTS")
_NO_BILL = "NO_STATEMENT_EXIST"
_BILL_TO_COME = "STATEMENT_CREATING"

_T = TypeVar("_T")

_log = logging.getLogger(__name__)


class WeChatPayProvider:
    """Payments in CNY by a code to scan ("native") or inside WeChat ("jsapi").

    `private_key` and `certificate_serial` are of the merchant's API certificate, `public_key` and
    `public_key_id` of WeChat Pay (no other key's signature is believed, and none is fetched), all
    keys RSA in PEM. `apiv3_key` opens callbacks, `notify_url` is where WeChat sends them,
    `base_url` the host to ask, `clock` tells Unix seconds. Days of bills are Beijing's. Raises
    InvalidInput for a setting that cannot work.
    """

    #: Whose days its bills are of.
    zone = BEIJING

    def __init__(
        self,
        *,
        mchid: str,
        appid: str,
        private_key: str,
        certificate_serial: str,
        apiv3_key: str,
        public_key: str,
        public_key_id: str,
        notify_url: str,
        base_url: str | None = None,
        name: str = "wechatpay",
        timeout_seconds: float = 10.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.name = name
        self._mchid = mchid
        self._appid = appid
        self._clock = clock
        self._client = WeChatPayClient(
            mchid=mchid,
            appid=appid,
            private_key=private_key,
            certificate_serial=certificate_serial,
            apiv3_key=apiv3_key,
            public_key=public_key,
            public_key_id=public_key_id,
            notify_url=notify_url,
            base_url=base_url or API,
            timeout_seconds=timeout_seconds,
            clock=clock,
        )

    def create(self, intent: Intent) -> Checkout:
        """An order: a `code_url` to show, or the fields that open the payment inside WeChat.

        Of a payment that is paid already there is nothing left to do, and `action` is empty.
        """
        order = _order.request(intent)
        number = intent.payment_id
        reply = self._ask(number, lambda sdk: sdk.pay(**order))
        if reply.refusal is not None:
            self._require_paid(number, intent.amount, reply.refusal)
            return Checkout(number, {})
        if intent.method == "jsapi":
            return Checkout(number, self._client_fields(self._text(number, reply, "prepay_id")))
        return Checkout(number, {"code_url": self._text(number, reply, "code_url")})

    def query(self, provider_payment_id: str) -> ProviderPayment:
        """What became of a payment; its amount is the order's, coupons included."""
        number = require_trade_number(provider_payment_id)
        try:
            return self._found(number)[0]
        except NoAnswerError as silence:
            _log.warning("wechatpay did not say what became of %s: %s", number, silence)
            return ProviderPayment(ProviderStatus.UNKNOWN)

    def cancel(self, provider_payment_id: str) -> None:
        """Close an order; one that WeChat never heard of has no code that could be scanned."""
        number = require_trade_number(provider_payment_id)
        reply = self._ask(number, lambda sdk: sdk.close(number))
        if reply.refusal is None:
            return
        status = self.query(number).status
        if status is ProviderStatus.PAID:
            raise ProviderRefused(self.name, number, "the payment is paid")
        if status is not ProviderStatus.FAILED:
            raise PaymentUnknown(self.name, number)

    def refund(self, provider_payment_id: str, amount: Money, refund_id: str) -> RefundStatus:
        """Send money of a payment back, whole or in part, under a refund id of ours.

        FAILED is a refund that WeChat closed, or that did not reach the learner's account and waits
        for the merchant in WeChat's console.
        """
        number = require_trade_number(provider_payment_id)
        refund_number = require_refund_number(refund_id)
        returned = {"refund": fen(amount), "currency": CURRENCY}
        payment, transaction_id = self._known(number, lambda: self._found(number))
        if payment.status is not ProviderStatus.PAID or payment.amount is None:
            raise ProviderRefused(self.name, number, "the payment is not paid")
        returned["total"] = payment.amount.amount
        reply = self._ask(
            number,
            lambda sdk: sdk.refund(refund_number, returned, transaction_id=transaction_id),
        )
        if reply.refusal is not None:
            reply = self._earlier(number, refund_number, reply.refusal)
        made = self._known(number, lambda: _refund.made(reply.fields, refund_number))
        if made[:2] != (number, amount):
            raise ProviderRefused(self.name, number, "the refund id was used for another refund")
        return made.status

    def verify(self, callback: Callback) -> Hint:
        """What a callback is about: sealed by WeChat, for this merchant and app, and fresh."""
        try:
            return _callback.hint(callback, self._client, mchid=self._mchid, appid=self._appid)
        except _callback.NotGenuineError as reason:
            raise InvalidCallback(self.name, str(reason)) from None

    def answer(self, accepted: bool) -> Answer:
        """Nothing, which ends a callback, or a failure, after which WeChat sends it again."""
        if accepted:
            return Answer(204, "application/json", b"")
        body = json.dumps({"code": "FAIL", "message": "not accepted"})
        return Answer(400, "application/json", body.encode())

    def transactions(self, day: date) -> Iterator[BillLine]:
        """The lines of a Beijing day's bill, which is made until ten the next morning.

        A refund is in the bill of the day it was asked for. Where there is no bill nothing was
        traded; that is only known once it is time for one.
        """
        bill = f"bill {day.isoformat()}"
        reply = self._ask(bill, lambda sdk: sdk.trade_bill(day.isoformat()))
        if reply.refusal is None:
            return iter(self._known(bill, lambda: self._lines(reply)))
        made_by = datetime(day.year, day.month, day.day, tzinfo=BEIJING)
        made_by += timedelta(days=1, hours=_BILL_HOUR)
        to_come = reply.refusal == _NO_BILL and self._clock() < made_by.timestamp()
        if to_come or reply.refusal == _BILL_TO_COME:
            raise PaymentUnknown(self.name, bill)
        if reply.refusal != _NO_BILL:
            raise ProviderRefused(self.name, bill, reply.refusal)
        return iter(())

    # Payments

    def _found(self, number: str) -> tuple[ProviderPayment, str]:
        """A payment and WeChat's own number of it, if it has one; raises NoAnswerError."""
        reply = self._client.ask(lambda sdk: sdk.query(out_trade_no=number))
        if reply.refusal in _NEVER_HEARD_OF:
            return ProviderPayment(ProviderStatus.FAILED), ""
        if reply.refusal is not None:
            raise NoAnswerError(reply.refusal)
        if (reply.fields.get("out_trade_no"), reply.fields.get("mchid")) != (number, self._mchid):
            raise NoAnswerError("the answer is about another order")
        return _order.payment(reply.fields), str(reply.fields.get("transaction_id", ""))

    def _require_paid(self, number: str, amount: Money, refusal: str) -> None:
        """An order is refused that was paid already: the same payment again, or another one."""
        payment = self._known(number, lambda: self._found(number))[0]
        if payment != ProviderPayment(ProviderStatus.PAID, amount):
            raise ProviderRefused(self.name, number, refusal)

    def _client_fields(self, prepay_id: str) -> dict[str, str]:
        """What WeChat's client needs to open a payment, signed by the merchant."""
        at, nonce = str(int(self._clock())), secrets.token_hex(16)
        package = f"prepay_id={prepay_id}"
        return {
            "prepay_id": prepay_id,
            "appId": self._appid,
            "timeStamp": at,
            "nonceStr": nonce,
            "package": package,
            "signType": "RSA",
            "paySign": self._client.sdk.sign([self._appid, at, nonce, package]),
        }

    # Refunds

    def _earlier(self, number: str, refund_number: str, refusal: str) -> Reply:
        """The refund that was made under this number before, when another is refused."""
        reply = self._ask(number, lambda sdk: sdk.query_refund(refund_number))
        if reply.refusal is None:
            return reply
        # The order was found paid a moment ago, so this is a slip of WeChat's.
        if refusal in _NEVER_HEARD_OF or reply.refusal not in _NEVER_HEARD_OF:
            raise PaymentUnknown(self.name, number)
        raise ProviderRefused(self.name, number, refusal)

    # Asking

    def _ask(self, about: str, request: Callable[[Any], tuple[int, str]]) -> Reply:
        return self._known(about, lambda: self._client.ask(request))

    def _known(self, about: str, ask: Callable[[], _T]) -> _T:
        try:
            return ask()
        except NoAnswerError as silence:
            _log.warning("wechatpay left open %s: %s", about, silence)
            raise PaymentUnknown(self.name, about) from None

    def _text(self, number: str, reply: Reply, field: str) -> str:
        found = reply.fields.get(field)
        if not isinstance(found, str) or not found:
            raise PaymentUnknown(self.name, number)
        return found

    def _lines(self, reply: Reply) -> list[BillLine]:
        if reply.fields.get("hash_type") != "SHA1":
            raise NoAnswerError("the bill has no digest")
        file = self._client.download(reply.fields.get("download_url"))
        try:
            return _bill.lines(file, str(reply.fields.get("hash_value")))
        except _bill.UnreadableBillError as cause:
            raise NoAnswerError(str(cause)) from None
