"""A day's bill: a zip of CSV files in GBK, one of them with a line for each trade and refund."""

from __future__ import annotations

import csv
import re
import zlib
from collections.abc import Iterator, Mapping
from io import BytesIO, TextIOWrapper
from zipfile import BadZipFile, ZipFile

from zhifu.exceptions import InputError
from zhifu.money import Money
from zhifu.providers import BillLine, LineKind
from zhifu.providers.alipay._wire import CURRENCY, moment, money, payment_id

_LONGEST_MEMBER = 1 << 30

_UNREADABLE = (
    *(BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, EOFError),
    *(csv.Error, InputError, ValueError, KeyError),
)

_TRADE, _REFUND = "交易", "退款"
_TOTAL = re.compile(r"#(交易|退款)合计[:：]\s*(\d+)笔[,，]\s*商家实收共(-?[\d.]+)元", re.ASCII)


class UnreadableBillError(Exception):
    """The file is no bill, or was cut short."""


def lines(archive: bytes) -> list[BillLine]:
    """Every line of the bill, once its totals are found to be those of its lines.

    Raises UnreadableBillError.
    """
    try:
        return _lines(list(csv.reader(_details(archive))))
    except _UNREADABLE as error:
        raise UnreadableBillError(f"{type(error).__name__}: {error}") from None


def _details(archive: bytes) -> Iterator[str]:
    """The text of the one file that has the lines; names in the archive are no guide."""
    with ZipFile(BytesIO(archive)) as folder:
        for member in folder.infolist():
            if member.file_size > _LONGEST_MEMBER:
                raise ValueError("a file is too long")
            with folder.open(member) as raw:
                # Names of goods go beyond GBK, into its superset.
                text = TextIOWrapper(raw, "gb18030", newline="")
                first = text.readline()
                if first.startswith("#支付宝业务明细查询"):
                    yield first
                    yield from text
                    return
    raise ValueError("there is no list of trades")


def _lines(rows: list[list[str]]) -> list[BillLine]:
    remarks = [",".join(row) for row in rows if row and row[0].startswith("#")]
    table = [[each.strip() for each in row] for row in rows if row and not row[0].startswith("#")]
    names = [each.replace("(", "（").replace(")", "）") for each in table[0]] if table else []
    if not names:
        raise ValueError("there is no head")
    found = [dict(zip(names, row, strict=True)) for row in table[1:]]
    _require_whole(found, remarks)
    return [_line(each) for each in found]


def _require_whole(found: list[dict[str, str]], remarks: list[str]) -> None:
    told = {match.group(1): match.groups()[1:] for each in remarks if (match := _TOTAL.match(each))}
    for kind in (_TRADE, _REFUND):
        of_kind = [each for each in found if each["业务类型"] == kind]
        count, total = told[kind]
        received = sum((money(each["商家实收（元）"]) for each in of_kind), Money.zero(CURRENCY))
        if int(count) != len(of_kind) or money(total) != received:
            raise ValueError(f"the total of {kind} is not that of the lines")


def _line(row: Mapping[str, str]) -> BillLine:
    kind, reference = _meaning(row)
    return BillLine(
        kind,
        row["商户订单号"],
        reference,
        money(row["订单金额（元）"]),
        -money(row["服务费（元）"]),
        moment(row["完成时间"]),
    )


def _meaning(row: Mapping[str, str]) -> tuple[LineKind, str]:
    """What a line is, and its id: ours where it has one, else Alipay's."""
    trade, number, request = row["支付宝交易号"], row["商户订单号"], row["退款批次号/请求号"]
    if row["业务类型"] == _TRADE:
        return LineKind.PAYMENT, payment_id(number)
    if row["业务类型"] != _REFUND:
        return LineKind.OTHER, trade
    if request in ("", number, trade):
        return LineKind.CHARGEBACK, trade
    return LineKind.REFUND, request
