"""The auditor's own code: its own indeed, and small in memory."""

from __future__ import annotations

import ast
import gc
from pathlib import Path
from typing import Any

import pytest
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

import zhifu
from zhifu import accounts
from zhifu.abi import artifact
from zhifu.audit.batch import Lot, RecomputedBatch
from zhifu.audit.contents import Contents
from zhifu.audit.direct import DirectOrders
from zhifu.audit.invariants import Sums, lines, of_divergence, of_state
from zhifu.audit.recomputation import Recomputation
from zhifu.audit.records import FROM_ACCOUNT, PAID, Capture, Divergence, Moment, Offer, Sold
from zhifu.audit.storage import DEBITS, HOLDS, LANES, LICENCES, MONEY, ONCE, RECOMPUTED, SPLITS
from zhifu.batch import BatchItem, pack

OWN = (
    *("recomputation", "records", "batch", "direct", "members", "contents", "balances"),
    "invariants",
)
OPERATOR = "0x" + "1" * 40
NOW = 1_800_000_000
HASH = "0x" + "ab" * 32
ORDERS = 2_000


def imported(module: str) -> set[str]:
    """Of zhifu's modules, which one imports."""
    source = (Path(zhifu.__file__).parent / "audit" / f"{module}.py").read_text()
    found = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom))
    names = {node.module or "" for node in found}
    return {name for name in names if name.startswith("zhifu")}


def test_it_shares_nothing_with_the_gateway_but_transport_and_decoding() -> None:
    """AUDIT-2: names of accounts and errors are words, not computations."""
    words = {"zhifu.accounts", "zhifu.exceptions", "zhifu.audit.storage", "zhifu"}
    own = {f"zhifu.audit.{name}" for name in OWN}
    assert set().union(*(imported(each) for each in OWN)) - own <= words
    shared = {"zhifu.blocks", "zhifu.contract", "zhifu.deployment", "zhifu.models"}
    reading = imported("auditor") | imported("storage")
    assert reading - own - words <= shared


def offers() -> dict[int, Offer]:
    plan = (2_000, 500, 1_800, 200, (("0x" + "2" * 40, 5_500),))
    return {1: Offer(1, "", 0, 0, False, {1: plan}, {0: 1}, {0: 700}, revenue={1: {}})}


def calldata(orders: int) -> bytes:
    words = pack([BatchItem(1, 1 + each) for each in range(orders)]).words
    as_numbers = [int.from_bytes(words[at : at + 32], "big") for at in range(0, len(words), 32)]
    settle = artifact("Settlement").functions["settle"]
    return settle.encode((1, NOW // 86_400, 10**15, as_numbers))


def settled(count: int, **changes: Any) -> Recomputation:
    """A state after one batch, of which its event or its moment may say something else."""
    state = Recomputation(lambda _: calldata(count), contents=Contents(offers(), {0: 86_400}))
    state.balances.available[accounts.of_platform(1)] = 10**9
    state.members.keys[1, 1] = OPERATOR
    lot = Lot(1, 1, 1, NOW // 86_400, NOW)
    batch = RecomputedBatch(lot, calldata(count), state.contents.offers, state.contents.windows)
    event = {
        "platform": 1,
        "lane": 1,
        "number": 1,
        "saleDay": lot.sale_day,
        "root": batch.root(),
        "leaves": batch.leaves,
        "orders": batch.orders,
        "debit": batch.debit,
    }
    moment = Moment(NOW, calldata(count), changes.pop("sender", OPERATOR), HASH, 5)
    state.apply("BatchSettled", {**event, **changes}, moment)
    return state


def kept() -> int:
    gc.collect()
    return sum(isinstance(each, Sold) for each in gc.get_objects())


def test_of_a_batch_no_order_is_kept() -> None:
    """AUDIT-3."""
    before = kept()
    state = settled(ORDERS)
    assert (state.sold, kept() - before) == (ORDERS, 0)


def test_an_order_of_a_batch_is_read_again_from_its_calldata() -> None:
    """AUDIT-3."""
    state = settled(ORDERS)
    batch = state.batch((1, 1, 1))
    orders = list(batch)
    assert len(orders) == ORDERS
    assert [state.order(each.order_id) for each in orders] == orders
    assert {each.price for each in orders} == {700}
    assert sorted(int(each.licensee) for each in orders) == list(range(1, ORDERS + 1))
    assert keccak(batch.words) == keccak(pack([BatchItem(1, 1 + n) for n in range(ORDERS)]).words)


def test_a_whole_refund_leaves_one_bit_behind() -> None:
    """AUDIT-3."""
    state = settled(ORDERS)
    refunded, *others = (each.order_id for each in state.batch((1, 1, 1)))
    event = {"orderId": refunded, "content": 1, "amount": 700}
    state.apply("BatchOrderRefunded", event, Moment(NOW))
    assert state.is_refunded(refunded)
    assert not any(state.is_refunded(each) for each in others)
    assert (state.wholly_refunded, state.standing) == (1, ORDERS - 1)
    assert state.states == {}


NUMBER = st.integers(1, 2**32 - 1)
ADDRESS = st.binary(min_size=20, max_size=20)
TIME = st.integers(0, 2**40 - 1)
BPS = st.integers(0, 10_000)


@given(
    st.integers(0, 2**256 - 1),
    st.tuples(NUMBER, NUMBER, ADDRESS, ADDRESS, ADDRESS),
    st.builds(
        Capture,
        TIME,
        BPS,
        BPS,
        st.integers(1, 2**16 - 1),
        st.integers(0, 7),
        NUMBER.map(lambda each: each >> 8),
        TIME,
        TIME,
    ),
    st.sampled_from([PAID, PAID | FROM_ACCOUNT]),
)
def test_a_direct_order_is_what_it_was_put_as(
    order_id: int, told: tuple[int, int, bytes, bytes, bytes], capture: Capture, state: int
) -> None:
    """AUDIT-3."""
    seller, content, receiver, referrer, buyer = told
    licensee = to_checksum_address(receiver)
    payer = accounts.of_address("0x" + buyer.hex())
    referred = int.from_bytes(referrer, "big")
    sold = Sold(order_id, seller, content, licensee, referred, payer, capture, state)
    orders = DirectOrders()
    orders.put(sold)
    assert order_id in orders
    assert orders.get(order_id) == sold
    assert orders.get(order_id ^ 1) is None


FALSE_BATCHES = {
    "sender": ("0x" + "3" * 40, DEBITS),
    "number": (2, LANES),
    "root": (bytes(32), RECOMPUTED),
    "orders": (1, RECOMPUTED),
    "debit": (1, RECOMPUTED),
    "leaves": (1, RECOMPUTED),
    "saleDay": (NOW // 86_400 - 2, RECOMPUTED),
}


@pytest.mark.parametrize("name", FALSE_BATCHES)
def test_a_batch_whose_event_is_false_breaks_the_invariant_it_is_about(name: str) -> None:
    """INV-4, 6, 8."""
    value, invariant = FALSE_BATCHES[name]
    with pytest.raises(Divergence) as told:
        settled(10, **{name: value})
    assert of_divergence(told.value).breaks == tuple(dict.fromkeys((invariant, RECOMPUTED)))


def refund(order_id: int, amount: int = 700) -> dict[str, int]:
    return {"orderId": order_id, "content": 1, "amount": amount}


def test_an_order_that_is_given_back_twice_or_too_much_breaks_its_invariant() -> None:
    """INV-7."""
    state, at = settled(10), Moment(NOW)
    first, second, *_ = (each.order_id for each in state.batch((1, 1, 1)))
    state.apply("BatchOrderRefunded", refund(first), at)
    part = {"orderId": second, "amount": 700, "toAccount": True}
    for event, arguments in (
        ("BatchOrderRefunded", refund(first)),
        ("BatchOrderRefunded", refund(second, 701)),
        ("OrderPartRefunded", part),
    ):
        with pytest.raises(Divergence) as told:
            state.apply(event, arguments, at)
        assert of_divergence(told.value).breaks[0] == ONCE


def test_money_that_is_released_too_early_or_wrong_breaks_its_invariant() -> None:
    """INV-2."""
    state = settled(10)
    released = {"content": 1, "planVersion": 1, "amount": 5_250}
    with pytest.raises(Divergence) as told:
        state.apply("Released", released, Moment(NOW + 86_400))
    assert of_divergence(told.value).breaks[0] == HOLDS
    state.apply("Released", released, Moment(NOW + 2 * 86_400))
    assert (state.held, state.released, state.paid) == (1_750, 5_250, 5_250)


SUMS = Sums(available=93_000, held=7_000, in_dispute=0, tokens=100_000)


def broken(state: Recomputation, sums: Sums) -> set[int]:
    found = of_state(state, sums)
    told = {line.invariant for line in lines(state, sums, found) if not line.holds}
    assert told == {number for each in found for number in each.breaks}
    return told


def test_sums_that_do_not_add_up_break_their_invariants() -> None:
    """INV-1, 2, 3."""
    state = settled(10)
    state.balances.tokens_in = 100_000
    assert broken(state, SUMS) == set()
    assert broken(state, SUMS._replace(tokens=99_999)) == {MONEY}
    assert broken(state, SUMS._replace(tokens=100_001)) == set()
    assert broken(state, SUMS._replace(available=93_001, tokens=100_001)) == {MONEY}
    state.captured += 1
    assert broken(state, SUMS) == {HOLDS}
    state.captured -= 1
    state.released, state.given_back = 1, -1
    assert broken(state, SUMS) == {SPLITS}


def test_a_token_that_a_refund_left_to_its_holder_breaks_its_invariant() -> None:
    """INV-5."""
    state = settled(10)
    state.balances.tokens_in = 100_000
    refunded = next(iter(state.batch((1, 1, 1)))).order_id
    for holder in ("0x" + "2" * 40, "0x" + "0" * 40):
        transfer = {"id": refunded, "value": 1, "to": holder}
        state.apply("TransferSingle", transfer, Moment(NOW))
    state.apply("BatchOrderRefunded", refund(refunded), Moment(NOW))
    assert broken(state, SUMS._replace(held=6_300, available=93_700)) == set()
    state.claimed[refunded] = "0x" + "2" * 40
    assert broken(state, SUMS._replace(held=6_300, available=93_700)) == {LICENCES}


def test_what_comes_after_a_contradiction_is_not_said_to_hold() -> None:
    """AUDIT-1."""
    found = of_divergence(Divergence("number of a batch", 1, 2))
    told = {each.invariant: each.holds for each in lines(settled(10), None, [found])}
    assert told == {**dict.fromkeys(range(1, 9)), LANES: False, RECOMPUTED: False}
