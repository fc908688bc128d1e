"""Part refunds: the host's key gives a part back on chain, the provider the money, once."""

from __future__ import annotations

from contextlib import suppress

import pytest

from tests.integration.fair import DEPOSIT, PRICES, Fair
from tests.integration.test_disputes import EVIDENCE, appointed, proven
from tests.integration.test_gateway_recover import POINTS, Crash, Faulty
from tests.integration.test_gateway_refund import (
    CENT,
    host_gives_a_part_back,
    paid_back,
    reorganise,
    settled_order,
)
from zhifu.accounts import of_platform
from zhifu.blocks import Receipt
from zhifu.chain import Chain
from zhifu.exceptions import (
    ChainUnreachable,
    CurrencyMismatch,
    IdempotencyConflict,
    InvalidInput,
    NoOperator,
    NotRefundable,
    PaymentUnpaid,
    ProviderRefused,
    TransactionPending,
    ZhifuError,
)
from zhifu.gateway import Gateway
from zhifu.money import Money
from zhifu.pages import Refund
from zhifu.payments import OrderRecord, OrderState, PaymentState
from zhifu.providers import HintKind


def usd(cents: int) -> Money:
    return Money(cents, "USD")


def parts_on_chain(fair: Fair) -> list[int]:
    """What parts the chain has given back, in cents."""
    events = fair.network.settlement.events("OrderPartRefunded")
    return [event.arguments["amount"] // CENT for event in events]


def check(fair: Fair, gateway: Gateway, order: OrderRecord, returned: int) -> None:
    """So much is back with the learner, and with the seller on chain."""
    assert paid_back(fair, gateway, order) == usd(returned)
    assert fair.available(1) == DEPOSIT - (order.price.amount - returned) * CENT


def test_a_part_goes_back_on_chain_and_at_its_provider(fair: Fair, gateway: Gateway) -> None:
    """REFUND-7: the licence goes on, and the order stays settled."""
    order = settled_order(fair, gateway)
    part = gateway.refund_part(order.id, usd(900), "part")
    assert (part.order_id, part.amount, part.state, part.on_chain) == (
        order.id,
        usd(900),
        "refunded",
        "done",
    )
    check(fair, gateway, order, 900)
    assert gateway.may_use(1, 1)
    assert gateway.order(order.id).state in (OrderState.SETTLED, OrderState.CONFIRMED)
    assert gateway.payment(order.payment_id).state is PaymentState.PAID
    assert gateway.refund_record(1, part.id) == part == gateway.refund_of(order.id)
    states = [change.state for change in gateway.history(order.id)]
    assert states[-2:] == ["part_refund_pending", "part_refunded"]


def test_a_key_gives_one_part_back(fair: Fair, gateway: Gateway) -> None:
    """REFUND-7"""
    order = settled_order(fair, gateway)
    part = gateway.refund_part(order.id, usd(900), "part")
    assert gateway.refund_part(order.id, usd(900), "part") == part
    with pytest.raises(IdempotencyConflict):
        gateway.refund_part(order.id, usd(901), "part")
    other = gateway.refund_part(order.id, usd(900), "another")
    assert other.id != part.id
    assert parts_on_chain(fair) == [900, 900]
    check(fair, gateway, order, 1_800)


def test_parts_and_the_rest_are_the_price(fair: Fair, gateway: Gateway) -> None:
    """REFUND-8: what is left goes back, and with it the licence ends."""
    order = settled_order(fair, gateway)
    gateway.refund_part(order.id, usd(900), "part")
    assert gateway.refund(order.id).state is OrderState.REFUNDED
    assert gateway.refund_of(order.id).amount == order.price - usd(900)
    check(fair, gateway, order, order.price.amount)
    assert not gateway.may_use(1, 1)
    assert gateway.payment(order.payment_id).state is PaymentState.REFUNDED
    with pytest.raises(NotRefundable):
        gateway.refund_part(order.id, usd(1), "late")


def test_the_last_part_is_the_rest(fair: Fair, gateway: Gateway) -> None:
    """REFUND-8: all that is left is refunded as a whole refund would, under its key."""
    order = settled_order(fair, gateway)
    gateway.refund_part(order.id, usd(900), "part")
    last = gateway.refund_part(order.id, order.price - usd(900), "last")
    assert gateway.refund_part(order.id, order.price - usd(900), "last") == last
    assert gateway.refund(order.id).state is OrderState.REFUNDED
    check(fair, gateway, order, order.price.amount)
    assert parts_on_chain(fair) == [900]
    assert not gateway.may_use(1, 1)


def test_before_it_is_settled_only_all_of_an_order_goes_back(fair: Fair, gateway: Gateway) -> None:
    """REFUND-7: a batch sells at the price, so its order cannot be one in part."""
    order = gateway.pay(fair.request()).orders[0]
    with pytest.raises(NotRefundable) as raised:
        gateway.refund_part(order.id, usd(900), "part")
    assert "settled" in raised.value.reason
    assert gateway.waiting(1) == 1
    whole = gateway.refund_part(order.id, order.price, "whole")
    assert (whole.state, whole.on_chain) == ("refunded", "none")
    assert gateway.waiting(1) == 0
    assert paid_back(fair, gateway, order) == order.price


@pytest.mark.parametrize(
    ("amount", "key", "error"),
    [
        (usd(0), "key", InvalidInput),
        (usd(-1), "key", InvalidInput),
        (usd(PRICES[1] + 1), "key", InvalidInput),
        (Money(1, "EUR"), "key", CurrencyMismatch),
        (usd(1), "", InvalidInput),
        (usd(1), "x" * 256, InvalidInput),
    ],
)
def test_what_is_no_part_changes_nothing(
    fair: Fair, gateway: Gateway, amount: Money, key: str, error: type[ZhifuError]
) -> None:
    """REFUND-7"""
    order = settled_order(fair, gateway)
    with pytest.raises(error):
        gateway.refund_part(order.id, amount, key)
    assert gateway.refunds(1) == []
    check(fair, gateway, order, 0)


def test_what_is_not_paid_has_no_part(fair: Fair, gateway: Gateway) -> None:
    request = fair.request(provider_payment_id=fair.provider.open(usd(PRICES[1])))
    with pytest.raises(PaymentUnpaid):
        gateway.pay(request)
    with fair.provider.silence(), pytest.raises(ZhifuError):
        gateway.pay(fair.request())
    (payment,) = gateway.payments(1)
    with pytest.raises(NotRefundable):
        gateway.refund_part(payment.orders[0].id, usd(1), "part")


def test_only_the_hosts_key_gives_a_part_back(fair: Fair) -> None:
    """REFUND-7: here platform 1 sells what platform 2 hosts."""
    with fair.gateway(1) as gateway:
        order = settled_order(fair, gateway, (3,))
        with pytest.raises(NoOperator) as raised:
            gateway.refund_part(order.id, usd(900), "part")
        assert raised.value.platform == 2
    with fair.gateway(1, 2) as gateway:
        gateway.refund_part(order.id, usd(900), "part")
        check(fair, gateway, order, 900)


def test_after_its_window_no_part_goes_back(fair: Fair, gateway: Gateway) -> None:
    order = settled_order(fair, gateway)
    fair.pass_days(28)
    with pytest.raises(NotRefundable) as raised:
        gateway.refund_part(order.id, usd(900), "part")
    assert "window" in raised.value.reason
    assert gateway.refunds(1) == []


def test_a_silent_provider_is_asked_again_for_each_part(fair: Fair, gateway: Gateway) -> None:
    """REFUND-7: once for each."""
    order = settled_order(fair, gateway)
    with fair.provider.silence():
        parts = [gateway.refund_part(order.id, usd(9), f"part {each}") for each in range(3)]
    assert {part.state for part in parts} == {"refund_pending"}
    assert [each.id for each in gateway.pending_refunds()] == [order.id]
    assert gateway.follow_refunds(1) == 3
    assert gateway.follow_refunds(1) == 0
    check(fair, gateway, order, 27)


def test_a_part_that_its_provider_refuses_is_returned_by_hand(fair: Fair, gateway: Gateway) -> None:
    """REFUND-9: that part, whatever other refund of the order waits."""
    order = settled_order(fair, gateway)
    name = gateway.payment(order.payment_id).provider_payment_id or ""
    fair.provider.refund(name, order.price, "by hand")
    refused: list[Refund] = []
    for key in ("first", "second"):
        with pytest.raises(ProviderRefused):
            gateway.refund_part(order.id, usd(9), key)
        refused.append(gateway.refund_of(order.id))
    first = gateway.returned(refused[0].id, "cash")
    assert (first.id, first.state) == (refused[0].id, "refunded")
    assert gateway.refund_record(1, refused[1].id).state == "refund_pending"


@pytest.mark.parametrize("point", POINTS)
def test_a_part_cut_short_anywhere_is_given_back_once(fair: Fair, point: str) -> None:
    """REFUND-7: the contract would take it twice."""
    faulty = Faulty(fair.anvil.rpc_url)
    with fair.gateway(network=fair.same_chain(faulty)) as gateway:
        order = settled_order(fair, gateway)
        faulty.point = point
        with pytest.raises(Crash):
            gateway.refund_part(order.id, usd(900), "part")
    with fair.gateway() as gateway:
        gateway.recover()
        gateway.refund_part(order.id, usd(900), "part")
        assert parts_on_chain(fair) == [900]
        check(fair, gateway, order, 900)
        assert gateway.pending_refunds() == []


def test_the_rest_overtakes_a_part_that_is_under_way(fair: Fair) -> None:
    """REFUND-8: the chain gives both back with the rest."""
    faulty = Faulty(fair.anvil.rpc_url)
    with fair.gateway(network=fair.same_chain(faulty)) as gateway:
        order = settled_order(fair, gateway)
        faulty.point = "before signing"
        with pytest.raises(Crash):
            gateway.refund_part(order.id, usd(900), "part")
    with fair.gateway() as gateway:
        assert gateway.refund(order.id).state is OrderState.REFUNDED
        assert gateway.payment(order.payment_id).state is PaymentState.PAID
        assert gateway.follow_refunds(1) == 1
        assert parts_on_chain(fair) == []
        check(fair, gateway, order, order.price.amount)
        assert gateway.payment(order.payment_id).state is PaymentState.REFUNDED


def test_a_part_that_is_reorganised_away_is_made_again(fair: Fair) -> None:
    """REFUND-7: and the money waits until it stands."""
    with fair.gateway(confirmations=5) as gateway:
        order = settled_order(fair, gateway)
        before = fair.anvil.snapshot()
        gateway.refund_part(order.id, usd(900), "part")
        reorganise(fair, before)
        gateway.recover()
        assert parts_on_chain(fair) == [900]
        assert not paid_back(fair, gateway, order)
        fair.anvil.mine(5)
        gateway.recover()
        check(fair, gateway, order, 900)
        assert parts_on_chain(fair) == [900]


def test_a_part_and_its_batch_are_reorganised_away_together(fair: Fair) -> None:
    """REFUND-7"""
    with fair.gateway(confirmations=5) as gateway:
        order = gateway.pay(fair.request()).orders[0]
        before = fair.anvil.snapshot()
        gateway.settle(1)
        gateway.refund_part(order.id, usd(900), "part")
        reorganise(fair, before)
        gateway.recover()
        fair.anvil.mine(5)
        gateway.recover()
        assert parts_on_chain(fair) == [900]
        check(fair, gateway, order, 900)


class Reticent(Chain):
    """A node that does not say what became of a transaction."""

    is_silent = False

    def receipt(self, transaction_hash: str) -> Receipt | None:
        if self.is_silent:
            raise ChainUnreachable(self.rpc.url, "it is silent")
        return super().receipt(transaction_hash)


def test_the_money_waits_while_nobody_could_look_whether_the_part_stands(fair: Fair) -> None:
    """REFUND-7: that its block would be deep enough by now says nothing of what is in it."""
    chain = Reticent(fair.anvil.rpc_url)
    with fair.gateway(network=fair.same_chain(chain), confirmations=5) as gateway:
        order = settled_order(fair, gateway)
        before = fair.anvil.snapshot()
        part = gateway.refund_part(order.id, usd(900), "part")
        fair.anvil.revert(before)
        fair.anvil.mine(10)
        chain.is_silent = True
        with pytest.raises(ChainUnreachable):
            gateway.sync()
        assert gateway.refund_part(order.id, usd(900), "part").id == part.id
        assert not paid_back(fair, gateway, order)
    chain.close()


def test_a_part_is_given_once_though_its_batch_was_refused_and_settled_anew(fair: Fair) -> None:
    """REFUND-7: what the host's key has sent may be included after the second batch."""
    settlement, seller = fair.network.settlement, fair.operators[1]
    with fair.gateway(confirmations=2) as gateway:
        before = fair.anvil.snapshot()
        order = gateway.pay(fair.request(contents=(3,))).orders[0]
        gateway.settle(1)
        gateway.refund_part(order.id, usd(900), "part")
    (sent,) = fair.rows(
        "SELECT raw FROM submissions JOIN operations ON operations.id = operation_id"
        " WHERE kind = 'refund_part'"
    )
    fair.anvil.revert(before)
    settlement.withdraw_platform(seller, 1, DEPOSIT)
    fair.anvil.mine(3)
    with fair.gateway(1, confirmations=2) as gateway:
        for _ in range(3):
            with suppress(TransactionPending):
                gateway.recover()
            fair.anvil.mine(3)
        assert gateway.order(order.id).state is OrderState.PAID
        fair.network.token.approve(seller, settlement.address, DEPOSIT)
        settlement.deposit(seller, of_platform(1), DEPOSIT)
        gateway.settle(1)
    chain = fair.network.chain
    chain.wait_for_receipt(chain.send_raw(bytes(sent[0])))
    assert parts_on_chain(fair) == [900]
    with fair.gateway(confirmations=2) as gateway:
        for _ in range(3):
            gateway.recover()
            fair.anvil.mine(3)
        assert parts_on_chain(fair) == [900]
        assert paid_back(fair, gateway, order) == usd(900)


@pytest.mark.parametrize("is_here", [True, False])
def test_what_a_dispute_refunds_after_a_part_goes_back_too(fair: Fair, is_here: bool) -> None:
    """DISPUTE-6, REFUND-8: all that is left, whether the part was given here or elsewhere."""
    settlement, arbiter = fair.network.settlement, appointed(fair)
    with fair.gateway() as gateway:
        order = settled_order(fair, gateway)
        if is_here:
            gateway.refund_part(order.id, usd(900), "part")
        else:
            host_gives_a_part_back(fair, gateway, order)
        sold = proven(gateway, order.id)
        settlement.open_batch_dispute(fair.operators[1], sold, EVIDENCE)
        with pytest.raises(NotRefundable):
            gateway.refund_part(order.id, usd(1), "in dispute")
        settlement.resolve_batch_dispute(arbiter, sold, to_refund=True, evidence=EVIDENCE)
        (returned,) = gateway.refund_disputed(1)
        assert returned.state is OrderState.REFUNDED
        assert gateway.refund_disputed(1) == []
        check(fair, gateway, order, order.price.amount)


def test_a_bank_takes_what_a_part_left(fair: Fair, gateway: Gateway) -> None:
    """PAY-9, REFUND-8: the order is taken back on chain, and nothing goes back twice."""
    order = settled_order(fair, gateway)
    gateway.refund_part(order.id, usd(900), "part")
    payment = gateway.payment(order.payment_id)
    name = payment.provider_payment_id or ""
    fair.provider.charge_back(name, order.price - usd(900))
    gateway.take_callback("sandbox", fair.provider.callback(name, HintKind.CHARGEBACK))
    gateway.process_callbacks()
    assert gateway.payment(payment.id).state is PaymentState.CHARGED_BACK
    gateway.follow_chargebacks()
    assert gateway.order(order.id).state is OrderState.REFUNDED
    assert paid_back(fair, gateway, order) == usd(900)
    assert fair.available(1) == DEPOSIT
    assert gateway.paybacks(payment.id) == []


def test_a_bank_took_too_much_for_a_part(fair: Fair, gateway: Gateway) -> None:
    """LIFE-8: no more goes back than the bank has left."""
    order = settled_order(fair, gateway)
    name = gateway.payment(order.payment_id).provider_payment_id or ""
    fair.provider.charge_back(name, order.price - usd(900))
    gateway.take_callback("sandbox", fair.provider.callback(name, HintKind.CHARGEBACK))
    gateway.process_callbacks()
    with pytest.raises(NotRefundable):
        gateway.refund_part(order.id, usd(901), "too much")
    gateway.refund_part(order.id, usd(900), "all of it")
    assert paid_back(fair, gateway, order) == usd(900)
    assert gateway.payment(order.payment_id).state is PaymentState.CHARGED_BACK


def test_a_part_is_told_with_its_amount(fair: Fair, gateway: Gateway) -> None:
    """REFUND-9: and of the rest as the order's refund."""
    order = settled_order(fair, gateway)
    gateway.refund_part(order.id, usd(900), "part")
    gateway.refund(order.id)
    told = fair.rows("SELECT state FROM events WHERE history = 'refund' ORDER BY number")
    assert [state for (state,) in told] == [
        "refund_pending",
        "part_refunded",
        "refund_pending",
        "refunded",
    ]
