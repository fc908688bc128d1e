"""The auditor's own code: its own indeed, and small in memory."""

from __future__ import annotations

import ast
import gc
from pathlib import Path

from eth_utils.crypto import keccak

import zhifu
from zhifu import accounts
from zhifu.abi import artifact
from zhifu.batch import BatchItem, pack
from zhifu.recomputation import Recomputation
from zhifu.recomputed import Moment, Offer, Sold
from zhifu.recomputed_batch import Lot, RecomputedBatch

OWN = ("recomputation", "recomputed", "recomputed_batch", "recomputed_members", "invariants")
OPERATOR = "0x" + "1" * 40
NOW = 1_800_000_000
HASH = "0x" + "ab" * 32
ORDERS = 2_000


def imported(module: str) -> set[str]:
    """Of zhifu's modules, which one imports."""
    source = (Path(zhifu.__file__).parent / f"{module}.py").read_text()
    found = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom))
    names = {node.module or "" for node in found}
    return {name for name in names if name.startswith("zhifu")}


def test_it_shares_nothing_with_the_gateway_but_transport_and_decoding() -> None:
    """AUDIT-2: names of accounts and errors are words, not computations."""
    words = {"zhifu.accounts", "zhifu.exceptions", "zhifu.audited_storage", "zhifu"}
    own = {f"zhifu.{name}" for name in OWN}
    assert set().union(*(imported(each) for each in OWN)) - own <= words
    shared = {"zhifu.blocks", "zhifu.contract", "zhifu.deployment", "zhifu.models"}
    reading = imported("audit") | imported("audited_storage")
    assert reading - own - words <= shared


def offers() -> dict[int, Offer]:
    plan = (2_000, 500, 1_800, 200, (("0x" + "2" * 40, 5_500),))
    return {1: Offer(1, "", 0, 0, False, {1: plan}, {0: 1}, {0: 700}, revenue={1: {}})}


def calldata(orders: int) -> bytes:
    words = pack([BatchItem(1, 1 + each) for each in range(orders)]).words
    as_numbers = [int.from_bytes(words[at : at + 32], "big") for at in range(0, len(words), 32)]
    settle = artifact("Settlement").functions["settle"]
    return settle.encode((1, NOW // 86_400, 10**15, as_numbers))


def settled(orders: int) -> Recomputation:
    """A state after one batch."""
    state = Recomputation(lambda _: calldata(orders), windows={0: 86_400}, offers=offers())
    state.available[accounts.of_platform(1)] = 10**9
    state.members.keys[1, 1] = OPERATOR
    lot = Lot(1, 1, 1, NOW // 86_400, NOW)
    batch = RecomputedBatch(lot, calldata(orders), state.offers, state.windows)
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
    moment = Moment(NOW, calldata(orders), OPERATOR, HASH, 5)
    state.apply("BatchSettled", event, moment)
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
