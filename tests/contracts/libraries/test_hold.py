"""The slots where money and prices wait, against an independent book."""

from __future__ import annotations

from collections import Counter

import pytest
from brownie import accounts, reverts
from hypothesis import strategies as st

from tests.contracts.holds import BUCKET, Hold, unpack
from tests.contracts.properties import examples, given

OWNER = 0xDEADBEEFCAFEF00D << 192
AMOUNTS = st.integers(0, 10**12)
STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "add", "take", "drain"]), st.integers(0, 3), AMOUNTS),
    min_size=1,
    max_size=12,
)


@pytest.fixture(scope="module")
def slots(HoldHarness):
    return HoldHarness.deploy({"from": accounts[0]})


class Book:
    """Money by the epoch of its capture."""

    def __init__(self):
        self.held: Counter[int] = Counter()

    def drain(self, epoch):
        """Take out what has matured."""
        matured = {each: amount for each, amount in self.held.items() if each < epoch - 1}
        self.held -= Counter(matured)
        return sum(matured.values())

    def seen_from(self, epoch):
        """Return the hold as stored in an epoch."""
        matured = sum(amount for each, amount in self.held.items() if each < epoch - 1)
        return Hold(matured, self.held[epoch - 1], self.held[epoch], epoch)


@given(steps=STEPS, start=st.integers(2, 10**6))
@examples(120)
def test_what_goes_in_comes_out_once(slots, steps, start):
    """INV-2, SPLIT-2."""
    book, hold, epoch = Book(), OWNER, start
    for verb, later, amount in steps:
        epoch += later
        if verb == "add":
            hold = slots.add(hold, amount, epoch)
            book.held[epoch] += amount
        elif verb == "take":
            part = min(amount, book.held[epoch - 1])
            hold = slots.take(hold, part, epoch - 1, epoch)
            book.held[epoch - 1] -= part
        else:
            hold, matured = slots.drain(hold, epoch)
            assert matured == book.drain(epoch)
        assert unpack(hold) == book.seen_from(epoch)
        assert hold >> 192 == OWNER >> 192


@pytest.mark.parametrize("age", [2, 3, 1_000])
def test_reverts_if_taken_back_too_late(slots, age):
    """REFUND-1, SPLIT-2."""
    hold = slots.add(0, 5, 100)
    with reverts(f"RefundWindowClosed: 100, {100 + age}"):
        slots.take(hold, 5, 100, 100 + age)


def test_reverts_if_taken_back_before_it_came(slots):
    """REFUND-1."""
    with reverts("RefundWindowClosed: 101, 100"):
        slots.take(0, 0, 101, 100)


@pytest.mark.parametrize("age", [0, 1])
def test_reverts_if_more_is_taken_back_than_came(slots, age):
    """REFUND-2, INV-2."""
    hold = slots.add(slots.add(0, 9, 99), 5, 100) if age else slots.add(0, 5, 100)
    with reverts("HoldUnderflow: 5, 6"):
        slots.take(hold, 6, 100, 100 + age)


def test_a_bucket_holds_its_maximum_and_no_more(slots):
    """SPLIT-4."""
    full = slots.add(slots.add(0, BUCKET - 1, 100), 1, 100)
    assert unpack(full) == (0, 0, BUCKET, 100)
    with reverts("HoldOverflow: 1, 0"):
        slots.add(full, 1, 100)
    with reverts(f"HoldOverflow: {BUCKET + 1}, {BUCKET}"):
        slots.add(0, BUCKET + 1, 100)


def test_full_buckets_do_not_spill_into_each_other(slots):
    """SPLIT-4, INV-2."""
    hold = slots.add(slots.add(slots.add(OWNER, BUCKET, 98), BUCKET, 99), 7, 99 + 1)
    assert unpack(hold) == (BUCKET, BUCKET, 7, 100)
    hold = slots.take(hold, BUCKET, 99, 100)
    assert unpack(hold) == (BUCKET, 0, 7, 100)
    assert hold >> 192 == OWNER >> 192


def test_a_hold_too_full_to_roll_can_be_drained(slots):
    """RELEASE-1, SPLIT-4."""
    hold = slots.add(slots.add(slots.add(0, BUCKET, 98), BUCKET, 99), BUCKET, 100)
    for epoch, matured in ((101, 2 * BUCKET), (102, 3 * BUCKET)):
        with reverts(f"HoldOverflow: {matured}, {BUCKET}"):
            slots.add(hold, 1, epoch)
        assert slots.drain(hold, epoch)[1] == matured


@given(
    kept=st.tuples(*[st.integers(1, 2**40 - 1)] * 2),
    steps=st.dictionaries(st.integers(1, 400), st.integers(1, 2**40 - 1), max_size=2),
    today=st.integers(1, 2**24 - 500),
    away=st.integers(-3, 405),
)
@examples(200)
def test_a_price_holds_on_its_days(slots, kept, steps, today, away):
    """PRICE-2."""
    prices = {-3: kept[0], 0: kept[1]} | dict(sorted(steps.items()))
    expected = prices[max(day for day in prices if day <= away)]
    days = [today + day for day in sorted(steps)]
    told = [steps[day] for day in sorted(steps)]
    assert slots.priceOn(*kept, today, days, told, max(today + away, 0)) == expected


@given(versions=st.tuples(*[st.integers(1, 2**16 - 1)] * 2), first=st.integers(1, 2**24 - 1))
@examples(50)
def test_a_plan_holds_from_its_epoch(slots, versions, first):
    """SPLIT-5."""
    version, before = versions
    assert slots.versionIn(version, before, first, first) == version
    assert slots.versionIn(version, before, first, first - 1) == before
