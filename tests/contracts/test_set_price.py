"""Set a price: it holds from tomorrow, and yesterday's stays known."""

from __future__ import annotations

import pytest
from brownie import reverts

from tests.contracts.clock import DAY, HOUR, today, travel
from tests.contracts.refusals import refused

HIGHEST_PRICE = 2**40 - 1


@pytest.fixture
def set_price(licences, content, host):
    """Sets the content's price as its host."""

    def set_price(price):
        return licences.setPrice(content.number, price, {"from": host.operator})

    return set_price


@pytest.fixture
def prices(settlement, content):
    """Returns the prices of yesterday, today and tomorrow."""

    def prices():
        days = (today() - 1, today(), today() + 1)
        return [settlement.priceOn(content.number, day)[0] for day in days]

    return prices


def test_reverts_if_not_an_operator_of_the_host(licences, content, host, seller):
    """PRICE-1."""
    with refused("NotHost", seller.operator.address, host.number):
        licences.setPrice(content.number, 5, {"from": seller.operator})
    with refused("NotOperator", host.owner.address):
        licences.setPrice(content.number, 5, {"from": host.owner})


def test_reverts_if_the_content_is_unknown(licences, settlement, content, host):
    """PRICE-1."""
    with refused("UnknownContent", content.number + 1):
        licences.setPrice(content.number + 1, 5, {"from": host.operator})
    with reverts(f"UnknownContent: {content.number + 1}"):
        settlement.priceOn(content.number + 1, today())


@pytest.mark.parametrize("price", [0, HIGHEST_PRICE + 1])
def test_reverts_if_the_price_is_out_of_range(set_price, price):
    """PRICE-1, PUB-4."""
    with refused("PriceOutOfRange", price, HIGHEST_PRICE):
        set_price(price)


def test_reverts_if_the_host_is_suspended(registry, set_price, host, network_owner):
    """ALL-3."""
    registry.setStatus(host.number, 2, {"from": network_owner})
    with refused("PlatformNotActive", host.number, 2):
        set_price(5)


def test_reverts_if_not_the_licence_contract(settlement, licences, content, host):
    """LINK-1."""
    with refused("WrongCaller", host.operator.address, licences.address):
        settlement.setPrices(content.number, [(today() + 1, 5)], {"from": host.operator})


def test_holds_from_tomorrow(set_price, prices, content):
    """PRICE-2."""
    old = content.price
    set_price(5)
    assert prices() == [old, old, 5]
    travel(DAY)
    assert prices() == [old, 5, 5]
    travel(DAY)
    assert prices() == [5, 5, 5]


def test_changes_at_midnight_utc(set_price, prices, content):
    """PRICE-2."""
    set_price(5)
    travel(12 * HOUR - 30)
    assert prices()[1] == content.price
    travel(60)
    assert prices()[1] == 5


def test_the_last_price_of_a_day_counts(set_price, prices, content):
    """PRICE-2."""
    for price in (5, 6, HIGHEST_PRICE):
        set_price(price)
    assert prices() == [content.price, content.price, HIGHEST_PRICE]


def test_a_change_each_day_keeps_yesterdays_price(set_price, prices, content):
    """PRICE-2."""
    set_price(5)
    travel(DAY)
    set_price(6)
    assert prices() == [content.price, 5, 6]
    travel(DAY)
    set_price(7)
    assert prices() == [5, 6, 7]


def test_a_change_after_many_days_keeps_the_price_between(set_price, prices):
    """PRICE-2."""
    set_price(5)
    travel(9 * DAY)
    set_price(6)
    assert prices() == [5, 5, 6]


def test_leaves_other_contents_and_the_sale_alone(set_price, publish, settlement, content):
    """PRICE-2."""
    other = publish("another")
    set_price(5)
    assert settlement.priceOn(other.number, today() + 1)[0] == other.price
    assert settlement.priceOn(content.number, today() + 1)[1]


def test_tells_from_which_day(set_price, content):
    """INV-8."""
    event = set_price(5).events["PriceChanged"]
    assert dict(event) == {"content": content.number, "price": 5, "fromDay": today() + 1}
