"""What an order is made of: one word, a division without remainder, and an interval."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhifu.facts import Facts, OrderState, Quote

PRICES = st.integers(1, 2**40 - 1)
NOW = 1_768_000_000
MONTH = 30 * 86_400


@st.composite
def every_facts(draw: st.DrawFn) -> Facts:
    commission = draw(st.integers(0, 10_000))
    price = draw(PRICES)
    return Facts(
        price,
        commission,
        draw(st.integers(0, commission)),
        draw(st.integers(1, 2**16 - 1)),
        draw(st.integers(0, 7)),
        draw(st.integers(0, 2**24 - 1)),
        draw(st.integers(0, 2**40 - 1)),
        OrderState(draw(st.integers(0, 127))),
        draw(st.integers(0, 2**40 - 1)),
        draw(st.integers(0, price)),
    )


@given(every_facts())
def test_facts_come_back_as_they_went(facts: Facts) -> None:
    assert Facts.unpack(facts.pack()) == facts
    assert facts.pack() < 2**248


@given(every_facts())
def test_parts_add_up_to_the_amount(facts: Facts) -> None:
    """INV-3, SPLIT-1: and the referrer's part is a part of the commission."""
    parts = facts.parts_of(facts.price)
    assert sum(parts) == facts.price
    assert min(parts) >= 0
    assert facts.price * facts.commission_bps // 10_000 == parts.seller + parts.referrer


@given(every_facts(), st.data())
def test_no_part_grows_when_less_is_left(facts: Facts, data: st.DataObject) -> None:
    """REFUND-6: a part refund takes from every hold at most what the order has there."""
    less = data.draw(st.integers(0, facts.price))
    before, after = facts.parts_of(facts.price), facts.parts_of(less)
    assert all(kept <= held for held, kept in zip(before, after, strict=True))


def test_a_named_referrer_gets_its_share_of_the_rounded_commission() -> None:
    """SPLIT-1: 15 of 99 is commission, and a quarter of it, not of the price, the referrer's."""
    assert Facts(99, 1_600, 400, 1, 0, 0).parts_of(99) == (84, 12, 3)


def quote(duration_seconds: int) -> Quote:
    return Quote(4_900, 2_000, 500, 1, 0, 1_465, NOW, duration_seconds)


def test_a_licence_that_never_ends_has_no_interval() -> None:
    facts = quote(0).facts(None, 0)
    assert (facts.starts_at, facts.expires_at) == (0, 0)
    assert facts.is_current(0)


@pytest.mark.parametrize("starts_at", [0, NOW - 1, NOW])
def test_a_start_that_has_passed_is_the_time_of_capture(starts_at: int) -> None:
    """ORDER-5: a renewal that settles late loses nothing."""
    facts = quote(MONTH).facts(None, starts_at)
    assert (facts.starts_at, facts.expires_at) == (NOW, NOW + MONTH)


def test_a_licence_is_current_from_its_start_until_before_its_end() -> None:
    """INV-5."""
    facts = quote(MONTH).facts(None, NOW + 5)
    moments = (NOW + 4, NOW + 5, NOW + 5 + MONTH - 1, NOW + 5 + MONTH)
    assert [facts.is_current(each) for each in moments] == [False, True, True, False]


def test_a_referrer_has_a_share_only_where_it_is_named() -> None:
    assert quote(0).facts(None, 0).referrer_bps == 0
    assert quote(0).facts("0x" + "11" * 20, 0).referrer_bps == 500
