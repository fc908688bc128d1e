"""The profile of a call books every unit of its gas to the line that spent it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from benchmarks.profile_gas import Entry, profile
from benchmarks.rows import ROWS
from zhifu.blocks import Receipt

NAME = "buy by a signature that a relayer sends (bare)"
ROW = next(row for row in ROWS if row.name == NAME)

Profile = tuple[Receipt, Sequence[Entry]]


@pytest.fixture(scope="module")
def profiled() -> Profile:
    """A call that Settlement passes to its desk, and that ends in the token."""
    return profile(ROW)


def test_lines_base_and_calldata_make_up_the_receipt(profiled: Profile) -> None:
    receipt, entries = profiled
    outside = {entry.text.split(",")[0]: entry.gas for entry in entries if entry.steps == 0}
    assert outside.keys() == {"its base", "its calldata"}
    assert sum(entry.gas for entry in entries) == receipt.gas_used


def test_lines_of_every_contract_that_ran_are_found(profiled: Profile) -> None:
    _, entries = profiled
    sources = {entry.place.split(":")[0] for entry in entries if entry.steps}
    assert {"Settlement.sol", "SettlementDesk.sol", "Ledger.sol", "BareToken.sol"} <= sources
    assert "unknown" not in sources


def test_storage_is_told_where_it_is_written(profiled: Profile) -> None:
    _, entries = profiled
    (taken,) = [entry for entry in entries if entry.text == "balanceOf[from] -= amount;"]
    cold_read, change = 2_100, 2_900
    assert taken.storage == cold_read + change


def test_the_dearest_line_comes_first(profiled: Profile) -> None:
    _, entries = profiled
    gas = [entry.gas for entry in entries]
    assert gas == sorted(gas, reverse=True)
