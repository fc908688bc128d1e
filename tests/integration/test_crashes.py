"""PAY-15, PAY-2, PAY-8, PAY-13: a gateway that dies at any point loses nothing and does
nothing twice. Small runs of tests/faults/crashes.py and kills.py."""

from __future__ import annotations

import pytest

from tests.databases import DIALECTS
from tests.faults.crashes import Plan, run_chunk, town_of
from tests.faults.kills import run
from tests.faults.points import POINTS, Point
from tests.integration.fair import Fair

_PLAN = Plan(each=10, thinned=2)


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_gateway_that_dies_recovers(opened_fair: Fair, dialect: str, point: Point) -> None:
    rounds = _PLAN.rounds(point)
    with town_of(opened_fair, dialect) as town:
        report = run_chunk(town, point, _PLAN, rounds)
    assert report.wrong == []
    assert report.deaths >= report.recoveries == len(rounds)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_process_that_is_killed_loses_nothing(opened_fair: Fair, dialect: str) -> None:
    report = run(opened_fair, dialect, kills=3)
    assert report.wrong == []
    assert report.kills == 3
