"""Windows cut a history anywhere, and lose and double nothing of it (NET-1, 2)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from zhifu.clearing import cut
from zhifu.cutoffs import Cutoffs
from zhifu.netting import Flow, Netting
from zhifu.obligations import Movement

ORIGIN = 17

platforms = st.integers(1, 4)
movements = st.lists(
    st.builds(
        Movement,
        st.integers(ORIGIN, ORIGIN + 60),
        st.integers(0, 5),
        st.integers(0, 1),
        st.lists(st.builds(Flow, platforms, platforms, st.integers(1, 10**9)), max_size=3),
    )
).map(lambda found: sorted(found, key=lambda each: each.block_number))
sizes = st.integers(1, 70)


@given(movements, sizes)
def test_every_window_has_what_happened_between_its_blocks(
    history: list[Movement], blocks: int
) -> None:
    """NET-1: each movement is in the one window whose blocks have its block."""
    cutoffs = Cutoffs(ORIGIN, blocks)
    found = dict(cut(history, cutoffs))
    for number in range(1, cutoffs.window_of(ORIGIN + 60) + 1):
        among = range(cutoffs.first_block(number), cutoffs.last_block(number) + 1)
        own = [each for each in history if each.block_number in among]
        assert (number in found) == bool(own)
        if own:
            assert found[number].orders == sum(each.orders for each in own)
            assert found[number].refunds == sum(each.refunds for each in own)
            model = Netting(flow for each in own for flow in each.flows)
            assert found[number].positions == model.positions


@given(movements, sizes)
def test_orders_and_positions_of_all_windows_add_up(history: list[Movement], blocks: int) -> None:
    """NET-1, NET-2."""
    found = [netting for _, netting in cut(history, Cutoffs(ORIGIN, blocks))]
    assert sum(each.orders for each in found) == sum(each.orders for each in history)
    for netting in found:
        assert sum(each.net for each in netting.positions) == 0


@given(movements, sizes)
def test_a_window_of_twice_the_blocks_is_two_windows(history: list[Movement], blocks: int) -> None:
    """NET-2: with what is needed in it, not only what is owed."""
    single = dict(cut(history, Cutoffs(ORIGIN, blocks)))
    for number, double in cut(history, Cutoffs(ORIGIN, 2 * blocks)):
        halves = (single.get(2 * number - 1, Netting()), single.get(2 * number, Netting()))
        both = halves[0].then(halves[1])
        assert (both.orders, both.refunds) == (double.orders, double.refunds)
        assert both.positions == double.positions
        assert both.flows == double.flows


@given(st.integers(0, 10**6), sizes)
def test_windows_follow_each_other_without_a_gap(block: int, blocks: int) -> None:
    """NET-1."""
    cutoffs = Cutoffs(ORIGIN, blocks)
    number = cutoffs.window_of(ORIGIN + block)
    assert number >= 1
    assert cutoffs.first_block(number) <= ORIGIN + block <= cutoffs.last_block(number)
    assert cutoffs.last_block(number) + 1 == cutoffs.first_block(number + 1)
    assert cutoffs.first_block(1) == ORIGIN
