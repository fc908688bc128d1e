"""Accept as an operator: a key binds itself to one platform that names it."""

from __future__ import annotations

import pytest
from brownie import accounts

from tests.contracts.network import appoint
from tests.contracts.refusals import refused


@pytest.fixture
def named(registry, seller, host, stranger):
    """A key that two platforms name."""
    for platform in (seller, host):
        registry.setOperator(platform.number, stranger, True, {"from": platform.owner})
    return stranger


@pytest.mark.parametrize("platform", [0, 1, 99])
def test_reverts_if_the_platform_does_not_name_the_key(registry, seller, stranger, platform):
    """OPER-2."""
    with refused("NotNamed", stranger.address, platform):
        registry.acceptOperator(platform, {"from": stranger})


def test_reverts_if_the_naming_was_taken_back(registry, seller, named):
    """OPER-2."""
    registry.setOperator(seller.number, named, False, {"from": seller.owner})
    with refused("NotNamed", named.address, seller.number):
        registry.acceptOperator(seller.number, {"from": named})


def test_reverts_if_the_key_accepted_already(registry, seller, host, named):
    """OPER-2."""
    registry.acceptOperator(host.number, {"from": named})
    for platform in (seller, host):
        with refused("OperatorTaken", named.address, host.number):
            registry.acceptOperator(platform.number, {"from": named})


def test_a_stopped_key_cannot_accept_its_way_back(registry, seller):
    """OPER-2, OPER-4."""
    registry.setOperator(seller.number, seller.operator, False, {"from": seller.owner})
    with refused("OperatorTaken", seller.operator.address, seller.number):
        registry.acceptOperator(seller.number, {"from": seller.operator})


def test_a_key_chooses_among_the_platforms_that_name_it(registry, seller, host, named):
    """OPER-2: nobody can have a key by naming it first."""
    registry.acceptOperator(host.number, {"from": named})
    assert tuple(registry.operatorOf(named)) == (host.number, 2, True)
    assert tuple(registry.activeOperator(named))[:2] == (host.number, 2)
    assert not registry.isNamed(host.number, named)


def test_each_key_gets_the_next_lane_of_its_platform(registry, seller, host):
    """OPER-3."""
    keys = accounts[14:17]
    for key in keys:
        registry.setOperator(seller.number, key, True, {"from": seller.owner})
    for lane, key in enumerate(reversed(keys), start=2):
        assert registry.acceptOperator(seller.number, {"from": key}).return_value == lane
        assert tuple(registry.operatorOf(key)) == (seller.number, lane, True)
    assert tuple(registry.operatorOf(host.operator)) == (host.number, 1, True)


def test_tells_who_accepted(registry, seller, named):
    """INV-8."""
    event = registry.acceptOperator(seller.number, {"from": named}).events["OperatorChanged"]
    assert tuple(event.values()) == (seller.number, named, 2, True)


def test_a_key_of_a_suspended_platform_accepts_and_may_not_act(
    registry, seller, named, network_owner
):
    """OPER-2, ALL-3."""
    registry.setStatus(seller.number, 2, {"from": network_owner})
    registry.acceptOperator(seller.number, {"from": named})
    with refused("PlatformNotActive", seller.number, 2):
        registry.registerLearner(bytes(32), {"from": named})


def test_an_owner_may_be_an_operator_too(registry, seller):
    """OPER-2."""
    appoint(registry, seller.number, seller.owner, seller.owner)
    registry.registerLearner(bytes(32), {"from": seller.owner})
