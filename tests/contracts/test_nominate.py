"""Nominate: the network's owner hands roles to keys that accept them, and takes them back."""

from __future__ import annotations

import pytest
from brownie import accounts

from tests.contracts.accounts import ZERO
from tests.contracts.clock import now, set_next, travel
from tests.contracts.refusals import refused

ARBITER, PAUSER = 0, 1
ROLES = (ARBITER, PAUSER)


@pytest.fixture
def nominate(registry, network_owner):
    """Nominates somebody, and returns from when the role may be accepted."""

    def nominate(role, account):
        call = registry.nominate(role, account, {"from": network_owner})
        return call.events["RoleNominated"]["from"]

    return nominate


@pytest.fixture
def give(registry, nominate):
    """Gives a role to somebody, with the time it takes."""

    def give(role, account):
        travel(nominate(role, account) - now())
        registry.acceptRole(role, {"from": account})

    return give


def holders(registry):
    return registry.arbiter(), registry.pauser()


def test_nobody_has_a_role_at_first(registry):
    """ROLE-1."""
    assert holders(registry) == (ZERO, ZERO)


@pytest.mark.parametrize("role", ROLES)
def test_reverts_if_not_the_networks_owner(registry, give, seller, stranger, role):
    """ROLE-1."""
    give(role, stranger)
    for caller in (stranger, seller.owner):
        with refused("OwnableUnauthorizedAccount", caller.address):
            registry.nominate(role, caller, {"from": caller})
        with refused("OwnableUnauthorizedAccount", caller.address):
            registry.dismiss(role, {"from": caller})


@pytest.mark.parametrize("role", ROLES)
def test_reverts_if_another_than_the_nominee_accepts(
    registry, nominate, network_owner, stranger, role
):
    """ROLE-1: not even the network's owner."""
    with refused("WrongCaller", stranger.address, ZERO):
        registry.acceptRole(role, {"from": stranger})
    travel(nominate(role, stranger) - now())
    with refused("WrongCaller", network_owner.address, stranger.address):
        registry.acceptRole(role, {"from": network_owner})
    assert holders(registry) == (ZERO, ZERO)


def test_an_arbiter_accepts_two_days_later(registry, nominate, stranger):
    """ROLE-2."""
    since = nominate(ARBITER, stranger)
    assert since == now() + registry.DELAY()
    set_next(since - 1)
    with refused("TooEarly", since):
        registry.acceptRole(ARBITER, {"from": stranger})
    assert registry.arbiter() == ZERO
    set_next(since)
    registry.acceptRole(ARBITER, {"from": stranger})
    assert holders(registry) == (stranger, ZERO)


def test_a_pauser_accepts_at_once(registry, nominate, stranger):
    """ROLE-2."""
    assert nominate(PAUSER, stranger) == now()
    registry.acceptRole(PAUSER, {"from": stranger})
    assert holders(registry) == (ZERO, stranger)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_accepted_once(registry, give, network_owner, stranger, role):
    """ROLE-1."""
    give(role, stranger)
    registry.dismiss(role, {"from": network_owner})
    with refused("WrongCaller", stranger.address, ZERO):
        registry.acceptRole(role, {"from": stranger})


@pytest.mark.parametrize("role", ROLES)
def test_the_holder_stays_until_a_nominee_accepts(registry, give, nominate, stranger, role):
    """ROLE-1."""
    other = accounts[16]
    give(role, stranger)
    since = nominate(role, other)
    assert holders(registry)[role] == stranger
    assert tuple(registry.pendingRole(role)) == (other, since)
    travel(since - now())
    registry.acceptRole(role, {"from": other})
    assert holders(registry)[role] == other
    assert tuple(registry.pendingRole(role)) == (ZERO, 0)


def test_a_new_nominee_replaces_the_old_and_waits_anew(registry, nominate, stranger):
    """ROLE-2."""
    other = accounts[16]
    nominate(ARBITER, stranger)
    travel(registry.DELAY() - 10)
    since = nominate(ARBITER, other)
    travel(20)
    with refused("WrongCaller", stranger.address, other.address):
        registry.acceptRole(ARBITER, {"from": stranger})
    with refused("TooEarly", since):
        registry.acceptRole(ARBITER, {"from": other})


@pytest.mark.parametrize("role", ROLES)
def test_nominating_nobody_calls_it_off(registry, nominate, stranger, role):
    """ROLE-1, INV-8."""
    nominate(role, stranger)
    assert nominate(role, ZERO) == 0
    travel(registry.DELAY())
    with refused("WrongCaller", stranger.address, ZERO):
        registry.acceptRole(role, {"from": stranger})


@pytest.mark.parametrize("role", ROLES)
def test_is_dismissed_at_once(registry, give, network_owner, stranger, role):
    """ROLE-3, INV-8."""
    for each in ROLES:
        give(each, stranger)
    event = registry.dismiss(role, {"from": network_owner}).events["RoleDismissed"]
    assert tuple(event.values()) == (role, stranger)
    assert holders(registry)[role] == ZERO
    assert holders(registry)[1 - role] == stranger


@pytest.mark.parametrize("role", ROLES)
def test_a_role_brings_no_other(registry, give, stranger, role):
    """ROLE-3: it is neither the other role nor any part of the network's owner."""
    give(role, stranger)
    assert holders(registry)[1 - role] == ZERO
    sender = {"from": stranger}
    calls = [
        lambda: registry.admit("x", stranger, stranger, 0, 0, sender),
        lambda: registry.setStatus(1, 1, sender),
        lambda: registry.setNetworkFee(1, 0, sender),
        lambda: registry.nominate(1 - role, stranger, sender),
        lambda: registry.transferOwnership(stranger, sender),
    ]
    for call in calls:
        with refused("OwnableUnauthorizedAccount", stranger.address):
            call()
    with refused("WrongCaller", stranger.address, registry.owner()):
        registry.setTreasury(0, stranger, sender)


@pytest.mark.parametrize("role", ROLES)
def test_tells_who_was_nominated_and_who_accepted(registry, network_owner, stranger, role):
    """INV-8."""
    nominated = registry.nominate(role, stranger, {"from": network_owner}).events
    since = now() + (registry.DELAY() if role == ARBITER else 0)
    assert tuple(nominated["RoleNominated"].values()) == (role, stranger, since)
    travel(registry.DELAY())
    accepted = registry.acceptRole(role, {"from": stranger}).events["RoleAccepted"]
    assert tuple(accepted.values()) == (role, stranger)
