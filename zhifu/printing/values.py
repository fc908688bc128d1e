"""A statement as comma-separated values, for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from zhifu.currencies import decimals_of
from zhifu.languages import Language
from zhifu.printing.page import moment, number, printable
from zhifu.printing.phrases import PHRASES, phrases
from zhifu.statement import Movement, Statement

COLUMNS = (
    *("when", "kind", "what", "content_number", "order", "learner", "seller"),
    *("amount", "commission", "fees.gross", "fees.host", "fees.network", "balance"),
    *("block", "log"),
)
"""The columns by word, in their order."""

#: A spreadsheet would run what begins so, and not show it.
_FORMULAS = ("=", "+", "-", "@", "'", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def statement_values(statement: Statement, language: Language) -> str:
    """A statement as CSV (RFC 4180): a line of headings, one for each movement, and the balances.

    Begins with a byte order mark, without which Excel misreads Chinese. Text that a spreadsheet
    would take for a formula has an apostrophe before it.
    """
    written = io.StringIO()
    writer = csv.writer(written)
    say = phrases(language)
    writer.writerow([say(each) for each in COLUMNS])
    for row in _rows(statement, language):
        writer.writerow(row)
    return "\N{BYTE ORDER MARK}" + written.getvalue()


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULAS) else text


def _rows(statement: Statement, language: Language) -> Iterator[list[str]]:
    say = phrases(language)
    blank = [""] * (len(COLUMNS) - 5)
    opening, closing = (_plain(statement, each) for each in (statement.opening, statement.closing))
    yield [str(statement.first), say("kind.opening"), *blank, opening, "", ""]
    for each in statement.movements:
        yield _row(statement, each, say(f"kind.{each.kind}") if _is_said(each) else each.kind)
    yield [str(statement.last), say("kind.closing"), *blank, closing, "", ""]


def _row(statement: Statement, each: Movement, kind: str) -> list[str]:
    name = statement.contents.get(each.content or 0, "")
    seller = statement.platforms.get(each.seller or 0, "")
    shares = each.shares[:3] if each.shares else ("", "", "")
    return [
        moment(each.at).removesuffix(" UTC"),
        guarded(kind),
        guarded(printable(name)),
        str(each.content or ""),
        guarded(each.order or ""),
        str(each.learner or ""),
        guarded(printable(seller)),
        _plain(statement, each.amount),
        _plain(statement, each.commission) if each.commission else "",
        *(_plain(statement, units) if units != "" else "" for units in shares),
        _plain(statement, each.balance),
        str(each.height),
        str(each.place),
    ]


def _plain(statement: Statement, units: int | str) -> str:
    least = decimals_of(statement.currency)
    return number(int(units), statement.decimals, least, grouped=False)


def _is_said(each: Movement) -> bool:
    return f"kind.{each.kind}" in PHRASES
