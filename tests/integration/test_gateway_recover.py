"""INV-7: whatever crashes, repeats or reorganises, a paid order is settled exactly once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from eth_utils.crypto import keccak

from tests.integration.fair import DEPOSIT, PRICES, Fair
from zhifu.anvil import Anvil
from zhifu.batch import BatchItem, pack
from zhifu.blocks import Receipt
from zhifu.chain import Chain
from zhifu.exceptions import (
    ChainUnreachable,
    DuplicateBatch,
    InactiveContent,
    NodeRefused,
    TransactionPending,
    UnrecordedBatch,
)
from zhifu.gateway import Gateway
from zhifu.models import PlatformStatus
from zhifu.payments import BatchState, OrderState, Problem
from zhifu.signing import fields_of

CENT = 10_000
ORDERS = 5


class Crash(Exception):
    """The process ends here."""


class Faulty(Chain):
    """A chain client whose process dies, or whose replies are lost, at a point that is named."""

    point = ""
    error: Exception = Crash()

    def sign(self, *args: Any, **options: Any) -> Any:
        self._fail("before signing")
        signed = super().sign(*args, **options)
        self._fail("after signing")
        return signed

    def send_raw(self, raw: bytes) -> str:
        self._fail("before sending")
        sent = super().send_raw(raw)
        self._fail("after sending")
        return sent

    def wait_for_receipt(self, transaction_hash: str, *, timeout_seconds: float = 1.0) -> Receipt:
        self._fail("before the receipt")
        receipt = super().wait_for_receipt(transaction_hash, timeout_seconds=timeout_seconds)
        self._fail("after the receipt")
        return receipt

    def receipts(self, transaction_hashes: Any) -> list[Receipt | None]:
        self._fail("looking it up")
        return super().receipts(transaction_hashes)

    def _fail(self, point: str) -> None:
        if self.point == point:
            self.point = ""
            raise self.error


POINTS = (
    "before signing",
    "after signing",
    "before sending",
    "after sending",
    "before the receipt",
    "after the receipt",
    "looking it up",
)


@pytest.fixture
def faulty(fair: Fair) -> Faulty:
    return Faulty(fair.anvil.rpc_url)


def sell(gateway: Gateway, fair: Fair) -> None:
    gateway.pay_many([fair.request(learner=each) for each in range(1, ORDERS + 1)])


def assert_settled_once(fair: Fair, gateway: Gateway) -> None:
    """Every order is settled, and the chain has taken each price once."""
    gateway.sync()
    orders = [order for payment in gateway.payments(1) for order in payment.orders]
    assert len(orders) == ORDERS
    assert {order.state for order in orders} == {OrderState.CONFIRMED}
    assert fair.available(1) == DEPOSIT - ORDERS * PRICES[1] * CENT
    assert gateway.waiting(1) == 0
    assert all(gateway.may_use(each, 1) for each in range(1, ORDERS + 1))


@pytest.mark.parametrize("point", POINTS)
def test_a_crash_anywhere_is_recovered_from(fair: Fair, faulty: Faulty, point: str) -> None:
    with fair.gateway(network=fair.same_chain(faulty)) as gateway:
        sell(gateway, fair)
        faulty.point = point
        with pytest.raises(Crash):
            gateway.settle(1)
    with fair.gateway() as gateway:
        gateway.recover()
        gateway.settle(1)
        assert_settled_once(fair, gateway)


@pytest.mark.parametrize("point", POINTS)
def test_settling_again_is_recovery_enough(fair: Fair, faulty: Faulty, point: str) -> None:
    with fair.gateway(network=fair.same_chain(faulty)) as gateway:
        sell(gateway, fair)
        faulty.point = point
        with pytest.raises(Crash):
            gateway.settle(1)
        while gateway.settle(1) is not None:
            pass
        assert_settled_once(fair, gateway)


@pytest.mark.parametrize("point", ["before sending", "after sending", "before the receipt"])
def test_a_lost_reply_is_looked_up(fair: Fair, faulty: Faulty, point: str) -> None:
    with fair.gateway(network=fair.same_chain(faulty)) as gateway:
        sell(gateway, fair)
        faulty.point, faulty.error = point, ChainUnreachable("http://node", "timed out")
        batch = gateway.settle(1)
        assert batch is not None
        assert batch.number == 1
        assert_settled_once(fair, gateway)


CHILD = """
import os, signal, sys
from pathlib import Path
from zhifu.anvil import dev_signer
from zhifu.chain import Chain
from zhifu.deployment import Deployment, Network
from zhifu.gateway import Gateway

url, deployment, database, point = sys.argv[1:]

def end(self, raw, send=Chain.send_raw):
    if point == "after":
        send(self, raw)
    os.kill(os.getpid(), signal.SIGKILL)

Chain.send_raw = end
network = Network(Chain(url), Deployment.load(Path(deployment)))
Gateway.open(database, network, {1: dev_signer(1)}, {}).settle(1)
"""


@pytest.mark.parametrize("point", ["before", "after"])
def test_a_killed_process_is_recovered_from(fair: Fair, tmp_path: Path, point: str) -> None:
    with fair.gateway() as gateway:
        sell(gateway, fair)
    deployment = tmp_path / "deployment.json"
    fair.network.deployment.save(deployment)
    child = [sys.executable, "-c", CHILD, fair.anvil.rpc_url, str(deployment), fair.url(), point]
    assert subprocess.run(child, env=os.environ, check=False).returncode == -signal.SIGKILL
    with fair.gateway() as gateway:
        (batch,) = gateway.recover()
        assert (batch.number, batch.state) == (1, BatchState.SETTLED)
        assert_settled_once(fair, gateway)


def submissions(fair: Fair) -> int:
    ((count,),) = fair.rows("SELECT count(*) FROM submissions")
    return int(count)


def crash_before_sending(fair: Fair, faulty: Faulty) -> None:
    """Leave a batch behind that is stored, signed, and was never sent."""
    with fair.gateway(network=fair.same_chain(faulty)) as gateway:
        sell(gateway, fair)
        faulty.point = "before sending"
        with pytest.raises(Crash):
            gateway.settle(1)


def test_a_used_nonce_is_signed_again_under_the_same_number(fair: Fair, faulty: Faulty) -> None:
    crash_before_sending(fair, faulty)
    fair.network.registry.register_learners(fair.operators[1], 1)
    with fair.gateway() as gateway:
        (batch,) = gateway.recover()
        assert (batch.number, batch.state) == (1, BatchState.SETTLED)
        assert submissions(fair) == 2
        assert_settled_once(fair, gateway)


def test_a_fee_too_low_is_signed_again_under_the_same_number(fair: Fair, faulty: Faulty) -> None:
    crash_before_sending(fair, faulty)
    fair.anvil.rpc.call("anvil_setNextBlockBaseFeePerGas", hex(10**9))
    fair.anvil.mine()
    fair.anvil.rpc.call("anvil_setNextBlockBaseFeePerGas", hex(10**9))
    with fair.gateway() as gateway:
        (batch,) = gateway.recover()
        assert (batch.number, batch.state) == (1, BatchState.SETTLED)
        assert submissions(fair) == 2
        assert_settled_once(fair, gateway)
    # Anvil's snapshots leave the base fee as it is.
    fair.anvil.rpc.call("anvil_setNextBlockBaseFeePerGas", "0x0")


def test_a_nonce_the_chain_never_reaches_is_signed_again(fair: Fair, faulty: Faulty) -> None:
    """An earlier transaction of the key was counted and then dropped."""
    operator, address = fair.operators[1], fair.network.registry.address
    fair.anvil.set_automine(False)
    calldata = fair.network.registry.encode("registerLearners", 1, bytes(32))
    earlier = fair.network.chain.sign(operator, address, calldata)
    fair.network.chain.send_raw(earlier.raw)
    crash_before_sending(fair, faulty)
    fair.anvil.rpc.call("anvil_dropTransaction", earlier.hash)
    fair.anvil.set_automine(True)
    with fair.gateway(network=fair.same_chain(faulty)) as gateway:
        (batch,) = gateway.recover()
        assert (batch.number, batch.state) == (1, BatchState.SETTLED)
        assert_settled_once(fair, gateway)


def settle_by_hand(fair: Fair, words: bytes, debit: int) -> Receipt:
    """Use the lane's number 1 behind the gateway's back."""
    chain, settlement = fair.network.chain, fair.network.settlement
    calldata = settlement.encode_settle(1, chain.timestamp() // 86_400, debit, words)
    return chain.send(fair.operators[1], settlement.address, calldata, gas=5_000_000)


def test_a_batch_the_chain_has_under_another_transaction_is_settled(
    fair: Fair, faulty: Faulty
) -> None:
    crash_before_sending(fair, faulty)
    ((words, debit),) = fair.rows("SELECT words, debit FROM batches")
    receipt = settle_by_hand(fair, words, debit)
    with fair.gateway() as gateway:
        (batch,) = gateway.recover()
        assert (batch.state, batch.transaction_hash) == (
            BatchState.SETTLED,
            receipt.transaction_hash,
        )
        assert_settled_once(fair, gateway)


def test_a_number_another_batch_has_used_sets_the_orders_free(fair: Fair, faulty: Faulty) -> None:
    crash_before_sending(fair, faulty)
    settle_by_hand(fair, pack([BatchItem(2, 10)]).words, PRICES[2] * CENT)
    with fair.gateway() as gateway:
        (batch,) = gateway.recover()
        assert batch.state is BatchState.REFUSED
        assert submissions(fair) == 1
        with pytest.raises(UnrecordedBatch):
            gateway.settle(1)
        (adoption,) = gateway.adopt(1, unmatched=True)
        assert (adoption.batch.number, adoption.matched) == (1, 0)
        settled = gateway.settle(1)
        assert settled is not None
        assert (settled.number, settled.orders) == (2, ORDERS)
        assert fair.available(1) == DEPOSIT - (ORDERS * PRICES[1] + PRICES[2]) * CENT


class Forgetful(Chain):
    """A node that loses the first transaction it takes."""

    lost = ""

    def send_raw(self, raw: bytes) -> str:
        if self.lost:
            return super().send_raw(raw)
        self.lost = "0x" + keccak(raw).hex()
        return self.lost

    def wait_for_receipt(self, transaction_hash: str, *, timeout_seconds: float = 1.0) -> Receipt:
        if transaction_hash == self.lost:
            raise TransactionPending(transaction_hash, 0)
        return super().wait_for_receipt(transaction_hash, timeout_seconds=timeout_seconds)


def test_orders_stay_in_a_batch_while_one_of_its_transactions_could_be_included(
    fair: Fair, faulty: Faulty
) -> None:
    """The first signature has a nonce that comes later; it must be used up before they go."""
    operator, address = fair.operators[1], fair.network.registry.address
    fair.anvil.set_automine(False)
    calldata = fair.network.registry.encode("registerLearners", 1, bytes(32))
    earlier = fair.network.chain.sign(operator, address, calldata)
    fair.network.chain.send_raw(earlier.raw)
    crash_before_sending(fair, faulty)
    fair.anvil.rpc.call("anvil_dropTransaction", earlier.hash)
    fair.anvil.set_automine(True)
    fair.network.registry.set_status(fair.admin, 1, PlatformStatus.SUSPENDED)
    forgetful = Forgetful(fair.anvil.rpc_url)
    with fair.gateway(network=fair.same_chain(forgetful)) as gateway:
        (batch,) = gateway.recover()
        assert batch.state is BatchState.REFUSED
        assert submissions(fair) == 3
        assert gateway.waiting(1) == ORDERS
    assert fair.network.chain.nonce(operator.address, "latest") == earlier.nonce + 2


def test_a_transaction_not_included_yet_stays_submitted(fair: Fair, faulty: Faulty) -> None:
    with fair.gateway(network=fair.same_chain(faulty)) as gateway:
        sell(gateway, fair)
        fair.anvil.set_automine(False)
        with pytest.raises(TransactionPending):
            gateway.settle(1)
        assert [batch.state for batch in gateway.batches(1)] == [BatchState.SUBMITTED]
        fair.anvil.set_automine(True)
        fair.anvil.mine()
        gateway.recover()
        assert submissions(fair) == 1
        assert_settled_once(fair, gateway)


def test_a_transaction_that_waits_long_is_replaced(fair: Fair, faulty: Faulty) -> None:
    now = int(time.time())
    with fair.gateway(1, network=fair.same_chain(faulty), clock=lambda: now) as gateway:
        sell(gateway, fair)
        set_base_fee(fair, 10**9)
        fair.anvil.set_automine(False)
        with pytest.raises(TransactionPending):
            gateway.settle(1)
        with pytest.raises(TransactionPending):
            gateway.recover()
        assert submissions(fair) == 1
        now += 1_000
        with pytest.raises(TransactionPending):
            gateway.recover()
        first, second = signed_transactions(fair)
        fair.anvil.set_automine(True)
        fair.anvil.mine()
        (batch,) = gateway.recover()
        assert (batch.number, batch.state) == (1, BatchState.SETTLED)
        assert batch.transaction_hash == "0x" + keccak(second).hex()
        assert_replaces(fields_of(second), fields_of(first))
        assert_settled_once(fair, gateway)
    set_base_fee(fair, 0)


def signed_transactions(fair: Fair) -> list[bytes]:
    return [raw for (raw,) in fair.rows("SELECT raw FROM submissions ORDER BY attempt")]


def assert_replaces(later: dict[str, Any], earlier: dict[str, Any]) -> None:
    """The same transaction, and both its fees a tenth higher at least, as nodes ask for."""
    fees = ("maxFeePerGas", "maxPriorityFeePerGas")
    assert all(10 * later[fee] >= 11 * earlier[fee] > 0 for fee in fees)
    assert {**later, **{fee: earlier[fee] for fee in fees}} == earlier


def test_fees_are_not_raised_without_end(fair: Fair) -> None:
    chain, operator = fair.network.chain, fair.operators[1]
    set_base_fee(fair, 10**9)
    signed = [chain.sign(operator, operator.address, b"")]
    while (replacement := chain.sign_replacement(operator, signed[-1].raw)) is not None:
        signed.append(replacement)
    first, last = fields_of(signed[0].raw), fields_of(signed[-1].raw)
    assert 9 < last["maxFeePerGas"] / first["maxFeePerGas"] <= 10
    set_base_fee(fair, 0)


def test_where_gas_is_free_no_fee_is_offered(fair: Fair) -> None:
    chain, operator = fair.network.chain, fair.operators[1]
    signed = chain.sign(operator, operator.address, b"")
    assert chain.sign_replacement(operator, signed.raw) is None


def set_base_fee(fair: Fair, wei: int) -> None:
    """Mine a block with a base fee; Anvil's snapshots leave it as it is."""
    fair.anvil.rpc.call("anvil_setNextBlockBaseFeePerGas", hex(wei))
    fair.anvil.mine()


def test_a_dropped_transaction_is_sent_again(fair: Fair, faulty: Faulty) -> None:
    with fair.gateway(network=fair.same_chain(faulty)) as gateway:
        sell(gateway, fair)
        fair.anvil.set_automine(False)
        with pytest.raises(TransactionPending):
            gateway.settle(1)
        (batch,) = gateway.batches(1)
        fair.anvil.rpc.call("anvil_dropTransaction", batch.transaction_hash)
        fair.anvil.set_automine(True)
        gateway.recover()
        assert_settled_once(fair, gateway)


def test_a_batch_that_reverts_when_included_sets_its_orders_free(
    fair: Fair, faulty: Faulty
) -> None:
    with fair.gateway(network=fair.same_chain(faulty)) as gateway:
        poison = gateway.pay(fair.request(contents=(3,))).orders[0]
        gateway.pay_many([fair.request(learner=each) for each in range(1, ORDERS + 1)])
        faulty.point = "before sending"
        with pytest.raises(Crash):
            gateway.settle(1)
    fair.network.license.set_active(fair.operators[2], 3, False)
    with fair.gateway() as gateway:
        (batch,) = gateway.recover()
        assert batch.state is BatchState.REFUSED
        assert gateway.waiting(1) == ORDERS + 1
        settled = gateway.settle(1)
        assert settled is not None
        assert (settled.number, settled.orders) == (1, ORDERS)
        assert [order.problem for order in gateway.left_out(1)] == [Problem.CONTENT_INACTIVE]
        states = [change.state for change in gateway.history(poison.id)]
        assert states == ["paid", "batched", "submitted", "refused"]
        assert fair.available(1) == DEPOSIT - ORDERS * PRICES[1] * CENT


def test_whoever_settles_is_told_why_an_included_batch_failed(fair: Fair, faulty: Faulty) -> None:
    with fair.gateway(network=fair.same_chain(faulty)) as gateway:
        gateway.pay(fair.request(contents=(3,)))
        stop = fair.network.license.encode("setActive", 3, False)
        fair.anvil.set_automine(False)
        signed = fair.network.chain.sign(fair.operators[2], fair.network.license.address, stop)
        fair.network.chain.send_raw(signed.raw)
        faulty.wait_for_receipt = mine_then_wait(fair.anvil, faulty)  # type: ignore[method-assign]
        with pytest.raises(InactiveContent):
            gateway.settle(1)
        fair.anvil.set_automine(True)
        assert gateway.waiting(1) == 1
        assert fair.available(1) == DEPOSIT


def mine_then_wait(anvil: Anvil, chain: Chain) -> Any:
    def wait(transaction_hash: str) -> Receipt:
        anvil.mine()
        return Chain.wait_for_receipt(chain, transaction_hash)

    return wait


def test_another_refusal_of_the_node_is_the_callers(fair: Fair, faulty: Faulty) -> None:
    with fair.gateway(network=fair.same_chain(faulty)) as gateway:
        sell(gateway, fair)
        faulty.point = "before sending"
        faulty.error = NodeRefused("eth_sendRawTransaction", -32000, "the pool is full")
        with pytest.raises(NodeRefused):
            gateway.settle(1)
        gateway.recover()
        assert_settled_once(fair, gateway)


def test_a_reorganised_batch_goes_out_again_under_its_number(fair: Fair) -> None:
    with fair.gateway(confirmations=1_000) as gateway:
        sell(gateway, fair)
        before = fair.anvil.snapshot()
        gateway.settle(1)
        gateway.sync()
        fair.anvil.revert(before)
        fair.anvil.mine(3)
        gateway.sync()
        assert [batch.state for batch in gateway.batches(1)] == [BatchState.SUBMITTED]
        assert fair.available(1) == DEPOSIT
        (batch,) = gateway.recover()
        assert (batch.number, batch.state) == (1, BatchState.SETTLED)
        fair.anvil.mine(1_000)
        assert_settled_once(fair, gateway)


def include(fair: Fair, raw: bytes) -> None:
    """Put a transaction on the chain; it is there only once its receipt is."""
    chain = fair.network.chain
    chain.wait_for_receipt(chain.send_raw(raw))


def fail_while_suspended(fair: Fair, faulty: Faulty, **options: Any) -> None:
    """Leave a batch behind whose transaction is included and fails; platform 1 stays suspended."""
    with fair.gateway(1, network=fair.same_chain(faulty), **options) as gateway:
        sell(gateway, fair)
        faulty.point = "before sending"
        with pytest.raises(Crash):
            gateway.settle(1)
        fair.network.registry.set_status(fair.admin, 1, PlatformStatus.SUSPENDED)
        with suppress(TransactionPending):
            gateway.recover()


def test_a_batch_is_refused_once_its_failure_is_deep_enough(fair: Fair, faulty: Faulty) -> None:
    fail_while_suspended(fair, faulty, confirmations=3)
    with fair.gateway(1, confirmations=3) as gateway:
        fair.anvil.mine(2)
        with pytest.raises(TransactionPending):
            gateway.settle(1)
        assert [batch.state for batch in gateway.batches(1)] == [BatchState.SUBMITTED]
        assert gateway.waiting(1) == 0
        fair.anvil.mine()
        (batch,) = gateway.recover()
        assert batch.state is BatchState.REFUSED
        assert submissions(fair) == 1
        fair.network.registry.set_status(fair.admin, 1, PlatformStatus.ACTIVE)
        assert gateway.settle(1) is not None
        fair.anvil.mine(3)
        assert_settled_once(fair, gateway)


def test_a_failure_that_is_reorganised_away_settles_the_batch(fair: Fair, faulty: Faulty) -> None:
    before = fair.anvil.snapshot()
    fail_while_suspended(fair, faulty, confirmations=3)
    fair.anvil.revert(before)
    fair.anvil.mine(3)
    with fair.gateway(1, confirmations=3) as gateway:
        (batch,) = gateway.recover()
        assert (batch.number, batch.state) == (1, BatchState.SETTLED)
        fair.anvil.mine(3)
        assert_settled_once(fair, gateway)


@pytest.mark.parametrize("meanwhile", [False, True])
def test_a_refused_batch_that_is_included_after_all_is_settled_once(
    fair: Fair, faulty: Faulty, meanwhile: bool
) -> None:
    """Deeper than anybody waited for, and even while its orders are put into another batch."""
    before = fair.anvil.snapshot()
    fail_while_suspended(fair, faulty)
    (raw,) = signed_transactions(fair)
    with fair.gateway(1, network=fair.same_chain(faulty)) as gateway:
        assert [batch.state for batch in gateway.batches(1)] == [BatchState.REFUSED]
        assert gateway.waiting(1) == ORDERS
        if meanwhile:
            fair.network.registry.set_status(fair.admin, 1, PlatformStatus.ACTIVE)
            faulty.point = "before sending"
            with pytest.raises(Crash):
                gateway.settle(1, limit=ORDERS - 1)
    fair.anvil.revert(before)
    include(fair, raw)
    with fair.gateway(1) as gateway:
        told = {batch.state for batch in gateway.recover()}
        assert BatchState.SETTLED in told
        assert gateway.settle(1) is None
        assert_settled_once(fair, gateway)
        order = next(gateway.payments(1)).orders[0]
        details = [change.detail for change in gateway.history(order.id)]
        assert "it was included after all" in details


def test_a_refused_batch_that_is_included_while_another_is_made_is_settled_once(
    fair: Fair, faulty: Faulty, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The chain takes it after the gateway has looked, and before it asks for the next number."""
    before = fair.anvil.snapshot()
    fail_while_suspended(fair, faulty)
    (raw,) = signed_transactions(fair)
    fair.anvil.revert(before)
    settlement = fair.network.settlement

    def next_batch(platform: int, lane: int) -> int:
        include(fair, raw)
        monkeypatch.undo()
        return settlement.next_batch(platform, lane)

    with fair.gateway(1) as gateway:
        assert gateway.waiting(1) == ORDERS
        monkeypatch.setattr(settlement, "next_batch", next_batch)
        assert gateway.settle(1) is None
        assert_settled_once(fair, gateway)


def test_an_order_refunded_meanwhile_goes_back_on_chain_too(fair: Fair, faulty: Faulty) -> None:
    before = fair.anvil.snapshot()
    fail_while_suspended(fair, faulty)
    (raw,) = signed_transactions(fair)
    with fair.gateway(1) as gateway:
        payment = next(gateway.payments(1))
        gateway.refund(payment.orders[0].id)
        fair.anvil.revert(before)
        include(fair, raw)
        gateway.recover()
        assert fair.available(1) == DEPOSIT - (ORDERS - 1) * PRICES[1] * CENT
        assert not gateway.may_use(1, 1)
        assert gateway.pending_refunds() == []
        refunded = fair.provider.refunded(payment.request.provider_payment_id)
        assert refunded == payment.request.amount


def test_a_refused_batchs_refund_goes_back_at_its_provider_alone(fair: Fair) -> None:
    """Batch and refund were reorganised away, and the batch can never be settled again."""
    with fair.gateway(1, confirmations=2) as gateway:
        payment = gateway.pay(fair.request())
        before = fair.anvil.snapshot()
        gateway.settle(1)
        gateway.refund(payment.orders[0].id)
        fair.anvil.revert(before)
        fair.network.license.set_active(fair.operators[1], 1, False)
        fair.anvil.mine(3)
        with pytest.raises(TransactionPending):
            gateway.recover()
        fair.anvil.mine(2)
        assert [batch.state for batch in gateway.recover()] == [BatchState.REFUSED]
        assert gateway.order(payment.orders[0].id).state is OrderState.REFUNDED
        assert gateway.waiting(1) == 0
        assert fair.available(1) == DEPOSIT


def test_a_batch_is_not_missed_before_the_index_has_come_to_it(fair: Fair) -> None:
    """One gateway looks at the chain, the other settles, and only then the first goes on."""
    looks = 0

    def clock() -> int:
        nonlocal looks
        looks += 1
        if looks == 2:
            one.settle(1)
        return int(time.time())

    with fair.gateway(confirmations=5) as one, fair.gateway(confirmations=5, clock=clock) as other:
        sell(one, fair)
        one.settle(1)
        sell(one, fair)
        looks = 0
        other.sync()
        assert [batch.state for batch in one.batches(1)] == [BatchState.SETTLED] * 2
        order = list(one.payments(1))[-1].orders[0]
        states = [change.state for change in one.history(order.id)]
        assert states == ["paid", "batched", "submitted", "settled"]


def test_a_chain_that_became_shorter_gets_its_batch_again(fair: Fair) -> None:
    with fair.gateway(confirmations=5) as gateway:
        sell(gateway, fair)
        before = fair.anvil.snapshot()
        gateway.settle(1)
        gateway.sync()
        fair.anvil.revert(before)
        (batch,) = gateway.recover()
        assert (batch.number, batch.state) == (1, BatchState.SETTLED)
        fair.anvil.mine(5)
        assert_settled_once(fair, gateway)


def test_two_gateways_on_one_lane_settle_each_order_once(fair: Fair) -> None:
    with fair.gateway(batch_size=1) as one, fair.gateway(batch_size=1) as other:
        sell(one, fair)
        with ThreadPoolExecutor(2) as threads:
            for running in [threads.submit(settle_all, each) for each in (one, other)]:
                running.result()
        assert_settled_once(fair, one)
        assert [batch.number for batch in one.batches(1)] == [1, 2, 3, 4, 5]


def settle_all(gateway: Gateway) -> None:
    while gateway.waiting(1):
        # One may find the other's batch under the number it wanted, and comes back.
        with suppress(DuplicateBatch, NodeRefused):
            gateway.settle(1)
