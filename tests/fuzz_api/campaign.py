"""Asking a running service at random, in rounds, until so many cases were tried."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

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
_FRUITFUL_OPERATIONS = 65
_LEAST_EXAMPLES = 5
_MOST_EXAMPLES = 300

#: A round that takes longer hangs: on two cores that others share, a case takes 0.03 seconds.
_START_SECONDS = 600.0
_CASE_SECONDS = 0.5
_MOST_OPERATIONS = 100


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
        asked.write(folder, stand)
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
    others = json.dumps([each for ids in stand.others.values() for each in ids])
    told = finish(
        command,
        folder,
        {"SCHEMATHESIS_HOOKS": str(HOOKS), "FUZZ_API_OTHERS": others},
        _START_SECONDS + _CASE_SECONDS * examples * _MOST_OPERATIONS,
    )
    if not report.is_file():
        raise Failed(told)
    return asked.cases(json.loads(report.read_text()))


def finish(command: Sequence[str], folder: Path, variables: Mapping[str, str], left: float) -> str:
    """What a command says until it ends; raises ``Failed`` if that is no success, or too late.

    It is ended if it has not ended by itself after the `left` seconds.
    """
    try:
        reply = subprocess.run(
            command,
            cwd=folder,
            env=os.environ | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=left,
        )
    except subprocess.TimeoutExpired as late:
        raise Failed(f"{_text(late.output)}\nit hung: it did not end in {left:g} s") from None
    if reply.returncode:
        raise Failed(_text(reply.stdout))
    return _text(reply.stdout)


def _text(said: bytes | None) -> str:
    return (said or b"").decode(errors="replace")
