"""AsyncGateway: the gateway's own use-cases, awaited, with payments recorded in group commits."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import pytest

from tests.integration.fair import Fair
from zhifu.async_gateway import AsyncGateway
from zhifu.books import Draft
from zhifu.exceptions import (
    GatewayClosed,
    IdempotencyConflict,
    InvalidInput,
    UnknownContent,
    UnknownOrder,
    ZhifuError,
)
from zhifu.gateway import Gateway
from zhifu.payments import OrderState, Payment, PaymentRequest

PATIENCE_SECONDS = 120.0


class SlowCommits:
    """Lets no commit of a gateway go on before it is let go."""

    def __init__(self, gateway: AsyncGateway, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self.let_go = threading.Event(), threading.Event()
        books = gateway.gateway._books
        record = books.record

        def slow(drafts: Sequence[Draft]) -> list[Payment | None]:
            self.begun.set()
            assert self.let_go.wait(PATIENCE_SECONDS)
            return record(drafts)

        monkeypatch.setattr(books, "record", slow)

    async def run(self) -> None:
        await asyncio.to_thread(self.begun.wait, PATIENCE_SECONDS)


async def until(is_so: Callable[[], bool]) -> None:
    for _ in range(int(PATIENCE_SECONDS / 0.001)):
        if is_so():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it never was so")


def run(
    fair: Fair, story: Callable[[AsyncGateway], Coroutine[Any, Any, None]], **sizes: int
) -> None:
    async def tell() -> None:
        async with AsyncGateway(fair.gateway(), **sizes) as gateway:
            await asyncio.wait_for(story(gateway), PATIENCE_SECONDS)

    asyncio.run(tell())


def count_commits(gateway: AsyncGateway, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of the transactions that payments are recorded in from now on."""
    sizes: list[int] = []
    record = gateway.gateway._books.record

    def counted(drafts: Sequence[Draft]) -> list[Payment | None]:
        sizes.append(len(drafts))
        return record(drafts)

    monkeypatch.setattr(gateway.gateway._books, "record", counted)
    return sizes


def test_it_has_every_use_case_of_the_gateway() -> None:
    """ASYNC-1"""
    own = {
        name: inspect.signature(function)
        for name, function in inspect.getmembers(Gateway, inspect.isfunction)
        if not name.startswith("_")
    }
    for name, signature in own.items():
        there = inspect.signature(getattr(AsyncGateway, name))
        assert list(there.parameters) == list(signature.parameters), name


def test_a_payment_goes_from_paid_to_a_licence_and_back(fair: Fair) -> None:
    """ASYNC-1"""

    async def story(gateway: AsyncGateway) -> None:
        payment = await gateway.pay(fair.request(contents=(1, 3)))
        order = payment.orders[0].id
        assert not await gateway.may_use(1, 1)
        assert await gateway.settle(1)
        assert await gateway.may_use(1, 1)
        assert await gateway.license_of(order) == await gateway.license(1, 1)
        assert (await gateway.refund(order)).state is OrderState.REFUNDED
        assert not await gateway.may_use(1, 1)
        assert [change.state for change in await gateway.history(order)][-1] == "refunded"
        with pytest.raises(UnknownOrder):
            await gateway.order("ord_0000000000000001")

    run(fair, story)


def test_payments_that_come_while_a_commit_runs_are_recorded_together(
    fair: Fair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ASYNC-2"""

    async def story(gateway: AsyncGateway) -> None:
        sizes = count_commits(gateway, monkeypatch)
        commits = SlowCommits(gateway, monkeypatch)
        first = asyncio.create_task(gateway.pay(fair.request()))
        await commits.run()
        requests = [fair.request() for _ in range(50)]
        tasks = [asyncio.create_task(gateway.pay(each)) for each in requests]
        await until(lambda: gateway.commits_waiting == 50)
        commits.let_go.set()
        await first
        payments = await asyncio.gather(*tasks)
        assert [payment.request for payment in payments] == requests
        assert sizes == [1, 20, 20, 10]
        assert await gateway.waiting(1) == 51

    run(fair, story, batch=20)


def test_many_that_are_cancelled_before_their_commit_asked_for_nothing(
    fair: Fair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ASYNC-3"""

    async def story(gateway: AsyncGateway) -> None:
        commits = SlowCommits(gateway, monkeypatch)
        first = asyncio.create_task(gateway.pay(fair.request()))
        await commits.run()
        requests = [fair.request() for _ in range(3)]
        many = asyncio.create_task(gateway.pay_many(requests))
        await until(lambda: gateway.commits_waiting == 3)
        many.cancel()
        await asyncio.gather(many, return_exceptions=True)
        commits.let_go.set()
        await first
        await gateway.pay(fair.request())
        assert await gateway.waiting(1) == 2

    run(fair, story)


def test_one_that_is_rejected_spoils_no_other(fair: Fair) -> None:
    """ASYNC-2"""

    async def story(gateway: AsyncGateway) -> None:
        good = fair.request()
        outcomes = await gateway.pay_many([good, fair.request(contents=(1,), learner=99)])
        assert isinstance(outcomes[0], Payment)
        assert isinstance(outcomes[1], ZhifuError)
        results = await asyncio.gather(
            gateway.pay(fair.request()), gateway.pay(unpublished(fair)), return_exceptions=True
        )
        assert isinstance(results[0], Payment)
        assert isinstance(results[1], UnknownContent)

    run(fair, story)


def unpublished(fair: Fair) -> PaymentRequest:
    good = fair.request()
    return PaymentRequest(
        1, 1, (99,), good.amount, "sandbox", good.provider_payment_id, good.idempotency_key
    )


def test_fifty_at_once_under_one_key_are_one_payment(fair: Fair) -> None:
    """ASYNC-2"""

    async def story(gateway: AsyncGateway) -> None:
        request = fair.request()
        payments = await asyncio.gather(*(gateway.pay(request) for _ in range(50)))
        assert {payment.id for payment in payments} == {payments[0].id}
        assert await gateway.waiting(1) == 1
        other = PaymentRequest(
            1, 2, (1,), request.amount, "sandbox", "another", request.idempotency_key
        )
        with pytest.raises(IdempotencyConflict):
            await gateway.pay(other)

    run(fair, story)


def test_who_is_cancelled_before_the_commit_asked_for_nothing(
    fair: Fair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ASYNC-3"""

    async def story(gateway: AsyncGateway) -> None:
        commits = SlowCommits(gateway, monkeypatch)
        first, second = fair.request(), fair.request()
        begun = asyncio.create_task(gateway.pay(first))
        await commits.run()
        queued = asyncio.create_task(gateway.pay(second))
        await until(lambda: gateway.commits_waiting == 1)
        for task in (begun, queued):
            task.cancel()
        await asyncio.wait([begun, queued])
        commits.let_go.set()
        await gateway.pay(fair.request())
        recorded = [payment.request for payment in await gateway.payments(1)]
        assert first in recorded
        assert second not in recorded

    run(fair, story)


def test_who_finds_the_queue_full_waits_for_room(
    fair: Fair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ASYNC-4"""

    async def story(gateway: AsyncGateway) -> None:
        commits = SlowCommits(gateway, monkeypatch)
        first = asyncio.create_task(gateway.pay(fair.request()))
        await commits.run()
        tasks = [asyncio.create_task(gateway.pay(fair.request())) for _ in range(9)]
        await until(lambda: len(gateway._intake._commits._room) == 6)
        assert gateway.commits_waiting == 3
        tasks[-1].cancel()
        commits.let_go.set()
        await asyncio.gather(first, *tasks[:-1])
        assert await gateway.waiting(1) == 9

    run(fair, story, batch=2, queue=3)


def test_closing_finishes_what_was_begun_and_takes_nothing_new(
    fair: Fair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ASYNC-5"""

    async def tell() -> None:
        gateway = AsyncGateway(fair.gateway(), batch=2)
        commits = SlowCommits(gateway, monkeypatch)
        tasks = [asyncio.create_task(gateway.pay(fair.request())) for _ in range(5)]
        await commits.run()
        closing = asyncio.create_task(gateway.close())
        await asyncio.sleep(0)
        with pytest.raises(GatewayClosed):
            await gateway.pay(fair.request())
        with pytest.raises(GatewayClosed):
            await gateway.waiting(1)
        commits.let_go.set()
        assert len(await asyncio.gather(*tasks)) == 5
        await closing
        await gateway.close()

    asyncio.run(asyncio.wait_for(tell(), PATIENCE_SECONDS))
    with fair.gateway() as again:
        assert again.waiting(1) == 5


@pytest.mark.parametrize("size", ["threads", "batch", "queue"])
def test_sizes_are_positive(fair: Fair, size: str) -> None:
    with fair.gateway() as gateway, pytest.raises(InvalidInput) as raised:
        AsyncGateway(gateway, **{size: 0})
    assert raised.value.field == size


def test_what_hangs_keeps_nobody_who_gave_up_waiting_for_the_end(fair: Fair) -> None:
    """SERVE-1: the loop comes back while it still hangs."""
    asked, let_go, came_back = threading.Event(), threading.Event(), threading.Event()

    def hang() -> None:
        asked.set()
        let_go.wait()

    async def story() -> None:
        gateway = AsyncGateway(fair.gateway())
        hanging = asyncio.ensure_future(gateway.run(hang))
        await until(asked.is_set)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(gateway.close(), 0.05)
        hanging.cancel()

    def tell() -> None:
        asyncio.run(story())
        came_back.set()

    thread = threading.Thread(target=tell)
    thread.start()
    try:
        assert came_back.wait(PATIENCE_SECONDS)
    finally:
        let_go.set()
        thread.join(PATIENCE_SECONDS)
