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
from zhifu.providers import ProviderPayment
from zhifu.providers.sandbox import SandboxProvider

PATIENCE_SECONDS = 20.0


class SlowProvider(SandboxProvider):
    """A sandbox that answers nobody before it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.let_go = threading.Event(), threading.Event()

    def query(self, provider_payment_id: str) -> ProviderPayment:
        self.asked.set()
        assert self.let_go.wait(PATIENCE_SECONDS)
        return super().query(provider_payment_id)


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
    take = gateway.gateway._intake.take

    def counted(requests: Sequence[PaymentRequest]) -> list[Payment | ZhifuError]:
        sizes.append(len(requests))
        return take(requests)

    monkeypatch.setattr(gateway.gateway._intake, "take", counted)
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


def test_payments_that_come_together_are_recorded_together(
    fair: Fair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ASYNC-2"""

    async def story(gateway: AsyncGateway) -> None:
        sizes = count_commits(gateway, monkeypatch)
        requests = [fair.request() for _ in range(50)]
        payments = await asyncio.gather(*map(gateway.pay, requests))
        assert [payment.request for payment in payments] == requests
        assert sizes == [20, 20, 10]
        assert await gateway.waiting(1) == 50

    run(fair, story, batch=20)


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


def test_who_is_cancelled_before_the_commit_asked_for_nothing(fair: Fair) -> None:
    """ASYNC-3"""
    fair.provider = provider = SlowProvider()

    async def story(gateway: AsyncGateway) -> None:
        first, second = fair.request(), fair.request()
        begun = asyncio.create_task(gateway.pay(first))
        await asyncio.to_thread(provider.asked.wait, PATIENCE_SECONDS)
        queued = asyncio.create_task(gateway.pay(second))
        await asyncio.sleep(0)
        assert gateway.commits_waiting == 1
        for task in (begun, queued):
            task.cancel()
        await asyncio.wait([begun, queued])
        provider.let_go.set()
        await gateway.pay(fair.request())
        recorded = [payment.request for payment in await gateway.payments(1)]
        assert first in recorded
        assert second not in recorded

    run(fair, story)


def test_who_finds_the_queue_full_waits_for_room(fair: Fair) -> None:
    """ASYNC-4"""
    fair.provider = provider = SlowProvider()

    async def story(gateway: AsyncGateway) -> None:
        tasks = [asyncio.create_task(gateway.pay(fair.request())) for _ in range(10)]
        await asyncio.to_thread(provider.asked.wait, PATIENCE_SECONDS)
        await asyncio.sleep(0)
        assert gateway.commits_waiting == 3
        tasks[-1].cancel()
        provider.let_go.set()
        await asyncio.gather(*tasks[:-1])
        assert await gateway.waiting(1) == 9

    run(fair, story, batch=2, queue=3)


def test_closing_finishes_what_was_begun_and_takes_nothing_new(fair: Fair) -> None:
    """ASYNC-5"""
    fair.provider = provider = SlowProvider()

    async def tell() -> None:
        gateway = AsyncGateway(fair.gateway(), batch=2)
        tasks = [asyncio.create_task(gateway.pay(fair.request())) for _ in range(5)]
        await asyncio.to_thread(provider.asked.wait, PATIENCE_SECONDS)
        closing = asyncio.create_task(gateway.close())
        await asyncio.sleep(0)
        with pytest.raises(GatewayClosed):
            await gateway.pay(fair.request())
        with pytest.raises(GatewayClosed):
            await gateway.waiting(1)
        provider.let_go.set()
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
