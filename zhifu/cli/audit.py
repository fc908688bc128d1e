"""``zhifu audit``: does everything that the chain stores follow from what happened on it?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from zhifu.cli.answer import Answer, answer, table
from zhifu.cli.command import command
from zhifu.cli.root import BOOKS, app
from zhifu.cli.session import Session
from zhifu.differences import INDEX, ORDERS

if TYPE_CHECKING:
    from zhifu.audit import Audit, Progress
    from zhifu.audit.books import AuditedBooks
    from zhifu.audit.invariants import Line

_VERDICTS = {True: "holds", False: "BROKEN", None: "unseen"}


@command(
    app,
    "audit",
    "zhifu audit",
    "zhifu audit --rpc http://10.0.0.7:8545 --deployment network.json --json",
    "zhifu audit --database sqlite:///gateway.sqlite3",
    panel=BOOKS,
)
def audit(
    session: Session,
    database: Annotated[
        str | None,
        typer.Option(metavar="URL", help="A gateway's books to compare too; only read."),
    ] = None,
) -> Answer:
    """Recompute all balances, holds, licences and batch roots from the chain alone.

    Says of each invariant of the specification whether it holds, and by what numbers. It needs a
    node and the deployment file, and nobody's books or keys.

    With a gateway's database it also says where the gateway's index and orders differ from the
    chain, and what to do about it. The exit status is 1 if anything does not hold or differs.
    """
    with session.stages() as progress:
        done = 0

        def read(count: int) -> None:
            nonlocal done
            done += count
            progress("events", done, 0)

        found, books = _audited(session, database, read)
    fine = found.conserved and not (books and books.differences)
    said = f"Everything as of block {found.block:,}; amounts in {session.amounts.currency}."
    data = {**_data(session, found), "books": _books_data(books) if books else None, "holds": fine}
    shown = [*_shown(session, found, books), *(_books_shown(books) if books else ())]
    return answer(data, said, *shown, exit_status=0 if fine else 1)


def _audited(
    session: Session, database: str | None, read: Progress
) -> tuple[Audit, AuditedBooks | None]:
    from zhifu.audit import audit as recompute
    from zhifu.audit.books import audit_books

    if database is None:
        return recompute(session.network, progress=read), None
    return audit_books(session.network, database, progress=read)


def _data(session: Session, found: Audit) -> dict[str, Any]:
    return {
        "block": found.block,
        "currency": session.amounts.currency,
        "ledger_decimals": session.amounts.ledger_decimals,
        "invariants": [
            {
                "invariant": f"INV-{line.invariant}",
                "rule": line.rule,
                "holds": line.holds,
                "numbers": line.numbers,
                "findings": _findings(found, line),
            }
            for line in found.lines
        ],
    }


def _findings(found: Audit, line: Line) -> list[str]:
    return [each.said for each in found.broken if line.invariant in each.breaks]


def _books_data(books: AuditedBooks) -> dict[str, Any]:
    seen = books.differences is not None
    return {
        "block": books.block,
        "agree": not books.differences if seen else None,
        "rows_of_index": books.rows,
        "orders": books.orders,
        "under_way": books.under_way,
        "later": books.later,
        "differences": [each.to_dict() for each in books.differences or ()],
    }


def _shown(session: Session, found: Audit, books: AuditedBooks | None) -> list[Any]:
    rows = [
        (
            f"INV-{line.invariant}",
            _VERDICTS[line.holds],
            line.rule,
            line.shown(session.amounts.decimal),
        )
        for line in found.lines
    ]
    if books is not None:
        rows += _book_rows(books)
    broken = [
        (", ".join(f"INV-{number}" for number in each.breaks), each.said) for each in found.broken
    ]
    shown: list[Any] = [table(("", "", "Invariant", "Shown by"), rows)]
    return [*shown, table(("Breaks", "What is wrong"), broken)] if broken else shown


def _book_rows(books: AuditedBooks) -> list[tuple[str, str, str, str]]:
    """A line for each of the gateway's books."""
    index = f"{books.rows:,} rows, as of block {books.block:,}"
    orders = f"{books.orders:,} orders, {books.under_way:,} under way, {books.later:,} later"
    told = (
        (INDEX, "the index is what the chain says", index),
        (ORDERS, "the orders are those on chain", orders),
    )
    if books.differences is None:
        return [(book, _VERDICTS[None], rule, "nothing to compare with") for book, rule, _ in told]
    return [(book, _VERDICTS[not books.of(book)], rule, shown) for book, rule, shown in told]


def _books_shown(books: AuditedBooks) -> list[Any]:
    if not books.differences:
        return []
    rows = [(each.book, each.said, each.advice) for each in books.differences]
    return [table(("In", "What differs", "What to do"), rows)]
