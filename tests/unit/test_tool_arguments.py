"""What the tools refuse: one line that names the argument, a status that is not 0, no traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
REFUSED = {
    "tools.walks --least x": "--least",
    "tools.walks --least -1": "--least",
    "tools.walks --seed zz": "--seed",
    "tests.differential --steps 0": "--steps",
    "tests.differential --steps 2500 --first 1": "--first",
    "tests.differential --walk -1": "--walk",
    "tests.differential --every 0": "--every",
    "tests.differential --artifacts /nowhere": "--artifacts",
    "tools.mutants --sample 0": "--sample",
    "tools.mutants --jobs 0": "--jobs",
    "tools.proofs --of Hold.sol": "--of",
    "tools.proofs --planted --of nonsense": "--of",
    "benchmarks.profile_gas --lines 0 row": "--lines",
}


@pytest.mark.parametrize("command", REFUSED)
def test_a_wrong_argument_is_named(command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command.split()], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert f"argument {REFUSED[command]}: " in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
