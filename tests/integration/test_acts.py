"""Acts: withdrawals, reservations and bindings are asked for once and done once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.faults.dropped import Hasty
from tests.faults.fuse import Fuse, FusedStore, Killed
from tests.faults.pool import StrictPool
from tests.faults.rpc_proxy import RpcProxy
from tests.integration.fair import DEPOSIT, LEARNERS, Fair
from tests.integration.test_gateway_recover import Crash, Faulty, set_base_fee
from zhifu.accounts import of_platform
from zhifu.anvil import dev_signer
from zhifu.exceptions import (
    ChainUnreachable,
    IdempotencyConflict,
    InsufficientBalance,
    InvalidInput,
    NoOperator,
    TransactionPending,
    UnknownLearner,
    UnknownReservation,
    UnknownWithdrawal,
)
from zhifu.gateway import Gateway
from zhifu.money import Money
from zhifu.notify.feed import Feed
from zhifu.notify.payload import Ledger, Payloads
from zhifu.operators import appoint
from zhifu.providers.sandbox import SandboxProvider
from zhifu.store import Store

CENT = 10_000
EVIDENCE = b"\x11" * 32
FIVE = Money(500, "USD")


@dataclass
class Asked:
    """Something that is asked for, and how often the chain says that it was done."""

    ask: Callable[[Gateway], object]
    done: Callable[[Fair], int]


def reservations(fair: Fair) -> int:
    return fair.network.registry.learner_count() - LEARNERS


def withdrawn(fair: Fair) -> int:
    return (DEPOSIT - fair.available(1)) // (500 * CENT)


def bindings(fair: Fair) -> int:
    return sum(1 for _ in fair.network.registry.events("LearnerBound"))


def included(fair: Fair) -> bool:
    """Whether all that was asked for is on chain."""
    states = {state for (state,) in fair.rows("SELECT state FROM acts")}
    return states <= {"settled", "confirmed"} and bool(states)


ACTS = {
    "withdrawal": Asked(lambda gateway: gateway.withdraw(1, FIVE, "key"), withdrawn),
    "reservation": Asked(lambda gateway: gateway.reserve_learners(1, 1, "key"), reservations),
    "binding": Asked(lambda gateway: gateway.bind_learner(1, 3, EVIDENCE, "key"), bindings),
}


@pytest.fixture(params=ACTS)
def act(request: pytest.FixtureRequest) -> Asked:
    return ACTS[request.param]


def test_the_same_key_is_the_same_act(gateway: Gateway, fair: Fair, act: Asked) -> None:
    """SUB-2, SUB-11"""
    first = act.ask(gateway)
    assert act.ask(gateway) == first
    assert act.done(fair) == 1
    assert len(fair.rows("SELECT * FROM acts")) == len(fair.rows("SELECT * FROM operations")) == 1


POINTS = ("before sending", "after sending", "before the receipt", "looking it up")


@pytest.mark.parametrize("point", POINTS)
def test_a_lost_reply_and_a_retry_do_it_once(fair: Fair, act: Asked, point: str) -> None:
    """SUB-3"""
    faulty = Faulty(fair.anvil.rpc_url)
    with fair.gateway(network=fair.same_chain(faulty)) as gateway:
        faulty.point, faulty.error = point, ChainUnreachable("http://node", "timed out")
        try:
            act.ask(gateway)
        except ChainUnreachable:
            act.ask(gateway)
        assert act.done(fair) == 1
    assert included(fair)


@pytest.mark.parametrize("point", POINTS)
def test_a_crash_is_recovered_from(fair: Fair, act: Asked, point: str) -> None:
    """SUB-1: what is stored is brought to its end by whoever looks, without being asked again."""
    faulty = Faulty(fair.anvil.rpc_url)
    with fair.gateway(network=fair.same_chain(faulty)) as gateway:
        faulty.point = point
        with pytest.raises(Crash):
            act.ask(gateway)
    with fair.gateway() as gateway:
        gateway.recover()
        assert act.done(fair) == 1
        gateway.sync()
        act.ask(gateway)
    assert act.done(fair) == 1
    assert included(fair)


@pytest.mark.parametrize("place", ["before put_act", "after put_act"])
def test_what_is_not_stored_was_not_asked_for(fair: Fair, place: str) -> None:
    """SUB-11: an act and its signed transaction are stored together or not at all."""
    act = ACTS["withdrawal"]
    with Store.open(fair.url()) as store:
        fused = FusedStore(store, Fuse(place))
        gateway = Gateway(fused, fair.network, fair.operators, {"sandbox": SandboxProvider()})
        with pytest.raises(Killed):
            act.ask(gateway)
    is_stored = place != "before put_act"
    for table in ("acts", "operations", "submissions"):
        assert len(fair.rows(f"SELECT * FROM {table}")) == is_stored
    with fair.gateway() as gateway:
        gateway.recover()
        assert act.done(fair) == is_stored
        act.ask(gateway)
        assert act.done(fair) == 1


def test_what_the_contract_refuses_leaves_its_key_free(gateway: Gateway, fair: Fair) -> None:
    """SUB-11"""
    with pytest.raises(InsufficientBalance):
        gateway.withdraw(1, Money(2**52, "USD"), "key")
    with pytest.raises(UnknownLearner):
        gateway.bind_learner(1, 4_000_000, EVIDENCE, "key")
    assert fair.rows("SELECT * FROM acts") == []
    gateway.withdraw(1, FIVE, "key")
    assert withdrawn(fair) == 1


def test_a_key_is_for_one_thing(gateway: Gateway, fair: Fair) -> None:
    """SUB-2, SUB-11"""
    gateway.withdraw(1, FIVE, "key")
    for other in (
        lambda: gateway.withdraw(1, Money(501, "USD"), "key"),
        lambda: gateway.reserve_learners(1, 1, "key"),
        lambda: gateway.bind_learner(1, 3, EVIDENCE, "key"),
    ):
        with pytest.raises(IdempotencyConflict):
            other()
    gateway.withdraw(2, FIVE, "key")
    assert (withdrawn(fair), reservations(fair), bindings(fair)) == (1, 0, 0)
    for bad in ("", "x" * 256, "a\nb"):
        with pytest.raises(InvalidInput):
            gateway.withdraw(1, FIVE, bad)


def test_a_withdrawal_is_its_platforms_alone(gateway: Gateway, fair: Fair) -> None:
    made = [gateway.withdraw(1, Money(each, "USD"), f"key {each}") for each in (1, 2, 3)]
    assert {each.treasury for each in made} == {fair.operators[1].address}
    assert gateway.withdrawal(1, made[0].id) == made[0]
    newest = gateway.withdrawals(1, limit=2)
    assert [each.id for each in newest] == [made[2].id, made[1].id]
    assert gateway.withdrawals(1, before=int(newest[-1].id[4:], 16)) == [made[0]]
    assert gateway.withdrawals(2) == []
    reserved = gateway.reserve_learners(1, 2, "key")
    for stranger in (2, 9):
        with pytest.raises(UnknownWithdrawal):
            gateway.withdrawal(stranger, made[0].id)
        with pytest.raises(UnknownReservation):
            gateway.reservation(stranger, reserved.id)
    with pytest.raises(UnknownWithdrawal):
        gateway.withdrawal(1, reserved.id)
    with fair.gateway(2) as other, pytest.raises(NoOperator):
        other.withdraw(1, FIVE, "key")


def test_a_refused_withdrawal_says_why_and_may_be_made_anew(fair: Fair) -> None:
    """SUB-2: what is refused once it was sent, because its money went elsewhere meanwhile."""
    settlement, other, admin = fair.network.settlement, dev_signer(8), fair.admin
    appoint(fair.network.registry, fair.operators[1], 1, other)
    faulty = Faulty(fair.anvil.rpc_url)
    faulty.learn_errors(settlement.artifact.abi)
    with fair.gateway(1, network=fair.same_chain(faulty)) as gateway:
        faulty.point = "before sending"
        with pytest.raises(Crash):
            gateway.withdraw(1, FIVE, "key")
        settlement.withdraw_platform(other, 1, DEPOSIT)
        with pytest.raises(InsufficientBalance):
            gateway.withdraw(1, FIVE, "key")
        (refused,) = gateway.withdrawals(1)
        assert refused.state == "refused"
        assert (refused.detail or "").startswith("balance: must cover the amount (available 0")
        fair.network.token.mint(admin, admin.address, DEPOSIT)
        fair.network.token.approve(admin, settlement.address, DEPOSIT)
        settlement.deposit(admin, of_platform(1), DEPOSIT)
        again = gateway.withdraw(1, FIVE, "key")
        assert (again.id, again.state) == (refused.id, "settled")
        assert fair.available(1) == DEPOSIT - 500 * CENT
    history = fair.rows("SELECT state FROM act_history ORDER BY change")
    assert [state for (state,) in history] == [
        "stored",
        "submitted",
        "refused",
        "stored",
        "submitted",
        "settled",
    ]


def test_a_stuck_withdrawal_is_replaced(fair: Fair) -> None:
    """SUB-6"""
    now, pool = 1_750_000_000, StrictPool()
    with RpcProxy(fair.anvil.rpc_url, pool) as proxy, Hasty(proxy.url) as chain:
        network = fair.same_chain(chain)
        with fair.gateway(1, network=network, clock=lambda: now, replace_after_seconds=30) as gate:
            set_base_fee(fair, 10**9)
            fair.anvil.set_automine(False)
            for _ in range(3):
                with pytest.raises(TransactionPending):
                    gate.withdraw(1, FIVE, "key")
                now += 31
            assert pool.refused == 0
            assert len(fair.rows("SELECT * FROM submissions")) == 3
            fair.anvil.set_automine(True)
            fair.anvil.mine()
            gate.recover()
            assert gate.withdrawals(1)[0].state in ("settled", "confirmed")
    assert withdrawn(fair) == 1
    set_base_fee(fair, 0)


def test_reserved_numbers_follow_the_chain(fair: Fair) -> None:
    """SUB-10, SUB-11: after a reorganisation a reservation may have other numbers."""
    with fair.gateway(confirmations=2) as gateway:
        before = fair.anvil.snapshot()
        made = gateway.reserve_learners(1, 5, "key")
        assert (made.first, made.last, made.state) == (LEARNERS + 1, LEARNERS + 5, "settled")
        fair.anvil.revert(before)
        fair.network.registry.register_learners(fair.operators[2], 7)
        fair.anvil.mine(2)
        gateway.sync()
        lost = gateway.reservation(1, made.id)
        assert (lost.first, lost.last, lost.state) == (None, None, "submitted")
        gateway.recover()
        again = gateway.reservation(1, made.id)
        assert (again.first, again.last, again.state) == (LEARNERS + 8, LEARNERS + 12, "settled")
        fair.anvil.mine(2)
        gateway.sync()
        assert gateway.reservation(1, made.id).state == "confirmed"
    assert fair.network.registry.learner_count() == LEARNERS + 12


def test_platforms_are_told_of_withdrawals_and_numbers(fair: Fair) -> None:
    """SUB-11: where the money went, and which numbers, as the chain says."""
    with Store.open(fair.url()) as store, fair.gateway(confirmations=1) as gateway:
        out = gateway.withdraw(1, FIVE, "out")
        reserved = gateway.reserve_learners(1, 2, "numbers")
        gateway.bind_learner(1, 3, EVIDENCE, "binding")
        gateway.sync()
        told = Feed(store, Payloads(Ledger("USD", 6)), lambda: 0).told(1)
    assert [each["type"] for each in told] == [
        "withdrawal.settled",
        "reservation.settled",
        "withdrawal.confirmed",
        "reservation.confirmed",
    ]
    assert told[0]["data"] == {
        "withdrawal": out.id,
        "state": "settled",
        "amount": {"amount": 500, "currency": "USD"},
        "treasury": fair.operators[1].address,
        "transaction_hash": out.transaction_hash,
        "block_number": told[0]["data"]["block_number"],
    }
    numbers = {"count": 2, "first": LEARNERS + 1, "last": LEARNERS + 2}
    assert numbers.items() <= told[1]["data"].items()
    assert told[1]["data"]["reservation"] == reserved.id
