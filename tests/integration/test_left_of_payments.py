"""LIFE-8: what banks, providers and balances have of a payment, or are getting, goes back once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.integration.counter import (
    HOUR,
    PRICE,
    Counter,
    charge_back,
    give_back,
    name,
    open_counter,
    paid,
)
from tests.integration.fair import Fair
from tests.integration.purse import TEN, allow, on_account, state
from tests.integration.purse import paid as topped_up
from tests.integration.test_returns import REFUSED, SILENT, Stingy, provider, round_of
from zhifu.chain import Chain
from zhifu.checkouts import OpenCheckout
from zhifu.exceptions import NotRefundable, ProviderRefused
from zhifu.money import Money
from zhifu.payments import OrderState, TopUpState
from zhifu.providers import RefundStatus

CENT = Money(1, "USD")


@pytest.fixture
def counter(fair: Fair) -> Iterator[Counter]:
    with open_counter(fair, Stingy) as opened:
        yield opened


class Interrupted(Chain):
    """A chain client during whose next signing something else happens."""

    meanwhile: Callable[[], object] | None = None

    def sign(self, *args: Any, **options: Any) -> Any:
        happens, self.meanwhile = self.meanwhile, None
        if happens is not None:
            happens()
        return super().sign(*args, **options)


def test_what_a_bank_takes_while_a_credit_waits_for_its_turn_is_not_credited(fair: Fair) -> None:
    """CREDIT-4"""
    allow(fair)
    chain = Interrupted(fair.anvil.rpc_url)
    with open_counter(fair, network=fair.same_chain(chain)) as counter:
        chain.learn_errors(fair.network.settlement.artifact.abi)
        made = paid(counter)
        (order,) = made.payment.orders
        chain.meanwhile = lambda: charge_back(counter, made, CENT)
        with pytest.raises(NotRefundable):
            counter.gateway.refund(order.id, to="balance")
        assert on_account(fair) == 0
        assert counter.gateway.returned(counter.gateway.refund_of(order.id).id, "cash")


def test_the_database_credits_no_more_than_is_left(counter: Counter) -> None:
    """CREDIT-5"""
    made = paid(counter)
    with pytest.raises(Exception, match="limit"):
        counter.gateway.refund(made.payment.orders[0].id, to="balance")
    charge_back(counter, made, CENT)
    ((number,),) = counter.fair.rows("SELECT id FROM refunds")
    with pytest.raises(Exception, match="than is left of a payment"):
        counter.fair.rows(
            "INSERT INTO operations (id, platform, operator, kind, subject, state, nonce,"
            f" transaction_hash, created_at, changed_at) VALUES (1, 1, '0x{'0' * 40}', 'credit',"
            f" {number}, 'stored', 0, '0x{'0' * 64}', 0, 0)"
        )


def test_the_database_has_no_provider_asked_for_more_than_is_left(counter: Counter) -> None:
    made = paid(counter)
    provider(counter).fault = REFUSED
    with pytest.raises(ProviderRefused):
        counter.gateway.refund(made.payment.orders[0].id)
    charge_back(counter, made, CENT)
    with pytest.raises(Exception, match="than is left of a payment"):
        counter.fair.rows("UPDATE refunds SET asked = 1, refused = 0")


@pytest.mark.parametrize("fault", [RefundStatus.PENDING, SILENT])
def test_what_a_provider_is_returning_is_not_left(
    counter: Counter, fault: RefundStatus | Exception
) -> None:
    """CREDIT-4: though it has not said that it is done."""
    made = paid(counter, contents=(1, 3))
    first, second = made.payment.orders
    with pytest.raises(Exception, match="limit"):
        counter.gateway.refund(second.id, to="balance")
    allow(counter.fair)
    provider(counter).fault = fault
    assert counter.gateway.refund(first.id).state is OrderState.REFUND_PENDING
    charge_back(counter, made, CENT)
    with pytest.raises(NotRefundable):
        counter.gateway.refund(second.id)
    assert on_account(counter.fair) == 0
    provider(counter).fault = None
    counter.gateway.recover()
    assert counter.gateway.order(first.id).state is OrderState.REFUNDED
    assert counter.provider.refunded(name(made)) == PRICE


@pytest.mark.parametrize("to", ["provider", "balance"])
def test_what_is_not_left_any_more_is_refused_in_so_many_words(counter: Counter, to: str) -> None:
    """LIFE-8: a refund that is under way has what is left."""
    allow(counter.fair)
    made = paid(counter, contents=(1, 3))
    first, second = made.payment.orders
    provider(counter).fault = SILENT
    counter.gateway.refund(first.id)
    charge_back(counter, made, CENT)
    with pytest.raises(NotRefundable):
        counter.gateway.refund(second.id, to=to)
    assert counter.gateway.order(second.id).state is OrderState.PAID


def test_a_part_that_is_not_left_is_refused_in_so_many_words(counter: Counter) -> None:
    """LIFE-8, REFUND-7"""
    made = paid(counter)
    assert counter.gateway.settle(1) is not None
    (order,) = made.payment.orders
    provider(counter).fault = SILENT
    counter.gateway.refund_part(order.id, Money(4_000, "USD"), "first")
    charge_back(counter, made, Money(500, "USD"))
    with pytest.raises(NotRefundable):
        counter.gateway.refund_part(order.id, Money(401, "USD"), "second")
    with pytest.raises(NotRefundable):
        counter.gateway.refund(order.id)
    part = counter.gateway.refund_part(order.id, Money(400, "USD"), "third")
    assert part.state == "refund_pending"


def pending(counter: Counter) -> OpenCheckout:
    """An order whose refund its provider has taken on, and of which a bank has taken a part."""
    made = paid(counter)
    provider(counter).fault = RefundStatus.PENDING
    counter.gateway.refund(made.payment.orders[0].id)
    charge_back(counter, made, CENT)
    return made


def test_what_a_provider_may_be_returning_is_followed_whatever_a_bank_takes(
    counter: Counter,
) -> None:
    """PAY-17: nobody returns it by hand meanwhile."""
    made = pending(counter)
    counter.now += HOUR
    round_of(counter)
    (order,) = made.payment.orders
    with pytest.raises(NotRefundable):
        counter.gateway.returned(counter.gateway.refund_of(order.id).id, "cash")
    give_back(counter, made)
    provider(counter).fault = None
    counter.now += HOUR
    round_of(counter)
    assert counter.order_state(made) is OrderState.REFUNDED
    assert counter.provider.refunded(name(made)) == PRICE


def test_what_a_provider_refuses_in_the_end_a_person_returns(counter: Counter) -> None:
    """PAY-17"""
    made = pending(counter)
    provider(counter).fault = RefundStatus.FAILED
    counter.now += HOUR
    round_of(counter)
    (order,) = made.payment.orders
    with pytest.raises(NotRefundable):
        counter.gateway.refund(order.id)
    counter.gateway.returned(counter.gateway.refund_of(order.id).id, "cash")
    assert counter.order_state(made) is OrderState.REFUNDED


@pytest.mark.parametrize(
    ("answer", "owed"), [(RefundStatus.DONE, []), (RefundStatus.FAILED, [PRICE])]
)
def test_what_a_provider_may_be_returning_when_a_bank_takes_all_is_followed(
    counter: Counter, answer: RefundStatus, owed: list[Money]
) -> None:
    """PAY-17, PAY-9: what it has returned the platform does not owe if the bank gives in."""
    made = paid(counter)
    provider(counter).fault = RefundStatus.PENDING
    counter.gateway.refund(made.payment.orders[0].id)
    charge_back(counter, made)
    counter.gateway.follow_chargebacks()
    assert counter.order_state(made) is OrderState.REFUND_PENDING
    provider(counter).fault = answer
    for _ in range(3):
        counter.now += HOUR
        round_of(counter)
        counter.gateway.follow_chargebacks()
    assert counter.order_state(made) is OrderState.REFUNDED
    give_back(counter, made)
    assert [each.amount for each in counter.gateway.paybacks(made.payment.id)] == owed


def test_a_top_up_that_a_provider_may_be_returning_is_followed(counter: Counter) -> None:
    """TOPUP-7, TOPUP-9"""
    made = topped_up(counter)
    provider(counter).fault = RefundStatus.PENDING
    counter.gateway.refund_top_up(made.payment.id)
    charge_back(counter, made, CENT)
    counter.gateway.follow_top_ups(1)
    with pytest.raises(NotRefundable):
        counter.gateway.top_up_returned(made.payment.id, "cash")
    give_back(counter, made)
    provider(counter).fault = None
    counter.gateway.follow_top_ups(1)
    assert state(counter, made) is TopUpState.REFUNDED
    assert counter.provider.refunded(name(made)) == TEN


def test_what_is_put_on_a_balance_after_all_is_followed_to_its_end(fair: Fair) -> None:
    """CREDIT-1: once the bank has given back what it took, and somebody asks again."""
    with open_counter(fair, confirmations=2) as counter:
        made = paid(counter)
        (order,) = made.payment.orders
        with pytest.raises(Exception, match="limit"):
            counter.gateway.refund(order.id, to="balance")
        charge_back(counter, made, CENT)
        allow(fair)
        with pytest.raises(NotRefundable):
            counter.gateway.refund(order.id)
        give_back(counter, made)
        assert counter.gateway.refund(order.id).state is OrderState.REFUND_PENDING
        with pytest.raises(NotRefundable):
            counter.gateway.returned(counter.gateway.refund_of(order.id).id, "cash")
        fair.anvil.mine(3)
        counter.gateway.sync()
        counter.gateway.follow_refunds(1)
        assert counter.order_state(made) is OrderState.REFUNDED
        assert on_account(fair) == PRICE.amount
