"""Flows between platforms, netted: against a model that keeps every flow (NET-2, 3, 4, 5)."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from zhifu.netting import Exposure, Flow, Netting, Position, nets_by_name

PLATFORMS = range(1, 5)

flows = st.lists(
    st.builds(Flow, st.sampled_from(PLATFORMS), st.sampled_from(PLATFORMS), st.integers(1, 10**9))
)


def paid(taken: Sequence[Flow], payer: int, payee: int | None = None) -> int:
    """What a platform paid to others, or to one of them."""
    return sum(
        each.amount
        for each in taken
        if each.payer == payer != each.payee and payee in (None, each.payee)
    )


def got(taken: Sequence[Flow], platform: int) -> int:
    return sum(paid(taken, other, platform) for other in PLATFORMS)


def deepest(taken: Sequence[Flow], platform: int) -> int:
    """How far a platform is below zero at worst, flow by flow."""
    before = (taken[: count + 1] for count in range(len(taken)))
    return max((paid(each, platform) - got(each, platform) for each in before), default=0)


@given(flows)
def test_a_position_is_what_comes_less_what_goes(taken: list[Flow]) -> None:
    for each in Netting(taken).positions:
        assert each.pays == paid(taken, each.platform)
        assert each.gets == got(taken, each.platform)
        assert each.net == each.gets - each.pays


@given(flows)
def test_positions_add_to_zero(taken: list[Flow]) -> None:
    """NET-2."""
    found = Netting(taken)
    assert sum(each.net for each in found.positions) == 0
    assert sum(each.pays for each in found.positions) == found.gross


@given(flows)
def test_netting_never_asks_for_more(taken: list[Flow]) -> None:
    """NET-3: at the end, between each two, as it comes and order by order."""
    found = Netting(taken)
    assert found.net <= sum(each.amount for each in found.bilateral) <= found.gross
    assert found.net <= found.needed <= found.gross
    assert found.saved == found.gross - found.needed
    for each in found.positions:
        assert each.needs_at_close <= each.needs_running <= each.needs_alone


@given(flows)
def test_what_is_needed_is_the_deepest_point_below_zero(taken: list[Flow]) -> None:
    """NET-4."""
    for each in Netting(taken).positions:
        assert each.needs_running == max(0, deepest(taken, each.platform))


@given(flows)
def test_between_two_only_one_owes(taken: list[Flow]) -> None:
    """NET-3."""
    for each in Netting(taken).bilateral:
        back = paid(taken, each.payee, each.payer)
        assert each.amount == paid(taken, each.payer, each.payee) - back > 0


@given(flows, flows)
def test_two_stretches_add_up_to_what_both_are_in_one(one: list[Flow], other: list[Flow]) -> None:
    """NET-2: sums and the deepest point alike."""
    together, both = Netting(one).then(Netting(other)), Netting([*one, *other])
    assert together.positions == both.positions
    assert together.flows == both.flows
    assert together.bilateral == both.bilateral


@given(flows, st.sampled_from(PLATFORMS))
def test_a_default_leaves_what_the_others_did_without_it(taken: list[Flow], gone: int) -> None:
    """NET-5."""
    found = Netting(taken)
    rest = Netting(each for each in taken if gone not in (each.payer, each.payee))
    nets = {each.platform: each.net for each in rest.positions}
    before = {each.platform: each.net for each in found.positions}
    left = found.without(gone)
    assert sum(each.net for each in left) == 0
    for each in left:
        assert each.net == nets.get(each.platform, 0)
        assert each.loses - each.owes == before[each.platform] - each.net
        assert not each.loses or not each.owes


def test_sales_that_cancel_out_need_only_the_deepest_position() -> None:
    found = Netting([Flow(1, 2, 100), Flow(2, 1, 100)])
    assert found.positions == [Position(1, 100, 100, 100), Position(2, 100, 100, 0)]
    assert (found.gross, found.needed, found.net, found.saved_bps) == (200, 100, 0, 5_000)


def test_one_way_sales_save_nothing() -> None:
    found = Netting([Flow(1, 2, 60), Flow(1, 3, 40)])
    assert (found.saved, found.saved_bps) == (0, 0)


def test_a_platform_that_sells_only_its_own_owes_nobody() -> None:
    found = Netting([Flow(1, 1, 60)])
    assert (found.positions, found.gross, found.saved_bps) == ([], 0, 0)
    assert nets_by_name(found, {1: "north"}) == {"north": 0}


def test_who_defaults_takes_what_it_owed_net_and_is_owed_the_rest() -> None:
    """NET-5: 2 loses what 1 owed it net, 3 owes 1 what it would have paid."""
    found = Netting([Flow(1, 2, 100), Flow(2, 1, 30), Flow(3, 1, 20), Flow(2, 3, 5)])
    assert found.without(1) == [Exposure(2, -5, 70, 0), Exposure(3, 5, 0, 20)]
