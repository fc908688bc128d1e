"""Set an operator: a platform's owner names the keys that may act for it, and stops them."""

from __future__ import annotations

import pytest
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


def test_reverts_if_the_key_accepted_another_platform(registry, seller, host):
    """OPER-2."""
    for active in (True, False):
        with refused("OperatorTaken", host.operator.address, host.number):
            registry.setOperator(seller.number, host.operator, active, {"from": seller.owner})


def test_a_stopped_key_belongs_to_its_platform_for_good(registry, seller, host):
    """OPER-2."""
    registry.setOperator(host.number, host.operator, False, {"from": host.owner})
    with refused("OperatorTaken", host.operator.address, host.number):
        registry.setOperator(seller.number, host.operator, True, {"from": seller.owner})


def test_a_named_key_may_not_act_yet(registry, seller, stranger):
    """OPER-4."""
    registry.setOperator(seller.number, stranger, True, {"from": seller.owner})
    assert registry.isNamed(seller.number, stranger)
    assert tuple(registry.operatorOf(stranger)) == (0, 0, False)
    with refused("NotOperator", stranger.address):
        registry.registerLearner(bytes(32), {"from": stranger})
    with reverts(f"NotOperator: {stranger.address.lower()}"):
        registry.activeOperator(stranger)


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


@pytest.mark.parametrize("named", [True, False])
def test_tells_whom_it_names(registry, seller, stranger, named):
    """OPER-1, INV-8."""
    call = registry.setOperator(seller.number, stranger, named, {"from": seller.owner})
    assert tuple(call.events["OperatorNamed"].values()) == (seller.number, stranger, named)
    assert call.return_value == 0
    assert registry.isNamed(seller.number, stranger) == named


def test_a_key_that_is_let_act_again_needs_no_acceptance(registry, seller):
    """OPER-3, INV-8."""
    for active in (False, True):
        arguments = (seller.number, seller.operator, active)
        call = registry.setOperator(*arguments, {"from": seller.owner})
        event = call.events["OperatorChanged"]
        assert tuple(event.values()) == (seller.number, seller.operator, 1, active)
        assert call.return_value == 1
        assert tuple(registry.operatorOf(seller.operator)) == (seller.number, 1, active)
    registry.registerLearner(bytes(32), {"from": seller.operator})


def test_a_key_is_replaced_by_another_in_a_lane_of_its_own(registry, seller):
    """OPER-3, OPER-4."""
    new = accounts[16]
    registry.setOperator(seller.number, new, True, {"from": seller.owner})
    registry.acceptOperator(seller.number, {"from": new})
    registry.setOperator(seller.number, seller.operator, False, {"from": seller.owner})
    assert tuple(registry.activeOperator(new))[:2] == (seller.number, 2)
    assert tuple(registry.operatorOf(seller.operator)) == (seller.number, 1, False)
