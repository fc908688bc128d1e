"""Refund: a direct order is undone within its window."""

from __future__ import annotations

import pytest

from tests.contracts.accounts import of_address
from tests.contracts.clock import DAY, SHORT_WINDOW, now, set_next, travel
from tests.contracts.holds import unpack
from tests.contracts.orders import as_number
from tests.contracts.refusals import refused


@pytest.fixture
def refund(settlement, seller):
    """Refunds as an operator of the seller."""

    def refund(order, operator=seller.operator):
        return settlement.refund(order, {"from": operator})

    return refund


@pytest.fixture
def blocking(shop, BlockingToken, buyer):
    """A network settled in a token that can block the buyer, and an order of the buyer's."""
    market = shop(BlockingToken.deploy({"from": buyer}))
    market.token.mint(buyer, 10_000, {"from": buyer})
    market.token.approve(market.settlement, 10_000, {"from": buyer})
    order = market.order(buyer)
    market.settlement.buy(order, {"from": buyer})
    return market, order


def window_end():
    """Return when an order of now can be refunded no more."""
    return (now() // SHORT_WINDOW + 2) * SHORT_WINDOW


def test_reverts_if_not_an_operator_of_the_seller(refund, bought, seller, host, buyer):
    """REFUND-1, INV-4."""
    order = bought()
    for caller in (host.operator, seller.owner, buyer):
        with refused("NotOperatorOf", caller.address, seller.number):
            refund(order, caller)


def test_reverts_if_the_operator_was_stopped(refund, registry, bought, seller):
    """REFUND-1, OPER-4."""
    order = bought()
    registry.setOperator(seller.number, seller.operator, False, {"from": seller.owner})
    with refused("NotOperatorOf", seller.operator.address, seller.number):
        refund(order)


def test_reverts_if_the_order_was_never_placed(refund, settlement, order):
    """REFUND-1."""
    with refused("UnknownOrder", order().id(settlement.address)):
        refund(order())


def test_reverts_if_the_order_was_changed(refund, settlement, bought, referrer):
    """REFUND-1, REFUND-2."""
    changed = bought()._replace(referrer=referrer.address)
    with refused("UnknownOrder", changed.id(settlement.address)):
        refund(changed)


def test_reverts_if_refunded_before(refund, settlement, bought):
    """REFUND-1, INV-7."""
    order = bought()
    refund(order)
    with refused("AlreadyRefunded", as_number(order.id(settlement.address))):
        refund(order)


def test_reverts_once_the_money_has_matured(refund, bought):
    """REFUND-1, SPLIT-2."""
    order = bought()
    epoch = now() // SHORT_WINDOW
    set_next(window_end())
    with refused("RefundWindowClosed", epoch, epoch + 2):
        refund(order)


def test_reverts_if_the_token_calls_back(shop, ReentrantToken, buyer):
    """ALL-2: the call back fails the transfer, so the refund goes to the account instead."""
    market = shop(ReentrantToken.deploy({"from": buyer}))
    market.token.mint(buyer, 10_000, {"from": buyer})
    market.token.approve(market.settlement, 10_000, {"from": buyer})
    order = market.order(buyer)
    market.settlement.buy(order, {"from": buyer})
    again = market.settlement.refund.encode_input(order)
    market.token.arm(market.settlement, again, {"from": buyer})
    refunded = market.settlement.refund(order, {"from": market.platform.operator})
    assert refunded.events["OrderRefunded"]["toAccount"]
    assert market.token.balanceOf(market.settlement) == 10_000


def test_tokens_go_back_to_the_buyer(refund, settlement, token, bought, buyer, content):
    """REFUND-3, INV-1."""
    order = bought()
    before = token.balanceOf(buyer)
    event = refund(order).events["OrderRefunded"]
    assert token.balanceOf(buyer) - before == content.price
    assert token.balanceOf(settlement) == 0
    assert (event["amount"], event["toAccount"]) == (content.price, False)


def test_a_price_from_the_account_goes_back_there(
    refund, settlement, token, order, buyer, deposit, content
):
    """REFUND-3, INV-1."""
    account, placed = of_address(buyer), order()
    deposit(account, content.price)
    settlement.buyFromBalance(placed, {"from": buyer})
    event = refund(placed).events["OrderRefunded"]
    assert settlement.availableOf(account) == content.price == token.balanceOf(settlement)
    assert event["toAccount"]


def test_tokens_the_buyer_cannot_receive_are_credited(blocking, buyer):
    """REFUND-3, INV-1."""
    market, order = blocking
    market.token.setBlocked(buyer, True, {"from": buyer})
    refunded = market.settlement.refund(order, {"from": market.platform.operator})
    assert refunded.events["OrderRefunded"]["toAccount"]
    assert market.settlement.availableOf(of_address(buyer)) == 10_000
    assert market.token.balanceOf(market.settlement) == 10_000


def test_a_credited_buyer_withdraws_once_unblocked(blocking, buyer):
    """REFUND-3, WITHDRAW-1."""
    market, order = blocking
    market.token.setBlocked(buyer, True, {"from": buyer})
    market.settlement.refund(order, {"from": market.platform.operator})
    market.token.setBlocked(buyer, False, {"from": buyer})
    market.settlement.withdraw(10_000, buyer, {"from": buyer})
    assert market.token.balanceOf(buyer) == 10_000


def test_a_token_that_answers_false_is_credited_instead(shop, FalseToken, buyer):
    """REFUND-3."""
    market = shop(FalseToken.deploy({"from": buyer}))
    market.token.mint(buyer, 10_000, {"from": buyer})
    market.token.approve(market.settlement, 10_000, {"from": buyer})
    order = market.order(buyer)
    market.settlement.buy(order, {"from": buyer})
    market.token.setRefuses(True, {"from": buyer})
    market.settlement.refund(order, {"from": market.platform.operator})
    assert market.settlement.availableOf(of_address(buyer)) == 10_000


def test_takes_from_each_hold_what_the_order_put_in(
    refund, settlement, bought, content, seller, referrer
):
    """REFUND-2, INV-2."""
    stays = bought(salt=b"1" * 32, referrer=referrer.address)
    holds = [settlement.holdOf(content.number, 1)]
    holds += [settlement.commissionOf(a, 0) for a in (seller.account, of_address(referrer))]
    refund(bought(referrer=referrer.address))
    after = [settlement.holdOf(content.number, 1)]
    after += [settlement.commissionOf(a, 0) for a in (seller.account, of_address(referrer))]
    assert after == holds
    refund(stays)
    assert unpack(settlement.holdOf(content.number, 1)).total == 0


def test_refunds_until_the_last_second(refund, bought, token, settlement, content):
    """REFUND-1, SPLIT-2."""
    order = bought()
    set_next(window_end() - 1)
    refund(order)
    assert token.balanceOf(settlement) == 0
    assert unpack(settlement.holdOf(content.number, 1)).total == 0


def test_an_order_of_the_last_epoch_leaves_this_epochs_money(refund, bought, settlement, content):
    """REFUND-2, INV-2."""
    old = bought()
    travel(SHORT_WINDOW)
    bought(salt=b"1" * 32)
    before = unpack(settlement.holdOf(content.number, 1))
    assert before.captured == before.previous > 0
    refund(old)
    assert unpack(settlement.holdOf(content.number, 1)) == before._replace(previous=0)


def test_refunds_the_price_that_was_paid(refund, licences, token, bought, content, host, buyer):
    """REFUND-2, REFUND-3, PRICE-2."""
    order = bought()
    licences.setPrice(content.number, 5, {"from": host.operator})
    set_next(now() + 2 * DAY)
    before = token.balanceOf(buyer)
    refund(order)
    assert token.balanceOf(buyer) - before == content.price


def test_a_suspended_seller_still_refunds(refund, registry, bought, seller, licences, buyer):
    """ALL-3, REFUND-5."""
    order = bought()
    registry.setStatus(seller.number, 2, {"from": registry.owner()})
    refund(order)
    assert not licences.verify(order, buyer)


def test_burns_the_token(refund, licences, settlement, bought, buyer, content):
    """REFUND-5, VERIFY-3."""
    order = bought()
    licences.claim(order, {"from": buyer})
    refund(order)
    token_id = as_number(order.id(settlement.address))
    assert licences.balanceOf(buyer, token_id) == 0
    assert not licences.verify(order, buyer)
    assert not licences.verifyToken(token_id, content.number, buyer)
