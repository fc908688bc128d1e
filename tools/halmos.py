"""The prover halmos in an environment of its own, and what it says of the proofs of a folder.

Its packages and the project's do not go together, so ``.cache/halmos`` has its own Python with what
``tests/proofs/requirements.lock`` names, and nothing else of the project needs it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools import solc

ENVIRONMENT = solc.ROOT / ".cache" / "halmos"
REQUIREMENTS = solc.ROOT / "tests" / "proofs" / "requirements.lock"
PYTHONS = ("python3.12", "python3.11", "python3.13")
"""What halmos runs on, the version it is known best with first."""

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
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    marker = ENVIRONMENT / "installed"
    if marker.is_file() and marker.read_text() == digest:
        return
    subprocess.run([_python(), "-m", "venv", "--clear", ENVIRONMENT], check=True)
    python = ENVIRONMENT / "bin" / "python"
    pip = (python, "-m", "pip", "install", "-qq", "--require-hashes", "-r", REQUIREMENTS)
    subprocess.run(pip, check=True)
    solver = ENVIRONMENT / "bin" / "cvc5"
    script = solc.ROOT / "tools" / "bits_as_integers.py"
    solver.write_text(_SOLVER.format(python=python, script=script))
    solver.chmod(0o755)
    marker.write_text(digest)


def prove(project: Path, contracts: str, *, one_counterexample: bool = False) -> list[Verdict]:
    """Return what halmos says of the proofs in the contracts whose names match.

    With `one_counterexample` a proof is left at the first input for which it does not hold.
    Raises ``ProverFailed`` if the project does not compile or has no such proof.
    """
    report = project / "verdicts.json"
    report.unlink(missing_ok=True)
    programs = os.pathsep.join([str(ENVIRONMENT / "bin"), os.environ["PATH"]])
    halmos = str(ENVIRONMENT / "bin" / "halmos")
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


def _python() -> str:
    """Return a Python that halmos runs on; one that pyenv only pretends to have does not answer."""
    for name in PYTHONS:
        for candidate in _candidates(name):
            asked = subprocess.run([candidate, "-c", "import ensurepip"], capture_output=True)
            if asked.returncode == 0:
                return str(candidate)
    raise ProverMissing(f"halmos runs on {', '.join(PYTHONS)}, and none of them is here")


def _candidates(name: str) -> Iterator[Path]:
    if found := shutil.which(name):
        yield Path(found)
    version = name.removeprefix("python")
    yield from sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/{name}"))
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        yield Path(sys.executable)
