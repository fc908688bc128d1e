"""PAY-9, PAY-10, LIFE-8: what banks take, all of it or a part, and what they give back again."""

from __future__ import annotations

import pytest

from tests.integration.counter import (
    PRICE,
    Counter,
    charge_back,
    give_back,
    hear_of_chargeback,
    name,
    open_counter,
    paid,
)
from tests.integration.fair import Fair
from tests.integration.purse import allow, on_account
from zhifu.chargebackbook import ChargebackState, Stage
from zhifu.checkouts import OpenCheckout
from zhifu.exceptions import NotRefundable
from zhifu.money import Money
from zhifu.paybackbook import PaybackState, Reason
from zhifu.payments import OrderRecord, OrderState, PaymentState
from zhifu.providers import HintKind

PART = Money(100, "USD")
PARTLY_LOST = "a part of its payment was charged back"


def settled(counter: Counter) -> OpenCheckout:
    made = paid(counter)
    counter.gateway.settle(1)
    return made


def credited(counter: Counter) -> tuple[OpenCheckout, OrderRecord]:
    """A settled cart whose first order went back to the balance, and its second order."""
    allow(counter.fair)
    made = paid(counter, contents=(1, 3))
    counter.gateway.settle(1)
    first, second = made.payment.orders
    assert counter.gateway.refund(first.id, to="balance").state is OrderState.REFUNDED
    return made, second


def told(counter: Counter, made: OpenCheckout) -> str | None:
    """What became of the only chargeback of a payment."""
    (record,) = counter.gateway.chargebacks_page(1, payment_id=made.payment.id)
    return record.detail


def test_a_part_leaves_the_orders_as_they_are(counter: Counter) -> None:
    """PAY-10: the learner paid for the rest, and nobody says what the part was for."""
    made = paid(counter)
    charge_back(counter, made, PART)
    assert counter.state(made) is PaymentState.PAID
    assert counter.gateway.follow_chargebacks() == 1
    assert counter.gateway.follow_chargebacks() == 0
    assert counter.gateway.settle(1) is not None
    counter.gateway.sync()
    assert counter.order_state(made) is OrderState.CONFIRMED
    assert counter.gateway.may_use(1, 1)


def test_parts_that_are_all_together_take_the_order_back(counter: Counter) -> None:
    """PAY-9."""
    made = settled(counter)
    charge_back(counter, made, PART)
    counter.gateway.follow_chargebacks()
    charge_back(counter, made)
    assert counter.state(made) is PaymentState.CHARGED_BACK
    assert counter.gateway.follow_chargebacks() == 1
    assert counter.order_state(made) is OrderState.REFUNDED


def test_what_is_left_of_a_refunded_cart_is_all(counter: Counter) -> None:
    """PAY-9: one order went back at the provider, the bank takes the other's price."""
    made = paid(counter, contents=(1, 3))
    counter.gateway.settle(1)
    first, second = made.payment.orders
    counter.gateway.refund(first.id)
    charge_back(counter, made, second.price)
    assert counter.state(made) is PaymentState.CHARGED_BACK
    counter.gateway.follow_chargebacks()
    assert counter.gateway.order(second.id).state is OrderState.REFUNDED
    assert counter.provider.refunded(name(made)) == first.price


def test_a_part_that_becomes_all_takes_its_orders_back(counter: Counter) -> None:
    """PAY-9: the part was dealt with before the other order went back at the provider."""
    made = paid(counter, contents=(1, 3))
    counter.gateway.settle(1)
    first, second = made.payment.orders
    charge_back(counter, made, second.price)
    assert counter.gateway.follow_chargebacks() == 1
    counter.gateway.refund(first.id)
    assert counter.state(made) is PaymentState.CHARGED_BACK
    assert counter.gateway.follow_chargebacks() == 1
    assert counter.gateway.order(second.id).state is OrderState.REFUNDED
    assert counter.provider.refunded(name(made)) == first.price


@pytest.mark.parametrize("given", [100, 300, 250, 350])
def test_a_bank_may_give_back_any_part_of_what_it_took(counter: Counter, given: int) -> None:
    """PAY-10: the first, the last, some of the last, or one and some of the other."""
    made = settled(counter)
    for taken in (100, 300):
        charge_back(counter, made, Money(taken, "USD"))
    counter.provider.return_chargeback(name(made), Money(given, "USD"))
    hear_of_chargeback(counter, made)
    records = counter.gateway.chargebacks_page(1)
    standing = [
        each.amount.amount for each in records if each.state is not ChargebackState.REVERSED
    ]
    assert sum(standing) == 400 - given
    assert counter.gateway.paybacks(made.payment.id) == []


def test_what_a_bank_gives_back_of_an_order_that_was_taken_back_goes_back(counter: Counter) -> None:
    """PAY-9: to the learner, who has no licence."""
    made = settled(counter)
    charge_back(counter, made)
    assert counter.gateway.follow_chargebacks() == 1
    counter.provider.return_chargeback(name(made), PART)
    hear_of_chargeback(counter, made)
    (payback,) = counter.gateway.paybacks(made.payment.id)
    assert (payback.amount, payback.reason) == (PART, Reason.REVERSED)


def test_no_more_is_refunded_than_the_bank_has_left(counter: Counter) -> None:
    """LIFE-8: of a cart what still fits."""
    made = paid(counter, contents=(1, 3))
    counter.gateway.settle(1)
    first, second = made.payment.orders
    charge_back(counter, made, PART)
    assert counter.gateway.refund(second.id).state is OrderState.REFUNDED
    with pytest.raises(NotRefundable) as refused:
        counter.gateway.refund(first.id)
    assert refused.value.reason == PARTLY_LOST
    assert counter.provider.refunded(name(made)) == second.price


def test_a_refund_under_way_when_a_part_is_taken_is_a_persons(fair: Fair) -> None:
    """LIFE-8: whose money is left only the seller can find out."""
    with open_counter(fair, confirmations=3) as counter:
        made = settled(counter)
        (order,) = made.payment.orders
        counter.gateway.refund(order.id)
        charge_back(counter, made, PART)
        fair.anvil.mine(3)
        counter.gateway.recover()
        assert counter.order_state(made) is OrderState.REFUND_PENDING
        last = counter.gateway.history(order.id)[-1]
        assert (last.state, last.detail) == ("refund_refused", PARTLY_LOST)
        assert counter.provider.refunded(name(made)).amount == 0
        counter.gateway.returned(
            counter.gateway.refund_of(order.id).id, "the rest by bank transfer"
        )
        assert counter.order_state(made) is OrderState.REFUNDED


@pytest.mark.parametrize("is_settled", [True, False])
def test_what_was_taken_back_goes_back_when_the_bank_gives_in(
    counter: Counter, is_settled: bool
) -> None:
    """PAY-9: the learner has paid again, and has no licence."""
    made = settled(counter) if is_settled else paid(counter)
    charge_back(counter, made)
    assert counter.gateway.follow_chargebacks() == 1
    give_back(counter, made)
    assert counter.state(made) is PaymentState.PAID
    (payback,) = counter.gateway.paybacks(made.payment.id)
    assert (payback.amount, payback.reason) == (PRICE, Reason.REVERSED)
    assert counter.gateway.pay_back() == 1
    assert counter.provider.refunded(name(made)) == PRICE
    assert counter.gateway.settle(1) is None


def test_a_take_back_that_ends_after_the_bank_gave_in_goes_back_then(fair: Fair) -> None:
    """PAY-9."""
    with open_counter(fair, confirmations=3) as counter:
        made = settled(counter)
        charge_back(counter, made)
        assert counter.gateway.follow_chargebacks() == 0
        give_back(counter, made)
        assert counter.gateway.paybacks(made.payment.id) == []
        fair.anvil.mine(3)
        counter.gateway.recover()
        (payback,) = counter.gateway.paybacks(made.payment.id)
        assert (payback.amount, payback.state) == (PRICE, PaybackState.PENDING)


def test_what_the_bank_returned_of_a_refund_goes_back_when_it_gives_in(fair: Fair) -> None:
    """PAY-9: the refund was under way, and its provider was never asked."""
    with open_counter(fair, confirmations=3) as counter:
        made = settled(counter)
        counter.gateway.refund(made.payment.orders[0].id)
        charge_back(counter, made)
        fair.anvil.mine(3)
        counter.gateway.recover()
        assert counter.order_state(made) is OrderState.REFUNDED
        give_back(counter, made)
        counter.gateway.pay_back()
        assert counter.provider.refunded(name(made)) == PRICE


def test_an_order_in_dispute_is_taken_back_later(counter: Counter) -> None:
    """PAY-9: the chargeback stays open until the dispute is decided."""
    made = settled(counter)
    (order,) = made.payment.orders
    proven = counter.gateway.license_of(order.id)
    assert proven is not None
    court = counter.fair.network.settlement
    court.open_batch_dispute(counter.fair.operators[1], proven, bytes(32))
    charge_back(counter, made)
    assert counter.gateway.follow_chargebacks() == 0
    (chargeback,) = counter.gateway.chargebacks(made.payment.id)
    assert chargeback.state is ChargebackState.OPEN
    counter.fair.pass_days(15)
    court.close_batch_dispute(counter.fair.admin, proven)
    assert counter.gateway.follow_chargebacks() == 1
    assert counter.order_state(made) is OrderState.REFUNDED


def test_what_is_left_beside_a_balance_is_all(counter: Counter) -> None:
    """PAY-9, CREDIT-4: one order went to the balance, the bank takes the other's price."""
    made, second = credited(counter)
    charge_back(counter, made, second.price)
    assert counter.state(made) is PaymentState.CHARGED_BACK
    assert counter.gateway.follow_chargebacks() == 1
    assert counter.gateway.order(second.id).state is OrderState.REFUNDED
    assert on_account(counter.fair) == PRICE.amount
    assert told(counter, made) == "2 of 2 orders taken back"
    give_back(counter, made)
    assert [each.amount for each in counter.gateway.paybacks(made.payment.id)] == [second.price]


def test_what_a_bank_takes_of_what_is_on_a_balance_is_the_platforms_loss(counter: Counter) -> None:
    """CREDIT-4: it is told of how much."""
    made, second = credited(counter)
    charge_back(counter, made)
    assert counter.gateway.follow_chargebacks() == 1
    assert counter.gateway.order(second.id).state is OrderState.REFUNDED
    assert on_account(counter.fair) == PRICE.amount
    assert told(counter, made) == f"2 of 2 orders taken back; the platform has lost {PRICE}"


def test_a_part_before_the_rest_goes_to_the_balance_is_all(counter: Counter) -> None:
    """PAY-9: it was dealt with as a part."""
    allow(counter.fair)
    made = paid(counter, contents=(1, 3))
    counter.gateway.settle(1)
    first, second = made.payment.orders
    charge_back(counter, made, second.price)
    assert counter.gateway.follow_chargebacks() == 1
    lost = f"a part: its orders stay as they are; the platform has lost {second.price}"
    assert told(counter, made) == lost
    counter.gateway.refund(first.id, to="balance")
    assert counter.state(made) is PaymentState.CHARGED_BACK
    assert counter.gateway.follow_chargebacks() == 1
    assert counter.gateway.order(second.id).state is OrderState.REFUNDED
    assert told(counter, made) == "2 of 2 orders taken back"


@pytest.mark.parametrize("part", [PART, PRICE - Money(1, "USD")])
def test_what_a_dispute_refunds_beside_a_banks_part_a_person_returns(
    counter: Counter, part: Money
) -> None:
    """DISPUTE-6, REFUND-9: the bank's part goes back once it gives in."""
    made = settled(counter)
    (order,) = made.payment.orders
    proven = counter.gateway.license_of(order.id)
    assert proven is not None
    court = counter.fair.network.settlement
    court.open_batch_dispute(counter.fair.operators[1], proven, bytes(32))
    charge_back(counter, made, part)
    counter.fair.pass_days(15)
    court.close_batch_dispute(counter.fair.admin, proven)
    for _ in range(2):
        assert counter.gateway.refund_disputed(1) == []
    assert counter.order_state(made) is OrderState.REFUND_PENDING
    refund = counter.gateway.refund_of(order.id)
    assert refund.detail == PARTLY_LOST
    assert counter.provider.refunded(name(made)).amount == 0
    counter.gateway.returned(refund.id, "the rest by bank transfer")
    assert counter.order_state(made) is OrderState.REFUNDED
    give_back(counter, made)
    assert [each.amount for each in counter.gateway.paybacks(made.payment.id)] == [part]


def test_what_a_host_gave_back_in_part_is_taken_back_to_the_rest(counter: Counter) -> None:
    """PAY-9: nobody pays a price back here, so the part makes no difference."""
    before = counter.fair.available(1)
    made = settled(counter)
    (order,) = made.payment.orders
    proven = counter.gateway.license_of(order.id)
    assert proven is not None
    counter.fair.network.settlement.refund_batch_part(counter.fair.operators[1], proven, 10_000)
    charge_back(counter, made)
    assert counter.gateway.follow_chargebacks() == 1
    assert counter.order_state(made) is OrderState.REFUNDED
    assert counter.fair.available(1) == before


def test_a_chargeback_is_recorded_by_whoever_hears_of_it(counter: Counter) -> None:
    """PAY-13: also a process without the platform's key."""
    made = settled(counter)
    counter.provider.charge_back(name(made))
    with counter.fair.gateway(2, clock=lambda: counter.now) as other:
        other.take_callback("sandbox", counter.callback(made, HintKind.CHARGEBACK))
        assert other.process_callbacks() == 1
    (chargeback,) = counter.gateway.chargebacks(made.payment.id)
    assert chargeback.stage is Stage.BEFORE_MATURITY
