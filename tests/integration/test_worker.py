"""What a gateway does by itself: PAY-13, PAY-16."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from tests.databases import Databases
from tests.integration.fair import Fair
from zhifu import rounds
from zhifu.exceptions import ChainUnreachable
from zhifu.gateway import Gateway
from zhifu.leases import Leases
from zhifu.payments import OrderState
from zhifu.providers import ProviderPayment
from zhifu.providers.sandbox import SandboxProvider
from zhifu.store import Store
from zhifu.worker import Job, Worker, jobs_of, workers_of

PATIENCE_SECONDS = 120


class Hands:
    """A clock that only the test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def store(databases: Databases) -> Iterator[Store]:
    with Store.open(databases.url("worker")) as opened:
        yield opened


def test_jobs_come_round_in_their_own_time(store: Store) -> None:
    clock, done = Hands(), list[str]()
    jobs = [Job("often", 1, lambda: done.append("o")), Job("rarely", 3, lambda: done.append("r"))]
    worker = Worker(Leases(store), jobs, clock)
    waits = []
    for _ in range(4):
        waits.append(worker.turn())
        clock.now += 1
    assert "".join(done) == "orooor"
    assert waits == [1.0, 1.0, 1.0, 1.0]


def test_a_job_that_fails_comes_round_again_and_holds_up_nothing(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    clock, done = Hands(), list[str]()

    def fail() -> None:
        done.append("f")
        raise ChainUnreachable("http://127.0.0.1:1", "refused")

    def break_down() -> None:
        raise RuntimeError

    jobs = [
        Job("fail", 1, fail),
        Job("break", 1, break_down),
        Job("go", 1, lambda: done.append("g")),
    ]
    worker = Worker(Leases(store), jobs, clock)
    with caplog.at_level(logging.WARNING):
        worker.turn()
        clock.now += 1
        worker.turn()
    assert "".join(done) == "fgfg"
    assert [each.levelname for each in caplog.records] == ["WARNING", "ERROR"] * 2


def test_a_job_with_nothing_to_do_writes_nothing(store: Store) -> None:
    clock, done, waits = Hands(), list[int](), list[int]()
    job = Job("job", 1, lambda: done.append(waits.pop()), lambda: bool(waits))
    worker = Worker(Leases(store), [job], clock)
    assert worker.turn() == 1
    with store.reading() as transaction:
        assert transaction.row("lease", name="job:job", now=0) is None
    waits.append(7)
    clock.now += 1
    worker.turn()
    assert done == [7]


def test_a_job_that_takes_turns_by_itself_writes_nothing_for_it(store: Store) -> None:
    done = list[int]()
    job = Job("job", 1, lambda: done.append(7), takes_turns=True)
    assert Worker(Leases(store), [job], Hands()).turn() == 1
    with store.reading() as transaction:
        assert transaction.row("lease", name="job:job", now=0) is None
    assert done == [7]


def test_a_job_is_done_by_one_process_at_a_time(store: Store) -> None:
    begun, finish, done = threading.Event(), threading.Event(), list[int]()

    def slow() -> None:
        done.append(1)
        begun.set()
        assert finish.wait(PATIENCE_SECONDS)

    first = Worker(Leases(store, "first"), [Job("job", 1, slow)])
    second = Worker(Leases(store, "second"), [Job("job", 1, lambda: done.append(2))], Hands())
    thread = threading.Thread(target=first.turn)
    thread.start()
    assert begun.wait(PATIENCE_SECONDS)
    second.turn()
    assert done == [1]
    finish.set()
    thread.join(PATIENCE_SECONDS)
    third = Worker(Leases(store, "third"), [Job("job", 1, lambda: done.append(3))])
    third.turn()
    assert done == [1, 3]


def test_a_lease_lasts_for_as_long_as_its_job(store: Store) -> None:
    clock, finish = Hands(), threading.Event()

    def leases(holder: str) -> Leases:
        return Leases(store, holder, lambda: int(clock.now * 1_000))

    def until() -> int:
        with store.reading() as transaction:
            found = transaction.row("lease", name="job:job", now=0)
        return found[1] // 1_000 if found else 0

    slow = Job("job", 1, lambda: finish.wait(PATIENCE_SECONDS))
    first = Worker(leases("first"), [slow], renew_seconds=0.01)
    thread = threading.Thread(target=first.turn)
    thread.start()
    _wait_until(lambda: until() == 160)
    clock.now = 150
    _wait_until(lambda: until() == 210)
    clock.now = 200
    done = list[int]()
    Worker(leases("second"), [Job("job", 1, lambda: done.append(2))]).turn()
    assert done == []
    finish.set()
    thread.join(PATIENCE_SECONDS)
    Worker(leases("second"), [Job("job", 1, lambda: done.append(2))]).turn()
    assert done == [2]


def test_a_lease_is_renewed_no_more_for_a_job_that_hangs(store: Store) -> None:
    """SERVE-1: another process may do it."""
    clock, finish, done = Hands(), threading.Event(), list[int]()

    def leases(holder: str) -> Leases:
        return Leases(store, holder, lambda: int(clock.now * 1_000))

    def taken() -> bool:
        clock.now += 100
        Worker(leases("second"), [Job("job", 1, lambda: done.append(2))]).turn()
        return done == [2]

    hanging = Job("job", 1, lambda: finish.wait(PATIENCE_SECONDS))
    first = Worker(leases("first"), [hanging], renew_seconds=0.01, longest_seconds=0.03)
    thread = threading.Thread(target=first.turn)
    thread.start()
    _wait_until(lambda: leases("first").holder_of("job:job") == "first")
    _wait_until(taken)
    finish.set()
    thread.join(PATIENCE_SECONDS)


def test_a_worker_is_not_well_while_a_job_fails_each_time(store: Store) -> None:
    """SERVE-1: that a node or a provider is away for a while is an everyday thing."""
    clock, errors = Hands(), list[Exception]()

    def work() -> None:
        if errors:
            raise errors[-1]

    jobs = [Job("sound", 1, lambda: None), Job("job", 1, work)]
    worker = Worker(Leases(store), jobs, clock, failing_seconds=60)

    def well_after(seconds: float) -> bool:
        clock.now += seconds
        worker.turn()
        return worker.is_well

    assert well_after(1)
    errors.append(ChainUnreachable("http://127.0.0.1:1", "refused"))
    assert [well_after(1), well_after(59), well_after(1)] == [True, True, False]
    errors.clear()
    assert well_after(1)
    errors.append(TypeError("a defect"))
    assert not well_after(1)
    errors.clear()
    assert well_after(1)


def test_a_worker_is_not_well_while_a_job_hangs(store: Store) -> None:
    """SERVE-1"""
    clock, worker = Hands(), list[Worker]()

    def hang() -> None:
        clock.now += 299
        assert worker[0].is_well
        clock.now += 1
        assert not worker[0].is_well

    worker.append(Worker(Leases(store), [Job("job", 1, hang)], clock, longest_seconds=300))
    worker[0].turn()
    assert worker[0].is_well


def test_a_round_that_is_cut_gives_way_to_the_other_jobs_and_goes_on(store: Store) -> None:
    clock, done, left = Hands(), list[str](), [1, 2, 3]

    def attend(one: int) -> bool:
        left.remove(one)
        done.append(str(one))
        clock.now += 4
        return True

    jobs = [
        Job("long", 60, lambda: rounds.each(list(left), attend)),
        Job("short", 60, lambda: done.append("s")),
    ]
    worker = Worker(Leases(store), jobs, clock, round_seconds=5)
    assert worker.turn() == 0
    assert worker.turn() == 56
    assert "".join(done) == "12s3"


class Mute(SandboxProvider):
    """A sandbox that is asked about what its callbacks hint at, and never answers."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.over = threading.Event(), threading.Event()
        self.mute = False

    def query(self, provider_payment_id: str) -> ProviderPayment:
        if self.mute and rounds.is_running():
            self.asked.set()
            self.over.wait(PATIENCE_SECONDS)
        return super().query(provider_payment_id)


def test_a_provider_that_is_silent_keeps_no_order_from_being_settled(fair: Fair) -> None:
    mute = Mute()
    url, providers = fair.url(), {"sandbox": fair.provider, "mute": mute}
    with (
        Gateway.open(url, fair.network, fair.operators, providers) as gateway,
        Store.open(url) as store,
    ):
        named = fair.request(provider="mute", provider_payment_id=mute.pay(fair.request().amount))
        gateway.pay(named)
        mute.mute = True
        gateway.take_callback("mute", mute.callback(named.provider_payment_id))
        workers = workers_of(gateway, Leases(store), [1], settle_seconds=0.05)
        threads = [threading.Thread(target=each.run) for each in workers.values()]
        for thread in threads:
            thread.start()
        try:
            assert mute.asked.wait(PATIENCE_SECONDS)
            payment = gateway.pay(fair.request())
            _wait_until(lambda: gateway.order(payment.orders[0].id).state is OrderState.CONFIRMED)
        finally:
            mute.over.set()
            for worker in workers.values():
                worker.stop()
            for thread in threads:
                thread.join(PATIENCE_SECONDS)


def test_a_gateway_left_to_itself_settles_what_is_paid(fair: Fair) -> None:
    """PAY-1."""
    with fair.gateway() as gateway, Store.open(fair.url()) as store:
        payment = gateway.pay(fair.request(contents=(1, 2)))
        worker = Worker(Leases(store), jobs_of(gateway, [1, 2, 3], settle_seconds=0.05))
        thread = threading.Thread(target=worker.run)
        thread.start()
        try:
            _wait_until(lambda: gateway.waiting(1) == 0)
        finally:
            worker.stop()
            thread.join(PATIENCE_SECONDS)
        states = {gateway.order(order.id).state for order in payment.orders}
        assert states <= {OrderState.SETTLED, OrderState.CONFIRMED}


def _wait_until(happened: Callable[[], bool]) -> None:
    for _ in range(2_400):
        if happened():
            return
        time.sleep(0.05)
    pytest.fail("the orders still wait")
