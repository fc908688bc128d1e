"""PAY-13, PAY-15: any number of processes on one database do nothing twice and lose nothing.

A small run of tests/faults/crowd.py."""

from __future__ import annotations

from tests.faults.crowd import run
from tests.integration.fair import Fair


def test_processes_that_share_a_server_do_nothing_twice(opened_fair: Fair) -> None:
    report = run(opened_fair, "postgresql", members=3, sales=9)
    assert report.wrong == []
    assert report.refused == []


def test_processes_that_share_a_file_do_nothing_twice(opened_fair: Fair) -> None:
    report = run(opened_fair, "sqlite", members=2, sales=4)
    assert report.wrong == []
    assert report.refused == []
