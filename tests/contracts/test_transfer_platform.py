"""Transfer a platform: its owner lets another take it over, who does so two days later."""

from __future__ import annotations

import pytest
from brownie import accounts

from tests.contracts.accounts import ZERO
from tests.contracts.clock import now, set_next, travel
from tests.contracts.refusals import refused


@pytest.fixture
def transfer(registry, seller):
    """Lets somebody accept the seller, and returns from when."""

    def transfer(owner):
        call = registry.transferPlatform(seller.number, owner, {"from": seller.owner})
        return call.events["PlatformTransferStarted"]["from"]

    return transfer


def owner_of(registry, platform):
    return registry.platformOf(platform.number)[0]


def test_reverts_if_not_the_owner(registry, seller, host, network_owner):
    """OWNER-1."""
    for caller in (host.owner, seller.operator, network_owner):
        with refused("WrongCaller", caller.address, seller.owner.address):
            registry.transferPlatform(seller.number, caller, {"from": caller})


def test_reverts_if_nobody_was_named(registry, seller, stranger):
    """OWNER-1."""
    with refused("WrongCaller", stranger.address, ZERO):
        registry.acceptPlatform(seller.number, {"from": stranger})


def test_reverts_if_another_accepts(registry, seller, transfer, stranger):
    """OWNER-1."""
    transfer(stranger)
    travel(registry.DELAY())
    for caller in (seller.owner, accounts[16]):
        with refused("WrongCaller", caller.address, stranger.address):
            registry.acceptPlatform(seller.number, {"from": caller})


def test_reverts_if_accepted_too_early(registry, seller, transfer, stranger):
    """OWNER-1."""
    since = transfer(stranger)
    assert since == now() + registry.DELAY()
    set_next(since - 1)
    with refused("TooEarly", since):
        registry.acceptPlatform(seller.number, {"from": stranger})
    assert owner_of(registry, seller) == seller.owner


def test_the_platform_is_the_new_owners_once_accepted(registry, seller, transfer, stranger):
    """OWNER-1, ADMIT-5."""
    set_next(transfer(stranger))
    registry.acceptPlatform(seller.number, {"from": stranger})
    assert owner_of(registry, seller) == stranger
    registry.setHostFee(seller.number, 0, {"from": stranger})
    with refused("WrongCaller", seller.owner.address, stranger.address):
        registry.setHostFee(seller.number, 0, {"from": seller.owner})


def test_is_accepted_once(registry, seller, transfer, stranger):
    """OWNER-1."""
    set_next(transfer(stranger))
    registry.acceptPlatform(seller.number, {"from": stranger})
    with refused("WrongCaller", stranger.address, ZERO):
        registry.acceptPlatform(seller.number, {"from": stranger})


def test_naming_another_replaces_who_may_accept(registry, seller, transfer, stranger):
    """OWNER-1."""
    other = accounts[16]
    transfer(stranger)
    set_next(transfer(other))
    with refused("WrongCaller", stranger.address, other.address):
        registry.acceptPlatform(seller.number, {"from": stranger})
    registry.acceptPlatform(seller.number, {"from": other})
    assert owner_of(registry, seller) == other


def test_naming_nobody_calls_it_off(registry, seller, transfer, stranger):
    """OWNER-1, INV-8."""
    transfer(stranger)
    assert transfer(ZERO) == 0
    assert tuple(registry.changesOf(seller.number)[0]) == (ZERO, 0)
    travel(registry.DELAY())
    with refused("WrongCaller", stranger.address, ZERO):
        registry.acceptPlatform(seller.number, {"from": stranger})


def test_keys_and_terms_stay_as_they_are(registry, seller, transfer, stranger):
    """OWNER-2."""
    registry.setTreasury(seller.number, stranger, {"from": seller.owner})
    set_next(transfer(stranger))
    registry.acceptPlatform(seller.number, {"from": stranger})
    assert tuple(registry.platformOf(seller.number)) == (stranger, 1, 200, 500, stranger)
    assert tuple(registry.activeOperator(seller.operator))[:2] == (seller.number, 1)


def test_tells_who_may_accept_and_who_did(registry, seller, stranger):
    """INV-8."""
    started = registry.transferPlatform(seller.number, stranger, {"from": seller.owner}).events
    since = now() + registry.DELAY()
    event = {"platform": seller.number, "owner": stranger, "from": since}
    assert dict(started["PlatformTransferStarted"]) == event
    assert tuple(registry.changesOf(seller.number)[0]) == (stranger, since)
    set_next(since)
    accepted = registry.acceptPlatform(seller.number, {"from": stranger}).events
    assert dict(accepted["PlatformTransferred"]) == {"platform": seller.number, "owner": stranger}
