"""Set a treasury: a platform's withdrawals go elsewhere, two days after that was announced."""

from __future__ import annotations

import pytest
from brownie import accounts

from tests.contracts.accounts import ZERO, of_platform
from tests.contracts.clock import now, set_next, travel
from tests.contracts.refusals import refused

NETWORK = 0


@pytest.fixture(params=["platform", "network"])
def member(request, seller, network_owner, network_treasury):
    """A platform or the network: its number, its owner and its treasury."""
    if request.param == "platform":
        return seller.number, seller.owner, seller.treasury
    return NETWORK, network_owner, network_treasury


@pytest.fixture
def change(registry, member):
    """Sets the member's treasury and returns from when it holds."""

    def change(treasury):
        call = registry.setTreasury(member[0], treasury, {"from": member[1]})
        return call.events["TreasuryChanged"]["from"]

    return change


@pytest.fixture
def treasury(registry, member):
    """Tells the member's treasury."""
    return lambda: registry.platformOf(member[0])[4]


@pytest.fixture
def announced(registry, member):
    """Tells the treasury that does not hold yet, and from when it will."""
    return lambda: tuple(registry.changesOf(member[0])[1])


def test_reverts_if_another_than_the_owner_sets_it(registry, member, host, stranger):
    """ADMIT-5."""
    for caller in (host.owner, stranger):
        with refused("WrongCaller", caller.address, member[1].address):
            registry.setTreasury(member[0], caller, {"from": caller})


def test_reverts_if_the_networks_owner_sets_a_platforms(registry, seller, network_owner):
    """ADMIT-5."""
    with refused("WrongCaller", network_owner.address, seller.owner.address):
        registry.setTreasury(seller.number, network_owner, {"from": network_owner})


def test_reverts_if_it_is_zero(change):
    """ADMIT-5."""
    with refused("ZeroAddress"):
        change(ZERO)


def test_holds_two_days_later(registry, member, change, treasury, announced, stranger):
    """TREASURY-1."""
    since = change(stranger)
    assert since == now() + registry.DELAY()
    travel(since - 1 - now())
    assert (treasury(), announced()) == (member[2], (stranger, since))
    travel(1)
    assert (treasury(), announced()) == (stranger, (ZERO, 0))
    travel(10 * registry.DELAY())
    assert treasury() == stranger


def test_another_replaces_one_that_does_not_hold_yet(
    registry, member, change, treasury, announced, stranger
):
    """TREASURY-1."""
    other = accounts[16]
    change(stranger)
    travel(registry.DELAY() - 10)
    since = change(other)
    assert announced() == (other, since)
    travel(20)
    assert treasury() == member[2]
    travel(since - now())
    assert treasury() == other


def test_naming_the_present_one_takes_a_change_back(
    registry, member, change, treasury, announced, stranger
):
    """TREASURY-1."""
    change(stranger)
    assert change(member[2]) == now()
    assert announced() == (ZERO, 0)
    travel(2 * registry.DELAY())
    assert treasury() == member[2]


def test_one_that_holds_is_the_present_one_of_the_next_change(
    registry, member, change, treasury, stranger
):
    """TREASURY-1."""
    change(stranger)
    travel(registry.DELAY())
    since = change(member[2])
    assert treasury() == stranger
    travel(since - now())
    assert treasury() == member[2]


def test_tells_from_when_it_holds(registry, member, stranger):
    """TREASURY-1, INV-8."""
    call = registry.setTreasury(member[0], stranger, {"from": member[1]})
    event = {"platform": member[0], "treasury": stranger, "from": now() + registry.DELAY()}
    assert dict(call.events["TreasuryChanged"]) == event


def test_the_first_treasury_of_the_network_is_told(registry, network_treasury, web3):
    """INV-8."""
    (log,) = registry.events.TreasuryChanged.get_logs(from_block=0)
    time = web3.eth.get_block(log["blockNumber"])["timestamp"]
    assert dict(log["args"]) == {"platform": 0, "treasury": network_treasury, "from": time}


def test_the_network_needs_a_treasury(PlatformRegistry, network_owner):
    """ADMIT-5."""
    with refused("ZeroAddress"):
        PlatformRegistry.deploy(network_owner, ZERO, {"from": network_owner})


def test_withdrawals_go_to_the_one_that_holds(
    registry, settlement, token, deposit, member, change, stranger
):
    """TREASURY-1, WITHDRAW-2."""
    deposit(of_platform(member[0]), 1_000)
    before = token.balanceOf(member[2])
    since = change(stranger)
    for time in (since - 1, since):
        set_next(time)
        settlement.withdrawPlatform(member[0], 400, {"from": member[1]})
    assert token.balanceOf(member[2]) - before == 400
    assert token.balanceOf(stranger) == 400
