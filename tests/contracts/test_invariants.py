"""The invariants by number, on seeded walks through every verb.

After every step of a walk everything that can be seen is compared with the model. Longer walks:
ZHIFU_WALK_SEED (the first seed), ZHIFU_WALK_SEEDS (how many), ZHIFU_WALK_STEPS (how long).
"""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from dataclasses import replace
from typing import Any

import pytest
from brownie import web3
from eth_abi.abi import encode
from eth_hash.auto import keccak

from tests.contracts.holds import unpack
from tests.contracts.orders import Order
from tests.contracts.recomputation import Recomputation
from tests.contracts.views import Contracts
from tests.contracts.walk import Walk

FIRST = int(os.environ.get("ZHIFU_WALK_SEED", "1"))
SEEDS = int(os.environ.get("ZHIFU_WALK_SEEDS", "2"))
STEPS = int(os.environ.get("ZHIFU_WALK_STEPS", "150"))

EXISTS = ("OrderPlaced", "OrderExists(bytes32)", lambda event: (bytes(event["orderId"]),))
SETTLED = (
    "BatchSettled",
    "BatchNumberMismatch(uint64,uint64)",
    lambda event: (event["number"], event["number"] + 1),
)


def _by_id(event: str, error: str) -> tuple[str, str, Any]:
    return event, f"{error}(uint256)", lambda event: (int(web3.to_hex(event["orderId"]), 16),)


#: Of each call that must not succeed twice: its event, and the error with the values of the event.
REFUSED_AGAIN = {
    "buy": EXISTS,
    "buyFromBalance": EXISTS,
    "buyWithAuthorization": EXISTS,
    "settle": SETTLED,
    "settleLearners": SETTLED,
    "refund": _by_id("OrderRefunded", "AlreadyRefunded"),
    "refundBatch": _by_id("BatchOrderRefunded", "AlreadyRefunded"),
    "refundUnanswered": _by_id("OrderRefunded", "AlreadyRefunded"),
    "requestRefund": _by_id("RefundRequested", "AlreadyRequested"),
    "requestBatchRefund": _by_id("RefundRequested", "AlreadyRequested"),
    "refuseRefund": _by_id("RefundRefused", "NotRequested"),
    "openDispute": _by_id("DisputeOpened", "InDispute"),
    "openBatchDispute": _by_id("DisputeOpened", "InDispute"),
    "closeDispute": _by_id("DisputeResolved", "AlreadyRefunded"),
    "closeBatchDispute": _by_id("DisputeResolved", "AlreadyRefunded"),
}


@pytest.fixture(scope="module", params=range(FIRST, FIRST + SEEDS), ids="seed {}".format)
def walk(request, deploy, SettlementToken, Reader, network_owner):
    """A walk that has been walked: chain and model agreed after every step."""
    sender = {"from": network_owner}
    token = SettlementToken.deploy("US Dollar", "USD", 6, network_owner, sender)
    token.setMintAllowance(network_owner, 2**128, sender)
    registry, licences, settlement = deploy(token)
    reader = Reader.deploy(sender)
    walk = Walk(request.param, Contracts(registry, licences, settlement, token, reader))
    walk.run(STEPS)
    return walk


@pytest.fixture(scope="module")
def told(walk):
    """What the chain alone tells of the walk."""
    return Recomputation(walk.chain.registry, walk.chain.licences, walk.chain.settlement)


def test_every_verb_was_walked(walk):
    assert walk.missing(STEPS) == []


def test_inv_1_tokens_cover_accounts_and_holds(walk, told):
    """INV-1."""
    tokens = walk.chain.token.balanceOf(walk.chain.settlement)
    unaccounted = walk.ledger.sent_in
    disputed = sum(told.disputed.values()) + told.bonds()
    covered = sum(told.available.values()) + sum(told.held().values()) + disputed
    assert tokens == covered + unaccounted
    assert disputed == walk.ledger.disputed()


def test_inv_2_each_epoch_of_a_hold_is_its_orders(told):
    """INV-2."""
    orders: Counter[Any] = Counter()
    for order in told.orders.values():
        orders += Counter(replace(order, given_back=0).parts())
    held = told.held()
    for at, captured in orders.items():
        gone = told.released[at] + told.refunded[at] + told.disputed[at] + told.paid_out[at]
        assert captured == told.captured[at] == held[at] + gone


def test_inv_2_an_order_has_the_split_of_what_is_left_in_its_holds(walk, told):
    """INV-2, REFUND-6: a hold has of an epoch what its orders have there, or had at release."""
    orders: Counter[Any] = Counter()
    for sale in walk.ledger.sales.values():
        if sale.is_held:
            orders += Counter(told.orders[walk.views.token_id(sale)].parts())
    assert orders == told.held() + told.released


def test_inv_2_holds_on_chain_are_what_is_left(walk, told):
    """INV-2."""
    left: Counter[Any] = Counter()
    for (hold, _), amount in told.held().items():
        left[hold] += amount
    settlement = walk.chain.settlement
    for (owner, number), amount in left.items():
        is_content = owner in walk.ledger.contents
        read = settlement.holdOf if is_content else settlement.commissionOf
        assert unpack(read(owner, number)).total == amount


def test_inv_3_parts_add_up(told):
    """INV-3."""
    assert all(sum(order.parts().values()) == order.left for order in told.orders.values())


def test_inv_4_nobody_was_debited_by_another(walk):
    """INV-4: the walk looked at the caller of every step."""
    assert walk.debits > 0


def test_inv_5_a_licence_is_a_paid_order_not_refunded(walk, told):
    """INV-5."""
    for sale in walk.ledger.sales.values():
        order = told.orders[walk.views.token_id(sale)]
        assert order.refunded == sale.refunded
        assert told.verifies(order, sale.licensee) == walk.ledger.verifies(sale, sale.licensee)


def test_inv_6_batch_numbers_have_no_gaps(told):
    """INV-6."""
    lanes = defaultdict(list)
    for batch in told.batches:
        lanes[batch["platform"], batch["lane"]].append(batch["number"])
    assert lanes
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in lanes.values())


def test_inv_7_nothing_settles_or_refunds_twice(walk):
    """INV-7: whatever was done is refused at once, for having been done and for nothing else."""
    sent = [transaction for transaction in walk.sent if transaction.fn_name in REFUSED_AGAIN]
    assert {each.fn_name for each in sent} >= {"settle", "refund", "refundBatch"}
    for transaction in sent:
        call = {"from": transaction.sender.address, "to": transaction.receiver}
        with pytest.raises(ValueError, match="reverted") as refusal:
            web3.eth.call(call | {"data": transaction.input}, transaction.block_number)
        event, error, values = REFUSED_AGAIN[transaction.fn_name]
        expected = error_data(error, values(transaction.events[event]))
        assert refusal.value.args[0]["data"] == expected, transaction.fn_name


def error_data(signature: str, values: tuple[Any, ...]) -> str:
    """Return what a call reverts with that is refused by this error."""
    types = re.findall(r"\w+", signature)[1:]
    return "0x" + (keccak(signature.encode())[:4] + encode(types, values)).hex()


def test_inv_8_everything_is_told_by_events_and_calldata(walk, told):
    """INV-8."""
    ledger = walk.ledger
    assert +told.available == +ledger.available
    assert len(told.orders) == len(ledger.sales)
    assert sum(told.held().values()) == ledger.held()
    direct = {sale.id for sale in ledger.sales.values() if isinstance(sale.id, Order)}
    assert len(direct) + len(walk.proofs) == len(told.orders)
