"""``zhifu report``: one page about the network, for people."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zhifu.cli.answer import Answer, answer
from zhifu.cli.command import command
from zhifu.cli.root import BOOKS, app
from zhifu.cli.session import Session
from zhifu.languages import Language

if TYPE_CHECKING:
    from zhifu.report import Report


@command(
    app,
    "report",
    "zhifu report",
    "zhifu report --from 2026-01-01 --to 2026-03-31 --language zh --out first-quarter.html",
    "zhifu report --rpc http://10.0.0.7:8545 --deployment network.json --catalogue contents.csv",
    panel=BOOKS,
)
def report(
    session: Session,
    first: Annotated[
        str | None,
        typer.Option("--from", metavar="DAY", help="The first day, UTC; that of the first sale."),
    ] = None,
    last: Annotated[
        str | None,
        typer.Option("--to", metavar="DAY", help="The last day, UTC; that of the latest block."),
    ] = None,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where the page is written.")] = Path(
        "report.html"
    ),
    language: Annotated[Language, typer.Option(help="Its language.")] = Language.ENGLISH,
    catalogue: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Titles, subjects and creators of contents; those shipped."
        ),
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(metavar="URL", help="A gateway's books to tell of too; only read."),
    ] = None,
) -> Answer:
    """Write one page about the network: sales, flows, holds, refunds, gas, and the check.

    It is one HTML file that needs no network to be read. Everything but names and the gateway's
    books comes from the chain, so everybody gets the same page. The exit status is 1 if something
    does not add up; the page says what.
    """
    from zhifu.catalogue import read_catalogue, shipped_catalogue
    from zhifu.report import Period, read
    from zhifu.report.writing import require_libraries, write

    require_libraries()

    period = Period.of(first, last)
    rows = list(read_catalogue(catalogue or shipped_catalogue()))
    with session.stages() as told:
        done = 0

        def progress(count: int) -> None:
            nonlocal done
            done += count
            told("events", done, 0)

        found = read(session.network, period, rows, database=database, progress=progress)
    write(found, language, out)
    data = _data(found, out)
    said = f"{'Everything adds up' if data['holds'] else 'Something does not add up'}: {out}"
    return answer(data, said, exit_status=0 if data["holds"] else 1)


def _data(found: Report, out: Path) -> dict[str, Any]:
    closing, gas = found.takings.total(*found.period), found.takings.gas.orders
    return {
        "file": str(out.resolve()),
        "block": found.head.number,
        "orders": closing.orders,
        "sold_units": closing.sold,
        "refunded_units": closing.refunded,
        "gas_per_order": gas.each,
        "saved_units": found.takings.netting.saved,
        "holds": found.audit.conserved,
    }
