"""API-3, ASYNC-2: one key makes one payment, however often and at once it is asked for.

A small run of tests/faults/idempotency.py."""

from __future__ import annotations

import pytest

from tests.databases import DIALECTS
from tests.faults.idempotency import WAYS, run
from tests.integration.fair import Fair


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_key_makes_one_order(opened_fair: Fair, dialect: str, way: str) -> None:
    report = run(opened_fair, dialect, way, keys=20, times=50)
    assert report.is_exact, report
