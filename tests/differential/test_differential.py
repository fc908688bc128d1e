"""The compiled contracts and the model do the same, step by step (INV-1 to INV-8, ALL-1).

ZHIFU_DIFFERENTIAL_SEED takes the walks of an earlier run again.
"""

from __future__ import annotations

import os
import secrets

import pytest

pytest.importorskip("pyrevm", reason="pyrevm has no wheel for this Python")

from tests.differential.model import VERBS
from tests.differential.run import Plan, run

SEED = int(os.environ.get("ZHIFU_DIFFERENTIAL_SEED") or secrets.randbelow(10**9))
STEPS = 20_000


def test_contracts_and_model_agree_after_every_step(capfd: pytest.CaptureFixture[str]) -> None:
    with capfd.disabled():
        tally = run(Plan(SEED, STEPS), lambda text: print(f"\n{text}", flush=True))
    assert [verb for verb in VERBS if not tally.succeeded[verb]] == []
