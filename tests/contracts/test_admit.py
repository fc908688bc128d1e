"""Admit: the network's owner admits platforms and opens or closes them."""

from __future__ import annotations

import pytest
from brownie import reverts

from tests.contracts.accounts import ZERO
from tests.contracts.clock import DAY, now, set_next, travel
from tests.contracts.refusals import refused

ACTIVE, SUSPENDED = 1, 2
UNKNOWN = 99


def terms_of(registry, number):
    """Return owner, status, network bps, host bps and treasury of a platform."""
    return tuple(registry.platformOf(number))


def test_reverts_if_not_the_network_owner(registry, stranger, seller):
    """ADMIT-1, ADMIT-4."""
    calls = [
        lambda: registry.admit("x", stranger, stranger, 0, 0, {"from": stranger}),
        lambda: registry.setStatus(seller.number, SUSPENDED, {"from": stranger}),
        lambda: registry.setNetworkFee(seller.number, 0, {"from": stranger}),
    ]
    for call in calls:
        with refused("OwnableUnauthorizedAccount", stranger.address):
            call()


def test_reverts_if_owner_or_treasury_is_zero(registry, stranger, network_owner):
    """ADMIT-1."""
    for owner, treasury in ((ZERO, stranger), (stranger, ZERO)):
        with refused("ZeroAddress"):
            registry.admit("x", owner, treasury, 0, 0, {"from": network_owner})


@pytest.mark.parametrize(("fees", "cap"), [((1_001, 0), 1_000), ((0, 5_001), 5_000)])
def test_reverts_if_a_fee_is_above_its_cap(registry, stranger, network_owner, fees, cap):
    """ADMIT-2."""
    with refused("FeeAboveCap", max(fees), cap):
        registry.admit("x", stranger, stranger, *fees, {"from": network_owner})


def test_reverts_if_the_status_is_none(registry, seller, network_owner):
    """ADMIT-4."""
    with refused("InvalidStatus", 0):
        registry.setStatus(seller.number, 0, {"from": network_owner})


def test_reverts_if_the_platform_is_unknown(registry, network_owner):
    """ADMIT-6."""
    sender = {"from": network_owner}
    calls = [
        lambda: registry.setStatus(UNKNOWN, ACTIVE, sender),
        lambda: registry.setNetworkFee(UNKNOWN, 0, sender),
        lambda: registry.setHostFee(UNKNOWN, 0, sender),
        lambda: registry.setTreasury(UNKNOWN, network_owner, sender),
        lambda: registry.setOperator(UNKNOWN, network_owner, True, sender),
        lambda: registry.transferPlatform(UNKNOWN, network_owner, sender),
        lambda: registry.acceptPlatform(UNKNOWN, sender),
    ]
    for call in calls:
        with refused("UnknownPlatform", UNKNOWN):
            call()


def test_views_refuse_an_unknown_platform(registry):
    """ADMIT-6."""
    for view in (registry.platformOf, registry.changesOf, registry.requireActive):
        with reverts("UnknownPlatform: 99"):
            view(UNKNOWN)


def test_the_network_has_no_status_no_operators_and_one_way_to_pass_on(
    registry, network_owner, stranger
):
    """ADMIT-6."""
    with refused("UnknownPlatform", 0):
        registry.setStatus(0, ACTIVE, {"from": network_owner})
    with refused("UnknownPlatform", 0):
        registry.setOperator(0, stranger, True, {"from": network_owner})
    with refused("UnknownPlatform", 0):
        registry.transferPlatform(0, stranger, {"from": network_owner})


def test_numbers_platforms_one_after_the_other(registry, network_owner, stranger):
    """ADMIT-3."""
    first = registry.platformCount() + 1
    for number in range(first, first + 3):
        registry.admit("x", stranger, network_owner, 1_000, 5_000, {"from": network_owner})
        assert registry.platformCount() == number
        terms = (stranger, ACTIVE, 1_000, 5_000, network_owner)
        assert terms_of(registry, number) == terms


def test_tells_the_terms(registry, network_owner, stranger):
    """INV-8."""
    arguments = ("知乎", stranger, network_owner, 100, 200)
    event = registry.admit(*arguments, {"from": network_owner}).events["PlatformAdmitted"]
    assert event["platform"] == registry.platformCount()
    assert event["name"] == "知乎"
    assert tuple(event["terms"]) == (stranger, ACTIVE, 100, 200, network_owner)


def test_suspends_and_opens_again(registry, seller, network_owner):
    """ADMIT-4, ALL-3."""
    for status in (SUSPENDED, ACTIVE):
        event = registry.setStatus(seller.number, status, {"from": network_owner}).events
        assert dict(event["PlatformStatusChanged"]) == {"platform": seller.number, "status": status}
        assert registry.platformOf(seller.number)[1] == status


def test_a_suspended_operator_may_not_act(registry, seller, network_owner):
    """ALL-3."""
    registry.setStatus(seller.number, SUSPENDED, {"from": network_owner})
    with refused("PlatformNotActive", seller.number, SUSPENDED):
        registry.registerLearner(bytes(32), {"from": seller.operator})


def test_the_network_is_accepted_two_days_after_it_was_offered(registry, network_owner, stranger):
    """ADMIT-7."""
    registry.transferOwnership(stranger, {"from": network_owner})
    since = now() + 2 * DAY
    set_next(since - 1)
    with refused("TooEarly", since):
        registry.acceptOwnership({"from": stranger})
    assert registry.platformOf(0)[0] == network_owner
    set_next(since)
    registry.acceptOwnership({"from": stranger})
    assert registry.platformOf(0)[0] == stranger


def test_another_offer_of_the_network_waits_two_days_again(
    registry, network_owner, stranger, seller
):
    """ADMIT-7: what was offered to somebody else before does not count."""
    registry.transferOwnership(seller.owner, {"from": network_owner})
    travel(2 * DAY)
    registry.transferOwnership(stranger, {"from": network_owner})
    since = now() + 2 * DAY
    with refused("TooEarly", since):
        registry.acceptOwnership({"from": stranger})
    travel(2 * DAY)
    with refused("OwnableUnauthorizedAccount", seller.owner.address):
        registry.acceptOwnership({"from": seller.owner})
    registry.acceptOwnership({"from": stranger})
    assert registry.owner() == stranger


def test_an_offer_of_the_network_is_taken_back(registry, network_owner, stranger):
    """ADMIT-7."""
    registry.transferOwnership(stranger, {"from": network_owner})
    registry.transferOwnership(ZERO, {"from": network_owner})
    travel(2 * DAY)
    with refused("OwnableUnauthorizedAccount", stranger.address):
        registry.acceptOwnership({"from": stranger})
    assert registry.owner() == network_owner


def test_the_network_cannot_be_left_without_an_owner(registry, network_owner):
    """ADMIT-7."""
    with refused("ZeroAddress"):
        registry.renounceOwnership({"from": network_owner})
    assert registry.owner() == network_owner
