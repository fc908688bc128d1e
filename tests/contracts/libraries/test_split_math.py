"""The split arithmetic, on any price and plan."""

from __future__ import annotations

import pytest
from brownie import accounts
from hypothesis import strategies as st

from tests.contracts.batch import Facts
from tests.contracts.plans import WHOLE, Plan, Share, capture, divide
from tests.contracts.properties import examples, given

PRICES = st.integers(1, 2**40 - 1)
AMOUNTS = st.integers(0, 3 * 2**56)
EPOCHS = st.integers(0, 2**24 - 1)


@pytest.fixture(scope="module")
def splits(SplitHarness):
    return SplitHarness.deploy({"from": accounts[0]})


@st.composite
def commissions(draw):
    """Draws a commission and the referrer's part of it, in basis points."""
    commission = draw(st.integers(0, WHOLE))
    return commission, draw(st.integers(0, commission))


@st.composite
def plans(draw):
    """Draws a plan of up to ten creators that adds up."""
    parts = draw(st.integers(1, 10)) + 4
    cuts = sorted(draw(st.lists(st.integers(0, WHOLE), min_size=parts - 1, max_size=parts - 1)))
    shares = [end - start for start, end in zip([0, *cuts], [*cuts, WHOLE], strict=True)]
    shares[4] += shares[0] // 2
    shares[0] -= shares[0] // 2
    creators = tuple(Share(f"0x{i:040x}", bps) for i, bps in enumerate(shares[4:], start=1))
    seller, referrer, host, network = shares[:4]
    return Plan(seller, referrer, host, network, creators)


@given(price=PRICES, terms=commissions())
@examples(200)
def test_the_parts_of_an_order_add_up_to_its_price(splits, price, terms):
    """INV-3, SPLIT-1."""
    parts = splits.parts(price, *terms)
    assert tuple(parts) == capture(price, *terms)
    assert sum(parts) == price
    assert min(parts) >= 0


@pytest.mark.parametrize("price", [1, 2, 9_999, 10_000, 10_001, 2**40 - 1])
@pytest.mark.parametrize("terms", [(0, 0), (1, 0), (1, 1), (9_999, 1), (9_999, 9_999)])
def test_the_parts_add_up_at_the_edges(splits, price, terms):
    """INV-3, SPLIT-1."""
    assert tuple(splits.parts(price, *terms)) == capture(price, *terms)
    assert splits.parts(price, *terms)[0] > 0


@given(amount=AMOUNTS, plan=plans())
@examples(60)
def test_the_shares_of_a_release_are_the_plans(splits, amount, plan):
    """INV-3, SPLIT-3."""
    total = WHOLE - plan.commission_bps
    if total == 0:
        return
    *others, (_, first) = divide(plan, 1, amount)
    bps = [*(creator.bps for creator in plan.creators[1:]), plan.host_bps, plan.network_bps]
    assert [splits.share(amount, each, total) for each in bps] == [part for _, part in others]
    remainder = first - splits.share(amount, plan.creators[0].bps, total)
    assert 0 <= remainder <= len(bps)


@given(price=PRICES, terms=commissions(), class_=st.integers(0, 7), epoch=EPOCHS)
@examples(100)
def test_facts_are_packed_as_specified(splits, price, terms, class_, epoch):
    """TREE-1."""
    facts = Facts(price, terms[0], terms[1], class_, epoch)
    assert splits.facts(price, *terms, 1, class_, epoch) == facts.packed()


@given(
    terms=st.tuples(PRICES, *[st.integers(0, WHOLE)] * 2, st.integers(0, 7), EPOCHS),
    times=st.tuples(*[st.integers(0, 2**40 - 1)] * 2),
    state=st.integers(0, 255),
    data=st.data(),
)
@examples(100)
def test_what_becomes_of_an_order_joins_its_facts(splits, terms, times, state, data):
    """TREE-1, REFUND-6."""
    before = Facts(*terms)
    refunded = data.draw(st.integers(0, before.price))
    start, end = times
    after = before._replace(starts_at=start, expires_at=end, state=state, refunded=refunded)
    assert splits.withAll(before.packed(), start, end, state, refunded) == after.packed()


@given(price=PRICES, terms=commissions(), data=st.data())
@examples(200)
def test_no_part_grows_when_less_is_left(splits, price, terms, data):
    """SPLIT-1, REFUND-6."""
    left = data.draw(st.integers(0, price))
    parts, rest = splits.parts(price, *terms), splits.parts(left, *terms)
    assert tuple(rest) == capture(left, *terms)
    assert all(less <= more for less, more in zip(rest, parts, strict=True))
