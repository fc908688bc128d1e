"""How much of the contracts the tests of forge reach: lines and branches, file by file.

Fails if less than the stated part of all lines, or of all branches, is reached. The tests deploy
contracts from what forge compiled before, so the contracts are compiled first as `forge coverage`
compiles them.

    python -m tools.coverage
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools import solc

LINES_PERCENT = 99
BRANCHES_PERCENT = 95
PROFILE = "coverage"
REPORT = solc.ROOT / ".cache" / "forge" / "coverage" / "lcov.info"
NOT_MEASURED = "node_modules|tests|contracts/testing"


class CoverageFailed(Exception):
    """Forge could not measure, or a test failed; carries what it said."""


@dataclass(frozen=True)
class Reach:
    """How many of a source's lines and branches there are, and how many tests reach."""

    source: str
    lines: int
    lines_hit: int
    branches: int
    branches_hit: int

    def __str__(self) -> str:
        lines = f"{self.lines_hit:>5} of {self.lines:>5} lines"
        return f"{self.source:<40} {lines} {self.branches_hit:>5} of {self.branches:>4} branches"


def measure() -> list[Reach]:
    """Run the tests and return what they reach of each source.

    Raises ``CoverageFailed`` if a test fails.
    """
    _forge("build")
    _forge(
        "coverage",
        *("--report", "lcov", "--report-file", str(REPORT)),
        *("--no-match-coverage", NOT_MEASURED),
    )
    return _read(REPORT)


def _forge(*arguments: str) -> None:
    settings = os.environ | {"FOUNDRY_PROFILE": PROFILE}
    reply = subprocess.run(
        ["forge", *arguments], cwd=solc.ROOT, env=settings, capture_output=True, text=True
    )
    if reply.returncode:
        raise CoverageFailed(reply.stdout + reply.stderr)


def _read(report: Path) -> list[Reach]:
    records = report.read_text().split("end_of_record")
    return [_reach(record.split()) for record in records if "SF:" in record]


def _reach(fields: Sequence[str]) -> Reach:
    """Return one record of an lcov report."""
    values = dict(field.split(":", 1) for field in fields if ":" in field)
    counts = [int(values[key]) for key in ("LF", "LH", "BRF", "BRH")]
    return Reach(values["SF"], *counts)


def _total(reaches: Iterable[Reach]) -> Reach:
    total = Reach("all", 0, 0, 0, 0)
    for each in reaches:
        total = Reach(
            total.source,
            total.lines + each.lines,
            total.lines_hit + each.lines_hit,
            total.branches + each.branches,
            total.branches_hit + each.branches_hit,
        )
    return total


def _is_enough(total: Reach) -> bool:
    lines = 100 * total.lines_hit >= LINES_PERCENT * total.lines
    return lines and 100 * total.branches_hit >= BRANCHES_PERCENT * total.branches


def main() -> int:
    """Measure and report; return the exit status."""
    try:
        reaches = measure()
    except CoverageFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    total = _total(reaches)
    for each in [*reaches, total]:
        print(each)
    if total.lines and _is_enough(total):
        return 0
    print(
        f"Less than {LINES_PERCENT} % of the lines or {BRANCHES_PERCENT} % of the branches",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
