"""CREDIT-1 to CREDIT-5: a refund goes to the learner's balance where that is asked for, once."""

from __future__ import annotations

from contextlib import suppress

import pytest

from tests.integration.counter import PRICE, Counter, charge_back, name, open_counter, paid
from tests.integration.fair import DEPOSIT, Fair
from tests.integration.purse import allow, on_account
from tests.integration.test_gateway_recover import Faulty
from tests.integration.test_spending import load
from tests.integration.test_spending import request as from_balance
from zhifu.chargebackbook import ChargebackState
from zhifu.checkouts import OpenCheckout
from zhifu.exceptions import (
    ChainUnreachable,
    IdempotencyConflict,
    InvalidInput,
    NotRefundable,
    TopUpAboveLimit,
)
from zhifu.money import Money
from zhifu.payments import OrderState, PaymentState

CENT = 10_000


def settled(counter: Counter) -> OpenCheckout:
    made = paid(counter)
    assert counter.gateway.settle(1) is not None
    return made


def order_of(made: OpenCheckout) -> str:
    return made.payment.orders[0].id


def test_a_settled_order_goes_to_the_balance_and_not_to_the_provider(counter: Counter) -> None:
    """CREDIT-1"""
    allow(counter.fair)
    made = settled(counter)
    assert counter.gateway.refund(order_of(made), to="balance").state is OrderState.REFUNDED
    assert (on_account(counter.fair), counter.provider.refunded(name(made)).amount) == (4_900, 0)
    assert counter.fair.available(1) == DEPOSIT - PRICE.amount * CENT
    assert counter.state(made) is PaymentState.REFUNDED
    assert not counter.gateway.may_use(1, 1)
    assert counter.gateway.refund_of(order_of(made)).to == "balance"
    told = counter.fair.rows("SELECT state FROM events WHERE history = 'refund' ORDER BY number")
    assert told == [("refund_pending",), ("refunded",)]
    counter.gateway.pay(from_balance(counter.fair))


def test_an_order_that_waits_goes_to_the_balance_too(counter: Counter) -> None:
    """CREDIT-1"""
    allow(counter.fair)
    made = paid(counter)
    counter.gateway.refund(order_of(made), to="balance")
    assert (counter.gateway.settle(1), on_account(counter.fair)) == (None, 4_900)
    assert counter.provider.refunded(name(made)).amount == 0


def test_a_refund_goes_one_way(counter: Counter) -> None:
    """CREDIT-2"""
    allow(counter.fair)
    first, second = paid(counter), paid(counter)
    with pytest.raises(InvalidInput, match="to"):
        counter.gateway.refund(order_of(first), to="elsewhere")
    assert counter.order_state(first) is OrderState.PAID
    for made, to, other in ((first, "balance", "provider"), (second, "provider", "balance")):
        counter.gateway.refund(order_of(made), to=to)
        with pytest.raises(NotRefundable):
            counter.gateway.refund(order_of(made), to=other)
        counter.gateway.refund(order_of(made))
        counter.gateway.refund(order_of(made), to=to)
    assert on_account(counter.fair) == 4_900
    assert counter.provider.refunded(name(first)).amount == 0
    assert counter.provider.refunded(name(second)) == PRICE


def test_what_a_balance_paid_goes_back_to_it_alone(counter: Counter) -> None:
    """CREDIT-2, SPEND-4: on chain, or because it had never left."""
    load(counter.fair, 9_800)
    waiting, sent = (counter.gateway.pay(from_balance(counter.fair)).orders[0] for _ in range(2))
    with pytest.raises(NotRefundable):
        counter.gateway.refund(waiting.id, to="provider")
    assert counter.gateway.refund(waiting.id, to="balance").state is OrderState.REFUNDED
    counter.gateway.settle(1)
    assert counter.gateway.refund(sent.id).state is OrderState.REFUNDED
    assert counter.gateway.refund_of(sent.id).to == "balance"
    assert on_account(counter.fair) == 9_800


POINTS = ("before sending", "after sending", "before the receipt", "looking it up")


@pytest.mark.parametrize("point", POINTS)
def test_a_lost_reply_credits_once(counter: Counter, point: str) -> None:
    """CREDIT-1, SUB-3: another gateway goes on where the chain was lost."""
    allow(counter.fair)
    made = paid(counter)
    faulty = Faulty(counter.fair.anvil.rpc_url)
    with counter.fair.gateway(network=counter.fair.same_chain(faulty)) as broken:
        faulty.point, faulty.error = point, ChainUnreachable("http://node", "timed out")
        with suppress(ChainUnreachable):
            broken.refund(order_of(made), to="balance")
    counter.gateway.recover(1)
    assert counter.order_state(made) is OrderState.REFUNDED
    assert on_account(counter.fair) == 4_900


def test_what_was_reorganised_away_is_credited_again(fair: Fair) -> None:
    """CREDIT-1, SUB-10: nothing counts as refunded before it is final."""
    allow(fair)
    with open_counter(fair, confirmations=2) as counter:
        made = paid(counter)
        before = fair.anvil.snapshot()
        assert counter.gateway.refund(order_of(made), to="balance").state is (
            OrderState.REFUND_PENDING
        )
        assert on_account(fair) == 4_900
        fair.anvil.revert(before)
        assert on_account(fair) == 0
        counter.gateway.recover(1)
        fair.anvil.mine(3)
        counter.gateway.sync()
        counter.gateway.follow_refunds(1)
        assert counter.order_state(made) is OrderState.REFUNDED
        assert on_account(fair) == 4_900


def test_above_the_days_limit_it_waits_and_is_told_once(counter: Counter) -> None:
    """CREDIT-3"""
    allow(counter.fair, 4_899 * CENT)
    made = settled(counter)
    with pytest.raises(TopUpAboveLimit):
        counter.gateway.refund(order_of(made), to="balance")
    for _ in range(2):
        assert counter.gateway.follow_refunds(1) == 0
    assert counter.order_state(made) is OrderState.REFUND_PENDING
    told = counter.fair.rows("SELECT state FROM events WHERE history = 'refund' ORDER BY number")
    assert told == [("refund_pending",), ("refund_delayed",)]
    assert counter.gateway.refund_of(order_of(made)).detail == "top_up_above_limit"
    allow(counter.fair)
    assert counter.gateway.follow_refunds(1) == 1
    assert (counter.order_state(made), on_account(counter.fair)) == (OrderState.REFUNDED, 4_900)


def test_what_the_chain_does_not_take_a_person_returns(counter: Counter) -> None:
    """CREDIT-3"""
    made = settled(counter)
    with pytest.raises(TopUpAboveLimit):
        counter.gateway.refund(order_of(made), to="balance")
    refund = counter.gateway.refund_of(order_of(made)).id
    assert counter.gateway.returned(refund, "cash").state == "refunded"
    allow(counter.fair)
    counter.gateway.follow_refunds(1)
    assert on_account(counter.fair) == 0
    with pytest.raises(NotRefundable):
        counter.gateway.returned(refund, "cash again")


def test_what_is_on_the_balance_stays_there_when_a_bank_takes_the_payment(
    counter: Counter,
) -> None:
    """CREDIT-4: the loss is the platform's."""
    allow(counter.fair)
    made = settled(counter)
    counter.gateway.refund(order_of(made), to="balance")
    charge_back(counter, made)
    assert counter.gateway.follow_chargebacks() == 1
    (chargeback,) = counter.gateway.chargebacks(made.payment.id)
    assert chargeback.state is ChargebackState.CLOSED
    assert counter.state(made) is PaymentState.REFUNDED
    assert on_account(counter.fair) == 4_900


def test_what_a_bank_takes_first_does_not_go_to_the_balance(counter: Counter) -> None:
    """CREDIT-4: the learner has it from the bank."""
    made = settled(counter)
    with pytest.raises(TopUpAboveLimit):
        counter.gateway.refund(order_of(made), to="balance")
    charge_back(counter, made)
    allow(counter.fair)
    counter.gateway.follow_refunds(1)
    counter.gateway.follow_chargebacks()
    assert (counter.order_state(made), on_account(counter.fair)) == (OrderState.REFUNDED, 0)
    assert counter.gateway.refund_of(order_of(made)).to == "provider"
    assert counter.fair.available(1) == DEPOSIT


def test_no_more_goes_to_the_balance_than_the_bank_has_left(counter: Counter) -> None:
    """CREDIT-4, LIFE-8"""
    allow(counter.fair)
    made = paid(counter, contents=(1, 3))
    first, second = made.payment.orders
    counter.gateway.refund(first.id, to="balance")
    charge_back(counter, made, Money(1, "USD"))
    with pytest.raises(NotRefundable):
        counter.gateway.refund(second.id)
    assert counter.provider.refunded(name(made)).amount == 0


def test_what_is_on_its_way_to_the_balance_is_not_left_either(fair: Fair) -> None:
    """CREDIT-4, LIFE-8: though it is not final."""
    allow(fair)
    with open_counter(fair, confirmations=2) as counter:
        made = paid(counter, contents=(1, 3))
        first, second = made.payment.orders
        assert counter.gateway.refund(first.id, to="balance").state is OrderState.REFUND_PENDING
        charge_back(counter, made, Money(1, "USD"))
        for to in ("balance", "provider"):
            with pytest.raises(NotRefundable):
                counter.gateway.refund(second.id, to=to)
        fair.anvil.mine(3)
        counter.gateway.sync()
        counter.gateway.follow_refunds(1)
        assert counter.gateway.order(first.id).state is OrderState.REFUNDED
        assert (on_account(fair), counter.provider.refunded(name(made)).amount) == (4_900, 0)


def test_the_database_credits_nothing_that_goes_elsewhere(counter: Counter) -> None:
    """CREDIT-5"""
    allow(counter.fair)
    made = paid(counter)
    with counter.provider.silence():
        counter.gateway.refund(order_of(made))
    (number,) = counter.fair.rows("SELECT id FROM refunds")[0]
    with pytest.raises(Exception, match="to a balance is put on it"):
        counter.fair.rows(
            "INSERT INTO operations (id, platform, operator, kind, subject, state, nonce,"
            f" transaction_hash, created_at, changed_at) VALUES (1, 1, '0x{'0' * 40}', 'credit',"
            f" {number}, 'stored', 0, '0x{'0' * 64}', 0, 0)"
        )


def test_the_database_believes_no_credit_that_is_not_final(counter: Counter) -> None:
    """CREDIT-5"""
    made = paid(counter)
    with pytest.raises(TopUpAboveLimit):
        counter.gateway.refund(order_of(made), to="balance")
    with pytest.raises(Exception, match="done once it is there"):
        counter.fair.rows("UPDATE refunds SET state = 'refunded', detail = NULL")


def test_a_part_goes_to_the_balance_too(counter: Counter) -> None:
    """CREDIT-1, REFUND-7: once under its key, and one way."""
    allow(counter.fair)
    made, gateway = settled(counter), counter.gateway
    part = gateway.refund_part(order_of(made), Money(900, "USD"), "part", to="balance")
    assert (part.to, part.state, part.is_part) == ("balance", "refunded", True)
    assert gateway.refund_part(order_of(made), Money(900, "USD"), "part") == part
    with pytest.raises(IdempotencyConflict):
        gateway.refund_part(order_of(made), Money(900, "USD"), "part", to="provider")
    assert (on_account(counter.fair), counter.provider.refunded(name(made)).amount) == (900, 0)
    gateway.refund(order_of(made))
    assert counter.provider.refunded(name(made)).amount == 4_000
    assert counter.state(made) is PaymentState.REFUNDED


def test_a_part_of_what_a_balance_paid_goes_back_to_it(counter: Counter) -> None:
    """CREDIT-2, REFUND-7: the chain itself gives it back there."""
    load(counter.fair, 4_900)
    order = counter.gateway.pay(from_balance(counter.fair)).orders[0]
    counter.gateway.settle(1)
    part = counter.gateway.refund_part(order.id, Money(900, "USD"), "part")
    assert (part.to, part.state) == ("balance", "refunded")
    assert on_account(counter.fair) == 900
    counter.gateway.refund(order.id)
    assert on_account(counter.fair) == 4_900
