"""``zhifu doctor``: what is wrong, and what to do about it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from zhifu.cli.answer import Answer, answer, table
from zhifu.cli.command import command
from zhifu.cli.root import SET_UP, app
from zhifu.cli.session import Session

if TYPE_CHECKING:
    from zhifu.doctor import Finding


@command(app, "doctor", "zhifu doctor", "zhifu doctor --json", panel=SET_UP)
def doctor(session: Session) -> Answer:
    """Check the database, the chain, the contracts, the keys, the providers and the clock.

    Each check tells what it saw and what to do about it; none changes anything. Ends with status 1
    if a check failed.
    """
    from getpass import getpass

    from zhifu.doctor import examine

    may_ask = sys.stdin.isatty() and not session.as_json
    findings = [*examine(session.settings, ask=getpass if may_ask else None)]
    counts = _counts(findings)
    failed = counts["failure"] > 0
    data = {
        "healthy": not failed,
        "counts": counts,
        "findings": [each.to_dict() for each in findings],
    }
    parts: list[Any] = [_shown(findings), _summary(counts)]
    return answer(data, *parts, exit_status=1 if failed else 0)


def _counts(findings: Sequence[Finding]) -> dict[str, int]:
    from zhifu.doctor import Verdict

    verdicts = [each.verdict for each in findings]
    return {verdict.value: verdicts.count(verdict) for verdict in Verdict}


def _shown(findings: Sequence[Finding]) -> Any:
    rows = [(each.verdict.value, each.check, each.saw, each.advice) for each in findings]
    return table(("", "Check", "Saw", "What to do"), rows)


def _summary(counts: dict[str, int]) -> str:
    return (
        f"{counts['failure']} failed, {counts['warning']} to look at, {counts['ok']} fine,"
        f" {counts['skipped']} not looked at."
    )
