"""A shop's counter: a gateway whose clock the test sets, and what its learners and banks do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from tests.integration.fair import PRICES, Fair
from zhifu.checkouts import OpenCheckout
from zhifu.gateway import Gateway
from zhifu.money import Money
from zhifu.payments import CheckoutTerms, OrderState, PaymentRequest, PaymentState
from zhifu.providers import Callback, HintKind
from zhifu.providers.sandbox import SandboxProvider

PRICE = Money(PRICES[1], "USD")
NOW = 1_750_040_000
HOUR = 3_600


@dataclass
class Counter:
    """A shop's counter: a gateway whose clock the test sets."""

    fair: Fair
    gateway: Gateway
    now: int = NOW

    @property
    def provider(self) -> SandboxProvider:
        return self.fair.provider

    def request(self, **changes: Any) -> PaymentRequest:
        return self.fair.request(provider_payment_id="", **changes)

    def terms(self, **changes: Any) -> CheckoutTerms:
        return replace(CheckoutTerms(self.now + HOUR, "card", "content 1"), **changes)

    def checkout(self, **changes: Any) -> OpenCheckout:
        return self.gateway.checkout(self.request(**changes), self.terms())

    def state(self, made: OpenCheckout) -> PaymentState:
        return self.gateway.payment(made.payment.id).state

    def order_state(self, made: OpenCheckout) -> OrderState:
        (order,) = made.payment.orders
        return self.gateway.order(order.id).state

    def callback(self, made: OpenCheckout, kind: HintKind = HintKind.PAYMENT) -> Callback:
        return self.fair.provider.callback(name(made), kind)


@contextmanager
def open_counter(
    fair: Fair, make: type[SandboxProvider] = SandboxProvider, **options: Any
) -> Iterator[Counter]:
    """A counter with a provider of that kind, whose clock is the counter's too."""
    counters: list[Counter] = []

    def clock() -> int:
        return counters[0].now if counters else NOW

    timed = replace(fair, provider=make(clock=clock))
    with timed.gateway(clock=clock, **options) as gateway:
        counters.append(Counter(timed, gateway))
        yield counters[0]


def name(made: OpenCheckout) -> str:
    """What its provider calls a payment."""
    assert made.payment.provider_payment_id is not None
    return made.payment.provider_payment_id


def paid(counter: Counter, **changes: Any) -> OpenCheckout:
    """A checkout that its learner has paid, as the books know."""
    made = counter.checkout(**changes)
    counter.fair.provider.confirm(name(made))
    counter.now += 10
    assert counter.gateway.inquire() == 1
    return made


def charge_back(counter: Counter, made: OpenCheckout, amount: Money | None = None) -> None:
    """The payer's bank takes a payment back, and the gateway hears of it."""
    counter.fair.provider.charge_back(name(made), amount)
    hear_of_chargeback(counter, made)


def give_back(counter: Counter, made: OpenCheckout) -> None:
    """The payer's bank gives back what it took, and the gateway hears of it."""
    counter.fair.provider.return_chargeback(name(made))
    hear_of_chargeback(counter, made)


def hear_of_chargeback(counter: Counter, made: OpenCheckout) -> None:
    counter.now += 1
    counter.gateway.take_callback("sandbox", counter.callback(made, HintKind.CHARGEBACK))
    assert counter.gateway.process_callbacks() == 1
