"""Refunds: the money goes back once, the licence ends, and a refund cut short is finished."""

from __future__ import annotations

import pytest

from tests.integration.fair import CREATOR, DEPOSIT, Fair
from tests.integration.test_gateway_recover import Crash, Faulty
from zhifu.exceptions import (
    ChainUnreachable,
    NoOperator,
    NotRefundable,
    PaymentUnknown,
    ProviderRefused,
    UnknownOrder,
)
from zhifu.gateway import Gateway
from zhifu.money import Money
from zhifu.payments import OrderRecord, OrderState, PaymentState

CENT = 10_000


def settled_order(fair: Fair, gateway: Gateway, contents: tuple[int, ...] = (1,)) -> OrderRecord:
    payment = gateway.pay(fair.request(contents=contents))
    gateway.settle(1)
    return gateway.order(payment.orders[0].id)


def paid_back(fair: Fair, gateway: Gateway, order: OrderRecord) -> Money:
    request = gateway.payment(order.payment_id).request
    return fair.provider.refunded(request.provider_payment_id)


def test_an_order_that_waits_goes_back_at_its_provider_alone(fair: Fair, gateway: Gateway) -> None:
    order = gateway.pay(fair.request()).orders[0]
    assert gateway.refund(order.id).state is OrderState.REFUNDED
    assert paid_back(fair, gateway, order) == order.price
    assert gateway.waiting(1) == 0
    assert gateway.settle(1) is None
    assert gateway.payment(order.payment_id).state is PaymentState.REFUNDED


def test_a_settled_order_goes_back_on_chain_and_at_its_provider(
    fair: Fair, gateway: Gateway
) -> None:
    order = settled_order(fair, gateway)
    assert gateway.may_use(1, 1)
    assert gateway.refund(order.id).state is OrderState.REFUNDED
    assert fair.available(1) == DEPOSIT
    assert paid_back(fair, gateway, order) == order.price
    assert not gateway.may_use(1, 1)
    assert gateway.license(1, 1) is None
    states = [change.state for change in gateway.history(order.id)]
    assert [each for each in states if each.startswith("refund")] == [
        "refund_pending",
        "refund_pending",
        "refunded",
    ]
    with fair.outsider() as host:
        assert not host.may_use(1, 1)


def test_one_order_of_a_cart_can_go_back(fair: Fair, gateway: Gateway) -> None:
    payment = gateway.pay(fair.request(contents=(1, 3)))
    gateway.settle(1)
    gateway.refund(payment.orders[0].id)
    assert gateway.payment(payment.id).state is PaymentState.PAID
    assert (gateway.may_use(1, 1), gateway.may_use(1, 3)) == (False, True)
    gateway.refund(payment.orders[1].id)
    assert gateway.payment(payment.id).state is PaymentState.REFUNDED
    assert paid_back(fair, gateway, payment.orders[0]) == payment.request.amount


def test_a_second_purchase_outlives_the_refund_of_the_first(fair: Fair, gateway: Gateway) -> None:
    first = settled_order(fair, gateway)
    settled_order(fair, gateway)
    gateway.refund(first.id)
    assert gateway.may_use(1, 1)


def test_refunding_twice_pays_back_once(fair: Fair, gateway: Gateway) -> None:
    order = settled_order(fair, gateway)
    assert gateway.refund(order.id) == gateway.refund(order.id)
    assert paid_back(fair, gateway, order) == order.price
    assert fair.available(1) == DEPOSIT


def test_a_claimed_licence_is_burnt_by_its_refund(fair: Fair, gateway: Gateway) -> None:
    order = settled_order(fair, gateway)
    fair.network.registry.bind_key(fair.operators[1], 1, CREATOR.address)
    proven = gateway.license_of(order.id)
    assert proven is not None
    fair.network.license.claim_batch(CREATOR, proven)
    assert gateway.may_use(CREATOR.address, 1)
    gateway.refund(order.id)
    assert not gateway.may_use(CREATOR.address, 1)
    assert fair.available(1) == DEPOSIT


def host_gives_a_part_back(fair: Fair, gateway: Gateway, order: OrderRecord) -> None:
    proven = gateway.license_of(order.id)
    assert proven is not None
    host, _ = fair.network.license.plan_of(order.content)
    fair.network.settlement.refund_batch_part(fair.operators[host], proven, CENT)


def test_what_the_host_gave_back_in_part_goes_back_with_the_rest(
    fair: Fair, gateway: Gateway
) -> None:
    """REFUND-8: the chain has returned the part to the seller, who owes it to the learner."""
    order = settled_order(fair, gateway)
    host_gives_a_part_back(fair, gateway, order)
    assert gateway.refund(order.id).state is OrderState.REFUNDED
    assert paid_back(fair, gateway, order) == order.price
    assert fair.available(1) == DEPOSIT
    assert not gateway.may_use(1, 1)


def test_a_refund_cut_short_before_the_host_gave_a_part_back_is_finished(fair: Fair) -> None:
    faulty = Faulty(fair.anvil.rpc_url)
    with fair.gateway(network=fair.same_chain(faulty)) as gateway:
        order = settled_order(fair, gateway)
        faulty.point = "before signing"
        with pytest.raises(Crash):
            gateway.refund(order.id)
        host_gives_a_part_back(fair, gateway, order)
        gateway.recover()
        assert gateway.pending_refunds() == []
        assert gateway.order(order.id).state is OrderState.REFUNDED
        assert paid_back(fair, gateway, order) == order.price
        assert fair.available(1) == DEPOSIT


def test_after_its_window_an_order_stays(fair: Fair, gateway: Gateway) -> None:
    order = settled_order(fair, gateway)
    fair.pass_days(28)
    with pytest.raises(NotRefundable) as raised:
        gateway.refund(order.id)
    assert "window" in raised.value.reason
    assert gateway.order(order.id).state in (OrderState.SETTLED, OrderState.CONFIRMED)
    assert gateway.pending_refunds() == []
    assert not paid_back(fair, gateway, order)
    assert gateway.may_use(1, 1)


def test_an_unknown_payment_cannot_go_back(fair: Fair, gateway: Gateway) -> None:
    with fair.provider.silence(), pytest.raises(PaymentUnknown):
        gateway.pay(fair.request())
    (payment,) = gateway.payments(1)
    with pytest.raises(NotRefundable):
        gateway.refund(payment.orders[0].id)


def test_only_the_seller_refunds(fair: Fair, gateway: Gateway) -> None:
    order = settled_order(fair, gateway)
    with fair.gateway(2) as other, pytest.raises(NoOperator):
        other.refund(order.id)


def test_an_unknown_order_is_named(gateway: Gateway) -> None:
    with pytest.raises(UnknownOrder):
        gateway.refund("ord_0000000000000001")


def test_a_silent_provider_is_asked_again(fair: Fair, gateway: Gateway) -> None:
    order = settled_order(fair, gateway)
    with fair.provider.silence():
        assert gateway.refund(order.id).state is OrderState.REFUND_PENDING
        gateway.recover()
    assert [each.id for each in gateway.pending_refunds()] == [order.id]
    assert not gateway.may_use(1, 1)
    gateway.recover()
    assert gateway.order(order.id).state is OrderState.REFUNDED
    assert paid_back(fair, gateway, order) == order.price
    assert fair.available(1) == DEPOSIT


def test_a_refund_the_provider_refuses_stays_pending(fair: Fair, gateway: Gateway) -> None:
    order = settled_order(fair, gateway)
    request = gateway.payment(order.payment_id).request
    fair.provider.refund(request.provider_payment_id, order.price, "by hand")
    with pytest.raises(ProviderRefused):
        gateway.refund(order.id)
    gateway.recover()
    assert [each.id for each in gateway.pending_refunds()] == [order.id]


def test_a_refund_that_cannot_be_finished_does_not_hold_up_the_others(fair: Fair) -> None:
    url, providers = fair.url(), {"sandbox": fair.provider, "gone": fair.provider}
    with Gateway.open(url, fair.network, fair.operators, providers) as gateway:
        requests = [fair.request(provider=each) for each in ("gone", "sandbox")]
        orders = [gateway.pay(each).orders[0].id for each in requests]
        with fair.provider.silence():
            for order in orders:
                gateway.refund(order)
    with fair.gateway() as gateway:
        gateway.recover()
        assert [each.id for each in gateway.pending_refunds()] == orders[:1]
        assert gateway.order(orders[1]).state is OrderState.REFUNDED


def reorganise(fair: Fair, before: str) -> None:
    """Put other blocks in the place of everything since the snapshot."""
    fair.anvil.revert(before)
    fair.anvil.mine(3)


def test_the_money_goes_back_once_the_refund_is_deep_enough(fair: Fair) -> None:
    with fair.gateway(confirmations=3) as gateway:
        order = settled_order(fair, gateway)
        assert gateway.refund(order.id).state is OrderState.REFUND_PENDING
        assert fair.available(1) == DEPOSIT
        fair.anvil.mine(2)
        gateway.recover()
        assert gateway.refund(order.id).state is OrderState.REFUND_PENDING
        assert not paid_back(fair, gateway, order)
        fair.anvil.mine()
        assert gateway.refund(order.id).state is OrderState.REFUNDED
        assert paid_back(fair, gateway, order) == order.price


def test_a_refund_that_is_reorganised_away_is_made_again(fair: Fair) -> None:
    with fair.gateway(confirmations=5) as gateway:
        order = settled_order(fair, gateway)
        before = fair.anvil.snapshot()
        gateway.refund(order.id)
        reorganise(fair, before)
        assert fair.available(1) == DEPOSIT - order.price.amount * CENT
        gateway.recover()
        assert fair.available(1) == DEPOSIT
        assert not paid_back(fair, gateway, order)
        fair.anvil.mine(5)
        gateway.recover()
        assert gateway.order(order.id).state is OrderState.REFUNDED
        assert paid_back(fair, gateway, order) == order.price
        assert gateway.pending_refunds() == []


def test_a_batch_and_its_refund_are_reorganised_away_together(fair: Fair) -> None:
    with fair.gateway(confirmations=5) as gateway:
        payment = gateway.pay(fair.request())
        order = payment.orders[0]
        before = fair.anvil.snapshot()
        gateway.settle(1)
        gateway.refund(order.id)
        reorganise(fair, before)
        gateway.recover()
        assert fair.network.settlement.next_batch(1, 1) == 2
        assert fair.available(1) == DEPOSIT
        fair.anvil.mine(5)
        gateway.recover()
        assert gateway.payment(payment.id).state is PaymentState.REFUNDED
        assert paid_back(fair, gateway, order) == order.price
        assert not gateway.may_use(1, 1)


def test_a_refund_that_was_paid_back_is_made_again_on_chain_alone(
    fair: Fair, gateway: Gateway
) -> None:
    order = settled_order(fair, gateway)
    before = fair.anvil.snapshot()
    assert gateway.refund(order.id).state is OrderState.REFUNDED
    reorganise(fair, before)
    assert gateway.may_use(1, 1)
    gateway.sync()
    assert [each.id for each in gateway.pending_refunds()] == [order.id]
    gateway.recover()
    assert gateway.pending_refunds() == []
    assert not gateway.may_use(1, 1)
    assert fair.available(1) == DEPOSIT
    assert gateway.order(order.id).state is OrderState.REFUNDED
    assert paid_back(fair, gateway, order) == order.price
    told = [change.detail for change in gateway.history(order.id) if change.detail]
    assert told == ["refunded on chain", "its block was reorganised away", "refunded on chain"]


def test_a_refund_that_missed_its_window_ends(fair: Fair) -> None:
    faulty = Faulty(fair.anvil.rpc_url)
    with fair.gateway(network=fair.same_chain(faulty)) as gateway:
        order = settled_order(fair, gateway)
        faulty.point = "before signing"
        with pytest.raises(Crash):
            gateway.refund(order.id)
        fair.pass_days(60)
        gateway.recover()
        assert gateway.order(order.id).state is OrderState.CONFIRMED
        assert gateway.pending_refunds() == []
        last = gateway.history(order.id)[-1]
        assert (last.state, last.detail) == ("refund_failed", "its refund window is closed")
        assert not paid_back(fair, gateway, order)
        with pytest.raises(NotRefundable):
            gateway.refund(order.id)
        assert gateway.payment(order.payment_id).state is PaymentState.PAID


def test_what_was_paid_back_stays_refunded_when_the_chain_will_not_have_it(
    fair: Fair, gateway: Gateway
) -> None:
    order = settled_order(fair, gateway)
    before = fair.anvil.snapshot()
    gateway.refund(order.id)
    reorganise(fair, before)
    fair.pass_days(60)
    gateway.recover()
    assert gateway.order(order.id).state is OrderState.REFUNDED
    assert gateway.pending_refunds() == []
    assert gateway.history(order.id)[-1].detail == "its refund window is closed"
    assert paid_back(fair, gateway, order) == order.price


POINTS = ("before sending", "after sending", "before the receipt")


@pytest.mark.parametrize("point", POINTS)
def test_a_lost_reply_about_a_refund_is_looked_up(fair: Fair, point: str) -> None:
    """SUB-3: the same call finds out, and the refund is on chain once."""
    faulty = Faulty(fair.anvil.rpc_url)
    with fair.gateway(network=fair.same_chain(faulty)) as gateway:
        order = settled_order(fair, gateway)
        faulty.point, faulty.error = point, ChainUnreachable("http://node", "timed out")
        assert gateway.refund(order.id).state is OrderState.REFUNDED
        assert paid_back(fair, gateway, order) == order.price
        assert fair.available(1) == DEPOSIT


@pytest.mark.parametrize("point", POINTS)
def test_a_refund_cut_short_is_finished(fair: Fair, point: str) -> None:
    faulty = Faulty(fair.anvil.rpc_url)
    with fair.gateway(network=fair.same_chain(faulty)) as gateway:
        order = settled_order(fair, gateway)
        faulty.point = point
        with pytest.raises(Crash):
            gateway.refund(order.id)
        assert gateway.order(order.id).state is OrderState.REFUND_PENDING
    with fair.gateway() as gateway:
        gateway.recover()
        assert gateway.order(order.id).state is OrderState.REFUNDED
        assert paid_back(fair, gateway, order) == order.price
        assert fair.available(1) == DEPOSIT


def test_an_order_whose_batch_is_in_flight_is_settled_first(fair: Fair) -> None:
    faulty = Faulty(fair.anvil.rpc_url)
    with fair.gateway(network=fair.same_chain(faulty)) as gateway:
        order = gateway.pay(fair.request()).orders[0]
        faulty.point = "before sending"
        with pytest.raises(Crash):
            gateway.settle(1)
        assert gateway.refund(order.id).state is OrderState.REFUNDED
        assert fair.available(1) == DEPOSIT
        assert fair.network.settlement.next_batch(1, 1) == 2


def test_an_order_left_out_can_go_back(fair: Fair, gateway: Gateway) -> None:
    gateway.pay(fair.request(contents=(3,)))
    fair.network.license.set_active(fair.operators[2], 3, False)
    assert gateway.settle(1) is None
    (left_out,) = gateway.left_out(1)
    gateway.refund(left_out.id)
    assert gateway.left_out(1) == []
    assert paid_back(fair, gateway, left_out) == left_out.price
