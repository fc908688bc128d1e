"""What waits for one platform's lane, or for one provider, takes no place from anybody else."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from tests.integration.fair import Fair
from tests.integration.test_asking import Hanging, open_gateway
from zhifu.async_gateway import AsyncGateway
from zhifu.exceptions import GatewayClosed, InvalidInput, LaneBusy, PlatformBusy
from zhifu.gateway import Gateway
from zhifu.leases import Leases
from zhifu.money import Money
from zhifu.payments import CheckoutTerms
from zhifu.places import Places
from zhifu.providers import Checkout, Intent
from zhifu.store import Store
from zhifu.turns import Turn

PATIENCE_SECONDS = 60.0
FIVE = Money(500, "USD")
PLACES = 16


class SlowDesk(Hanging):
    """A provider that makes no payment before it is let go."""

    def create(self, intent: Intent) -> Checkout:
        self.queries += 1
        self.asked.set()
        assert self.let_go.wait(PATIENCE_SECONDS)
        return super().create(intent)


@contextmanager
def kept(gateway: Gateway, platform: int) -> Iterator[None]:
    """Somebody else has the turn at a platform's lane meanwhile."""
    begun, over = threading.Event(), threading.Event()

    def keep() -> None:
        with gateway._lanes[platform].turn:
            begun.set()
            assert over.wait(PATIENCE_SECONDS)

    with ThreadPoolExecutor(1) as thread:
        keeping = thread.submit(keep)
        try:
            assert begun.wait(PATIENCE_SECONDS)
            yield
        finally:
            over.set()
            keeping.result(PATIENCE_SECONDS)


def run(gateway: Gateway, story: Callable[[AsyncGateway], Coroutine[Any, Any, None]]) -> None:
    async def tell() -> None:
        async with AsyncGateway(gateway, threads=1) as awaited:
            await asyncio.wait_for(story(awaited), PATIENCE_SECONDS)

    asyncio.run(tell())


def test_a_lane_that_waits_takes_nothing_from_other_platforms(fair: Fair) -> None:
    """ASYNC-8"""

    async def story(gateway: AsyncGateway) -> None:
        order = (await gateway.pay(fair.request(platform=2, contents=(3,)))).orders[0].id
        with kept(gateway.gateway, 1):
            asked = [gateway.withdraw(1, FIVE, f"key-{each}") for each in range(40)]
            tasks = [asyncio.create_task(each) for each in asked]
            refused = tasks[PLACES:]
            await asyncio.wait(refused)
            assert {type(task.exception()) for task in refused} == {PlatformBusy}
            assert (await gateway.withdraw(2, FIVE, "other")).state
            assert (await gateway.quote((1,))).amount
            assert not await gateway.may_use(1, 3)
            assert await gateway.settle(2)
            assert (await gateway.refund(order)).platform == 2
        await asyncio.gather(*tasks[:PLACES])
        assert len(await gateway.withdrawals(1)) == PLACES
        assert await gateway.withdraw(1, FIVE, "key-39")

    run(fair.gateway(), story)


def test_what_asks_the_database_alone_waits_for_no_lane(fair: Fair) -> None:
    """ASYNC-8"""

    async def story(gateway: AsyncGateway) -> None:
        first = await gateway.withdraw(1, FIVE, "first")
        await gateway.sync()
        made = await gateway.withdrawal(1, first.id)
        with kept(gateway.gateway, 1):
            waiting = [
                asyncio.create_task(gateway.withdraw(1, FIVE, f"key-{each}"))
                for each in range(PLACES)
            ]
            # It takes the only thread of what waits for the chain.
            hung = asyncio.create_task(gateway.recover())
            assert await gateway.withdrawal(1, made.id) == made
            assert await gateway.withdrawals(1) == [made]
            assert await gateway.reservations(1) == []
            assert await gateway.disputes(1) == []
            assert await gateway.top_ups(1) == []
        await asyncio.gather(hung, *waiting)

    run(fair.gateway(), story)


def test_a_silent_provider_keeps_its_own_checkouts_waiting_alone(fair: Fair) -> None:
    """ASYNC-6"""
    desk = SlowDesk()
    terms = CheckoutTerms(int(time.time()) + 900, "card", "a course")

    async def story(gateway: AsyncGateway) -> None:
        slow = replace(fair.request(), provider=desk.name, provider_payment_id="")
        made = [
            asyncio.create_task(
                gateway.checkout(replace(slow, idempotency_key=f"slow-{each}"), terms)
            )
            for each in range(9)
        ]
        try:
            prompt = replace(fair.request(), provider_payment_id="")
            assert (await gateway.checkout(prompt, terms)).action is not None
            assert (await gateway.quote((1,))).amount
        finally:
            desk.let_go.set()
        assert len({(await each).payment.id for each in made}) == 9

    run(open_gateway(fair, desk), story)


def test_who_waits_for_a_lane_of_this_process_waits_for_so_long(fair: Fair) -> None:
    """SUB-7"""
    begun, over = threading.Event(), threading.Event()
    with Store.open(fair.url()) as store, ThreadPoolExecutor(1) as thread:
        turn = Turn(Leases(store), "0xoperator", patience_seconds=0.01)

        def keep() -> None:
            with turn:
                begun.set()
                assert over.wait(PATIENCE_SECONDS)

        keeping = thread.submit(keep)
        assert begun.wait(PATIENCE_SECONDS)
        with pytest.raises(LaneBusy), turn:
            raise AssertionError("two had the turn")
        over.set()
        keeping.result(PATIENCE_SECONDS)
        with turn:
            pass


def test_places_are_given_back_and_end_with_the_gateway() -> None:
    """ASYNC-5, ASYNC-8"""
    places, let_go = Places(threads=1, places=2), threading.Event()
    first, second = (places.call(1, let_go.wait) for _ in range(2))
    with pytest.raises(PlatformBusy):
        places.call(1, let_go.wait)
    assert second.cancel()
    third = places.call(1, let_go.wait)
    let_go.set()
    assert first.result(PATIENCE_SECONDS)
    assert third.result(PATIENCE_SECONDS)
    places.close()
    with pytest.raises(GatewayClosed):
        places.call(1, let_go.wait)


@pytest.mark.parametrize("size", ["threads", "places"])
def test_places_are_positive(size: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        Places(**{size: 0})
    assert raised.value.field == size
