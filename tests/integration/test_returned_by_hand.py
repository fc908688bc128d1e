"""REFUND-9, TOPUP-9: what a person returns is what the payer's bank has not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.counter import (
    Counter,
    charge_back,
    give_back,
    name,
    open_counter,
    paid,
)
from tests.integration.fair import Fair
from tests.integration.purse import paid as topped_up
from tests.integration.test_returns import REFUSED, Stingy, provider
from zhifu.checkouts import OpenCheckout
from zhifu.exceptions import NotRefundable, ProviderRefused
from zhifu.money import Money
from zhifu.paybackbook import Reason
from zhifu.payments import OrderState, PaymentState

MOST = Money(15_000, "USD")


@pytest.fixture
def counter(fair: Fair) -> Iterator[Counter]:
    with open_counter(fair, Stingy) as opened:
        yield opened


def by_hand(counter: Counter, made: OpenCheckout, taken: Money) -> None:
    """A cart's first order goes back by hand, after a bank has taken something of its payment."""
    first = made.payment.orders[0]
    provider(counter).fault = REFUSED
    with pytest.raises(ProviderRefused):
        counter.gateway.refund(first.id)
    provider(counter).fault = None
    charge_back(counter, made, taken)
    counter.gateway.returned(counter.gateway.refund_of(first.id).id, "by bank transfer")
    assert counter.gateway.order(first.id).state is OrderState.REFUNDED


def test_the_rest_of_an_order_leaves_the_others_as_they_are(counter: Counter) -> None:
    """REFUND-9: with what the bank has it is one order's price, and nobody took the other's."""
    made = paid(counter, contents=(3, 1))
    counter.gateway.settle(1)
    _, second = made.payment.orders
    by_hand(counter, made, MOST)
    assert counter.state(made) is PaymentState.PAID
    counter.gateway.follow_chargebacks()
    assert counter.gateway.order(second.id).state is not OrderState.REFUNDED
    counter.gateway.refund(second.id)
    assert counter.provider.refunded(name(made)) == second.price
    assert counter.state(made) is PaymentState.REFUNDED


def test_what_the_bank_had_of_an_order_goes_back_when_it_gives_in(counter: Counter) -> None:
    """REFUND-9: the learner has only had the rest from the platform."""
    made = paid(counter, contents=(3, 1))
    by_hand(counter, made, MOST)
    give_back(counter, made)
    (payback,) = counter.gateway.paybacks(made.payment.id)
    assert (payback.amount, payback.reason) == (MOST, Reason.REVERSED)
    counter.gateway.pay_back()
    assert counter.provider.refunded(name(made)) == MOST


def test_what_was_left_for_an_order_was_returned_whole(counter: Counter) -> None:
    """REFUND-9, LIFE-8: what the bank has is none of it, and is not left for the other order."""
    made = paid(counter, contents=(1, 3))
    _, second = made.payment.orders
    by_hand(counter, made, Money(100, "USD"))
    with pytest.raises(NotRefundable):
        counter.gateway.refund(second.id)
    give_back(counter, made)
    assert counter.gateway.paybacks(made.payment.id) == []
    assert counter.gateway.refund(second.id).state is OrderState.REFUNDED


def test_what_the_bank_had_of_a_top_up_goes_back_when_it_gives_in(counter: Counter) -> None:
    """TOPUP-9"""
    made, part = topped_up(counter), Money(300, "USD")
    charge_back(counter, made, part)
    with pytest.raises(NotRefundable):
        counter.gateway.refund_top_up(made.payment.id)
    counter.gateway.top_up_returned(made.payment.id, "7.00 by bank transfer")
    give_back(counter, made)
    counter.gateway.pay_back()
    assert counter.provider.refunded(name(made)) == part


def test_the_database_counts_nothing_as_the_banks_but_then(counter: Counter) -> None:
    """REFUND-9, TOPUP-9"""
    made = paid(counter, contents=(3, 1))
    by_hand(counter, made, MOST)
    with pytest.raises(Exception, match="is a fact"):
        counter.fair.rows("UPDATE refunds SET lost = 0")
