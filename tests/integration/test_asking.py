"""Asking providers: who is silent holds up nobody else, and nobody is asked twice."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from queue import SimpleQueue
from typing import Any

import pytest

from tests.integration.fair import Fair
from tests.integration.test_async_gateway import until
from zhifu.asking import Answer, Asking, Question
from zhifu.async_gateway import AsyncGateway
from zhifu.exceptions import (
    ChainUnreachable,
    GatewayClosed,
    InconsistentNode,
    InvalidInput,
    ProviderBusy,
    UnknownContent,
    UnknownProvider,
    ZhifuError,
)
from zhifu.gateway import Gateway
from zhifu.payments import Payment, PaymentRequest
from zhifu.providers import ProviderPayment
from zhifu.providers.sandbox import SandboxProvider

PATIENCE_SECONDS = 120.0


class Hanging(SandboxProvider):
    """A provider that answers no query before it is let go."""

    def __init__(self) -> None:
        super().__init__(name="hanging")
        self.asked, self.let_go = threading.Event(), threading.Event()
        self.queries = 0

    @property
    def answers_at_once(self) -> bool:
        return False

    def query(self, provider_payment_id: str) -> ProviderPayment:
        self.queries += 1
        self.asked.set()
        assert self.let_go.wait(PATIENCE_SECONDS)
        return super().query(provider_payment_id)

    def request(self, fair: Fair, **changes: Any) -> PaymentRequest:
        request = fair.request(**changes)
        name = self.pay(request.amount)
        return replace(request, provider=self.name, provider_payment_id=name)


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    provider = Hanging()
    yield provider
    provider.let_go.set()


def open_gateway(fair: Fair, hanging: Hanging) -> Gateway:
    providers = {"sandbox": fair.provider, "hanging": hanging}
    return Gateway.open(fair.url(), fair.network, fair.operators, providers)


def run(
    fair: Fair, hanging: Hanging, story: Callable[[AsyncGateway], Coroutine[Any, Any, None]]
) -> None:
    async def tell() -> None:
        async with AsyncGateway(open_gateway(fair, hanging)) as gateway:
            try:
                await asyncio.wait_for(story(gateway), PATIENCE_SECONDS)
            finally:
                hanging.let_go.set()

    asyncio.run(tell())


def test_a_silent_provider_holds_up_no_order_at_another(fair: Fair, hanging: Hanging) -> None:
    """ASYNC-6"""

    async def story(gateway: AsyncGateway) -> None:
        silent = [
            asyncio.create_task(gateway.pay(hanging.request(fair, platform=1))) for _ in range(50)
        ]
        await asyncio.to_thread(hanging.asked.wait, PATIENCE_SECONDS)
        for platform in (1, 2):
            await gateway.pay(fair.request(platform))
            outcomes = await gateway.pay_many([fair.request(platform) for _ in range(3)])
            assert all(isinstance(each, Payment) for each in outcomes)
        assert not any(each.done() for each in silent)
        hanging.let_go.set()
        payments = await asyncio.gather(*silent)
        assert len({payment.id for payment in payments}) == 50

    run(fair, hanging, story)


def test_many_orders_at_a_silent_provider_leave_room_for_single_ones(
    fair: Fair, hanging: Hanging
) -> None:
    """ASYNC-6"""

    async def story(gateway: AsyncGateway) -> None:
        wanted = [hanging.request(fair) for _ in range(60)]
        many = asyncio.create_task(gateway.pay_many(wanted))
        await asyncio.to_thread(hanging.asked.wait, PATIENCE_SECONDS)
        single = asyncio.create_task(gateway.pay(hanging.request(fair)))
        share = gateway.gateway.asking.share
        for _ in range(int(PATIENCE_SECONDS / 0.001)):
            if hanging.queries > share:
                break
            await asyncio.sleep(0.001)
        assert hanging.queries == share + 1
        hanging.let_go.set()
        await single
        assert all(isinstance(each, Payment) for each in await many)

    run(fair, hanging, story)


def test_who_asks_again_is_answered_without_asking_the_provider(
    fair: Fair, hanging: Hanging
) -> None:
    """ASYNC-6"""
    hanging.let_go.set()

    async def story(gateway: AsyncGateway) -> None:
        request = hanging.request(fair)
        payment = await gateway.pay(request)
        for outcome in (await gateway.pay(request), *await gateway.pay_many([request])):
            assert isinstance(outcome, Payment)
            assert outcome.id == payment.id
        assert hanging.queries == 1

    run(fair, hanging, story)


def test_who_is_cancelled_while_the_provider_is_asked_asked_for_nothing(
    fair: Fair, hanging: Hanging
) -> None:
    """ASYNC-3"""

    async def story(gateway: AsyncGateway) -> None:
        waiting = asyncio.create_task(gateway.pay(hanging.request(fair)))
        await asyncio.to_thread(hanging.asked.wait, PATIENCE_SECONDS)
        waiting.cancel()
        await asyncio.wait([waiting])
        hanging.let_go.set()
        kept = await gateway.pay(hanging.request(fair))
        assert [each.id for each in await gateway.payments(1)] == [kept.id]

    run(fair, hanging, story)


def test_too_many_questions_are_refused_and_change_nothing(fair: Fair, hanging: Hanging) -> None:
    """ASYNC-6"""

    async def story(gateway: AsyncGateway) -> None:
        most = 32 + 1_024
        tasks = [asyncio.create_task(gateway.pay(hanging.request(fair))) for _ in range(most + 10)]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        hanging.let_go.set()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        refused = [each for each in results if isinstance(each, ProviderBusy)]
        assert refused
        assert len(await gateway.payments(1)) == len(results) - len(refused)

    run(fair, hanging, story)


def test_the_sync_gateway_asks_for_many_at_once(fair: Fair, hanging: Hanging) -> None:
    """ASYNC-6"""
    with open_gateway(fair, hanging) as gateway, ThreadPoolExecutor(1) as thread:
        many = thread.submit(gateway.pay_many, [hanging.request(fair) for _ in range(40)])
        while hanging.queries < gateway.asking.share:
            assert hanging.asked.wait(PATIENCE_SECONDS)
        assert isinstance(gateway.pay(fair.request()), Payment)
        hanging.let_go.set()
        assert all(isinstance(each, Payment) for each in many.result(PATIENCE_SECONDS))


@pytest.mark.parametrize("trouble", [ChainUnreachable("gone"), InconsistentNode("a", "b")])
def test_trouble_with_the_chain_is_told_only_to_whom_the_index_refused(
    fair: Fair, hanging: Hanging, monkeypatch: pytest.MonkeyPatch, trouble: ZhifuError
) -> None:
    """ASYNC-7"""

    async def story(gateway: AsyncGateway) -> None:
        def troubled() -> bool:
            raise trouble

        monkeypatch.setattr(gateway.gateway._indexer, "sync", troubled)
        monkeypatch.setattr(gateway.gateway.freshness, "_looked_at", float("-inf"))
        unknown = replace(fair.request(), contents=(99,))
        good, bad = await gateway.pay_many([fair.request(), unknown])
        assert isinstance(good, Payment)
        expected = UnknownContent if isinstance(trouble, ChainUnreachable) else type(trouble)
        assert type(bad) is expected

    run(fair, hanging, story)


def test_a_chain_that_hangs_holds_up_no_payment(
    fair: Fair, hanging: Hanging, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ASYNC-7"""
    monkeypatch.setattr("zhifu.async_intake._PATIENCE_SECONDS", 0.01)
    let_go = threading.Event()

    async def story(gateway: AsyncGateway) -> None:
        monkeypatch.setattr(gateway.gateway._indexer, "sync", lambda: let_go.wait(PATIENCE_SECONDS))
        monkeypatch.setattr(gateway.gateway.freshness, "_looked_at", float("-inf"))
        try:
            assert isinstance(await gateway.pay(fair.request()), Payment)
        finally:
            let_go.set()

    run(fair, hanging, story)


def test_what_is_asked_is_bounded_and_ends_with_the_gateway() -> None:
    """ASYNC-6"""
    asking = Asking(["slow"], threads=1, queue=2)
    begun, let_go = threading.Event(), threading.Event()
    answers: list[Answer[int]] = []

    def ask() -> int:
        begun.set()
        assert let_go.wait(PATIENCE_SECONDS)
        return 1

    def put() -> None:
        asking.put("slow", Question(ask, answers.append))

    put()
    assert begun.wait(PATIENCE_SECONDS)
    put()
    put()
    with pytest.raises(ProviderBusy):
        put()
    with pytest.raises(UnknownProvider):
        asking.put("other", Question(ask, answers.append))
    asking.close()
    assert [type(each.outcome) for each in answers] == [GatewayClosed, GatewayClosed]
    with pytest.raises(GatewayClosed):
        put()
    let_go.set()


@pytest.mark.parametrize("size", ["threads", "queue"])
def test_there_is_at_least_one_of_each(size: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        Asking([], **{size: 0})
    assert raised.value.field == size


def test_closing_waits_for_no_question_that_was_not_asked_yet(fair: Fair, hanging: Hanging) -> None:
    """ASYNC-5"""
    threads, more = 32, 8

    async def tell() -> None:
        gateway = AsyncGateway(open_gateway(fair, hanging))
        tasks = [
            asyncio.create_task(gateway.pay(hanging.request(fair))) for _ in range(threads + more)
        ]
        await until(lambda: hanging.queries == threads and gateway.gateway.asking.waiting == more)
        closing = asyncio.create_task(gateway.close())
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        assert {type(each.exception()) for each in ended} == {GatewayClosed}
        hanging.let_go.set()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert sum(isinstance(each, Payment) for each in outcomes) == threads
        await closing

    asyncio.run(asyncio.wait_for(tell(), PATIENCE_SECONDS))
    with open_gateway(fair, hanging) as again:
        assert again.waiting(1) == threads


class NoThreads(ThreadPoolExecutor):
    """A pool for which the system has only so many threads; it keeps what it could not begin."""

    left = 0

    def _adjust_thread_count(self) -> None:
        if not self.left and not self._threads:
            raise RuntimeError("can't start new thread")
        if self.left:
            self.left -= 1
            super()._adjust_thread_count()


def test_a_question_for_which_there_is_no_thread_is_refused_and_leaves_nothing_behind() -> None:
    """ASYNC-6"""
    asking, told = Asking(["slow"]), SimpleQueue[Answer[int]]()
    pool = NoThreads(32)
    asking._counters["slow"]._threads = pool
    for _ in range(3):
        with pytest.raises(ProviderBusy):
            asking.put("slow", Question(lambda: 1, told.put))
    assert asking.waiting == 0
    pool.left = 1
    for _ in range(40):
        asking.put("slow", Question(lambda: 1, told.put))
    assert [told.get(timeout=PATIENCE_SECONDS).outcome for _ in range(40)] == [1] * 40
    asking.close()
