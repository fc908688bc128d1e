"""Amounts and numbers of a report as languages write them: exact, whatever the currency."""

from __future__ import annotations

import pytest

from zhifu.languages import Language
from zhifu.report.formats import Formats


@pytest.mark.parametrize(
    ("currency", "decimals", "units", "text"),
    [
        ("USD", 6, 1_234_567_890_000, "1,234,567.89"),
        ("USD", 6, 0, "0.00"),
        ("USD", 6, -1, "−0.000001"),
        ("USD", 6, 10**21 + 1, "1,000,000,000,000,000.000001"),
        ("JPY", 0, 1_999, "1,999"),
        ("JPY", 6, 5_500_000, "5.5"),
        ("KWD", 6, 1_500_000, "1.500"),
        ("KWD", 3, 1_500, "1.500"),
    ],
)
def test_an_amount_is_exact(currency: str, decimals: int, units: int, text: str) -> None:
    for language in Language:
        found = Formats(language, currency, decimals).amount(units)
        assert (found.value, found.text) == (units, text)


def test_amounts_take_more_decimals_where_others_need_them() -> None:
    assert Formats(Language.ENGLISH, "USD", 6).amount(1_500_000, 4).text == "1.5000"


def test_a_share_is_never_rounded_up() -> None:
    formats = Formats(Language.ENGLISH, "USD", 6)
    assert formats.share(99_999, 100_000).text == "99.99 %"
    assert formats.share(0, 0).text == "0.00 %"
