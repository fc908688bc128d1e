"""The prover halmos in an environment of its own, and what it says of the proofs of a folder.

Its packages and the project's do not go together, so ``.cache/halmos`` has its own Python with what
``tests/proofs/requirements.lock`` names, and nothing else of the project needs it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools import solc
from tools.environment import Environment, NoPython

ENVIRONMENT = Environment(
    solc.ROOT / ".cache" / "halmos", solc.ROOT / "tests" / "proofs" / "requirements.lock"
)

LOOPS = 24
"""How often a loop whose end is not known is followed; a proof that needs more is none."""

ANSWER_SECONDS = 120
PROVEN = 0
DISPROVEN = 1

_SOLVER = """#!/bin/sh
exec '{python}' '{script}' "$@"
"""


class ProverMissing(Exception):
    """This machine has no Python that halmos runs on, or no forge; carries what to install."""


class ProverFailed(Exception):
    """Halmos could not read the proofs; carries what it said."""


@dataclass(frozen=True)
class Verdict:
    """What halmos said of one proof."""

    name: str
    code: int
    cut_loops: int
    seconds: float

    @property
    def proven(self) -> bool:
        """Whether it holds for every input, no path left out."""
        return self.code == PROVEN and not self.cut_loops

    @property
    def disproven(self) -> bool:
        """Whether halmos has an input for which it does not hold."""
        return self.code == DISPROVEN


def install() -> None:
    """Make the environment if it is not there or its requirements changed.

    Raises ``ProverMissing`` where that cannot be.
    """
    if not shutil.which("forge"):
        raise ProverMissing("no forge is on PATH")
    try:
        ENVIRONMENT.install()
    except NoPython as missing:
        raise ProverMissing(f"halmos: {missing}") from missing
    solver = ENVIRONMENT.programs / "cvc5"
    script = solc.ROOT / "tools" / "bits_as_integers.py"
    solver.write_text(_SOLVER.format(python=ENVIRONMENT.programs / "python", script=script))
    solver.chmod(0o755)


def prove(project: Path, contracts: str, *, one_counterexample: bool = False) -> list[Verdict]:
    """Return what halmos says of the proofs in the contracts whose names match.

    With `one_counterexample` a proof is left at the first input for which it does not hold.
    Raises ``ProverFailed`` if the project does not compile or has no such proof.
    """
    report = project / "verdicts.json"
    report.unlink(missing_ok=True)
    programs = os.pathsep.join([str(ENVIRONMENT.programs), os.environ["PATH"]])
    halmos = str(ENVIRONMENT.programs / "halmos")
    command = [halmos, "--root", str(project), "--match-contract", contracts, "--no-status"]
    command += ["--json-output", str(report), "--loop", str(LOOPS)]
    command += ["--solver-timeout-assertion", f"{ANSWER_SECONDS}s"]
    command += ["--early-exit"] if one_counterexample else []
    reply = subprocess.run(
        command,
        cwd=project,
        env=os.environ | {"PATH": programs},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if not report.is_file():
        raise ProverFailed(reply.stdout)
    verdicts = list(_verdicts(json.loads(report.read_text())))
    if not verdicts:
        raise ProverFailed(f"No contract that matches {contracts} has a proof\n{reply.stdout}")
    return verdicts


def _verdicts(report: dict[str, Any]) -> Iterator[Verdict]:
    for results in report["test_results"].values():
        for result in results:
            name = result["name"].partition("(")[0]
            seconds = (result["time"] or [0.0])[0]
            yield Verdict(name, result["exitcode"], result["num_bounded_loops"] or 0, seconds)
