"""Set prices: a host sets what a content costs on later days."""

from __future__ import annotations

import pytest

from tests.contracts.clock import DAY, today, travel
from tests.contracts.refusals import refused

HIGHEST_PRICE = 2**40 - 1
HIGHEST_DAY = 2**24 - 1


@pytest.fixture
def set_prices(licences, content, host):
    """Sets the content's prices as its host, each by the days from today."""

    def set_prices(*steps):
        days = [(today() + days, price) for days, price in steps]
        return licences.setPrices(content.number, days, {"from": host.operator})

    return set_prices


@pytest.fixture
def prices(settlement, content):
    """Returns the prices from yesterday on."""

    def prices(days=6):
        asked = range(today() - 1, today() - 1 + days)
        return [settlement.priceOn(content.number, day)[0] for day in asked]

    return prices


def test_reverts_if_not_an_operator_of_the_host(licences, content, host, seller):
    """PRICE-1."""
    steps = [(today() + 1, 5)]
    with refused("NotHost", seller.operator.address, host.number):
        licences.setPrices(content.number, steps, {"from": seller.operator})
    with refused("NotOperator", host.owner.address):
        licences.setPrices(content.number, steps, {"from": host.owner})
    with refused("UnknownContent", content.number + 1):
        licences.setPrices(content.number + 1, steps, {"from": host.operator})


def test_reverts_if_the_host_is_suspended(registry, set_prices, host, network_owner):
    """ALL-3."""
    registry.setStatus(host.number, 2, {"from": network_owner})
    with refused("PlatformNotActive", host.number, 2):
        set_prices((1, 5))


@pytest.mark.parametrize("price", [0, HIGHEST_PRICE + 1])
def test_reverts_if_a_price_is_out_of_range(set_prices, prices, content, price):
    """PRICE-1, PUB-4, ALL-1."""
    with refused("PriceOutOfRange", price, HIGHEST_PRICE):
        set_prices((1, 5), (2, price))
    assert prices() == [content.price] * 6


@pytest.mark.parametrize("days", [-1, 0])
def test_reverts_if_a_day_is_not_after_today(set_prices, days):
    """PRICE-3."""
    with refused("PriceDayOutOfRange", today() + days, today() + 1):
        set_prices((days, 5))


@pytest.mark.parametrize("second", [1, 2])
def test_reverts_if_the_days_do_not_ascend(set_prices, second):
    """PRICE-3."""
    with refused("PriceDayOutOfRange", today() + second, today() + 3):
        set_prices((2, 5), (second, 6))


def test_reverts_if_a_day_is_too_far_off(set_prices):
    """PRICE-3."""
    with refused("PriceDayOutOfRange", HIGHEST_DAY + 1, today() + 1):
        set_prices((HIGHEST_DAY + 1 - today(), 5))


def test_reverts_if_there_are_no_steps_or_too_many(set_prices):
    """PRICE-3."""
    with refused("PriceStepCountOutOfRange", 0, 3):
        set_prices()
    with refused("PriceStepCountOutOfRange", 4, 3):
        set_prices(*((days, 5) for days in range(1, 5)))


def test_yesterdays_own_price_takes_a_place(set_prices):
    """PRICE-3."""
    set_prices((1, 5))
    travel(DAY)
    with refused("PriceStepCountOutOfRange", 3, 2):
        set_prices((1, 6), (2, 7), (3, 8))
    set_prices((1, 6), (2, 7))


def test_each_price_holds_from_its_day(set_prices, prices, content):
    """PRICE-3."""
    set_prices((1, 5), (2, 6), (4, 7))
    assert prices() == [content.price, content.price, 5, 6, 6, 7]
    travel(DAY)
    assert prices() == [content.price, 5, 6, 6, 7, 7]
    travel(2 * DAY)
    assert prices() == [6, 6, 7, 7, 7, 7]


def test_a_promotion_ends_by_itself(set_prices, prices, content):
    """PRICE-3."""
    set_prices((2, 5), (3, content.price))
    assert prices() == [
        content.price,
        content.price,
        content.price,
        5,
        content.price,
        content.price,
    ]


def test_replaces_all_that_was_set_for_later(set_prices, prices, content):
    """PRICE-3, PRICE-2."""
    set_prices((1, 5), (2, 6), (3, 7))
    set_prices((2, 8))
    assert prices() == [content.price, content.price, content.price, 8, 8, 8]


def test_a_price_from_tomorrow_replaces_later_ones_too(licences, set_prices, prices, content, host):
    """PRICE-2, PRICE-3."""
    set_prices((1, 5), (2, 6))
    licences.setPrice(content.number, 9, {"from": host.operator})
    assert prices() == [content.price, content.price, 9, 9, 9, 9]


def test_todays_price_goes_on_until_the_first_step(set_prices, prices, content):
    """PRICE-3."""
    set_prices((1, 5), (2, 6))
    travel(DAY)
    set_prices((3, 7))
    assert prices() == [content.price, 5, 5, 5, 7, 7]


def test_orders_pay_the_price_of_their_day(set_prices, bought, settlement):
    """PRICE-3, ORDER-3."""
    set_prices((1, 5), (2, 6))
    for salt, price in ((b"1", 5), (b"2", 6), (b"3", 6)):
        travel(DAY)
        order = bought(salt=salt * 32)
        facts = settlement.factsOf(int.from_bytes(order.id(settlement.address), "big"))
        assert facts % 2**40 == price


def test_tells_from_which_days(set_prices, content):
    """INV-8."""
    events = set_prices((1, 5), (3, 6)).events["PriceChanged"]
    told = [tuple(event.values()) for event in events]
    assert told == [(content.number, 5, today() + 1), (content.number, 6, today() + 3)]


def test_tells_that_what_was_set_before_is_gone(set_prices, content):
    """INV-8, PRICE-3."""
    set_prices((1, 5), (2, 6))
    events = set_prices((3, 7)).events["PriceChanged"]
    told = [tuple(event.values()) for event in events]
    assert told == [(content.number, content.price, today() + 1), (content.number, 7, today() + 3)]
