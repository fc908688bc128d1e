"""``zhifu demo``: the story on real data."""

from __future__ import annotations

from zhifu.cli.answer import Answer, answer
from zhifu.cli.command import command
from zhifu.cli.root import STORY, app
from zhifu.cli.session import Session


@command(app, "demo", "zhifu demo", panel=STORY)
def demo(session: Session) -> Answer:
    """Tell the whole story on the shipped data, on a chain of its own: 2,000 real orders.

    Under --json the story goes to standard error, and the result to standard output.
    """
    from rich.console import Console

    from zhifu.demo import run

    console = Console(stderr=session.as_json)
    with session.stages() as progress:
        conserved = run(console, progress=progress)
    return answer({"conservation": conserved}, exit_status=0 if conserved else 1)
