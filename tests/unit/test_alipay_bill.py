"""A bill of Alipay's counts whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhifu.money import Money
from zhifu.providers import BillLine, LineKind
from zhifu.providers.alipay._bill import UnreadableBillError, lines

AT = 1_585_304_366
HEAD = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,"
    "对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,"
    "商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,"
    "退款批次号/请求号,服务费（元）,分润（元）,备注"
)
WHEN = "2020-03-27 18:19:20,2020-03-27 18:19:26"
TRADE_NO, NUMBER = "2020032722001452341437284085", "pay_0000000000000001_until_1585305266"


def row(kind: str, amount: str, fee: str, request: str = "") -> str:
    return (
        f"{TRADE_NO}\t,{NUMBER}\t,{kind}\t,课程 𠮷,{WHEN},\t,\t,\t,\t,**佳(yan***@163.com)\t,"
        f"{amount},{amount},0.00,0.00,0.00,0.00,0.00,\t,0.00,0.00,{request}\t,{fee},0.00,"
    )


ROWS = [
    row("交易", "49.00", "-0.29"),
    row("退款", "-9.00", "0.05", "ref_1"),
    row("退款", "-1.00", "0.00", TRADE_NO),
]
TOTALS = [
    "#交易合计：1笔，商家实收共49.00元，商家优惠共0.00元",
    "#退款合计：2笔，商家实收共-10.00元，商家优惠共0.00元",
]


def details(rows: list[str] = ROWS, totals: list[str] = TOTALS, head: str = HEAD) -> str:
    return "\r\n".join(
        [
            "#支付宝业务明细查询",
            "#账号：[2088731909746398]",
            "#-----------------------------------------业务明细列表----------------------------",
            head,
            *rows,
            "#-----------------------------------------业务明细列表结束------------------------",
            *totals,
            "#导出时间：[2020-03-28 08:00:00]",
            "",
        ]
    )


def packed(*texts: str) -> bytes:
    archive = BytesIO()
    with ZipFile(archive, "w", ZIP_DEFLATED) as folder:
        for number, text in enumerate(texts):
            folder.writestr(f"{number}.csv", text.encode("gb18030"))
    return archive.getvalue()


def cny(fen: int) -> Money:
    return Money(fen, "CNY")


def test_every_line_of_a_bill_is_read() -> None:
    summary = "#支付宝业务汇总查询\r\n合计\t,1,2\r\n"
    assert lines(packed(summary, details())) == [
        BillLine(LineKind.PAYMENT, NUMBER, "pay_0000000000000001", cny(4900), cny(29), AT),
        BillLine(LineKind.REFUND, NUMBER, "ref_1", cny(-900), cny(-5), AT),
        BillLine(LineKind.CHARGEBACK, NUMBER, TRADE_NO, cny(-100), cny(0), AT),
    ]


def test_columns_are_known_by_name() -> None:
    """Alipay adds columns, and has written them with either bracket."""
    head = HEAD.replace("（", "(").replace("）", ")") + ",新列"
    rows = [each + ",新" for each in ROWS]
    assert lines(packed(details(rows, head=head))) == lines(packed(details()))


def test_other_kinds_of_lines_are_told_apart() -> None:
    extra = row("补贴", "0.50", "0.00")
    assert lines(packed(details([*ROWS, extra])))[-1].kind is LineKind.OTHER


def test_a_day_without_trade_has_no_lines() -> None:
    none = ["#交易合计：0笔，商家实收共0.00元", "#退款合计：0笔，商家实收共0.00元"]
    assert lines(packed(details([], none))) == []


BROKEN: dict[str, Callable[[], bytes]] = {
    "no zip": lambda: b"<html>expired</html>",
    "nothing": lambda: b"",
    "an empty zip": packed,
    "a summary alone": lambda: packed("#支付宝业务汇总查询\r\n"),
    "a cut zip": lambda: packed(details())[:-40],
    "a cut file": lambda: packed(details()[:900]),
    "no totals": lambda: packed(details(totals=[])),
    "a line too few": lambda: packed(details(ROWS[:2])),
    "a line too many": lambda: packed(details([*ROWS, ROWS[2]])),
    "another amount": lambda: packed(details([row("交易", "48.00", "-0.29"), *ROWS[1:]])),
    "an amount that is none": lambda: packed(details([row("交易", "4.9e1", "-0.29"), *ROWS[1:]])),
    "a fee that is none": lambda: packed(details([row("交易", "49.00", ""), *ROWS[1:]])),
    "a line with a column more": lambda: packed(details([ROWS[0] + ",", *ROWS[1:]])),
    "no column of amounts": lambda: packed(details(head=HEAD.replace("商家实收", "实收"))),
    "no head": lambda: packed(details([], head="#")),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_bill_that_is_not_whole_is_none(how: str) -> None:
    """ALIPAY-7"""
    with pytest.raises(UnreadableBillError):
        lines(BROKEN[how]())


def test_a_bill_in_another_encoding_is_none() -> None:
    archive = BytesIO()
    with ZipFile(archive, "w") as folder:
        folder.writestr("1.csv", details().encode("utf-8"))
    with pytest.raises(UnreadableBillError):
        lines(archive.getvalue())


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_damaged_bill_is_none_or_says_the_same(data: st.DataObject) -> None:
    """ALIPAY-7"""
    archive = packed(details())
    at = data.draw(st.integers(0, len(archive) - 1))
    damaged = archive[:at] + bytes([data.draw(st.integers(0, 255))]) + archive[at + 1 :]
    try:
        found = lines(damaged)
    except UnreadableBillError:
        return
    assert found == lines(archive)
