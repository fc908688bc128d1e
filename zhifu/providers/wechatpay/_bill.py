"""A day's trade bill: lines of back-quoted fields under a head, and their totals under another."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Mapping, Sequence

from zhifu.exceptions import InputError
from zhifu.money import Money
from zhifu.providers import BillLine, LineKind
from zhifu.providers.wechatpay._wire import CURRENCY, bill_moment, bill_money

_LONGEST = 1 << 30
_GZIP = b"\x1f\x8b"
_GZIP_WINDOW = zlib.MAX_WBITS | 16

_KINDS = {"SUCCESS": LineKind.PAYMENT, "REFUND": LineKind.REFUND}
_PAID, _REFUNDED, _FEE = "订单金额", "申请退款金额", "手续费"
#: The totals that are checked, by the columns that they are of.
_TOTALS = {_PAID: "订单总金额", _REFUNDED: "申请退款总金额", _FEE: "手续费总金额"}
_COUNT = "总交易单数"
_FREE_TEXT = "商品名称"


class UnreadableBillError(Exception):
    """The file is not the bill, or was cut short."""


def lines(file: bytes, digest: str) -> list[BillLine]:
    """Every line of the bill, once the file and its lines are what digest and totals say.

    `digest` is the SHA-1 of the file before it was packed. Raises UnreadableBillError.
    """
    try:
        content = _unpacked(file)
        if hashlib.sha1(content, usedforsecurity=False).hexdigest() != digest.lower():
            raise ValueError("the file is not that of the digest")
        rows = _rows(content.decode("utf-8-sig").replace("\r\n", "\n").split("\n"))
        return [_line(each) for each in rows if not _is_failed_refund(each)]
    except (InputError, ValueError, KeyError, zlib.error) as error:
        raise UnreadableBillError(f"{type(error).__name__}: {error}") from None


def _unpacked(file: bytes) -> bytes:
    if not file.startswith(_GZIP):
        return file
    packed = zlib.decompressobj(_GZIP_WINDOW)
    content = packed.decompress(file, _LONGEST)
    if not packed.eof:
        raise ValueError("the file is too long or cut short")
    return content


def _rows(text: Sequence[str]) -> list[dict[str, str]]:
    """The lines by column, once their totals are found to be those that the bill tells."""
    columns = text[0].split(",")
    ends = [place for place, each in enumerate(text) if each.startswith(_COUNT)]
    if len(ends) != 1 or len(text) < ends[0] + 2:
        raise ValueError("there are no totals")
    rows = [_row(columns, each) for each in text[1 : ends[0]]]
    totals = dict(zip(text[ends[0]].split(","), _cells(text[ends[0] + 1]), strict=True))
    if int(totals[_COUNT]) != len(rows):
        raise ValueError("the number of lines is another")
    for column, total in _TOTALS.items():
        if _sum(each[column] for each in rows) != bill_money(totals[total]):
            raise ValueError(f"{total} is not that of the lines")
    return rows


def _row(columns: Sequence[str], line: str) -> dict[str, str]:
    cells = _cells(line)
    # Free text may hold what looks like the end of a field: its columns are counted from both ends.
    place = columns.index(_FREE_TEXT)
    if len(cells) < len(columns):
        raise ValueError("a line is cut short")
    known = [*cells[:place], *cells[place - len(columns) :]]
    return dict(zip(columns, known, strict=True))


def _cells(line: str) -> list[str]:
    if not line.startswith("`"):
        raise ValueError("a line does not begin with a back quote")
    return line[1:].split(",`")


def _sum(amounts: Iterable[str]) -> Money:
    return sum((bill_money(each) for each in amounts), Money.zero(CURRENCY))


def _is_failed_refund(row: Mapping[str, str]) -> bool:
    """Whether a line is a refund that moved nothing."""
    return row["交易状态"] == "REFUND" and row["退款状态"] == "FAIL"


def _line(row: Mapping[str, str]) -> BillLine:
    kind = _KINDS.get(row["交易状态"], LineKind.OTHER)
    if row["货币种类"] != CURRENCY:
        raise ValueError("a line is in another currency")
    number, refund_number = row["商户订单号"], row["商户退款单号"]
    amount = Money.zero(CURRENCY)
    if kind is not LineKind.REFUND:
        amount += bill_money(row[_PAID])
    if kind is not LineKind.PAYMENT:
        amount -= bill_money(row[_REFUNDED])
    reference = refund_number if kind is LineKind.REFUND else number
    return BillLine(
        kind, number, reference, amount, bill_money(row[_FEE]), bill_moment(row["交易时间"])
    )
