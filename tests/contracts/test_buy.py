"""Buy: a direct order paid by the buyer's tokens under allowance."""

from __future__ import annotations

import pytest

from tests.contracts.accounts import ZERO, of_address, of_platform
from tests.contracts.clock import DAY, HOUR, SHORT_WINDOW, now, set_next, travel
from tests.contracts.holds import unpack
from tests.contracts.orders import as_number
from tests.contracts.plans import capture
from tests.contracts.refusals import refused


def test_reverts_if_the_caller_is_not_the_buyer(settlement, order, buyer, stranger):
    """BUY-1, INV-4."""
    with refused("WrongCaller", stranger.address, buyer.address):
        settlement.buy(order(), {"from": stranger})


def test_reverts_at_the_deadline(settlement, order, buyer):
    """ORDER-2."""
    deadline = now() + 100
    set_next(deadline)
    with refused("DeadlinePassed", deadline, deadline):
        settlement.buy(order(deadline=deadline), {"from": buyer})


def test_reverts_if_nobody_receives_the_licence(settlement, order, buyer):
    """ORDER-2."""
    with refused("ZeroAddress"):
        settlement.buy(order(receiver=ZERO), {"from": buyer})


def test_reverts_if_the_seller_is_unknown(settlement, order, buyer):
    """ORDER-2, ADMIT-6."""
    with refused("UnknownPlatform", 99):
        settlement.buy(order(seller=99), {"from": buyer})


def test_reverts_if_a_referrer_is_named_without_a_seller(settlement, order, buyer, referrer):
    """ORDER-2."""
    with refused("ReferrerWithoutSeller", referrer.address):
        settlement.buy(order(seller=0, referrer=referrer.address), {"from": buyer})


def test_reverts_if_the_seller_is_suspended(
    settlement, registry, order, buyer, seller, network_owner
):
    """ORDER-2, ALL-3."""
    registry.setStatus(seller.number, 2, {"from": network_owner})
    with refused("PlatformNotActive", seller.number, 2):
        settlement.buy(order(), {"from": buyer})


@pytest.mark.parametrize("number", [0, 99])
def test_reverts_if_the_content_is_unknown(settlement, order, buyer, number):
    """ORDER-2."""
    with refused("UnknownContent", number):
        settlement.buy(order(content=number), {"from": buyer})


def test_reverts_if_the_price_is_above_the_maximum(settlement, order, buyer, content):
    """ORDER-3."""
    with refused("PriceAboveMaximum", content.price, content.price - 1):
        settlement.buy(order(max_price=content.price - 1), {"from": buyer})


def test_reverts_if_the_order_was_placed(settlement, bought, buyer):
    """ORDER-1."""
    order = bought()
    with refused("OrderExists", order.id(settlement.address)):
        settlement.buy(order, {"from": buyer})


def test_reverts_if_the_order_was_placed_and_refunded(settlement, bought, buyer, seller):
    """ORDER-1."""
    order = bought()
    settlement.refund(order, {"from": seller.operator})
    with refused("OrderExists", order.id(settlement.address)):
        settlement.buy(order, {"from": buyer})


def test_reverts_without_allowance(settlement, token, order, buyer, network_owner, content):
    """BUY-1, ALL-1."""
    token.mint(buyer, content.price, {"from": network_owner})
    with refused("ERC20InsufficientAllowance", settlement.address, 0, content.price):
        settlement.buy(order(), {"from": buyer})
    assert unpack(settlement.holdOf(content.number, 1)).total == 0


def test_reverts_if_less_arrives_than_was_asked(shop, FeeToken, buyer):
    """DEP-3."""
    market = shop(FeeToken.deploy({"from": buyer}))
    market.token.mint(buyer, 10_000, {"from": buyer})
    market.token.approve(market.settlement, 10_000, {"from": buyer})
    with refused("TransferMismatch", 9_900, 10_000):
        market.settlement.buy(market.order(buyer), {"from": buyer})


def test_reverts_if_the_token_calls_back(shop, ReentrantToken, buyer):
    """ALL-2."""
    market = shop(ReentrantToken.deploy({"from": buyer}))
    market.token.mint(buyer, 20_000, {"from": buyer})
    market.token.approve(market.settlement, 20_000, {"from": buyer})
    refund = market.settlement.refund.encode_input(market.order(buyer))
    market.token.arm(market.settlement, refund, {"from": buyer})
    with refused("ReentrancyGuardReentrantCall"):
        market.settlement.buy(market.order(buyer), {"from": buyer})


def test_takes_the_price_and_nothing_else(settlement, token, order, buyer, fund, content):
    """BUY-1, ORDER-3, INV-1."""
    fund(buyer, content.price + 7)
    settlement.buy(order(max_price=content.price + 5), {"from": buyer})
    assert token.balanceOf(buyer) == 7
    assert token.balanceOf(settlement) == content.price
    assert settlement.availableOf(of_address(buyer)) == 0


def test_captures_into_the_holds(settlement, bought, content, seller):
    """SPLIT-1, ORDER-4, INV-2, INV-3."""
    bought()
    epoch = now() // SHORT_WINDOW
    parts = capture(content.price, content.plan.commission_bps, 0)
    revenue = unpack(settlement.holdOf(content.number, 1))
    commission = unpack(settlement.commissionOf(seller.account, 0))
    assert revenue == (0, 0, parts.revenue, epoch)
    assert commission == (0, 0, parts.seller, epoch)
    assert revenue.total + commission.total == content.price


def test_pays_a_referrer_out_of_the_commission(settlement, bought, content, seller, referrer):
    """SPLIT-1, INV-3."""
    bought(referrer=referrer.address)
    plan = content.plan
    parts = capture(content.price, plan.commission_bps, plan.referrer_bps)
    holds = [settlement.commissionOf(a, 0) for a in (seller.account, of_address(referrer))]
    assert [unpack(hold).captured for hold in holds] == [parts.seller, parts.referrer]
    assert parts.referrer > 0
    assert unpack(settlement.holdOf(content.number, 1)).captured == content.price - sum(parts[1:])


def test_all_is_revenue_if_there_is_no_seller(settlement, bought, content):
    """SPLIT-1, ORDER-2: what the seller and the referrer would get is the content's."""
    bought(seller=0)
    assert unpack(settlement.holdOf(content.number, 1)).captured == content.price
    assert unpack(settlement.commissionOf(of_platform(0), 0)).total == 0


def test_uses_the_class_of_the_content(settlement, publish, bought, seller):
    """SPLIT-2, ORDER-4."""
    content = publish("slow", class_=1)
    bought(content=content.number)
    commission = unpack(settlement.commissionOf(seller.account, 1))
    assert commission.epoch == now() // (2 * SHORT_WINDOW)
    assert unpack(settlement.commissionOf(seller.account, 0)).total == 0


def test_takes_todays_price(settlement, licences, host, content, bought, token):
    """ORDER-3, PRICE-2."""
    licences.setPrice(content.number, 5, {"from": host.operator})
    bought()
    assert token.balanceOf(settlement) == content.price
    travel(DAY)
    bought(salt=b"1" * 32)
    assert token.balanceOf(settlement) == content.price + 5


def test_gives_the_licence_to_the_receiver(licences, bought, buyer, stranger):
    """VERIFY-1."""
    order = bought(receiver=stranger.address)
    assert licences.verify(order, stranger)
    assert not licences.verify(order, buyer)


def test_a_suspended_host_does_not_close_its_content(registry, licences, bought, host):
    """ALL-3."""
    registry.setStatus(host.number, 2, {"from": registry.owner()})
    order = bought()
    assert licences.verify(order, order.receiver)


def test_equal_orders_differ_by_their_salt(settlement, token, bought, content):
    """ORDER-1."""
    for i in range(3):
        bought(salt=bytes([i]) * 32)
    assert token.balanceOf(settlement) == 3 * content.price


def test_tells_the_whole_order(settlement, order, buyer, fund, content, referrer):
    """INV-8, ORDER-1."""
    fund(buyer)
    placed = order(max_price=content.price + 1, referrer=referrer.address)
    event = settlement.buy(placed, {"from": buyer}).events["OrderPlaced"]
    assert bytes(event["orderId"]) == placed.id(settlement.address)
    assert (event["content"], event["paid"]) == (content.number, content.price)
    assert tuple(event["order"])[:8] == placed[:8]
    assert event["facts"] == settlement.factsOf(as_number(event["orderId"]))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("content", 2),
        ("seller", 1),
        ("buyer", "0x" + "11" * 20),
        ("receiver", "0x" + "11" * 20),
        ("referrer", "0x" + "11" * 20),
        ("max_price", 1),
        ("starts_at", 1),
        ("deadline", 1),
        ("salt", b"\1" * 32),
    ],
)
def test_the_id_binds_every_field(settlement, order, field, value):
    """ORDER-1."""
    first, second = order(), order(**{field: value})
    assert bytes(settlement.orderIdOf(first)) == first.id(settlement.address)
    assert bytes(settlement.orderIdOf(second)) == second.id(settlement.address)
    assert first.id(settlement.address) != second.id(settlement.address)


def test_a_deadline_leaves_until_the_second_before(settlement, order, buyer, fund, licences):
    """ORDER-2."""
    fund(buyer)
    deadline = now() + HOUR
    set_next(deadline - 1)
    placed = order(deadline=deadline)
    settlement.buy(placed, {"from": buyer})
    assert licences.verify(placed, buyer)
