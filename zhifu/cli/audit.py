"""``zhifu audit``: does everything that the chain stores follow from what happened on it?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zhifu.cli.answer import Answer, answer, table
from zhifu.cli.command import command
from zhifu.cli.root import BOOKS, app
from zhifu.cli.session import Session

if TYPE_CHECKING:
    from zhifu.audit import Audit
    from zhifu.invariants import Line

_VERDICTS = {True: "holds", False: "BROKEN", None: "unseen"}


@command(
    app,
    "audit",
    "zhifu audit",
    "zhifu audit --rpc http://10.0.0.7:8545 --deployment network.json --json",
    panel=BOOKS,
)
def audit(session: Session) -> Answer:
    """Recompute all balances, holds, licences and batch roots from the chain alone.

    Says of each invariant of the specification whether it holds, and by what numbers. It needs a
    node and the deployment file, and nobody's books or keys. The exit status is 1 if one does not
    hold, or could not be seen to.
    """
    from zhifu.audit import audit as recompute

    with session.stages() as progress:
        done = 0

        def read(count: int) -> None:
            nonlocal done
            done += count
            progress("events", done, 0)

        found = recompute(session.network, progress=read)
    said = f"Everything as of block {found.block:,}; amounts in {session.amounts.currency}."
    return answer(
        _data(session, found), said, *_shown(session, found), exit_status=not found.conserved
    )


def _data(session: Session, found: Audit) -> dict[str, Any]:
    return {
        "block": found.block,
        "currency": session.amounts.currency,
        "ledger_decimals": session.amounts.ledger_decimals,
        "holds": found.conserved,
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


def _shown(session: Session, found: Audit) -> list[Any]:
    rows = [
        (
            f"INV-{line.invariant}",
            _VERDICTS[line.holds],
            line.rule,
            line.shown(session.amounts.decimal),
        )
        for line in found.lines
    ]
    broken = [
        (", ".join(f"INV-{number}" for number in each.breaks), each.said) for each in found.broken
    ]
    shown: list[Any] = [table(("", "", "Invariant", "Shown by"), rows)]
    return [*shown, table(("Breaks", "What is wrong"), broken)] if broken else shown
