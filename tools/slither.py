"""Slither over the contracts: every finding of high or medium impact is known, with a reason.

``tests/slither/triage.yaml`` names the findings that were looked at, by detector and by what they
are about, and says why each stays. A finding that is not there fails, and so does a line there
that no finding answers to any more. Slither has an environment of its own, ``.cache/slither``.

    python -m tools.slither
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tools import solc

FOLDER = solc.ROOT / ".cache" / "slither"
TRIAGE = solc.ROOT / "tests" / "slither" / "triage.yaml"
NOT_OURS = "node_modules|contracts/testing"


class SlitherFailed(Exception):
    """Slither could not read the contracts; carries what it said."""


@dataclass(frozen=True, order=True)
class Finding:
    """Something that a detector says about a function or a variable."""

    check: str
    subject: str

    def __str__(self) -> str:
        return f"{self.check}: {self.subject}"


def find() -> set[Finding]:
    """Run slither on the contracts and return its findings of high and medium impact.

    Raises ``SlitherFailed`` if it does not get as far as finding any.
    """
    report = FOLDER / "report.json"
    report.unlink(missing_ok=True)
    # What forge would not compile again would not be described again either.
    shutil.rmtree(solc.ROOT / _out(), ignore_errors=True)
    command = [str(FOLDER / "bin" / "slither"), str(solc.ROOT), "--json", str(report)]
    options = ["--filter-paths", NOT_OURS, "--foundry-out-directory", str(_out())]
    reply = subprocess.run(
        [*command, *options, "--exclude-low", "--exclude-informational", "--exclude-optimization"],
        cwd=solc.ROOT,
        env=os.environ | _settings(),
        capture_output=True,
        text=True,
    )
    if not report.is_file():
        raise SlitherFailed(reply.stderr)
    results = json.loads(report.read_text())
    if not results["success"]:
        raise SlitherFailed(results["error"])
    return {_finding(each) for each in results["results"].get("detectors", ())}


def known() -> set[Finding]:
    """Return the findings that were looked at."""
    return {Finding(each["check"], each["subject"]) for each in yaml.safe_load(TRIAGE.read_text())}


def _settings() -> dict[str, str]:
    """Return what keeps forge to the contracts, and away from what it made for the tests."""
    return {
        "FOUNDRY_TEST": str(FOLDER / "no-tests"),
        "FOUNDRY_OUT": str(_out()),
        "FOUNDRY_CACHE_PATH": str(FOLDER / "cache"),
    }


def _out() -> Path:
    return (FOLDER / "out").relative_to(solc.ROOT)


def _finding(detected: dict[str, Any]) -> Finding:
    """Return a finding by a name that stays when lines move."""
    subject = str(detected["description"]).partition(" (contracts/")[0]
    return Finding(detected["check"], subject)


def _complaints(found: Iterable[Finding], looked_at: Iterable[Finding]) -> list[str]:
    new = sorted(set(found) - set(looked_at))
    gone = sorted(set(looked_at) - set(found))
    return [
        *(f"Not looked at: {finding}" for finding in new),
        *(f"No longer found: {finding}" for finding in gone),
    ]


def main() -> int:
    """Compare the findings with those that are known; return the exit status."""
    try:
        found = find()
    except SlitherFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    complaints = _complaints(found, known())
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    print(f"{len(found)} findings of high or medium impact, {len(complaints)} to look at")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
