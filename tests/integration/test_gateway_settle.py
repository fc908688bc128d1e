"""Settling: every paid order once, at the price that was paid, and nothing in anybody's way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.integration.fair import DEPOSIT, LEARNERS, PLAN, PRICES, REFERRER, Fair
from zhifu import accounts
from zhifu.chain import Chain
from zhifu.exceptions import (
    AmountMismatch,
    InactivePlatform,
    InsufficientBalance,
    InvalidInput,
    NoOperator,
    UnknownContent,
    UnknownLearner,
    UnknownPlatform,
    WrongOperator,
)
from zhifu.gateway import Gateway
from zhifu.models import PlatformStatus, Publication
from zhifu.money import Money
from zhifu.payments import BatchState, OrderState, Problem
from zhifu.signing import SignedTransaction

CENT = 10_000


def test_a_cart_of_three_hosts_can_be_used_on_each(fair: Fair, gateway: Gateway) -> None:
    payment = gateway.pay(fair.request(learner=4, contents=(1, 3, 5)))
    assert not gateway.may_use(4, 1)
    batch = gateway.settle(1)
    assert batch is not None
    assert (batch.orders, batch.debit) == (3, payment.request.amount.amount * CENT)
    for content in (1, 3, 5):
        with fair.outsider() as host:
            assert host.may_use(4, content)
            assert not host.may_use(4, content + 1)
            assert not host.may_use(3, content)


def test_an_order_tells_where_it_stands(fair: Fair, gateway: Gateway) -> None:
    order = gateway.pay(fair.request()).orders[0]
    batch = gateway.settle(1)
    assert batch is not None
    settled = gateway.order(order.id)
    assert settled.state is OrderState.SETTLED
    assert settled.batch is not None
    assert settled.batch[:3] == (batch.id, 1, 1)
    gateway.sync()
    assert gateway.order(order.id).state is OrderState.CONFIRMED
    states = [change.state for change in gateway.history(order.id)]
    assert states == ["paid", "batched", "submitted", "settled", "confirmed"]


def test_an_order_comes_with_a_proof_the_chain_accepts(fair: Fair, gateway: Gateway) -> None:
    order = gateway.pay(fair.request(learner=2, contents=(3,))).orders[0]
    assert gateway.license_of(order.id) is None
    gateway.settle(1)
    proven = gateway.license_of(order.id)
    assert proven is not None
    assert proven == gateway.license(2, 3)
    assert fair.network.settlement.inspect_batch(proven) == (True, proven.facts)
    assert gateway.license(3, 3) is None


def test_a_platform_pays_exactly_what_its_learners_paid(fair: Fair, gateway: Gateway) -> None:
    for learner in range(1, 8):
        gateway.pay(fair.request(2, learner, (learner % 6 + 1,)))
    gateway.settle(2)
    sold = sum(PRICES[learner % 6 + 1] for learner in range(1, 8))
    assert fair.available(2) == DEPOSIT - sold * CENT
    assert fair.available(1) == DEPOSIT


def test_batches_close_by_size_and_are_numbered_without_gaps(fair: Fair) -> None:
    with fair.gateway(batch_size=4) as gateway:
        gateway.pay_many([fair.request(learner=each) for each in range(1, 11)])
        batches = [gateway.settle(1), gateway.settle(1, limit=1), gateway.settle(1, limit=9)]
        batches += [gateway.settle(1), gateway.settle(1)]
        told = [(batch.number, batch.orders) for batch in batches if batch]
        assert told == [(1, 4), (2, 1), (3, 4), (4, 1)]
        assert gateway.waiting(1) == 0
        assert [batch.number for batch in gateway.batches(1)] == [1, 2, 3, 4]
        assert fair.network.settlement.next_batch(1, 1) == 5


def test_the_same_content_twice_is_two_orders(fair: Fair, gateway: Gateway) -> None:
    for _ in range(2):
        gateway.pay(fair.request(learner=1, contents=(1,)))
    batch = gateway.settle(1)
    assert batch is not None
    assert (batch.orders, batch.debit) == (2, 2 * 4900 * CENT)


def test_nothing_waiting_settles_nothing(gateway: Gateway) -> None:
    assert gateway.settle(1) is None
    assert gateway.batches(1) == []


def test_a_platform_without_enough_balance_is_told_and_its_orders_wait(
    fair: Fair, gateway: Gateway
) -> None:
    operator, settlement = fair.operators[1], fair.network.settlement
    settlement.withdraw_platform(operator, 1, DEPOSIT - 10 * CENT)
    order = gateway.pay(fair.request()).orders[0]
    with pytest.raises(InsufficientBalance) as raised:
        gateway.settle(1)
    told = raised.value
    assert (told.available, told.required) == (10 * CENT, 4900 * CENT)
    assert told.account == "platform 1"
    assert gateway.order(order.id).state is OrderState.PAID
    assert (gateway.waiting(1), gateway.batches(1)) == (1, [])
    fair.network.token.approve(operator, settlement.address, 4890 * CENT)
    settlement.deposit(operator, accounts.of_platform(1), 4890 * CENT)
    assert gateway.settle(1) is not None
    assert fair.available(1) == 0


class Meanwhile(Chain):
    """Something else happens just before, or just after, a transaction is signed."""

    before: Callable[[], object] | None = None
    after: Callable[[], object] | None = None

    def sign(self, *args: Any, **options: Any) -> SignedTransaction:
        before, after, self.before, self.after = self.before, self.after, None, None
        if before:
            before()
        signed = super().sign(*args, **options)
        if after:
            after()
        return signed


def test_an_order_refunded_while_its_batch_is_made_is_not_in_it(fair: Fair) -> None:
    chain = Meanwhile(fair.anvil.rpc_url)
    with fair.gateway(network=fair.same_chain(chain)) as gateway, fair.gateway() as other:
        order = gateway.pay(fair.request(learner=1)).orders[0]
        gateway.pay(fair.request(learner=2))
        chain.after = lambda: other.refund(order.id)
        batch = gateway.settle(1)
        assert batch is not None
        assert (batch.orders, batch.debit) == (1, 4900 * CENT)
        assert gateway.order(order.id).state is OrderState.REFUNDED


def test_content_taken_off_sale_while_a_batch_is_made_is_left_out(fair: Fair) -> None:
    chain = Meanwhile(fair.anvil.rpc_url)
    with fair.gateway(network=fair.same_chain(chain)) as gateway:
        gateway.pay_many([fair.request(contents=(3,)), fair.request(contents=(1,))])
        chain.before = lambda: fair.network.license.set_active(fair.operators[2], 3, False)
        batch = gateway.settle(1)
        assert batch is not None
        assert batch.orders == 1
        assert [order.content for order in gateway.left_out(1)] == [3]


def test_content_taken_off_sale_does_not_hold_up_the_others(fair: Fair, gateway: Gateway) -> None:
    poison = gateway.pay(fair.request(contents=(3,))).orders[0]
    gateway.pay(fair.request(contents=(1,)))
    fair.network.license.set_active(fair.operators[2], 3, False)
    batch = gateway.settle(1)
    assert batch is not None
    assert batch.orders == 1
    (left_out,) = gateway.left_out(1)
    assert (left_out.id, left_out.problem) == (poison.id, Problem.CONTENT_INACTIVE)
    assert left_out.state is OrderState.PAID
    assert gateway.waiting(1) == 0
    assert gateway.settle(1) is None
    fair.network.license.set_active(fair.operators[2], 3, True)
    assert gateway.settle(1) is not None
    assert gateway.left_out(1) == []


def test_a_learner_who_was_reorganised_away_does_not_hold_up_the_others(
    fair: Fair, gateway: Gateway
) -> None:
    before = fair.anvil.snapshot()
    fair.network.registry.register_learners(fair.operators[2], 5)
    gone = gateway.pay(fair.request(learner=LEARNERS + 2)).orders[0]
    gateway.pay(fair.request())
    fair.anvil.revert(before)
    fair.anvil.mine(3)
    batch = gateway.settle(1)
    assert batch is not None
    assert batch.orders == 1
    (left_out,) = gateway.left_out(1)
    assert (left_out.id, left_out.problem) == (gone.id, Problem.LEARNER_UNKNOWN)
    assert gateway.settle(1) is None
    fair.network.registry.register_learners(fair.operators[2], 5)
    assert gateway.settle(1) is not None
    assert gateway.left_out(1) == []


def test_a_full_batch_of_orders_left_out_does_not_end_the_search(fair: Fair) -> None:
    with fair.gateway(batch_size=3) as gateway:
        gateway.pay_many([fair.request(contents=(3,)) for _ in range(7)])
        gateway.pay(fair.request(contents=(1,)))
        fair.network.license.set_active(fair.operators[2], 3, False)
        batch = gateway.settle(1)
        assert batch is not None
        assert batch.orders == 1
        assert len(gateway.left_out(1)) == 7


def test_a_price_change_hurts_nobody_who_paid_before(fair: Fair, gateway: Gateway) -> None:
    gateway.pay(fair.request(contents=(1,)))
    fair.network.license.set_price(fair.operators[1], 1, 5000 * CENT)
    fair.pass_days(1)
    gateway.sync()
    amount = Money(5000, "USD")
    gateway.pay(fair.request(amount=amount, provider_payment_id=fair.provider.pay(amount)))
    batches = [gateway.settle(1), gateway.settle(1)]
    told = sorted((batch.sale_day, batch.debit) for batch in batches if batch)
    today = fair.network.chain.timestamp() // 86_400
    assert told == [(today - 1, 4900 * CENT), (today, 5000 * CENT)]


def test_what_was_paid_before_midnight_may_be_reported_after_it(
    fair: Fair, gateway: Gateway
) -> None:
    fair.network.license.set_price(fair.operators[1], 1, 2000 * CENT)
    before_midnight = fair.request(contents=(1, 3))
    fair.pass_days(1)
    gateway.sync()
    payment = gateway.pay(before_midnight)
    batch = gateway.settle(1)
    assert batch is not None
    assert (batch.orders, batch.debit) == (2, (PRICES[1] + PRICES[3]) * CENT)
    assert [order.price.amount for order in payment.orders] == [PRICES[1], PRICES[3]]
    fair.pass_days(1)
    gateway.sync()
    with pytest.raises(AmountMismatch) as raised:
        gateway.pay(fair.request(contents=(1, 3)))
    assert raised.value.expected == Money(2000 + PRICES[3], "USD")


def test_a_price_of_long_ago_is_reported_and_not_charged(fair: Fair, gateway: Gateway) -> None:
    order = gateway.pay(fair.request(contents=(1,))).orders[0]
    gateway.pay(fair.request(contents=(2,)))
    fair.network.license.set_price(fair.operators[1], 1, 5000 * CENT)
    fair.pass_days(2)
    batch = gateway.settle(1)
    assert batch is not None
    assert (batch.orders, batch.debit) == (1, PRICES[2] * CENT)
    (left_out,) = gateway.left_out(1)
    assert (left_out.id, left_out.problem) == (order.id, Problem.PRICE_EXPIRED)


def test_an_old_order_settles_at_a_price_that_still_holds(fair: Fair, gateway: Gateway) -> None:
    gateway.pay(fair.request())
    fair.pass_days(400)
    batch = gateway.settle(1)
    assert batch is not None
    assert batch.sale_day == fair.network.chain.timestamp() // 86_400


def test_a_price_raised_today_is_todays_price_tomorrow(fair: Fair, gateway: Gateway) -> None:
    fair.network.license.set_price(fair.operators[1], 1, 5000 * CENT)
    gateway.sync()
    assert gateway.pay(fair.request()).request.amount == Money(4900, "USD")
    settlement, today = fair.network.settlement, fair.network.chain.timestamp() // 86_400
    (content,) = [each for each in gateway.contents() if each.number == 1]
    for day in (today - 1, today, today + 1, today + 2):
        assert content.price_on(day) == settlement.price_on(1, day)[0]


def test_a_named_referrer_is_paid_and_proven(fair: Fair, gateway: Gateway) -> None:
    gateway.pay(fair.request(learner=1))
    order = gateway.pay(fair.request(learner=2, referrer=REFERRER.address)).orders[0]
    gateway.settle(1)
    commission = fair.network.settlement.commission_of(accounts.of_address(REFERRER.address), 0)
    assert commission.total == 4900 * CENT * PLAN.referrer_bps // 10_000
    proven = gateway.license_of(order.id)
    assert proven is not None
    assert proven.referrer == REFERRER.address.lower()
    assert fair.network.license.verify_batch(proven, 2)


def test_a_batch_too_large_for_a_transaction_is_divided(fair: Fair) -> None:
    for start in range(0, 2400, 80):
        names = [f"small {start + each}" for each in range(80)]
        publications = [Publication(name, 4900 * CENT, 0, PLAN) for name in names]
        fair.network.license.publish(fair.operators[3], publications)
    with fair.gateway(batch_size=2400) as gateway:
        small = [each.number for each in gateway.contents(3) if each.ref.startswith("small")]
        gateway.pay_many([replace(fair.request(3), contents=(each,)) for each in small])
        orders = []
        while (batch := gateway.settle(3)) is not None:
            orders.append((batch.orders, batch.gas_used))
        assert [number for number, _ in orders] == [1200, 1200]


def test_a_key_stopped_meanwhile_settles_nothing(fair: Fair, gateway: Gateway) -> None:
    gateway.pay(fair.request())
    operator = fair.operators[1]
    fair.network.registry.set_operator(operator, 1, operator.address, active=False)
    with pytest.raises(WrongOperator):
        gateway.settle(1)
    assert gateway.waiting(1) == 1
    fair.network.registry.set_operator(operator, 1, operator.address)
    assert gateway.settle(1) is not None


def test_a_platform_suspended_meanwhile_settles_nothing(fair: Fair, gateway: Gateway) -> None:
    gateway.pay(fair.request())
    fair.network.registry.set_status(fair.admin, 1, PlatformStatus.SUSPENDED)
    with pytest.raises(InactivePlatform):
        gateway.settle(1)
    assert gateway.waiting(1) == 1


def test_only_a_platform_whose_key_is_here_can_be_settled(fair: Fair) -> None:
    with fair.gateway(1) as gateway:
        with pytest.raises(NoOperator):
            gateway.settle(2)
        with pytest.raises(UnknownPlatform):
            gateway.settle(4)
        with pytest.raises(InvalidInput):
            gateway.settle(1, limit=0)


def test_questions_about_nothing_are_named(gateway: Gateway) -> None:
    with pytest.raises(UnknownContent):
        gateway.may_use(1, 7)
    with pytest.raises(UnknownLearner):
        gateway.may_use(11, 1)
    with pytest.raises(InvalidInput):
        gateway.may_use("0x1", 1)


def test_confirmed_waits_for_its_depth(fair: Fair) -> None:
    with fair.gateway(confirmations=3) as gateway:
        gateway.pay(fair.request())
        gateway.settle(1)
        fair.anvil.mine(2)
        gateway.sync()
        assert [batch.state for batch in gateway.batches(1)] == [BatchState.SETTLED]
        fair.anvil.mine(1)
        gateway.sync()
        assert [batch.state for batch in gateway.batches(1)] == [BatchState.CONFIRMED]
