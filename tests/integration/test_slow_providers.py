"""A provider that answers slowly is asked about many payments at once, and delays only its own."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pytest

from tests.integration.counter import NOW, PRICE, Counter, name, open_counter
from tests.integration.fair import Fair
from zhifu import rounds
from zhifu.checkouts import OpenCheckout
from zhifu.gateway import Gateway
from zhifu.leases import Leases
from zhifu.money import Money
from zhifu.payments import CheckoutTerms, PaymentState
from zhifu.providers import HintKind, ProviderPayment
from zhifu.providers.sandbox import SandboxProvider
from zhifu.silence import Spared
from zhifu.worker import workers_of

PATIENCE_SECONDS = 60.0
AT_ONCE = 8


class Slow(SandboxProvider):
    """A provider whose queries are answered once they are let go; counts those that wait."""

    def __init__(self, clock: Callable[[], int]) -> None:
        super().__init__(name="slow", clock=clock)
        self.let_go, self.asked = threading.Event(), threading.Semaphore(0)
        self.queries = 0

    @property
    def answers_at_once(self) -> bool:
        return False

    def query(self, provider_payment_id: str) -> ProviderPayment:
        self.queries += 1
        self.asked.release()
        assert self.let_go.wait(PATIENCE_SECONDS)
        return super().query(provider_payment_id)

    def wait_until_asked(self, times: int) -> None:
        for _ in range(times):
            assert self.asked.acquire(timeout=PATIENCE_SECONDS)


@dataclass
class Shop:
    """A gateway with a slow provider beside a quick one, and the clock of all of them."""

    fair: Fair
    gateway: Gateway
    slow: Slow
    now: int = NOW

    def paid(self, provider: SandboxProvider, times: int = 1) -> list[OpenCheckout]:
        """Checkouts that their learners have paid, of which the gateway knows nothing yet."""
        terms = CheckoutTerms(self.now + 3_600, "card", "content 1")
        requests = [self.fair.request(provider_payment_id="") for _ in range(times)]
        made = [
            self.gateway.checkout(replace(each, provider=provider.name), terms) for each in requests
        ]
        for each in made:
            provider.confirm(name(each))
        return made

    def tell(self, provider: SandboxProvider, made: list[OpenCheckout]) -> None:
        for each in made:
            self.gateway.take_callback(
                provider.name, provider.callback(name(each), HintKind.PAYMENT)
            )

    def states(self, made: list[OpenCheckout]) -> set[PaymentState]:
        return {self.gateway.payment(each.payment.id).state for each in made}


@contextmanager
def open_shop(fair: Fair) -> Iterator[Shop]:
    shops: list[Shop] = []

    def clock() -> int:
        return shops[0].now if shops else NOW

    slow, quick = Slow(clock), SandboxProvider(clock=clock)
    providers = {"sandbox": quick, "slow": slow}
    with Gateway.open(fair.url(), fair.network, fair.operators, providers, clock=clock) as gateway:
        shops.append(Shop(replace(fair, provider=quick), gateway, slow))
        try:
            yield shops[0]
        finally:
            slow.let_go.set()


@pytest.fixture
def shop(fair: Fair) -> Iterator[Shop]:
    with open_shop(fair) as opened:
        yield opened


@pytest.fixture
def beside() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as thread:
        yield thread


def test_a_slow_provider_is_asked_about_many_callbacks_at_once(
    shop: Shop, beside: ThreadPoolExecutor
) -> None:
    """PAY-16: and it keeps no other provider's callback waiting."""
    slow, quick = shop.paid(shop.slow, 2 * AT_ONCE), shop.paid(shop.fair.provider)
    shop.tell(shop.slow, slow)
    shop.tell(shop.fair.provider, quick)
    following = beside.submit(shop.gateway.process_callbacks, "slow")
    shop.slow.wait_until_asked(AT_ONCE)
    assert shop.gateway.process_callbacks("sandbox") == 1
    assert shop.states(quick) == {PaymentState.PAID}
    assert shop.states(slow) == {PaymentState.AWAITING_PAYMENT}
    shop.slow.let_go.set()
    assert following.result(PATIENCE_SECONDS) == 2 * AT_ONCE
    assert shop.states(slow) == {PaymentState.PAID}


def test_a_slow_provider_is_asked_about_many_payments_at_once(
    shop: Shop, beside: ThreadPoolExecutor
) -> None:
    """PAY-5, PAY-16."""
    slow, quick = shop.paid(shop.slow, AT_ONCE), shop.paid(shop.fair.provider)
    shop.now += 10
    assert shop.gateway.has_inquiries("slow")
    asking = beside.submit(shop.gateway.inquire, "slow")
    shop.slow.wait_until_asked(AT_ONCE)
    assert not shop.gateway.has_inquiries("slow"), "their time comes later again"
    assert shop.gateway.inquire("sandbox") == 1
    assert shop.states(quick) == {PaymentState.PAID}
    shop.slow.let_go.set()
    assert asking.result(PATIENCE_SECONDS) == AT_ONCE
    assert shop.states(slow) == {PaymentState.PAID}


def test_a_round_that_is_over_begins_nothing_more_and_records_what_it_began(
    shop: Shop, beside: ThreadPoolExecutor
) -> None:
    """PAY-16."""
    made, seconds = shop.paid(shop.slow, 2 * AT_ONCE), [0.0]
    shop.tell(shop.slow, made)
    current = rounds.Round(5.0, clock=lambda: seconds[0])

    def follow() -> int:
        with rounds.running(current):
            return shop.gateway.process_callbacks("slow")

    following = beside.submit(follow)
    shop.slow.wait_until_asked(AT_ONCE)
    seconds[0] = 5.0
    shop.slow.let_go.set()
    assert following.result(PATIENCE_SECONDS) == AT_ONCE
    assert current.was_cut
    assert shop.gateway.process_callbacks("slow") == AT_ONCE
    assert shop.states(made) == {PaymentState.PAID}


def test_each_provider_has_workers_of_its_own(shop: Shop) -> None:
    """PAY-16."""
    workers = workers_of(shop.gateway, Leases(shop.gateway._store), ())
    for job in ("callbacks", "inquiries"):
        assert {f"{job}:sandbox", f"{job}:slow"} <= set(workers)
        assert f"{job}:balance" not in workers


def test_what_is_left_alone_is_not_tried(fair: Fair, monkeypatch: pytest.MonkeyPatch) -> None:
    """PAY-16: once its provider answers again, nothing is later for it than it would have been."""
    with open_counter(fair) as counter:
        made, late = counter.checkout(), counter.checkout()
        counter.provider.confirm(name(late), PRICE + PRICE)
        counter.gateway.take_callback("sandbox", counter.callback(made))
        counter.now += 10
        assert counter.gateway.inquire() == 1
        with counter.provider.silence():
            counter.gateway.refund(late.payment.orders[0].id)
        with monkeypatch.context() as patch, rounds.running(rounds.Round(math.inf)):
            patch.setattr(Spared, "is_left_alone", True)
            counter.now += 600
            assert counter.gateway.inquire() == counter.gateway.pay_back() == 0
            assert counter.gateway.process_callbacks() == counter.gateway.follow_refunds(1) == 0
        assert fair.rows("SELECT tries FROM refunds") == [(0,)]
        assert fair.rows("SELECT tries FROM payment_checks") == [(1,)]
        assert fair.rows("SELECT tries, state FROM callbacks") == [(0, "received")]
        assert fair.rows("SELECT tries FROM paybacks") == [(0,)]
        assert counter.state(made) is PaymentState.AWAITING_PAYMENT


class Foreign(SandboxProvider):
    """A provider that says that every payment was paid in another currency."""

    def query(self, provider_payment_id: str) -> ProviderPayment:
        found = super().query(provider_payment_id)
        return found._replace(amount=found.amount and Money(found.amount.amount, "EUR"))


def test_a_callback_that_can_never_be_followed_is_let_go(fair: Fair) -> None:
    """PAY-7: and says why."""
    with open_counter(fair, Foreign) as counter:
        made = counter.checkout()
        counter.provider.confirm(name(made))
        counter.gateway.take_callback("sandbox", counter.callback(made))
        assert _tries(counter) == 6
        ((state, detail),) = fair.rows("SELECT state, detail FROM callbacks")
        assert state == "refused"
        assert "EUR" in detail


def _tries(counter: Counter) -> int:
    """How often a callback is looked at until nobody does any more."""
    tries = 0
    while counter.fair.rows("SELECT 1 FROM callbacks WHERE state = 'received'"):
        assert counter.gateway.process_callbacks() == 0
        counter.now += 600
        tries += 1
        assert tries < 20
    return tries
