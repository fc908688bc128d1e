"""Withdraw for a platform: to its treasury, by its owner or an operator."""

from __future__ import annotations

import pytest

from tests.contracts.accounts import of_address, of_platform
from tests.contracts.clock import travel
from tests.contracts.refusals import refused


@pytest.fixture
def earned(deposit, seller):
    """The seller's account with 1,000."""
    deposit(seller.account, 1_000)
    return seller.account


def test_reverts_if_neither_owner_nor_operator(settlement, seller, host, stranger, earned):
    """WITHDRAW-2, INV-4."""
    for caller in (stranger, host.owner, host.operator, seller.treasury):
        with refused("NotOperatorOf", caller.address, seller.number):
            settlement.withdrawPlatform(seller.number, 1, {"from": caller})


def test_reverts_if_the_operator_was_stopped(settlement, registry, seller, earned):
    """WITHDRAW-2, OPER-4."""
    registry.setOperator(seller.number, seller.operator, False, {"from": seller.owner})
    with refused("NotOperatorOf", seller.operator.address, seller.number):
        settlement.withdrawPlatform(seller.number, 1, {"from": seller.operator})


def test_reverts_if_the_platform_is_unknown(settlement, stranger):
    """ADMIT-6."""
    with refused("UnknownPlatform", 99):
        settlement.withdrawPlatform(99, 1, {"from": stranger})


def test_reverts_if_a_stranger_withdraws_for_the_network(settlement, deposit, stranger):
    """WITHDRAW-2, INV-4."""
    deposit(of_platform(0), 10)
    with refused("NotOperatorOf", stranger.address, 0):
        settlement.withdrawPlatform(0, 10, {"from": stranger})


def test_reverts_if_the_amount_is_zero(settlement, seller, earned):
    """WITHDRAW-3."""
    with refused("ZeroAmount"):
        settlement.withdrawPlatform(seller.number, 0, {"from": seller.owner})


@pytest.mark.parametrize("amount", [1_001, 2**255, 2**256 - 1])
def test_reverts_if_the_account_holds_too_little(settlement, seller, earned, amount):
    """WITHDRAW-3."""
    with refused("InsufficientBalance", earned, 1_000, amount):
        settlement.withdrawPlatform(seller.number, amount, {"from": seller.owner})


def test_reverts_if_settlement_is_the_treasury(settlement, registry, seller, earned):
    """WITHDRAW-1."""
    registry.setTreasury(seller.number, settlement, {"from": seller.owner})
    travel(registry.DELAY())
    with refused("InvalidReceiver", settlement.address):
        settlement.withdrawPlatform(seller.number, 1, {"from": seller.owner})


def test_owner_and_operator_withdraw_to_the_treasury(settlement, token, seller, earned):
    """WITHDRAW-2, INV-8."""
    before = token.balanceOf(seller.treasury)
    for caller in (seller.owner, seller.operator):
        call = settlement.withdrawPlatform(seller.number, 400, {"from": caller})
        event = {"account": earned, "to": seller.treasury, "amount": 400}
        assert dict(call.events["Withdrawn"]) == event
    assert token.balanceOf(seller.treasury) - before == 800
    assert settlement.availableOf(earned) == 200


def test_a_suspended_platform_withdraws(settlement, registry, seller, earned):
    """WITHDRAW-2, ALL-3."""
    registry.setStatus(seller.number, 2, {"from": registry.owner()})
    settlement.withdrawPlatform(seller.number, 1_000, {"from": seller.operator})
    assert settlement.availableOf(earned) == 0


def test_the_network_withdraws_to_its_treasury(
    settlement, token, deposit, network_owner, network_treasury
):
    """WITHDRAW-2."""
    deposit(of_platform(0), 10)
    before = token.balanceOf(network_treasury)
    settlement.withdrawPlatform(0, 10, {"from": network_owner})
    assert token.balanceOf(network_treasury) - before == 10


def test_a_platforms_account_is_not_its_owners(settlement, seller, earned):
    """WITHDRAW-1, INV-4."""
    with refused("InsufficientBalance", of_address(seller.owner), 0, 1):
        settlement.withdraw(1, seller.owner, {"from": seller.owner})
