"""Amounts on the command line are exact, and show at least the currency's decimals."""

from __future__ import annotations

import pytest

from zhifu.cli.amounts import Amounts

SHOWN = [
    ("USD", 6, 49_000_000, "49.00"),
    ("USD", 6, 9_800_001, "9.800001"),
    ("USD", 6, -4_900_000, "-4.90"),
    ("USD", 6, 1, "0.000001"),
    ("USD", 6, 10**38 + 1, f"{10**32}.000001"),
    ("USD", 2, 5, "0.05"),
    ("JPY", 6, 1_000_000, "1"),
    ("JPY", 0, 12, "12"),
    ("BHD", 6, 1_000, "0.001"),
]


@pytest.mark.parametrize(("currency", "ledger_decimals", "units", "text"), SHOWN)
def test_ledger_units_are_shown_exactly(
    currency: str, ledger_decimals: int, units: int, text: str
) -> None:
    assert Amounts(currency, ledger_decimals, 1).decimal(units) == text
