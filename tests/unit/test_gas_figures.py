"""The committed gas figures: what they say, and how a change of one is told."""

from __future__ import annotations

import json

from benchmarks.gas import FIGURES, TARGETS, differences, verdict
from benchmarks.rows import ROWS
from zhifu.chain import TRANSACTION_GAS_LIMIT

COMMITTED: dict[str, int] = json.loads(FIGURES.read_text(encoding="utf-8"))
NAMES = [row.name for row in ROWS]


def test_every_row_is_committed_once_and_in_order() -> None:
    assert list(COMMITTED) == NAMES
    assert len(set(NAMES)) == len(NAMES)


def test_every_target_is_a_target_of_a_row() -> None:
    assert set(json.loads(TARGETS.read_text(encoding="utf-8"))) <= set(NAMES)


def test_a_release_costs_the_same_after_any_number_of_orders() -> None:
    """RELEASE-1: money is split per content, not per order."""
    counts = (1, 100, 10_000)
    assert len({COMMITTED[f"release and split to 4 after {count} orders"] for count in counts}) == 1


def test_every_row_fits_a_transaction() -> None:
    """BATCH-9."""
    assert all(COMMITTED[row.name] * row.per < TRANSACTION_GAS_LIMIT for row in ROWS)


def test_equal_figures_are_no_difference() -> None:
    assert list(differences({"buy": 1}, {"buy": 1})) == []


def test_a_changed_figure_is_told_with_both_values() -> None:
    assert list(differences({"buy": 80_000, "sell": 1}, {"buy": 80_250, "sell": 1})) == [
        "buy: committed 80,000, measured 80,250 (+250)"
    ]


def test_a_cheaper_call_is_a_difference_too() -> None:
    assert list(differences({"buy": 80_250}, {"buy": 80_000})) == [
        "buy: committed 80,250, measured 80,000 (-250)"
    ]


def test_a_new_and_a_lost_row_are_told() -> None:
    assert list(differences({"old": 7}, {"new": 5})) == [
        "new: not committed, measured 5",
        "old: committed 7, no longer measured",
    ]


def test_a_target_is_met_up_to_its_last_gas() -> None:
    assert verdict(52_000, 52_000) == "met"
    assert verdict(52_001, 52_000) == "missed by 1 (0%)"
    assert verdict(78_000, 52_000) == "missed by 26,000 (50%)"
    assert verdict(78_000, None) == ""
