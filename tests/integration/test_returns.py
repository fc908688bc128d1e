"""PAY-17: money that its provider does not return, and what a person does about it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.counter import HOUR, PRICE, Counter, name, open_counter, paid
from tests.integration.fair import Fair
from zhifu import rounds
from zhifu.checkouts import OpenCheckout
from zhifu.exceptions import (
    InvalidInput,
    NotRefundable,
    PaybackNotFailed,
    PaymentUnknown,
    ProviderRefused,
    UnknownRefund,
)
from zhifu.money import Money
from zhifu.paybackbook import PaybackState
from zhifu.payments import OrderState, PaymentState
from zhifu.providers import RefundStatus
from zhifu.providers.sandbox import SandboxProvider


class Stingy(SandboxProvider):
    """A provider that does to refunds what the test says, and counts how often it was asked."""

    fault: Exception | RefundStatus | None = None
    asked = 0

    def refund(self, provider_payment_id: str, amount: Money, refund_id: str) -> RefundStatus:
        self.asked += 1
        if isinstance(self.fault, Exception):
            raise self.fault
        return self.fault or super().refund(provider_payment_id, amount, refund_id)


REFUSED = ProviderRefused("sandbox", "a payment", "not enough money")
SILENT = PaymentUnknown("sandbox", "a payment")


@pytest.fixture
def counter(fair: Fair) -> Iterator[Counter]:
    with open_counter(fair, Stingy) as opened:
        yield opened


def provider(counter: Counter) -> Stingy:
    assert isinstance(counter.provider, Stingy)
    return counter.provider


def refused(counter: Counter) -> OpenCheckout:
    """A settled order whose refund its provider has refused."""
    made = paid(counter)
    counter.gateway.settle(1)
    provider(counter).fault = REFUSED
    with pytest.raises(ProviderRefused):
        counter.gateway.refund(made.payment.orders[0].id)
    return made


def round_of(counter: Counter) -> None:
    """What goes round by itself."""
    with rounds.running(rounds.Round(60)):
        counter.gateway.recover()
        counter.gateway.pay_back()


@pytest.mark.parametrize("fault", [REFUSED, RefundStatus.FAILED, InvalidInput("amount", "is odd")])
def test_a_refusal_is_told_once_and_not_asked_again(
    counter: Counter, fault: Exception | RefundStatus
) -> None:
    made = paid(counter)
    counter.gateway.settle(1)
    provider(counter).fault = SILENT
    (order,) = made.payment.orders
    assert counter.gateway.refund(order.id).state is OrderState.REFUND_PENDING
    provider(counter).fault = fault
    for _ in range(3):
        counter.now += 3_600
        round_of(counter)
    assert provider(counter).asked == 2
    assert counter.order_state(made) is OrderState.REFUND_PENDING
    changes = [each.state for each in counter.gateway.history(order.id)]
    assert changes[-1] == "refund_refused"
    assert counter.gateway.refund_of(order.id).detail
    events = counter.fair.rows("SELECT state FROM events WHERE history = 'refund' ORDER BY number")
    assert events == [("refund_pending",), ("refund_refused",)]


def test_whoever_refunds_again_has_the_provider_asked_again(counter: Counter) -> None:
    made = refused(counter)
    provider(counter).fault = None
    counter.now += 3_600
    round_of(counter)
    assert counter.order_state(made) is OrderState.REFUND_PENDING
    (order,) = made.payment.orders
    assert counter.gateway.refund(order.id).state is OrderState.REFUNDED
    assert counter.provider.refunded(name(made)) == PRICE


def test_what_is_made_again_on_chain_is_not_asked_again_at_its_provider(counter: Counter) -> None:
    made = paid(counter)
    counter.gateway.settle(1)
    anvil, before = counter.fair.anvil, counter.fair.available(1)
    snapshot = anvil.snapshot()
    provider(counter).fault = REFUSED
    with pytest.raises(ProviderRefused):
        counter.gateway.refund(made.payment.orders[0].id)
    anvil.revert(snapshot)
    anvil.mine(3)
    provider(counter).fault = None
    counter.now += 3_600
    for _ in range(2):
        round_of(counter)
    assert counter.fair.available(1) > before
    assert counter.order_state(made) is OrderState.REFUND_PENDING


def test_a_person_returns_what_the_provider_refused_to(counter: Counter) -> None:
    made = refused(counter)
    (order,) = made.payment.orders
    refund = counter.gateway.refund_of(order.id).id
    returned = counter.gateway.returned(refund, "bank transfer 7")
    assert (returned.id, returned.state) == (refund, "refunded")
    assert counter.gateway.returned(refund, "bank transfer 7") == returned
    with pytest.raises(NotRefundable):
        counter.gateway.returned(refund, "bank transfer 8")
    assert counter.state(made) is PaymentState.REFUNDED
    assert counter.gateway.history(order.id)[-1].detail == "bank transfer 7"
    provider(counter).fault = None
    round_of(counter)
    assert counter.gateway.refund(order.id).state is OrderState.REFUNDED
    assert counter.provider.refunded(name(made)).amount == 0


def test_what_its_provider_is_asked_again_for_is_not_returned_by_hand(counter: Counter) -> None:
    """Whoever was silent may have done it, and is asked until it answers."""
    made = refused(counter)
    (order,) = made.payment.orders
    provider(counter).fault = SILENT
    assert counter.gateway.refund(order.id).state is OrderState.REFUND_PENDING
    with pytest.raises(NotRefundable):
        counter.gateway.returned(counter.gateway.refund_of(order.id).id, "cash")
    provider(counter).fault = None
    counter.now += 3_600
    round_of(counter)
    assert counter.order_state(made) is OrderState.REFUNDED
    assert counter.provider.refunded(name(made)) == order.price


def test_only_what_was_refused_is_returned_by_hand(counter: Counter) -> None:
    """Else both might return it."""
    made = paid(counter)
    counter.gateway.settle(1)
    (order,) = made.payment.orders
    with pytest.raises(UnknownRefund):
        counter.gateway.returned(order.id, "cash")
    provider(counter).fault = SILENT
    counter.gateway.refund(order.id)
    with pytest.raises(NotRefundable):
        counter.gateway.returned(counter.gateway.refund_of(order.id).id, "cash")
    assert counter.order_state(made) is OrderState.REFUND_PENDING


@pytest.mark.parametrize("detail", ["", "  ", "x" * 256])
def test_a_person_says_how_it_was_returned(counter: Counter, detail: str) -> None:
    made = refused(counter)
    refund = counter.gateway.refund_of(made.payment.orders[0].id)
    with pytest.raises(InvalidInput) as caught:
        counter.gateway.returned(refund.id, detail)
    assert caught.value.field == "detail"
    assert counter.order_state(made) is OrderState.REFUND_PENDING


def test_what_is_not_answered_is_asked_about_ever_later(counter: Counter) -> None:
    """PAY-17: by what goes round by itself; whoever waits for it has it asked at once."""
    made = paid(counter)
    provider(counter).fault = SILENT
    counter.gateway.refund(made.payment.orders[0].id)
    for _ in range(40):
        round_of(counter)
        counter.now += 60
    assert provider(counter).asked < 12
    provider(counter).fault = None
    counter.gateway.recover()
    assert counter.order_state(made) is OrderState.REFUNDED


def overpaid(counter: Counter) -> OpenCheckout:
    made = counter.checkout()
    counter.provider.confirm(name(made), PRICE + Money(7, "USD"))
    counter.now += 10
    counter.gateway.inquire()
    return made


def test_a_payback_that_is_not_answered_leaves_the_first_place_to_others(counter: Counter) -> None:
    made = overpaid(counter)
    provider(counter).fault = SILENT
    round_of(counter)
    round_of(counter)
    assert provider(counter).asked == 1, "its time has not come again"
    provider(counter).fault = None
    counter.now += 10
    round_of(counter)
    (payback,) = counter.gateway.paybacks(made.payment.id)
    assert payback.state is PaybackState.PAID_BACK


def test_a_payback_that_a_provider_can_never_take_is_a_persons(counter: Counter) -> None:
    """PAY-8."""
    made = overpaid(counter)
    provider(counter).fault = InvalidInput("amount", "must be in tens", 7)
    round_of(counter)
    (payback,) = counter.gateway.paybacks(made.payment.id)
    assert payback.state is PaybackState.FAILED


def test_only_a_payback_that_was_refused_is_tried_again(counter: Counter) -> None:
    """API-18"""
    made = overpaid(counter)
    (payback,) = counter.gateway.paybacks(made.payment.id)
    with pytest.raises(PaybackNotFailed):
        counter.gateway.pay_back_again(1, payback.id)
    provider(counter).fault = REFUSED
    round_of(counter)
    for _ in range(2):
        assert counter.gateway.pay_back_again(1, payback.id).state is PaybackState.PENDING
    counter.now += HOUR
    round_of(counter)
    assert counter.gateway.payback_record(1, payback.id).state is PaybackState.FAILED
    assert counter.gateway.pay_back_again(1, payback.id).state is PaybackState.PENDING
