"""PAY-3: a refusal to make a payment counts only while nobody else has made it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.integration.counter import Counter, name, open_counter
from tests.integration.fair import Fair
from zhifu.checkouts import OpenCheckout
from zhifu.exceptions import PaymentUnknown, ProviderRefused
from zhifu.payments import OrderState, PaymentState
from zhifu.providers import Checkout, Intent
from zhifu.providers.sandbox import SandboxProvider


class Slow(SandboxProvider):
    """A provider on whose answer somebody waits while others go on."""

    before_refusal: Callable[[], object] | None = None
    before_answer: Callable[[], object] | None = None

    def create(self, intent: Intent) -> Checkout:
        meanwhile, self.before_refusal = self.before_refusal, None
        if meanwhile is not None:
            meanwhile()
            raise ProviderRefused(self.name, intent.payment_id, "it is paid")
        made = super().create(intent)
        meanwhile, self.before_answer = self.before_answer, None
        if meanwhile is not None:
            meanwhile()
        return made


@pytest.fixture
def counter(fair: Fair) -> Iterator[Counter]:
    with open_counter(fair, Slow) as opened:
        yield opened


def slow(counter: Counter) -> Slow:
    assert isinstance(counter.provider, Slow)
    return counter.provider


def settled(counter: Counter, made: OpenCheckout) -> bool:
    assert counter.gateway.settle(1) is not None
    counter.gateway.sync()
    return counter.order_state(made) is OrderState.CONFIRMED


def test_what_was_made_and_paid_meanwhile_is_settled(counter: Counter) -> None:
    request, terms = counter.request(), counter.terms()
    made: list[OpenCheckout] = []

    def meanwhile() -> None:
        made.append(counter.gateway.checkout(request, terms))
        counter.provider.confirm(name(made[0]))

    slow(counter).before_refusal = meanwhile
    late = counter.gateway.checkout(request, terms)
    assert late.payment.state is PaymentState.AWAITING_PAYMENT
    assert (late.payment.id, late.action) == (made[0].payment.id, made[0].action)
    counter.now += 10
    assert counter.gateway.inquire() == 1
    assert counter.state(late) is PaymentState.PAID
    assert settled(counter, late)


def test_whoever_asks_by_the_way_cancels_nothing_that_is_paid(counter: Counter) -> None:
    """What comes round knows only that its making was not answered."""
    request, terms = counter.request(), counter.terms()
    with counter.provider.silence(), pytest.raises(PaymentUnknown):
        counter.gateway.checkout(request, terms)
    made: list[OpenCheckout] = []

    def meanwhile() -> None:
        made.append(counter.gateway.checkout(request, terms))
        counter.provider.confirm(name(made[0]))

    slow(counter).before_refusal = meanwhile
    counter.now += 10
    assert counter.gateway.inquire() == 1
    assert counter.state(made[0]) is PaymentState.PAID
    assert settled(counter, made[0])


def test_what_was_cancelled_meanwhile_is_nothing_to_pay(counter: Counter) -> None:
    request, terms = counter.request(), counter.terms()

    def refused() -> None:
        slow(counter).before_refusal = lambda: None
        with pytest.raises(ProviderRefused):
            counter.gateway.checkout(request, terms)

    slow(counter).before_answer = refused
    late = counter.gateway.checkout(request, terms)
    assert (late.payment.state, late.action) == (PaymentState.CANCELLED, {})
