"""Buy from balance: a direct order paid from the buyer's own account."""

from __future__ import annotations

import pytest

from tests.contracts.accounts import ZERO, of_address
from tests.contracts.clock import now, set_next
from tests.contracts.holds import unpack
from tests.contracts.plans import capture
from tests.contracts.refusals import refused


@pytest.fixture
def prefunded(deposit, buyer, content):
    """The buyer's account, with twice the price."""
    deposit(of_address(buyer), 2 * content.price)
    return of_address(buyer)


def test_reverts_if_the_caller_is_not_the_buyer(settlement, order, buyer, stranger, prefunded):
    """BUY-2, INV-4."""
    with refused("WrongCaller", stranger.address, buyer.address):
        settlement.buyFromBalance(order(), {"from": stranger})


def test_reverts_if_the_account_holds_too_little(settlement, order, buyer, deposit, content):
    """BUY-2, ALL-1."""
    account = of_address(buyer)
    deposit(account, content.price - 1)
    with refused("InsufficientBalance", account, content.price - 1, content.price):
        settlement.buyFromBalance(order(), {"from": buyer})
    assert unpack(settlement.holdOf(content.number, 1)).total == 0


@pytest.mark.parametrize(
    ("change", "error", "value"),
    [
        ({"seller": 99}, "UnknownPlatform", 99),
        ({"content": 99}, "UnknownContent", 99),
        ({"receiver": ZERO}, "ZeroAddress", None),
    ],
)
def test_reverts_as_a_purchase_under_allowance(
    settlement, order, buyer, prefunded, change, error, value
):
    """ORDER-2."""
    with refused(error, *[value] * (value is not None)):
        settlement.buyFromBalance(order(**change), {"from": buyer})


def test_reverts_if_the_price_is_above_the_maximum(settlement, order, buyer, content, prefunded):
    """ORDER-3."""
    with refused("PriceAboveMaximum", content.price, content.price - 1):
        settlement.buyFromBalance(order(max_price=content.price - 1), {"from": buyer})


def test_reverts_at_the_deadline(settlement, order, buyer, prefunded):
    """ORDER-2."""
    deadline = now() + 100
    set_next(deadline)
    with refused("DeadlinePassed", deadline, deadline):
        settlement.buyFromBalance(order(deadline=deadline), {"from": buyer})


def test_reverts_if_the_order_was_placed(settlement, order, buyer, prefunded):
    """ORDER-1."""
    placed = order()
    settlement.buyFromBalance(placed, {"from": buyer})
    with refused("OrderExists", placed.id(settlement.address)):
        settlement.buyFromBalance(placed, {"from": buyer})


def test_debits_the_price_from_the_account(settlement, token, order, buyer, content, prefunded):
    """BUY-2, INV-1."""
    event = settlement.buyFromBalance(order(), {"from": buyer}).events["OrderPlaced"]
    assert event["paid"] == 0
    assert settlement.availableOf(prefunded) == content.price
    assert token.balanceOf(settlement) == 2 * content.price


def test_captures_into_the_holds(settlement, order, buyer, content, seller, prefunded):
    """SPLIT-1, ORDER-4."""
    settlement.buyFromBalance(order(), {"from": buyer})
    parts = capture(content.price, content.plan.commission_bps, 0)
    assert unpack(settlement.holdOf(content.number, 1)).captured == parts.revenue
    assert unpack(settlement.commissionOf(seller.account, 0)).captured == parts.seller


def test_a_gift_is_paid_by_one_and_used_by_another(settlement, licences, order, buyer, prefunded):
    """VERIFY-1."""
    gift = order(receiver="0x" + "99" * 20)
    settlement.buyFromBalance(gift, {"from": buyer})
    assert licences.verify(gift, gift.receiver)
    assert not licences.verify(gift, buyer)
