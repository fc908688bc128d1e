"""Reconciliation: bill, orders, chain and licences of a street agree, day by day and as a whole."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.integration.street import CARDS, WALLET, Street
from zhifu import chart
from zhifu.async_gateway import AsyncGateway
from zhifu.exceptions import InvalidInput, PaymentUnknown, ProviderRefused, UnknownPlatform
from zhifu.gateway import Gateway
from zhifu.money import Money
from zhifu.payments import OrderState
from zhifu.reasons import Route
from zhifu.reconciliation import LISTED_OF_A_REASON, Reconciliation, Sums

EVIDENCE = bytes([0x11]) * 32


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
    assert found.matched == {Route.BILL: 26, Route.CHAIN: 20, Route.LICENSES: 20}
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
    # Three orders, a part, and the two that a bank took.
    assert cards.refunded == cards.refunded_on_chain == 3 * 4_900 + 1_000 + 4_900 + 19_999
    assert cards.fees == sum(
        each * 60 // 10_000 for each in (*[24_899] * 5, 5_000, 4_800, 10_000, 100, 100, 100)
    )


def test_the_ledger_has_the_same_of_every_provider(gateway: Gateway) -> None:
    """LEDGER-12"""
    gateway.follow_books()
    for platform, provider in ((1, CARDS), (2, WALLET)):
        owed = gateway.ledger_balance(chart.at_provider(platform, provider, "USD"))
        kept = gateway.ledger_balance(chart.fees(platform, provider, "USD"))
        sums = of(gateway.reconcile(), provider)
        assert (sums.in_books, sums.fees) == (-owed - kept, -kept)


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


def test_money_that_is_to_go_back_is_under_way(street: Street, gateway: Gateway) -> None:
    """RECONCILE-4: what was paid too much, and a refund that its provider has made already."""
    cards = street.accounts[CARDS]
    street.buy(gateway, "too much", CARDS, 8, 5, pays=105)
    with cards.silence():
        assert gateway.refund(street.order("later")).state is OrderState.REFUND_PENDING
    refund = gateway.refund_of(street.order("later"))
    cards.refund(street.named("later"), refund.amount, refund.id)
    street.settle(gateway)
    found = gateway.reconcile()
    assert found.is_fine
    assert codes(found) == {
        *("settled_later", "surplus_under_way", "refund_under_way", "refund_pending"),
    }
    gateway.recover()
    gateway.pay_back()
    assert codes(gateway.reconcile()) == {"settled_later"}


def test_a_refund_that_was_told_days_later_is_of_its_bills_day(
    street: Street, gateway: Gateway
) -> None:
    """RECONCILE-2: its provider had made it, and answered nothing for days."""
    cards = street.accounts[CARDS]
    with cards.silence():
        gateway.refund(street.order("later"))
    refund = gateway.refund_of(street.order("later"))
    cards.refund(street.named("later"), refund.amount, refund.id)
    street.at(7, 12)
    gateway.recover()
    then, between, now = (gateway.reconcile(street.day(each)) for each in (3, 5, 7))
    assert then.counts == {"booked_later": 1}
    assert (of(then, CARDS).given_back, of(then, CARDS).returned) == (100, 100)
    assert (between.counts, now.counts, now.sums) == ({}, {}, {})


def test_a_bank_that_is_told_of_days_later_is_of_its_bills_day(
    street: Street, gateway: Gateway
) -> None:
    """RECONCILE-2"""
    street.accounts[CARDS].charge_back(street.named("later"))
    street.at(6, 12)
    street.hear(gateway, "later")
    then, now = (gateway.reconcile(street.day(each)) for each in (3, 6))
    assert then.counts == {"booked_later": 1}
    assert (of(then, CARDS).taken_back, of(then, CARDS).charged_back) == (100, 100)
    assert (now.counts, now.sums) == ({}, {})


@pytest.mark.parametrize("given_back", [50, 20])
def test_what_a_bank_gives_back_days_later_is_of_that_day(
    street: Street, gateway: Gateway, given_back: int
) -> None:
    """RECONCILE-2: all of it or some, the days add up to the whole, however far apart they are."""
    cards = street.accounts[CARDS]
    cards.charge_back(street.named("later"), Money(50, "USD"))
    street.hear(gateway, "later")
    street.at(8, 12)
    cards.return_chargeback(street.named("later"), Money(given_back, "USD"))
    street.hear(gateway, "later")
    then, now, whole = (gateway.reconcile(day) for day in (street.day(3), street.day(8), None))
    assert (of(then, CARDS).taken_back, of(then, CARDS).charged_back) == (50, 50)
    assert (of(now, CARDS).taken_back, of(now, CARDS).charged_back) == (-given_back, -given_back)
    assert now.matched[Route.BILL] == 1
    (third,) = (sums for key, sums in whole.sums.items() if key == (CARDS, street.day(3), "USD"))
    assert third.taken_back == third.charged_back == 50 - given_back
    assert [each.is_fine for each in (then, now, whole)] == [True] * 3


def test_what_a_person_returned_is_on_no_bill(street: Street, gateway: Gateway) -> None:
    """RECONCILE-1: but what somebody returned in the console beside it is, and is named."""
    cards = street.accounts[CARDS]
    cards.refund(street.named("later"), Money(100, "USD"), "console-1")
    with pytest.raises(ProviderRefused):
        gateway.refund(street.order("later"))
    gateway.returned(gateway.refund_of(street.order("later")).id, "in cash")
    found = gateway.reconcile()
    assert [each.reason.code for each in found.unexplained] == ["refund_not_in_books"]
    street.change("UPDATE refunds SET changed_at = changed_at + 1 WHERE detail = 'in cash'")
    for each in ("its block was reorganised away", "refunded on chain"):
        street.change(
            "INSERT INTO refund_history SELECT refund_id, change + 1, state, at + 1,"
            f" '{each}' FROM refund_history WHERE detail = 'in cash' OR change > 2"
            " ORDER BY change DESC LIMIT 1"
        )
    assert gateway.reconcile().counts == found.counts


def test_a_top_up_that_goes_back_is_matched(street: Street, gateway: Gateway) -> None:
    """RECONCILE-1"""
    made = street.top_up(gateway, "unwanted", 2, 1_000)
    gateway.refund_top_up(made.id)
    found = gateway.reconcile(street.day(3))
    assert (found.is_fine, found.counts) == (True, {})
    assert (of(found, CARDS).given_back, of(found, CARDS).top_ups) == (1_000, 1_000)


def test_an_order_that_a_dispute_gave_back_is_under_way(street: Street, gateway: Gateway) -> None:
    """RECONCILE-4: until the gateway returns what the chain has given back."""
    settlement, arbiter = street.fair.network.settlement, street.arbiter
    proven = gateway.license_of(street.order("last of the day"))
    assert proven is not None
    settlement.open_batch_dispute(street.fair.operators[3], proven, EVIDENCE)
    settlement.resolve_batch_dispute(arbiter, proven, to_refund=True, evidence=EVIDENCE)
    found = gateway.reconcile()
    assert found.is_fine
    assert found.counts == {"settled_later": 1, "refund_pending": 1}
    gateway.refund_disputed(1)
    assert gateway.reconcile().counts == {"settled_later": 1}


def test_an_order_of_a_payment_that_a_bank_took_back_is_void(
    street: Street, gateway: Gateway
) -> None:
    """RECONCILE-3: it waits for no batch any more."""
    street.buy(gateway, "gone", CARDS, 7, 5)
    street.accounts[CARDS].charge_back(street.named("gone"))
    street.hear(gateway, "gone")
    found = gateway.reconcile(street.day(3))
    assert (found.is_fine, found.counts) == (True, {})
    sums = of(found, CARDS)
    assert (sums.taken, sums.taken_back, sums.void, sums.debited) == (100, 100, 100, 0)


def test_what_is_in_a_batch_that_is_not_included_is_under_way(
    street: Street, gateway: Gateway
) -> None:
    """RECONCILE-4: and so is what the index has not come to."""
    its_batch = f"SELECT batch_id FROM batch_orders WHERE order_id = {street.number('later') + 1}"
    street.change(
        "UPDATE batches SET state = 'submitted', block_number = NULL, gas_used = NULL"
        f" WHERE id = ({its_batch})"
    )
    found = gateway.reconcile()
    assert found.is_fine
    assert found.counts["in_batch"] == 1
    street.change("UPDATE batches SET block_number = 10000000 WHERE state = 'confirmed'")
    found = gateway.reconcile()
    assert found.is_fine
    assert found.counts["in_batch"] == 20


def test_another_gateways_batches_are_no_concern_of_these_books(
    street: Street, gateway: Gateway
) -> None:
    """RECONCILE-1: but the licences that it granted are."""
    fair = street.fair
    with fair.gateway(3, database="another", clock=lambda: street.now) as other:
        other.pay(fair.request(3, 1, (5,)))
        assert other.settle(3) is not None
    found = gateway.reconcile()
    assert found.is_fine
    assert found.matched[Route.LICENSES] == 21
    assert gateway.reconcile(platform=1).matched[Route.LICENSES] == 15
