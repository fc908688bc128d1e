"""Submission: what an operator key does on chain happens once, whatever happens on the way."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from eth_utils.crypto import keccak

from tests.faults.dropped import TWICE, Hasty, allow_top_ups, run, submitter, topped_up
from tests.faults.lies import Liar
from tests.faults.pool import StrictPool
from tests.faults.rpc_proxy import RpcProxy, honest
from tests.integration.fair import Fair
from tests.integration.test_gateway_recover import (
    CENT,
    ORDERS,
    Crash,
    Faulty,
    assert_settled_once,
    sell,
    set_base_fee,
    submissions,
)
from zhifu import accounts
from zhifu.closing import Closing
from zhifu.exceptions import (
    FeeCapReached,
    InconsistentNode,
    InvalidInput,
    LaneBusy,
    NodeRefused,
    TransactionPending,
    WrongChain,
)
from zhifu.finality import Finality
from zhifu.lanebook import Queue
from zhifu.leases import Leases
from zhifu.operationbook import OperationBook
from zhifu.operations import Kind, OperationState
from zhifu.payments import BatchState, OrderState
from zhifu.store import Store
from zhifu.turns import Turn

LEARNER = 3


@pytest.fixture
def store(fair: Fair) -> Iterator[Store]:
    with Store.open(fair.url()) as opened:
        yield opened


@pytest.fixture
def book(fair: Fair, store: Store) -> OperationBook:
    allow_top_ups(fair)
    return OperationBook(store, lambda: int(time.time()))


def top_up(fair: Fair) -> tuple[str, bytes]:
    settlement = fair.network.settlement
    return settlement.address, settlement.encode("topUp", [LEARNER], [CENT])


def pay_out(fair: Fair) -> tuple[str, bytes]:
    settlement = fair.network.settlement
    return settlement.address, settlement.encode("payOut", 1, [LEARNER], [CENT])


def test_a_transaction_is_stored_signed_before_it_is_sent(fair: Fair) -> None:
    """SUB-1: of a batch as of a refund; what a crash left behind is sent as it was stored."""
    faulty = Faulty(fair.anvil.rpc_url)
    with fair.gateway(1, network=fair.same_chain(faulty)) as gateway:
        order = gateway.pay(fair.request()).orders[0]
        for kind in ("batch", "refund"):
            nonce = faulty.nonce(fair.operators[1].address)
            faulty.point = "before sending"
            with pytest.raises(Crash):
                gateway.settle(1) if kind == "batch" else gateway.refund(order.id)
            ((found, state, name, raw),) = fair.rows(
                "SELECT kind, state, transaction_hash, raw FROM operations"
                " JOIN submissions ON submissions.hash = transaction_hash"
                f" WHERE kind = '{kind}'"
            )
            assert (found, state, faulty.nonce(fair.operators[1].address)) == (
                kind,
                "submitted",
                nonce,
            )
            gateway.recover()
            receipt = faulty.receipt("0x" + keccak(raw).hex())
            assert receipt is not None
            assert receipt.transaction_hash == name
        assert submissions(fair) == 2
        assert gateway.order(order.id).state is OrderState.REFUNDED


@pytest.mark.parametrize("lie", ["lost reply", "error after accepting", "already known"])
def test_what_the_contract_would_take_twice_is_made_once(
    fair: Fair, book: OperationBook, lie: str
) -> None:
    """SUB-3, SUB-4: by its nonce, whatever the node says of it."""
    with RpcProxy(fair.anvil.rpc_url) as proxy, Hasty(proxy.url) as chain:
        sending = submitter(fair, chain, book)
        for subject, kind, call in ((1, TWICE, top_up), (2, Kind.BINDING, pay_out)):
            proxy.treatment = Liar(lie, 1.0, 1, random.Random(1))
            with suppress(NodeRefused):
                sending.submit(kind, subject, *call(fair))
            ending = sending.submit(kind, subject, *call(fair))
            assert ending.operation.state is OperationState.SETTLED
            assert topped_up(fair) == (CENT if kind is TWICE else 0)
    assert submissions(fair) == 2


def test_what_was_never_sent_takes_the_next_nonce(fair: Fair, book: OperationBook) -> None:
    """SUB-4."""
    chain, operator = fair.network.chain, fair.operators[1]
    to, call = top_up(fair)
    sending = submitter(fair, chain, book, finality=1_000)
    stored = book.store(1, TWICE, 1, sending.sign(TWICE, to, call))
    fair.network.registry.register_learners(operator, 1)
    ending = sending.conclude(stored)
    assert ending.operation.nonce == stored.nonce + 1
    assert topped_up(fair) == CENT


def test_a_nonce_used_elsewhere_is_left_once_that_is_final(fair: Fair, book: OperationBook) -> None:
    """SUB-4: until then the first transaction could still be included, beside a second one."""
    faulty = Faulty(fair.anvil.rpc_url)
    faulty.learn_errors(fair.network.settlement.artifact.abi)
    sending = submitter(fair, faulty, book, finality=3)
    faulty.point = "before sending"
    with pytest.raises(Crash):
        sending.submit(TWICE, 1, *top_up(fair))
    fair.network.registry.register_learners(fair.operators[1], 1)
    fair.anvil.mine(2)
    with pytest.raises(TransactionPending):
        sending.submit(TWICE, 1, *top_up(fair))
    assert (submissions(fair), topped_up(fair)) == (1, 0)
    fair.anvil.mine()
    ending = sending.submit(TWICE, 1, *top_up(fair))
    assert ending.operation.state is OperationState.SETTLED
    assert (submissions(fair), topped_up(fair)) == (2, CENT)


def test_what_was_signed_before_may_be_signed_once_more(fair: Fair, book: OperationBook) -> None:
    """SUB-2: a node told of a higher nonce for a while, and then the truth."""
    chain, operator = fair.network.chain, fair.operators[1]
    to, call = top_up(fair)
    first, other = (chain.sign(operator, to, call, nonce=each) for each in (7, 9))
    stored = book.store(1, TWICE, 1, first)
    again = book.sign_again(book.sign_again(stored, other), first)
    assert (again.nonce, again.transaction_hash) == (7, first.hash)
    assert [each.hash for each in book.submissions(again)] == [first.hash, other.hash]


def test_nonces_that_nothing_has_are_filled(fair: Fair, book: OperationBook) -> None:
    """SUB-5."""
    chain, operator = fair.network.chain, fair.operators[1]
    to, call = top_up(fair)
    nonce = chain.nonce(operator.address)
    signed = chain.sign(operator, to, call, nonce=nonce + 2)
    stored = book.submitted(book.store(1, TWICE, 1, signed))
    with Hasty(fair.anvil.rpc_url) as hasty:
        ending = submitter(fair, hasty, book).conclude(stored)
    assert ending.operation.nonce == nonce + 2
    assert chain.nonce(operator.address) == nonce + 3
    assert (submissions(fair), topped_up(fair)) == (1, CENT)


def test_what_fills_a_nonce_is_replaced_with_what_waits_for_it(fair: Fair, store: Store) -> None:
    """SUB-5, SUB-6: it would wait as long as that does; also for a process that did not send it."""
    now, pool, operator = int(time.time()), StrictPool(), fair.operators[1]
    allow_top_ups(fair)
    book = OperationBook(store, lambda: now)
    set_base_fee(fair, 10**9)
    nonce = fair.network.chain.nonce(operator.address)
    to, call = top_up(fair)
    with RpcProxy(fair.anvil.rpc_url, pool) as proxy, Hasty(proxy.url) as chain:
        signed = chain.sign(operator, to, call, nonce=nonce + 2)
        stored = book.submitted(book.store(1, TWICE, 1, signed))
        fair.anvil.set_automine(False)
        offered = []
        for _ in range(4):
            with pytest.raises(TransactionPending):
                submitter(fair, chain, book, patience=30).conclude(book.again(stored))
            offered.append(pool.fees(nonce))
            now += 31
        assert pool.refused == 0
        assert pool.fees(nonce) == pool.fees(nonce + 1) == pool.fees(nonce + 2)
        for before, after in pairwise(offered):
            assert all(10 * new >= 11 * old for new, old in zip(after, before, strict=True))
        set_base_fee(fair, offered[0][0] + 1)
        fair.anvil.mine()
        fair.anvil.set_automine(True)
        ending = submitter(fair, chain, book, patience=30).conclude(book.again(stored))
    assert (ending.operation.state, ending.operation.nonce) == (OperationState.SETTLED, nonce + 2)
    assert (fair.network.chain.nonce(operator.address), topped_up(fair)) == (nonce + 3, CENT)
    set_base_fee(fair, 0)


def test_somebody_elses_transaction_is_not_replaced_by_an_empty_one(
    fair: Fair, store: Store
) -> None:
    """SUB-5: only a nonce that nothing had is filled."""
    now, operator = int(time.time()), fair.operators[1]
    allow_top_ups(fair)
    book = OperationBook(store, lambda: now)
    set_base_fee(fair, 10**9)
    nonce = fair.network.chain.nonce(operator.address)
    to, call = top_up(fair)
    with Hasty(fair.anvil.rpc_url) as chain:
        fair.anvil.set_automine(False)
        theirs = chain.send_raw(chain.sign(operator, operator.address, b"").raw)
        signed = chain.sign(operator, to, call, nonce=nonce + 1)
        stored = book.submitted(book.store(1, TWICE, 1, signed))
        for _ in range(3):
            with pytest.raises(TransactionPending):
                submitter(fair, chain, book, patience=30).conclude(book.again(stored))
            now += 31
        fair.anvil.set_automine(True)
        fair.anvil.mine()
        assert chain.receipt(theirs) is not None
        submitter(fair, chain, book).conclude(book.again(stored))
    assert topped_up(fair) == CENT
    set_base_fee(fair, 0)


def test_nothing_that_counts_twice_is_signed_while_the_key_has_more_in_flight(
    fair: Fair, book: OperationBook
) -> None:
    """SUB-5."""
    chain, operator = fair.network.chain, fair.operators[1]
    fair.anvil.set_automine(False)
    chain.send_raw(chain.sign(operator, operator.address, b"").raw)
    sending = submitter(fair, chain, book)
    with pytest.raises(TransactionPending):
        sending.submit(TWICE, 1, *top_up(fair))
    assert submissions(fair) == 0
    fair.anvil.mine()
    fair.anvil.set_automine(True)
    sending.submit(TWICE, 1, *top_up(fair))
    assert topped_up(fair) == CENT


def test_a_tenth_of_a_hundred_dropped_leaves_no_gap(fair: Fair, book: OperationBook) -> None:
    """SUB-4, SUB-5; the full count is `python -m tests.faults.dropped`."""
    report = run(fair, fair.url(), 25, share=0.1, seed=4)
    assert report.succeeded, report.line()
    assert report.dropped > 0


def test_replacements_go_up_by_a_tenth_until_a_node_takes_one(fair: Fair) -> None:
    """SUB-6."""
    now, pool = int(time.time()), StrictPool()
    with RpcProxy(fair.anvil.rpc_url, pool) as proxy, Hasty(proxy.url) as chain:
        network = fair.same_chain(chain)
        options: dict[str, Any] = {"clock": lambda: now, "replace_after_seconds": 30}
        with fair.gateway(1, network=network, **options) as gateway:
            sell(gateway, fair)
            set_base_fee(fair, 10**9)
            fair.anvil.set_automine(False)
            for _ in range(4):
                with pytest.raises(TransactionPending):
                    gateway.settle(1)
                now += 31
            assert (submissions(fair), pool.refused) == (4, 0)
            fair.anvil.set_automine(True)
            fair.anvil.mine()
            assert [batch.state for batch in gateway.recover()] == [BatchState.SETTLED]
            assert_settled_once(fair, gateway)
    set_base_fee(fair, 0)


def test_above_its_cap_a_transaction_waits_and_says_so(fair: Fair) -> None:
    """SUB-6."""
    now, cap = int(time.time()), 25 * 10**8
    with Hasty(fair.anvil.rpc_url, max_fee_wei=cap) as chain:
        network = fair.same_chain(chain)
        options: dict[str, Any] = {"clock": lambda: now, "replace_after_seconds": 30}
        with fair.gateway(1, network=network, **options) as gateway:
            sell(gateway, fair)
            set_base_fee(fair, 10**9)
            fair.anvil.set_automine(False)
            with pytest.raises(TransactionPending):
                gateway.settle(1)
            for _ in range(5):
                now += 31
                with pytest.raises((TransactionPending, FeeCapReached)) as raised:
                    gateway.settle(1)
            assert isinstance(raised.value, FeeCapReached)
            assert raised.value.max_fee_per_gas_wei == cap
            fair.anvil.set_automine(True)
            fair.anvil.mine()
            gateway.recover()
            assert_settled_once(fair, gateway)
    set_base_fee(fair, 0)


def test_nothing_is_stored_whose_first_fee_would_be_above_the_cap(fair: Fair) -> None:
    """SUB-6."""
    chain = Hasty(fair.anvil.rpc_url, max_fee_wei=10**8)
    with chain, fair.gateway(1, network=fair.same_chain(chain)) as gateway:
        sell(gateway, fair)
        set_base_fee(fair, 10**9)
        with pytest.raises(FeeCapReached):
            gateway.settle(1)
        assert (submissions(fair), gateway.waiting(1)) == (0, ORDERS)
    set_base_fee(fair, 0)


@pytest.mark.parametrize("tag", ["safe", "finalized"])
def test_confirmed_waits_for_the_chains_own_word(fair: Fair, tag: str) -> None:
    """SUB-8: Anvil's epochs have 32 blocks; the safe block is one behind, the final one two."""
    blocks = {"safe": 32, "finalized": 64}[tag]
    with fair.gateway(1, confirmations=tag) as gateway:
        sell(gateway, fair)
        gateway.settle(1)
        fair.anvil.mine(blocks - 1)
        gateway.sync()
        assert [batch.state for batch in gateway.batches(1)] == [BatchState.SETTLED]
        fair.anvil.mine()
        gateway.sync()
        assert [batch.state for batch in gateway.batches(1)] == [BatchState.CONFIRMED]


@pytest.mark.parametrize("rule", [-1, 1.5, "latest", True])
def test_a_depth_is_a_number_or_a_tag(rule: object) -> None:
    with pytest.raises(InvalidInput):
        Finality(rule)  # type: ignore[arg-type]


CHILD = """
import os, signal, sys
from pathlib import Path
from zhifu.anvil import dev_signer
from zhifu.chain import Chain
from zhifu.deployment import Deployment, Network
from zhifu.gateway import Gateway

url, deployment, database, dies = sys.argv[1:]
left = int(dies)

def send(self, raw, send=Chain.send_raw):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return send(self, raw)

Chain.send_raw = send
network = Network(Chain(url), Deployment.load(Path(deployment)))
with Gateway.open(database, network, {1: dev_signer(1)}, {}) as gateway:
    while gateway.settle(1, limit=1) is not None:
        pass
"""


def test_two_processes_settle_each_order_once_though_one_is_killed(
    fair: Fair, tmp_path: Path
) -> None:
    """SUB-7: the one that is killed holds the lane's turn, and the other takes it over."""
    with fair.gateway(1) as gateway:
        sell(gateway, fair)
    deployment = tmp_path / "deployment.json"
    fair.network.deployment.save(deployment)
    command = [sys.executable, "-c", CHILD, fair.anvil.rpc_url, str(deployment), fair.url()]
    running = [subprocess.Popen([*command, dies], env=os.environ) for dies in ("2", "0")]
    assert [each.wait(120) for each in running] in ([-signal.SIGKILL, 0], [0, 0])
    with fair.gateway(1) as gateway:
        gateway.recover()
        assert gateway.settle(1) is None
        assert_settled_once(fair, gateway)
        assert [batch.number for batch in gateway.batches(1)] == list(range(1, ORDERS + 1))


def test_a_turn_is_waited_for_and_taken_over_when_its_holder_is_silent(store: Store) -> None:
    """SUB-7."""
    now = 0
    first = Leases(store, "first", lambda: now)
    second = Turn(Leases(store, "second", lambda: now), "0xkey", patience_seconds=0.0)
    assert first.take("lane/0xkey", 3)
    with pytest.raises(LaneBusy) as raised, second:
        pass
    assert raised.value.holder == "first"
    now += 3_000
    with second, second:
        assert first.holder_of("lane/0xkey") == "second"
    assert first.holder_of("lane/0xkey") is None


def test_a_batch_is_due_by_size_or_by_age(fair: Fair) -> None:
    """SUB-9."""
    with fair.gateway(1, batch_size=2, batch_age_ms=3_600_000) as gateway:
        assert not gateway.is_due(1)
        gateway.pay(fair.request())
        assert not gateway.is_due(1)
        gateway.pay(fair.request(learner=2))
        assert gateway.is_due(1)
        gateway.settle(1)
        assert not gateway.is_due(1)
    with fair.gateway(1, batch_size=2, batch_age_ms=0) as gateway:
        order = gateway.pay(fair.request()).orders[0]
        assert gateway.is_due(1)
        gateway.settle(1)
        assert gateway.order(order.id).state is OrderState.SETTLED


def test_a_due_batch_is_settled_by_what_was_last_seen_of_the_chain(fair: Fair) -> None:
    """SUB-9, SUB-10: without another look, and yet no number is taken twice."""
    with fair.gateway(1, batch_age_ms=0, confirmations=5) as gateway:
        assert gateway.settle_due(1) is None
        gateway.pay(fair.request())
        assert gateway.settle_due(1) is not None
        fair.anvil.rpc.call("anvil_reorg", 1, [])
        gateway.pay(fair.request(learner=2))
        gateway.freshness.note()
        assert gateway.settle_due(1) is not None
        assert [batch.number for batch in gateway.batches(1)] == [1, 2]
        gateway.sync()
        assert [batch.state for batch in gateway.batches(1)] == [BatchState.SETTLED] * 2
        assert all(gateway.may_use(learner, 1) for learner in (1, 2))


def test_the_age_of_a_batch_is_that_of_its_first_order() -> None:
    """SUB-9."""
    closing, made = Closing(size=10, age_ms=500), 1_600_000_000_000
    oldest = (made - 1_577_836_800_000) << 22
    assert not closing.is_due(Queue(9, oldest), made + 499)
    assert closing.is_due(Queue(9, oldest), made + 500)
    assert closing.is_due(Queue(10, oldest), made)
    assert not closing.is_due(Queue(0, None), made + 10**9)


def test_a_learner_has_what_one_top_up_brought(fair: Fair, book: OperationBook) -> None:
    """SUB-2: the same subject again is the same operation."""
    sending = submitter(fair, fair.network.chain, book)
    for _ in range(3):
        sending.submit(TWICE, 7, *top_up(fair))
    of = fair.network.settlement.available_of
    assert of(accounts.of_learner(1, LEARNER)) == CENT


def test_what_a_reorganisation_took_is_made_again_by_the_same_nonce(
    fair: Fair, book: OperationBook
) -> None:
    """SUB-4."""
    sending = submitter(fair, fair.network.chain, book)
    before = fair.anvil.snapshot()
    first = sending.submit(TWICE, 1, *top_up(fair)).operation
    fair.anvil.revert(before)
    fair.anvil.mine(2)
    again = sending.submit(TWICE, 1, *top_up(fair)).operation
    assert (again.nonce, again.transaction_hash) == (first.nonce, first.transaction_hash)
    assert topped_up(fair) == CENT


def test_a_node_that_hides_a_receipt_gets_no_second_transaction(
    fair: Fair, book: OperationBook
) -> None:
    """SUB-4: the nonce is used up by the operation's own transaction, and the chain tells so."""
    with RpcProxy(fair.anvil.rpc_url) as proxy, Hasty(proxy.url) as chain:
        sending = submitter(fair, chain, book)
        proxy.treatment = Liar("missing receipt", 1.0, 1_000, random.Random(1))
        for error in (TransactionPending, InconsistentNode):
            with pytest.raises(error):
                sending.submit(TWICE, 1, *top_up(fair))
        assert (submissions(fair), topped_up(fair)) == (1, CENT)
        proxy.treatment = honest
        ending = sending.submit(TWICE, 1, *top_up(fair))
        assert ending.operation.state is OperationState.SETTLED
    assert (submissions(fair), topped_up(fair)) == (1, CENT)


def test_a_receipt_that_contradicts_its_logs_is_not_believed(
    fair: Fair, book: OperationBook
) -> None:
    """SUB-10."""
    with RpcProxy(fair.anvil.rpc_url) as proxy, Hasty(proxy.url) as chain:
        sending = submitter(fair, chain, book)
        proxy.treatment = Liar("wrong status", 1.0, 1_000, random.Random(1))
        with pytest.raises(InconsistentNode):
            sending.submit(TWICE, 1, *top_up(fair))
        stored = book.of(TWICE, 1)
        assert stored is not None
        assert stored.state is OperationState.SUBMITTED


def test_a_node_that_turns_to_another_chain_is_told(fair: Fair) -> None:
    """SUB-10."""
    with (
        RpcProxy(fair.anvil.rpc_url) as proxy,
        Hasty(proxy.url) as chain,
        fair.gateway(1, network=fair.same_chain(chain)) as gateway,
    ):
        proxy.treatment = Liar("another chain", 1.0, 1, random.Random(1))
        with pytest.raises(WrongChain):
            gateway.sync()
        gateway.sync()
