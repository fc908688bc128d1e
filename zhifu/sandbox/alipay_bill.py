"""A day's bill as Alipay packs it: two CSV files in GBK in a zip, lines and their totals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from zhifu.providers.alipay._wire import beijing

TRADE, REFUND = "交易", "退款"

_COLUMNS = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,"
    "对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,"
    "商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,"
    "退款批次号/请求号,服务费（元）,分润（元）,备注"
)
_RULE = "#-----------------------------------------{}----------------------------------------"
_DAY = "%Y年%m月%d日 00:00:00"


class BillRow(NamedTuple):
    """A line: `amount` and `fee` in fen, from the merchant's side (a fee that is kept is < 0)."""

    kind: str
    trade_no: str
    out_trade_no: str
    subject: str
    created_at: int
    finished_at: int
    buyer: str
    amount: int
    request: str
    fee: int


def pack(account: str, day: date, rows: Sequence[BillRow]) -> bytes:
    """The zip of a day's bill of an account (2088…)."""
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        for name, text in (
            ("业务明细(汇总)", _summary(account, day, rows)),
            ("业务明细", _details(account, day, rows)),
        ):
            member = ZipInfo(f"{account}_{day:%Y%m%d}_{name}.csv")
            archive.writestr(member, text.encode("gb18030"), ZIP_DEFLATED)
    return packed.getvalue()


def _details(account: str, day: date, rows: Sequence[BillRow]) -> str:
    return _file(
        [
            *_head("支付宝业务明细查询", account, day),
            _RULE.format("业务明细列表"),
            _COLUMNS,
            *(_row(each) for each in rows),
            _RULE.format("业务明细列表结束"),
            _total(TRADE, rows),
            _total(REFUND, rows),
            f"#导出时间：[{datetime.combine(day + timedelta(days=1), datetime.min.time())}]",
        ]
    )


def _summary(account: str, day: date, rows: Sequence[BillRow]) -> str:
    received = sum(each.amount for each in rows)
    fees = sum(each.fee for each in rows)
    counts = f"{_count(TRADE, rows)},{_count(REFUND, rows)}"
    return _file(
        [
            *_head("支付宝业务汇总查询", account, day),
            _RULE.format("业务汇总列表"),
            "门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,商家实收（元）,服务费（元）",
            f"合计\t,\t,{counts},{_yuan(received)},{_yuan(received)},{_yuan(fees)}",
            _RULE.format("业务汇总列表结束"),
        ]
    )


def _head(title: str, account: str, day: date) -> list[str]:
    span = f"起始日期：[{day:{_DAY}}]   终止日期：[{day + timedelta(days=1):{_DAY}}]"
    return [f"#{title}", f"#账号：[{account}]", f"#{span}"]


def _row(row: BillRow) -> str:
    amount, nothing = _yuan(row.amount), "0.00"
    blank = "\t"
    cells = [
        *(f"{each}\t" for each in (row.trade_no, row.out_trade_no, row.kind)),
        row.subject,
        *(beijing(each) for each in (row.created_at, row.finished_at)),
        *(blank,) * 4,
        f"{row.buyer}\t",
        *(amount, amount),
        *(nothing,) * 5,
        blank,
        *(nothing,) * 2,
        f"{row.request}\t",
        _yuan(row.fee),
        nothing,
        "",
    ]
    return ",".join(cells)


def _total(kind: str, rows: Iterable[BillRow]) -> str:
    received = _yuan(sum(each.amount for each in rows if each.kind == kind))
    return f"#{kind}合计：{_count(kind, rows)}笔，商家实收共{received}元，商家优惠共0.00元"


def _count(kind: str, rows: Iterable[BillRow]) -> int:
    return sum(each.kind == kind for each in rows)


def _yuan(fen: int) -> str:
    whole, rest = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{whole}.{rest:02d}"


def _file(lines: Iterable[str]) -> str:
    return "".join(f"{each}\r\n" for each in lines)
