"""Terms of licences: what the contract would refuse is refused before it is sent."""

from __future__ import annotations

import pytest

from zhifu.cli.terms import terms_of, told
from zhifu.exceptions import InvalidInput
from zhifu.models import PERPETUAL, Terms

DAY = 86_400


@pytest.mark.parametrize(
    ("field", "terms"),
    [
        ("duration_seconds", {"duration_seconds": 3_599}),
        ("duration_seconds", {"duration_seconds": 3_650 * DAY + 1}),
        ("duration_seconds", {"duration_seconds": -1}),
        ("renewable", {"renewable": True}),
        ("royalty_bps", {"royalty_bps": 1_001}),
        ("royalty_bps", {"royalty_bps": -1}),
    ],
)
def test_terms_that_the_contract_refuses_are_refused(field: str, terms: dict[str, int]) -> None:
    """TERMS-1."""
    with pytest.raises(InvalidInput) as raised:
        Terms(**terms)  # type: ignore[arg-type]
    assert raised.value.field == field
    assert raised.value.rule.startswith("must ")


@pytest.mark.parametrize("duration", [0, 3_600, 3_650 * DAY])
def test_terms_that_the_contract_takes_are_taken(duration: int) -> None:
    """TERMS-1."""
    terms = Terms(duration, bool(duration), bound=True, royalty_bps=1_000)
    assert terms.as_tuple() == (duration, bool(duration), True, 1_000)


@pytest.mark.parametrize(
    ("typed", "seconds"), [(None, 0), ("1h", 3_600), ("36h", 129_600), ("30d", 30 * DAY)]
)
def test_a_duration_is_typed_in_hours_or_days(typed: str | None, seconds: int) -> None:
    assert terms_of(typed, False, False, 0) == Terms(seconds)


@pytest.mark.parametrize("typed", ["", "30", "d", "1.5h", "30 d", "2w", "-1d", "٣d"])
def test_any_other_duration_is_refused(typed: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        terms_of(typed, False, False, 0)
    assert raised.value.field == "duration"


def test_terms_are_told_in_words() -> None:
    assert told(PERPETUAL) == "A licence never ends."
    assert told(Terms(3_600)) == "A licence lasts 1 hour."
    assert told(Terms(5_400)) == "A licence lasts 5400 seconds."
    assert told(Terms(30 * DAY, True, True, 250)) == (
        "A licence lasts 30 days, can be renewed ahead, cannot be passed on once claimed,"
        " owes 2.50 % of a resale to the first creator."
    )
