"""A sample of `make fuzz-money`."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from hypothesis import given, settings

from tests.drift.__main__ import Round, main, run
from tests.drift.trading import Trading, check, tradings
from zhifu.facts import Facts, Parts


@settings(max_examples=300)
@given(tradings(0))
def test_nothing_drifts_without_decimals(trading: Trading) -> None:
    """MONEY-1"""
    check(trading)


@settings(max_examples=300)
@given(tradings(2))
def test_nothing_drifts_with_two_decimals(trading: Trading) -> None:
    """MONEY-1"""
    check(trading)


@settings(max_examples=300)
@given(tradings(3))
def test_nothing_drifts_with_three_decimals(trading: Trading) -> None:
    """MONEY-1"""
    check(trading)


def _rounded_up(facts: Facts, amount: int) -> Parts:
    """A split that makes a unit out of nothing wherever something is left over."""
    commission = -(-amount * facts.commission_bps // 10_000)
    return Parts(amount - amount * facts.commission_bps // 10_000, commission, 0)


def test_a_unit_out_of_nothing_is_found() -> None:
    with patch.object(Facts, "parts_of", _rounded_up):
        found = run(Round(2, seed=1, examples=300))
    assert found.drift is not None


def test_the_command_tells_what_it_tried(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--examples", "30", "--seed", "3"]) == 0
    assert "seed 3: 30 tradings, no drift" in capsys.readouterr().out
