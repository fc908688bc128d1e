"""The running service, asked at random: what it answers is what it says it may answer.

`make fuzz-api` asks for longer.
"""

from __future__ import annotations

import subprocess

import pytest

from tests.fuzz_api.campaign import ENVIRONMENT, Plan, run
from tools.environment import NoPython

CASES = 10_000
SEED = 20_251_123


@pytest.fixture(scope="module", autouse=True)
def installed() -> None:
    try:
        ENVIRONMENT.install()
    except (NoPython, subprocess.CalledProcessError) as missing:
        pytest.skip(f"schemathesis cannot be installed: {missing}")


def test_no_case_has_an_answer_that_is_not_described() -> None:
    """API-1, 2, 4, 5, 13"""
    assert run(Plan(SEED, CASES), print) >= CASES
