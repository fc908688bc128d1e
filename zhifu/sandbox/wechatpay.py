"""WeChat Pay v3 as the sandbox serves it: signed requests in, sealed answers and callbacks out.

POST /v3/pay/transactions/native                    an order with a code to scan
POST /v3/pay/transactions/jsapi                     an order that is paid inside WeChat
GET  /v3/pay/transactions/out-trade-no/{number}     what became of an order
POST /v3/pay/transactions/out-trade-no/{number}/close
POST /v3/refund/domestic/refunds                    a refund, whole or in part
GET  /v3/refund/domestic/refunds/{number}
GET  /v3/bill/tradebill                             where the bill of a day is
GET  /v3/billdownload/file
"""

from __future__ import annotations

import gzip
import hashlib
import json
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, TypeAlias

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from zhifu.exceptions import InputError
from zhifu.providers.wechatpay._wire import BEIJING
from zhifu.sandbox.books import Books
from zhifu.sandbox.deliveries import Notice
from zhifu.sandbox.keys import WeChatPayKeys
from zhifu.sandbox.records import Change, Refused
from zhifu.sandbox.wechatpay_bill import WeChatBills
from zhifu.sandbox.wechatpay_callbacks import WeChatCallbacks
from zhifu.sandbox.wechatpay_orders import Fields, WeChatOrders, refusal
from zhifu.sandbox.wechatpay_wire import Asked, WeChatPayWire, WeChatRefused, plain

_JSON = "application/json; charset=utf-8"
_GZIP = "application/x-gzip"


class _Call(NamedTuple):
    """A request of the merchant, and what is in its body."""

    request: Request
    content: Mapping[str, Any]

    @property
    def number(self) -> str:
        """The merchant's number of the order or refund that the address names."""
        return str(self.request.path_params["number"])


_Operation: TypeAlias = Callable[[_Call], Fields | bytes | None]


class WeChatPaySandbox:
    """One merchant and app at a simulated WeChat Pay.

    `fee_bps` is kept of each payment. With `holds_refunds` a refund stays under way until it is
    decided in the books or by the control plane, else it arrives as soon as it was answered.
    `clock` tells the Unix seconds that payments and bills go by; signatures go by the true ones.
    """

    name = "wechatpay"

    def __init__(
        self,
        keys: WeChatPayKeys,
        *,
        fee_bps: int = 0,
        holds_refunds: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.books = Books(self.name, fee_bps=fee_bps, clock=clock)
        self._mchid = keys.mchid
        self._wire = WeChatPayWire(keys)
        self._orders = WeChatOrders(self.books, keys.mchid, keys.appid, holds_refunds=holds_refunds)
        self._callbacks = WeChatCallbacks(self._wire, self._orders, keys.mchid)
        self._bills = WeChatBills(self.books, keys.mchid, keys.appid, fee_bps)
        self._tokens: dict[str, date] = {}

    def routes(self) -> Sequence[BaseRoute]:
        """WeChat's addresses, as far as a payment needs them."""
        order, refunds = "/v3/pay/transactions", "/v3/refund/domestic/refunds"
        return [
            self._route("POST", f"{order}/native", self._native),
            self._route("POST", f"{order}/jsapi", self._jsapi),
            self._route("GET", f"{order}/out-trade-no/{{number}}", self._query),
            self._route("POST", f"{order}/out-trade-no/{{number}}/close", self._close),
            self._route("POST", refunds, self._refund),
            self._route("GET", f"{refunds}/{{number}}", self._query_refund),
            self._route("GET", "/v3/bill/tradebill", self._trade_bill),
            self._route("GET", "/v3/billdownload/file", self._download),
        ]

    def notices(self, change: Change) -> Iterable[Notice]:
        """Payments that were made, and refunds that are decided."""
        return self._callbacks.of(change)

    # Operations

    def _native(self, call: _Call) -> Fields:
        payment = self._orders.order(call.content, "NATIVE")
        code = hashlib.sha256(payment.id.encode()).hexdigest()[:9]
        return {"code_url": f"weixin://wxpay/bizpayurl?pr={code}"}

    def _jsapi(self, call: _Call) -> Fields:
        payment = self._orders.order(call.content, "JSAPI")
        return {"prepay_id": f"wx{payment.id}{secrets.token_hex(4)}"}

    def _query(self, call: _Call) -> Fields:
        self._require_mchid(call.request.query_params.get("mchid"))
        return self._orders.found(call.number)

    def _close(self, call: _Call) -> None:
        self._require_mchid(call.content.get("mchid"))
        self._orders.close(call.number)

    def _refund(self, call: _Call) -> Fields:
        return self._orders.refund(call.content)

    def _query_refund(self, call: _Call) -> Fields:
        return self._orders.found_refund(call.number)

    def _trade_bill(self, call: _Call) -> Fields:
        day = date.fromisoformat(call.request.query_params["bill_date"])
        if day >= datetime.fromtimestamp(self.books.now(), BEIJING).date():
            raise WeChatRefused(400, "INVALID_REQUEST", "账单日期有误")
        file = self._bills.bill(day)
        if not file:
            raise WeChatRefused(400, "NO_STATEMENT_EXIST", "账单文件不存在")
        token = secrets.token_urlsafe(24)
        self._tokens[token] = day
        packing = "&tartype=gzip" if call.request.query_params.get("tar_type") == "GZIP" else ""
        return {
            "download_url": f"{_address(call.request)}/v3/billdownload/file?token={token}{packing}",
            "hash_type": "SHA1",
            "hash_value": hashlib.sha1(file, usedforsecurity=False).hexdigest(),
        }

    def _download(self, call: _Call) -> bytes:
        day = self._tokens.get(call.request.query_params.get("token", ""))
        if day is None:
            raise WeChatRefused(404, "RESOURCE_NOT_EXISTS", "账单文件不存在")
        file = self._bills.bill(day)
        return gzip.compress(file) if call.request.query_params.get("tartype") == "gzip" else file

    def _require_mchid(self, mchid: object) -> None:
        if mchid != self._mchid:
            raise WeChatRefused(400, "PARAM_ERROR", "mchid参数错误")

    # Answering

    def _route(self, method: str, path: str, operation: _Operation) -> BaseRoute:
        return Route(path, self._endpoint(operation), methods=[method])

    def _endpoint(self, operation: _Operation) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            asked = _asked(request, await request.body())
            return await run_in_threadpool(self._answer, operation, request, asked)

        return endpoint

    def _answer(self, operation: _Operation, request: Request, asked: Asked) -> Response:
        try:
            self._wire.require_merchant(asked)
        except WeChatRefused as refused:
            # Who signed the request is not known, so the answer is for nobody in particular.
            return Response(_complaint(refused), refused.status, media_type=_JSON)
        try:
            done = _done(operation, request, asked.body, self.books)
        except WeChatRefused as refused:
            return self._sealed(refused.status, _complaint(refused))
        if isinstance(done, bytes):
            return Response(done, media_type=_GZIP)
        return self._sealed(204, b"") if done is None else self._sealed(200, plain(done))

    def _sealed(self, status: int, body: bytes) -> Response:
        headers = {**self._wire.sealed(body), "Request-ID": secrets.token_hex(20).upper()}
        return Response(body, status, headers, _JSON)


def _done(
    operation: _Operation, request: Request, body: bytes, books: Books
) -> Fields | bytes | None:
    try:
        call = _Call(request, json.loads(body or b"{}"))
        with books.held():
            return operation(call)
    except Refused as refused:
        raise refusal(refused) from None
    except (InputError, ValueError, KeyError, TypeError):
        raise WeChatRefused(400, "PARAM_ERROR", "参数错误") from None


def _asked(request: Request, body: bytes) -> Asked:
    """A request as the merchant signed it, who knows nothing of the path we are served under."""
    path = request.scope["raw_path"].decode("ascii").removeprefix(request.scope["root_path"])
    query = request.scope["query_string"].decode("ascii")
    return Asked(request.method, f"{path}?{query}" if query else path, request.headers, body)


def _address(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}{request.scope['root_path']}"


def _complaint(refused: WeChatRefused) -> bytes:
    return plain({"code": refused.code, "message": refused.message})
