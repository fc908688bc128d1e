"""The bill of a day at WeChat Pay: as it is made, and only if it is whole."""

from __future__ import annotations

import gzip
import hashlib
import time
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.integration.wechatpay.scene import DAY as DAY_SECONDS
from tests.integration.wechatpay.scene import PAID, Scene, Staged
from tests.integration.wechatpay.server import AMOUNT, NUMBER, Said, WeChat, provider, sealed
from zhifu.exceptions import PaymentUnknown, ProviderRefused
from zhifu.money import Money
from zhifu.providers import BillLine, LineKind
from zhifu.providers.wechatpay import WeChatPayProvider
from zhifu.providers.wechatpay._wire import BEIJING
from zhifu.sandbox.records import ReturnStatus

DAY = date(2026, 3, 27)


def test_a_days_bill_adds_up_to_what_happened(scene: Scene) -> None:
    """WECHAT-7"""
    day = scene.clock.to_a_past_noon()
    first = scene.paid(description='甲,乙 `丙` "丁"')
    second = scene.paid(amount=Money(1, "CNY"))
    scene.opened()
    scene.wechat.refund(first, Money(900, "CNY"), "ref_1")
    scene.clock.back()
    third = scene.paid()
    bill = list(scene.wechat.transactions(day))
    assert [(each.kind, each.provider_payment_id, each.reference) for each in bill] == [
        (LineKind.PAYMENT, first, first),
        (LineKind.PAYMENT, second, second),
        (LineKind.REFUND, first, "ref_1"),
    ]
    assert [each.amount.amount for each in bill] == [4900, 1, -900]
    assert [each.fee for each in bill] == [Money(fen, "CNY") for fen in (29, 0, 0)]
    start = int(datetime(day.year, day.month, day.day, tzinfo=BEIJING).timestamp())
    lines = scene.books.lines(start, start + DAY_SECONDS)
    assert [(each.amount, each.fee, each.at) for each in lines] == [
        (each.amount, each.fee, each.at) for each in bill
    ]
    assert third not in {each.provider_payment_id for each in bill}


def test_what_wechat_gave_back_unasked_is_a_refund_with_a_number_of_its_own(scene: Scene) -> None:
    """WECHAT-7"""
    day = scene.clock.to_a_past_noon()
    number = scene.paid()
    scene.books.charge_back(scene.books.payment_by_reference(number).id, Money(100, "CNY"))
    scene.clock.back()
    taken = list(scene.wechat.transactions(day))[1]
    assert (taken.kind, taken.amount) == (LineKind.REFUND, Money(-100, "CNY"))
    assert taken.provider_payment_id == number
    assert taken.reference not in ("", number)
    assert scene.wechat.query(number) == PAID


def test_a_refund_that_failed_is_no_line(staged: Staged) -> None:
    """WECHAT-7"""
    scene = staged(holds_refunds=True)
    day = scene.clock.to_a_past_noon()
    number = scene.paid()
    scene.wechat.refund(number, AMOUNT, "ref_1")
    refund = scene.books.refund_by_reference("ref_1")
    scene.books.decide_refund(refund.id, ReturnStatus.FAILED)
    scene.clock.back()
    assert [each.amount for each in scene.wechat.transactions(day)] == [AMOUNT]


def test_a_day_without_trade_has_no_lines(scene: Scene) -> None:
    """WECHAT-7"""
    long_ago = datetime.now(BEIJING).date() - timedelta(days=3)
    assert list(scene.wechat.transactions(long_ago)) == []


def test_a_day_that_is_not_over_has_no_bill(scene: Scene) -> None:
    scene.paid()
    with pytest.raises(ProviderRefused):
        scene.wechat.transactions(datetime.now(BEIJING).date() + timedelta(days=1))


HEAD = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,"
    "付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,"
    "退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
)
TOTALS = (
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
)


def row(**cells: str) -> str:
    known = dict.fromkeys(HEAD.split(","), "") | {
        "交易时间": "2026-03-27 18:12:46",
        "商户订单号": NUMBER,
        "微信订单号": "4200000000202603270123456789",
        "交易状态": "SUCCESS",
        "货币种类": "CNY",
        "商品名称": "课程",
        "商户退款单号": "0",
        "订单金额": "49.00",
        "申请退款金额": "0.00",
        "手续费": "0.29000",
    }
    return ",".join(f"`{each}" for each in (known | cells).values())


REFUND_ROW = {
    "交易状态": "REFUND",
    "商户退款单号": "ref_1",
    "退款状态": "PROCESSING",
    "订单金额": "0.00",
    "申请退款金额": "9.00",
    "手续费": "-0.05000",
}


def bill(rows: Sequence[str], totals: str, end: str = "\r\n") -> bytes:
    text = end.join([HEAD, *rows, TOTALS, totals, ""])
    return text.encode("utf-8-sig")


WHOLE = bill([row(), row(**REFUND_ROW)], "`2,`49.00,`9.00,`0.00,`0.24000,`49.00,`9.00")
LINES = [
    BillLine(LineKind.PAYMENT, NUMBER, NUMBER, AMOUNT, Money(29, "CNY"), 1_774_606_366),
    BillLine(LineKind.REFUND, NUMBER, "ref_1", -Money(900, "CNY"), -Money(5, "CNY"), 1_774_606_366),
]


def serve(wechat: WeChat, file: bytes, url: str | None = None, **change: Any) -> None:
    address = {
        "hash_type": "SHA1",
        "hash_value": hashlib.sha1(file, usedforsecurity=False).hexdigest(),
        "download_url": url or f"{wechat.url}/v3/billdownload/file?token=t&tartype=gzip",
    }
    wechat.says(sealed(200, {**address, **change}), "/v3/bill/tradebill")
    wechat.says(Said(200, {"Content-Type": "application/x-gzip"}, gzip.compress(file)), "/file")


def test_a_bill_is_read_to_the_fen(wechat: WeChat, zhifu: WeChatPayProvider) -> None:
    """WECHAT-7"""
    serve(wechat, WHOLE)
    assert list(zhifu.transactions(DAY)) == LINES
    assert [path for _, path, _, _ in wechat.asked] == [
        "/v3/bill/tradebill?bill_date=2026-03-27&bill_type=ALL&tar_type=GZIP",
        "/v3/billdownload/file?token=t&tartype=gzip",
    ]


def test_a_bill_is_read_however_it_is_packed(wechat: WeChat, zhifu: WeChatPayProvider) -> None:
    """WECHAT-7"""
    plain = bill([row()], "`1,`49.00,`0.00,`0.00,`0.29000,`49.00,`0.00", end="\n")
    serve(wechat, plain)
    wechat.says(Said(200, {}, plain), "/file")
    assert list(zhifu.transactions(DAY)) == LINES[:1]


@pytest.mark.parametrize("goods", ["甲,乙", "甲,`乙,`丙", "`", "甲\"'乙"])
def test_goods_may_be_called_anything(wechat: WeChat, zhifu: WeChatPayProvider, goods: str) -> None:
    """WECHAT-7"""
    rows = [row(商品名称=goods, 商户数据包=goods)]
    serve(wechat, bill(rows, "`1,`49.00,`0.00,`0.00,`0.29000,`49.00,`0.00"))
    assert list(zhifu.transactions(DAY)) == LINES[:1]


def test_a_file_is_fetched_from_the_host_that_is_asked(
    wechat: WeChat, zhifu: WeChatPayProvider
) -> None:
    """WECHAT-7"""
    serve(wechat, WHOLE, url="http://127.0.0.1:9/v3/billdownload/file?token=t")
    assert list(zhifu.transactions(DAY)) == LINES


BROKEN = {
    "another file": (WHOLE, {"hash_value": "0" * 40}),
    "no digest": (WHOLE, {"hash_type": "MD5"}),
    "no address": (WHOLE, {"download_url": "http://["}),
    "no totals": (HEAD.encode(), {}),
    "too few lines": (bill([row()], "`2,`49.00,`0.00,`0.00,`0.29,`49.00,`0.00"), {}),
    "another sum": (bill([row()], "`1,`49.00,`0.00,`0.00,`0.29,`49.01,`0.00"), {}),
    "another fee": (bill([row()], "`1,`49.00,`0.00,`0.00,`0.28,`49.00,`0.00"), {}),
    "another refund": (bill([row()], "`1,`49.00,`0.00,`0.00,`0.29,`49.00,`9.00"), {}),
    "a line cut short": (bill([row()[:-20]], "`1,`49.00,`0.00,`0.00,`0.29,`49.00,`0.00"), {}),
    "a field missing": (
        bill(
            [row(**REFUND_ROW, 微信退款单号="x").replace(",`x", "")],
            "`1,`0.00,`9.00,`0.00,`-0.05000,`0.00,`9.00",
        ),
        {},
    ),
    "a part of a fen": (
        bill([row(手续费="0.29400")], "`1,`49.00,`0.00,`0.00,`0.29400,`49.00,`0.00"),
        {},
    ),
    "dollars": (bill([row(货币种类="USD")], "`1,`49.00,`0.00,`0.00,`0.29,`49.00,`0.00"), {}),
    "no time": (bill([row(交易时间="noon")], "`1,`49.00,`0.00,`0.00,`0.29,`49.00,`0.00"), {}),
    "no UTF-8": (b"\xff\xfe", {}),
}


@pytest.mark.parametrize(("file", "change"), BROKEN.values(), ids=BROKEN.keys())
def test_a_bill_that_is_not_whole_is_no_bill(
    wechat: WeChat, zhifu: WeChatPayProvider, file: bytes, change: dict[str, Any]
) -> None:
    """WECHAT-7"""
    serve(wechat, file, **change)
    with pytest.raises(PaymentUnknown):
        zhifu.transactions(DAY)


@pytest.mark.parametrize("cut", [lambda file: file[:-9], lambda file: file[:40], lambda _: b""])
def test_a_file_that_is_cut_short_is_no_bill(
    wechat: WeChat, zhifu: WeChatPayProvider, cut: Callable[[bytes], bytes]
) -> None:
    """WECHAT-7"""
    serve(wechat, WHOLE)
    wechat.says(Said(200, {}, cut(gzip.compress(WHOLE))), "/file")
    with pytest.raises(PaymentUnknown):
        zhifu.transactions(DAY)


def test_a_day_counts_as_empty_once_it_is_time_for_its_bill(wechat: WeChat) -> None:
    """WECHAT-7"""
    ten = datetime(2026, 3, 28, 10, tzinfo=BEIJING).timestamp()
    # The seal is the true clock's, so that it must be told to be of the same time.
    missing = sealed(400, {"code": "NO_STATEMENT_EXIST", "message": ""}, age=time.time() - ten)
    wechat.says(missing)
    with pytest.raises(PaymentUnknown):
        provider(wechat, clock=lambda: ten - 1).transactions(DAY)
    later = provider(wechat, clock=lambda: ten)
    assert list(later.transactions(DAY)) == []
    wechat.says(sealed(400, {"code": "STATEMENT_CREATING", "message": ""}, age=time.time() - ten))
    with pytest.raises(PaymentUnknown):
        later.transactions(DAY)
