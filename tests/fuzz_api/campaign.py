"""Asking a running service at random, in rounds, until so many cases were tried."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import httpx

from tests.fuzz_api import asked
from tests.fuzz_api.stand import Stand, open_stand
from tools import solc
from tools.environment import Environment

ENVIRONMENT = Environment(
    solc.ROOT / ".cache" / "fuzz-api", solc.ROOT / "tests" / "fuzz_api" / "requirements.lock"
)
HOOKS = Path(__file__).with_name("hooks.py")

#: The first round tries every kind of case of every operation, the others chance and sequences.
_ALL_PHASES = "examples,coverage,fuzzing,stateful"
_MORE_PHASES = "fuzzing,stateful"

#: Some operations take no input, so that there is but one case of them.
_FRUITFUL_OPERATIONS = 30
_LEAST_EXAMPLES = 5
_MOST_EXAMPLES = 300


class Failed(Exception):
    """An answer broke a rule, or schemathesis could not run; carries what it said."""


@dataclass(frozen=True)
class Plan:
    """How many cases are tried from which seed, over which kind of database."""

    seed: int
    cases: int
    dialect: str = "sqlite"


def run(plan: Plan, tell: Callable[[str], None]) -> int:
    """Try at least so many cases; how many it were. Raises ``Failed`` at the first bad answer."""
    ENVIRONMENT.install()
    with open_stand(plan.dialect) as stand, tempfile.TemporaryDirectory() as name:
        folder, tried = Path(name), 0
        description = httpx.get(f"{stand.url}/v1/openapi.json").raise_for_status().json()
        asked.write(folder, stand, description)
        for number in count():
            seed, phases = plan.seed + number, _MORE_PHASES if number else _ALL_PHASES
            made = _round(folder, stand, seed, phases, plan.cases - tried)
            tried += made
            tell(f"seed {seed}: {made} cases of {phases}, {tried} in all")
            if tried >= plan.cases or not made:
                return tried
    raise AssertionError("rounds do not end by themselves")


def _round(folder: Path, stand: Stand, seed: int, phases: str, left: int) -> int:
    examples = min(_MOST_EXAMPLES, max(_LEAST_EXAMPLES, left // _FRUITFUL_OPERATIONS))
    report = folder / asked.REPORT
    report.unlink(missing_ok=True)
    command = [str(ENVIRONMENT.programs / "schemathesis"), "--config-file", asked.SETTINGS, "run"]
    command += [asked.DESCRIPTION, "--url", stand.url, "--no-color", "--seed", str(seed)]
    command += ["--phases", phases, "--max-examples", str(examples)]
    reply = subprocess.run(
        command,
        cwd=folder,
        env=os.environ
        | {"SCHEMATHESIS_HOOKS": str(HOOKS), "FUZZ_API_OTHERS": json.dumps(stand.others.all())},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if reply.returncode or not report.is_file():
        raise Failed(reply.stdout)
    return asked.cases(json.loads(report.read_text()))
