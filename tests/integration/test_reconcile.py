"""Reconciliation: bill, orders, chain and licences of a street agree, day by day and as a whole."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from tests.databases import DIALECTS, place
from tests.integration.fair import Fair
from tests.integration.street import CARDS, WALLET, Street, open_street, trade
from zhifu.async_gateway import AsyncGateway
from zhifu.exceptions import InvalidInput, PaymentUnknown, UnknownPlatform
from zhifu.gateway import Gateway
from zhifu.reasons import Route
from zhifu.reconciliation import LISTED_OF_A_REASON, Reconciliation, Sums

COPIES = count(1)


@pytest.fixture(scope="module", params=DIALECTS)
def traded(
    request: pytest.FixtureRequest, opened_fair: Fair, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Street]:
    """A street after three days on which everything has happened."""
    snapshot = opened_fair.anvil.snapshot()
    folder = tmp_path_factory.mktemp("accounts")
    with place(request.param) as databases:
        opened = open_street(opened_fair, databases, folder)
        with opened.open() as gateway:
            trade(opened, gateway)
        yield opened
    opened_fair.anvil.revert(snapshot)


@pytest.fixture
def street(traded: Street, tmp_path: Path) -> Iterator[Street]:
    """The same, to go on with."""
    snapshot = traded.fair.anvil.snapshot()
    yield traded.copy(tmp_path, f"copy-{next(COPIES)}")
    traded.fair.anvil.revert(snapshot)


@pytest.fixture
def gateway(street: Street) -> Iterator[Gateway]:
    with street.open() as opened:
        yield opened


def of(found: Reconciliation, provider: str) -> Sums:
    """The sums of a provider over all days."""
    return found.together()[provider, "USD"]


def codes(found: Reconciliation) -> set[str]:
    return set(found.counts)


def test_everything_that_can_happen_is_matched_or_explained(gateway: Gateway) -> None:
    """RECONCILE-1, RECONCILE-3: refunds, parts, banks, balances, midnight and all."""
    found = gateway.reconcile()
    assert (found.is_fine, found.unexplained) == (True, ())
    assert codes(found) == {"settled_later"}
    assert found.matched == {Route.BILL: 27, Route.CHAIN: 20, Route.LICENSES: 20}
    assert [each.unexplained for each in found.sums.values()] == [0] * len(found.sums)


def test_sums_lead_from_the_bill_to_the_chain(gateway: Gateway) -> None:
    """RECONCILE-3"""
    cards = of(gateway.reconcile(), CARDS)
    books = 5 * (4_900 + 19_999)
    assert cards.taken == cards.received == books + 5_000 + 4_800 + 10_000 + 3 * 100
    # A refund, a part, a pay-out, what was too much and too little, and one of the day after.
    assert cards.given_back == cards.returned == 4_900 + 1_000 + 2_000 + 100 + 4_800 + 4_900
    assert cards.taken_back == cards.charged_back == 4_900 + 19_999
    assert cards.top_ups == 10_000
    assert cards.surplus == 100 + 4_800
    assert cards.orders == cards.debited == books + 4_900 + 3 * 100
    # Three orders, and the two that a bank took.
    assert cards.refunded == cards.refunded_on_chain == 3 * 4_900 + 4_900 + 19_999
    assert cards.fees == sum(
        each * 60 // 10_000 for each in (*[24_899] * 5, 5_000, 4_800, 10_000, 100, 100, 100)
    )


def test_the_days_add_up_to_the_whole(street: Street, gateway: Gateway) -> None:
    """RECONCILE-2: each payment belongs to one day, by its provider's own calendar."""
    whole = gateway.reconcile()
    days = [gateway.reconcile(street.day(each)) for each in (1, 2, 3)]
    assert [each.is_fine for each in days] == [True] * 3
    assert {key: sums for day in days for key, sums in day.sums.items()} == whole.sums
    for route in Route:
        assert sum(day.matched.get(route, 0) for day in days) == whole.matched[route]


def test_midnight_is_where_the_provider_has_it(street: Street, gateway: Gateway) -> None:
    """RECONCILE-2: half past four in the afternoon (UTC) is tomorrow for a provider in Beijing."""
    first, second = (gateway.reconcile(street.day(each)) for each in (1, 2))
    assert of(first, WALLET).taken == 2 * (19_999 + 2_500) + 2_500
    assert of(second, WALLET).taken == 2_500
    # Paid at six to midnight and settled after it; what was paid after it is the next day's.
    (late,) = first.items
    assert (late.reason.code, late.subject) == (
        "settled_later",
        f"order {street.order('last of the day')}",
    )
    assert of(first, CARDS).settled_later == 100
    assert of(second, CARDS).taken == 200


def test_one_platforms_part_is_what_it_sold(gateway: Gateway) -> None:
    """RECONCILE-2"""
    whole = gateway.reconcile()
    for platform, provider in ((1, CARDS), (2, WALLET)):
        found = gateway.reconcile(platform=platform)
        assert found.is_fine
        assert of(found, provider) == of(whole, provider)
        assert {name for name, _ in found.together()} <= {provider, "balance"}


def test_what_is_under_way_is_explained(street: Street, gateway: Gateway) -> None:
    """RECONCILE-4"""
    street.buy(gateway, "waits", CARDS, 5, 5)
    street.top_up(gateway, "on its way", 2, 1_000)
    unheard = street.checkout(gateway, street.asks(CARDS, 6, (5,)))
    street.accounts[CARDS].confirm(unheard.provider_payment_id or "")
    found = gateway.reconcile()
    assert found.is_fine
    assert codes(found) == {"settled_later", "waiting", "top_up_under_way", "being_asked"}
    assert of(found, CARDS).under_way == 100
    assert of(found, CARDS).bill_differs == 100


def test_a_bill_that_is_not_made_yet_is_waited_for(street: Street, gateway: Gateway) -> None:
    """RECONCILE-4, RECONCILE-6: but one that must be there is missed."""
    street.buy(gateway, "today", WALLET, 5, 4)
    street.settle(gateway)
    with street.accounts[WALLET].silence(), pytest.raises(PaymentUnknown):
        gateway.reconcile(street.day(1))
    with street.accounts[WALLET].silence():
        found = gateway.reconcile(street.day(3))
    assert found.is_fine
    assert found.counts == {"bill_to_come": 1}
    assert gateway.reconcile(street.day(3)).counts == {}


def test_what_is_no_question_is_refused(street: Street, gateway: Gateway) -> None:
    """RECONCILE-6"""
    with pytest.raises(InvalidInput, match="day"):
        gateway.reconcile(street.day(4) + timedelta(days=1))
    with pytest.raises(UnknownPlatform):
        gateway.reconcile(platform=99)


def test_many_of_a_kind_are_counted_and_some_are_listed(street: Street, gateway: Gateway) -> None:
    """RECONCILE-5"""
    for number in range(LISTED_OF_A_REASON + 5):
        street.accounts[CARDS].pay(street.sold["later"].request.amount)
        assert number < LISTED_OF_A_REASON + 5
    found = gateway.reconcile()
    assert found.counts["payment_not_in_books"] == LISTED_OF_A_REASON + 5
    assert len(found.unexplained) == LISTED_OF_A_REASON
    assert of(found, CARDS).bill_differs == 100 * (LISTED_OF_A_REASON + 5)
    assert of(found, CARDS).unexplained == 0


def test_nothing_is_changed(street: Street, gateway: Gateway) -> None:
    """RECONCILE-6"""
    before = street.fair.rows("SELECT count(*), max(id) FROM payments", street.database)
    gateway.reconcile()
    assert street.fair.rows("SELECT count(*), max(id) FROM payments", street.database) == before


def test_the_same_can_be_awaited(street: Street) -> None:
    """RECONCILE-1"""

    async def run() -> Reconciliation:
        async with AsyncGateway(street.open()) as gateway:
            return await gateway.reconcile(street.day(1), platform=1)

    with street.open() as gateway:
        assert asyncio.run(run()) == gateway.reconcile(street.day(1), platform=1)


def test_what_was_handed_in_days_later_belongs_to_the_day_of_its_bill(
    street: Street, gateway: Gateway
) -> None:
    """RECONCILE-2: a shop takes a payment by itself, and tells the gateway of it two days on."""
    street.at(3, 13)
    request = street.asks(CARDS, 7, (5,))
    paid = street.accounts[CARDS].pay(request.amount)
    street.at(5, 13)
    gateway.pay(replace(request, provider_payment_id=paid))
    street.settle(gateway)
    whole, then, now = (gateway.reconcile(each) for each in (None, street.day(3), street.day(5)))
    assert [each.is_fine for each in (whole, then, now)] == [True] * 3
    assert then.counts == {"booked_later": 1, "settled_later": 1}
    assert of(then, CARDS).taken == of(then, CARDS).settled_later == 100
    assert (now.counts, now.sums) == ({"on_later_bill": 1}, {})
    assert of(whole, CARDS).unexplained == 0
