"""A day's trade bill as WeChat Pay writes it: back-quoted fields under a head, then the totals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from zhifu.money import Money
from zhifu.providers import LineKind
from zhifu.providers.wechatpay._wire import BEIJING, CURRENCY
from zhifu.sandbox.books import Books
from zhifu.sandbox.records import Line, ReturnStatus
from zhifu.sandbox.wechatpay_orders import OPENID

_HEAD = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,"
    "付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,"
    "退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
)
_COLUMNS = tuple(_HEAD.split(","))
_TOTALS = {
    "应结订单总金额": "应结订单金额",
    "退款总金额": "退款金额",
    "充值券退款总金额": "充值券退款金额",
    "手续费总金额": "手续费",
    "订单总金额": "订单金额",
    "申请退款总金额": "申请退款金额",
}
_NOTHING = {
    "特约商户号": "0",
    "付款银行": "OTHERS",
    "货币种类": CURRENCY,
    "微信退款单号": "0",
    "商户退款单号": "0",
    **dict.fromkeys((*_TOTALS.values(), "代金券金额"), "0.00"),
    "手续费": "0.00000",
}
_STATES = {
    ReturnStatus.PENDING: "PROCESSING",
    ReturnStatus.DONE: "SUCCESS",
    ReturnStatus.FAILED: "FAIL",
}

_Row = Mapping[str, str]


class WeChatBills:
    """The trade bills of one merchant, made of the books' lines.

    WeChat takes back what it owes a learner as a refund that the merchant did not ask for, so
    chargebacks are lines of that kind. Money that comes back is no line of its own: its refund is
    one that failed.
    """

    def __init__(self, books: Books, mchid: str, appid: str, fee_bps: int) -> None:
        self._books = books
        self._merchant = {"商户号": mchid, "公众账号ID": appid}
        self._rate = f"{fee_bps // 100}.{fee_bps % 100:02d}%"

    def bill(self, day: date) -> bytes:
        """The file of a Beijing day, empty if there was nothing on it."""
        since = int(datetime(day.year, day.month, day.day, tzinfo=BEIJING).timestamp())
        until = since + int(timedelta(days=1).total_seconds())
        with self._books.held():
            lines = self._books.lines(since, until)
            rows = [self._row(each, until) for each in lines if _is_told(each)]
        return _file(rows) if rows else b""

    def _row(self, line: Line, until: int) -> _Row:
        payment = self._books.payment(line.payment)
        row = {
            **_NOTHING,
            **self._merchant,
            "交易时间": f"{datetime.fromtimestamp(line.at, BEIJING):%Y-%m-%d %H:%M:%S}",
            "微信订单号": payment.id,
            "商户订单号": payment.reference,
            "用户标识": payment.details.get("openid") or OPENID,
            "交易类型": payment.details.get("trade_type", "NATIVE"),
            "商品名称": payment.details.get("description", ""),
            "费率": self._rate,
        }
        amount = _yuan(abs(line.amount))
        if line.kind is LineKind.PAYMENT:
            fee = f"{_yuan(line.fee)}000"
            return {
                **row,
                "交易状态": "SUCCESS",
                "应结订单金额": amount,
                "订单金额": amount,
                "手续费": fee,
            }
        return {
            **row,
            "交易状态": "REFUND",
            "微信退款单号": line.id,
            "商户退款单号": line.reference if line.kind is LineKind.REFUND else line.id,
            "退款金额": amount,
            "申请退款金额": amount,
            "退款类型": "ORIGINAL",
            "退款状态": _STATES[self._status(line, until)],
        }

    def _status(self, line: Line, until: int) -> ReturnStatus:
        """How a refund stood at the end of the day, which is how its bill tells it for ever."""
        is_refund = line.kind is LineKind.REFUND
        found = self._books.refund(line.id) if is_refund else self._books.chargeback(line.id)
        if found.decided_at is None or found.decided_at >= until:
            return ReturnStatus.PENDING
        return found.status


def _is_told(line: Line) -> bool:
    return line.kind is LineKind.PAYMENT or line.amount.amount < 0


def _file(rows: Sequence[_Row]) -> bytes:
    totals = {"总交易单数": str(len(rows))}
    totals |= {total: _total(each[column] for each in rows) for total, column in _TOTALS.items()}
    lines = [_HEAD, *(_line(each.get(name, "") for name in _COLUMNS) for each in rows)]
    lines += [",".join(totals), _line(totals.values())]
    return "".join(f"{each}\r\n" for each in lines).encode("utf-8-sig")


def _line(cells: Iterable[str]) -> str:
    return ",".join(f"`{each}" for each in cells)


def _total(cells: Iterable[str]) -> str:
    return f"{sum(map(Decimal, cells)):f}"


def _yuan(amount: Money) -> str:
    return f"{amount.to_decimal():f}"
