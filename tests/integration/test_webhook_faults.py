"""Events arrive whatever fails: a small run of tests/faults/webhooks.py (NOTE-5)."""

from __future__ import annotations

from tests.databases import database_url, databases
from tests.faults.webhooks import run

__all__ = ["database_url", "databases"]


def test_every_event_arrives_through_failures_and_killed_workers(database_url: str) -> None:
    report = run(120, database_url, kills=2)
    assert report.lost == []
    assert report.wrong == []
    assert report.kills == 2
    assert report.failures > 0.15 * report.attempts
