"""``zhifu statement``: what an account had, what moved, and what it has."""

from __future__ import annotations

import json
import re
from calendar import monthrange
from datetime import date, datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zhifu.cli.answer import Answer, answer, facts, table
from zhifu.cli.command import command, group
from zhifu.cli.paper import Page, Spoken, write_text
from zhifu.cli.root import BOOKS, app
from zhifu.cli.session import Session
from zhifu.exceptions import InvalidInput
from zhifu.languages import Language

if TYPE_CHECKING:
    from zhifu.statement import Statement

_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})", re.ASCII)

_statement = group(app, "statement", "Statements of accounts, and checking one.", panel=BOOKS)

First = Annotated[str | None, typer.Option("--from", metavar="DATE", help="The first day (UTC).")]
Last = Annotated[
    str | None, typer.Option("--to", metavar="DATE", help="The last day (UTC); today if left out.")
]
Month = Annotated[
    str | None,
    typer.Option(metavar="YYYY-MM", help="A whole month; the one going on if nothing is given."),
]
Values = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write a file for spreadsheets too.")
]


@command(
    _statement,
    "creator",
    "zhifu statement creator alice --month 2026-03",
    "zhifu statement creator 0x7099... --from 2026-03-01 --to 2026-03-15 --html march.html",
)
def creator(
    session: Session,
    who: Annotated[str, typer.Argument(metavar="WHO", help="An address, or the name of a key.")],
    month: Month = None,
    first: First = None,
    last: Last = None,
    language: Spoken = Language.CHINESE,
    html: Page = None,
    csv: Values = None,
) -> Answer:
    """Write the statement of a creator, or of any address that has an account."""
    found = _drawn(session, session.address(who, "who"), month, first, last)
    return _answered(found, language, html, csv)


@command(
    _statement,
    "platform",
    "zhifu statement platform udemy --month 2026-03 --language en",
    "zhifu statement platform udemy --month 2026-03 --csv march.csv --html march.html",
)
def platform(
    session: Session,
    name: Annotated[str, typer.Argument(metavar="PLATFORM", help="Its name or number.")],
    month: Month = None,
    first: First = None,
    last: Last = None,
    language: Spoken = Language.CHINESE,
    html: Page = None,
    csv: Values = None,
) -> Answer:
    """Write the statement of a platform's own account, with what its providers kept beside it."""
    found = _drawn(session, session.directory.platform(name), month, first, last)
    return _answered(found, language, html, csv)


@command(_statement, "network", "zhifu statement network --month 2026-03 --json")
def network(
    session: Session,
    month: Month = None,
    first: First = None,
    last: Last = None,
    language: Spoken = Language.CHINESE,
    html: Page = None,
    csv: Values = None,
) -> Answer:
    """Write the statement of the network's account."""
    return _answered(_drawn(session, 0, month, first, last), language, html, csv)


@command(_statement, "verify", "zhifu statement verify march.json --root 0x5f2e...")
def verify(
    session: Session,  # noqa: ARG001 (it needs nothing of one)
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A statement that was written with --json.")
    ],
    root: Annotated[
        str, typer.Option(metavar="HASH", help="What the network published for its last day.")
    ],
) -> Answer:
    """Check a statement against the root of its last day; needs no network, no books, no keys.

    The exit status is 1 if it does not hold.
    """
    from zhifu.dayroot import root_from_text
    from zhifu.statement_check import check

    found = check(_read(file), root_from_text(root))
    about = {"account": found.account, "day": found.last.isoformat()}
    if found.proof is not None:
        place = found.proof.place
        about |= {"chain_id": str(place.chain_id), "settlement": place.settlement}
    said = "It holds." if found.holds else f"It does not hold: {'; '.join(found.wrong)}."
    data = {**about, "closing_units": found.closing, "holds": found.holds, "wrong": found.wrong}
    return answer(data, facts(about), said, exit_status=0 if found.holds else 1)


def _read(file: Path) -> object:
    try:
        found: object = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidInput("file", "must be a statement in JSON", str(file)) from error
    return found


def _drawn(
    session: Session, party: int | str, month: str | None, first: str | None, last: str | None
) -> Statement:
    today = datetime.fromtimestamp(session.now, timezone.utc).date()
    period = _period(today, month, first, last)
    with session.gateway() as gateway:
        return gateway.statement(party, *period)


def _period(
    today: date, month: str | None, first: str | None, last: str | None
) -> tuple[date, date]:
    if month is not None:
        if first is not None or last is not None:
            raise InvalidInput("month", "must be given without --from and --to", month)
        return _month(month)
    if first is None:
        if last is not None:
            raise InvalidInput("from", "must be given with --to")
        return _month(f"{today:%Y-%m}")
    return _day("from", first), today if last is None else _day("to", last)


def _month(text: str) -> tuple[date, date]:
    found = _MONTH.fullmatch(text)
    try:
        year, month = map(int, found.groups()) if found else (0, 0)
        return date(year, month, 1), date(year, month, monthrange(year, month)[1])
    except ValueError:
        raise InvalidInput("month", "must be a month such as 2026-03", text) from None


def _day(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(option, "must be a date such as 2026-03-31", text) from None


def _answered(found: Statement, language: Language, html: Path | None, csv: Path | None) -> Answer:
    from zhifu.printing import statement_data, statement_page, statement_parts, statement_values

    if html is not None:
        write_text(html, statement_page(found, language), "html")
    if csv is not None:
        write_text(csv, statement_values(found, language), "csv")
    parts = statement_parts(found, language)
    columns = [*parts.columns[:3], *(f">{each}" for each in parts.columns[3:])]
    rows = [
        (each.at, each.kind, "\n".join(filter(None, (each.what, each.detail))), *each[4:])
        for each in parts.rows
    ]
    first, *others = parts.total_columns
    return answer(
        statement_data(found),
        f"{parts.title}  {parts.party}",
        facts(dict(parts.facts)),
        table(columns, rows),
        table([first, *(f">{each}" for each in others)], parts.totals),
        *(
            [facts({f"{name} {of}".strip(): said for name, of, said in parts.fees})]
            if parts.fees
            else []
        ),
        facts(dict(parts.sums)),
        parts.words,
        facts(dict(parts.proof)),
        parts.how,
    )
