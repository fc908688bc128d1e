"""Set an operator: a platform's owner lets keys act for it."""

from __future__ import annotations

from brownie import accounts, reverts

from tests.contracts.accounts import ZERO
from tests.contracts.refusals import refused


def test_reverts_if_not_the_platform_owner(registry, seller, host, stranger):
    """OPER-1."""
    for caller in (host.owner, seller.operator):
        with refused("WrongCaller", caller.address, seller.owner.address):
            registry.setOperator(seller.number, stranger, True, {"from": caller})


def test_reverts_if_the_key_is_zero(registry, seller):
    """OPER-1."""
    with refused("ZeroAddress"):
        registry.setOperator(seller.number, ZERO, True, {"from": seller.owner})


def test_reverts_if_the_key_acts_for_another_platform(registry, seller, host):
    """OPER-2."""
    with refused("OperatorTaken", host.operator.address, host.number):
        registry.setOperator(seller.number, host.operator, True, {"from": seller.owner})


def test_a_stopped_key_belongs_to_its_platform_for_good(registry, seller, host):
    """OPER-2."""
    registry.setOperator(host.number, host.operator, False, {"from": host.owner})
    with refused("OperatorTaken", host.operator.address, host.number):
        registry.setOperator(seller.number, host.operator, True, {"from": seller.owner})


def test_a_stopped_key_may_not_act(registry, seller):
    """OPER-4."""
    registry.setOperator(seller.number, seller.operator, False, {"from": seller.owner})
    with refused("NotOperator", seller.operator.address):
        registry.registerLearner(bytes(32), {"from": seller.operator})
    with reverts(f"NotOperator: {seller.operator.address.lower()}"):
        registry.activeOperator(seller.operator)


def test_a_key_never_named_may_not_act(registry, stranger):
    """OPER-4."""
    with refused("NotOperator", stranger.address):
        registry.registerLearner(bytes(32), {"from": stranger})


def test_each_key_gets_the_next_lane_of_its_platform(registry, seller, host):
    """OPER-3."""
    for lane, key in enumerate(accounts[14:17], start=2):
        registry.setOperator(seller.number, key, True, {"from": seller.owner})
        assert tuple(registry.operatorOf(key)) == (seller.number, lane, True)
    assert tuple(registry.operatorOf(host.operator)) == (host.number, 1, True)


def test_a_key_keeps_its_lane(registry, seller):
    """OPER-3, INV-8."""
    for active in (False, True):
        arguments = (seller.number, seller.operator, active)
        event = registry.setOperator(*arguments, {"from": seller.owner}).events["OperatorChanged"]
        assert tuple(event.values()) == (seller.number, seller.operator, 1, active)
        assert tuple(registry.operatorOf(seller.operator)) == (seller.number, 1, active)
