"""What is only learned later ends as if it had been known at once: PAY-8, PAY-9, PAY-15, PAY-16."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import NoReturn

import pytest

from tests.integration.counter import PRICE, Counter, charge_back, name, paid
from tests.integration.fair import PRICES
from zhifu import rounds
from zhifu.chargebackbook import ChargebackState
from zhifu.exceptions import PaymentUnpaid, TransactionPending
from zhifu.money import Money
from zhifu.payments import OrderState, PaymentState

CART = (1, 2)
TOTAL = Money(sum(PRICES[each] for each in CART), "USD")


class Hands:
    """A clock that only the test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class Hasty:
    """Waits for no transaction, and lets the time pass that it would have waited."""

    def __init__(self, counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
        self._clock = Hands()
        monkeypatch.setattr(counter.fair.network.chain, "wait_for_receipt", self._wait)

    def round(self) -> AbstractContextManager[None]:
        """A second in which only waiting takes time."""
        return rounds.running(rounds.Round(1.0, clock=self._clock))

    def _wait(self, transaction_hash: str, *, timeout_seconds: float) -> NoReturn:
        self._clock.now += timeout_seconds
        raise TransactionPending(transaction_hash, int(timeout_seconds))


def test_a_checkout_that_was_paid_in_silence_is_paid_when_it_is_asked_about(
    counter: Counter,
) -> None:
    """PAY-15: by its provider's own name for it."""
    made = counter.checkout()
    counter.provider.confirm(name(made))
    counter.gateway.take_callback("sandbox", counter.callback(made))
    with counter.provider.silence():
        counter.gateway.process_callbacks()
        assert counter.state(made) is PaymentState.PAYMENT_UNKNOWN
        counter.gateway.recheck()
        assert counter.state(made) is PaymentState.PAYMENT_UNKNOWN
    counter.gateway.recheck()
    assert counter.state(made) is PaymentState.PAID
    assert counter.gateway.paybacks(made.payment.id) == []


def test_what_a_bank_took_back_before_the_order_came_is_not_paid(counter: Counter) -> None:
    """PAY-9"""
    payment = counter.provider.pay(PRICE)
    counter.provider.charge_back(payment)
    with pytest.raises(PaymentUnpaid) as refused:
        counter.gateway.pay(counter.fair.request(provider_payment_id=payment))
    assert refused.value.status == "charged_back"
    assert counter.gateway.settle(1) is None


def test_a_part_that_turns_out_to_be_all_that_is_left_counts_as_all(counter: Counter) -> None:
    """PAY-9: once the refund of the rest is finished."""
    made = paid(counter, contents=CART, amount=TOTAL)
    first, second = made.payment.orders
    with counter.provider.silence():
        counter.gateway.refund(first.id)
    charge_back(counter, made, second.price)
    counter.gateway.follow_chargebacks()
    assert counter.state(made) is PaymentState.PAID
    counter.now += 10_000
    counter.gateway.recover(1)
    assert counter.gateway.order(first.id).state is OrderState.REFUNDED
    assert counter.state(made) is PaymentState.CHARGED_BACK
    assert counter.gateway.settle(1) is None, "what a bank took is not settled"
    counter.gateway.follow_chargebacks()
    (chargeback,) = counter.gateway.chargebacks(made.payment.id)
    assert chargeback.state is ChargebackState.CLOSED


def test_a_transaction_that_waits_in_vain_keeps_no_refund_from_its_provider(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PAY-16: whoever came first, what needs nothing on chain goes first."""
    settled, returned, waiting = paid(counter), paid(counter), paid(counter)
    (first,), (second,) = settled.payment.orders, returned.payment.orders
    counter.gateway.settle(1, limit=1)
    counter.fair.anvil.set_automine(False)
    hasty = Hasty(counter, monkeypatch)
    with hasty.round(), pytest.raises(TransactionPending):
        counter.gateway.refund(first.id)
    with counter.provider.silence(), hasty.round():
        counter.gateway.refund(second.id)
    counter.now += 10_000
    with hasty.round(), pytest.raises(TransactionPending):
        counter.gateway.recover(1)
    assert counter.gateway.order(second.id).state is OrderState.REFUND_PENDING
    with hasty.round():
        assert counter.gateway.follow_refunds(1) == 1
    assert counter.gateway.order(first.id).state is OrderState.REFUND_PENDING
    assert counter.gateway.order(second.id).state is OrderState.REFUNDED
    assert counter.order_state(waiting) is OrderState.PAID
