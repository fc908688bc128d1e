"""A campaign that hangs is a failure, and says so."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.fuzz_api.campaign import Failed, finish


def test_what_does_not_end_is_ended_and_told(tmp_path: Path) -> None:
    hangs = "import time; print('it began', flush=True); time.sleep(600)"
    with pytest.raises(Failed, match=r"it hung: it did not end in 3 s"):
        finish([sys.executable, "-c", hangs], tmp_path, {}, 3)


def test_what_fails_is_told_with_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(Failed, match=r"^why$"):
        finish([sys.executable, "-c", "raise SystemExit('why')"], tmp_path, {}, 600)
    said = finish(
        [sys.executable, "-c", "import os; print(os.environ['A'])"], tmp_path, {"A": "b"}, 600
    )
    assert said == "b\n"
