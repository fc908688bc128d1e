"""``zhifu demo``: the story on real data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from zhifu.cli.answer import Answer, answer
from zhifu.cli.command import command
from zhifu.cli.root import STORY, app
from zhifu.cli.session import Session


@command(app, "demo", "zhifu demo", "zhifu demo --out demo.html", panel=STORY)
def demo(
    session: Session,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where its report is written; demo.html below the home."),
    ] = None,
) -> Answer:
    """Tell the whole story on the shipped data, on a chain of its own: 2,000 real orders.

    A report about it is written as one HTML page. Under --json the story goes to standard error,
    and the result to standard output.
    """
    from rich.console import Console

    from zhifu.demo import run
    from zhifu.report.writing import require_libraries

    require_libraries()
    page = out or session.settings.home / "demo.html"
    console = Console(stderr=session.as_json)
    with session.stages() as progress:
        conserved = run(console, page=page.absolute(), progress=progress)
    data = {"conservation": conserved, "report": str(page.absolute())}
    return answer(data, exit_status=0 if conserved else 1)
