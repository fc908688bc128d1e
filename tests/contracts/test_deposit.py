"""Deposit: tokens come in for an account."""

from __future__ import annotations

import pytest
from brownie import accounts

from tests.contracts.accounts import of_address, of_platform
from tests.contracts.refusals import refused

NOBODY = {
    "address zero": 0,
    "beyond an address": 1 << 160,
    "beyond a platform number": 1 << 248 | 1 << 32,
    "another kind": 2 << 248,
}


@pytest.mark.parametrize("account", NOBODY.values(), ids=NOBODY.keys())
def test_reverts_if_nobody_can_own_the_account(settlement, buyer, account):
    """DEP-1."""
    with refused("InvalidAccount", account):
        settlement.deposit(account, 1, {"from": buyer})


def test_reverts_for_the_account_of_settlement_itself(settlement, buyer):
    """DEP-1."""
    account = of_address(settlement)
    with refused("InvalidAccount", account):
        settlement.deposit(account, 1, {"from": buyer})


def test_reverts_if_the_amount_is_zero(settlement, buyer):
    """DEP-2."""
    with refused("ZeroAmount"):
        settlement.deposit(of_address(buyer), 0, {"from": buyer})


def test_reverts_without_allowance(settlement, token, buyer, network_owner):
    """DEP-3, ALL-1."""
    token.mint(buyer, 5, {"from": network_owner})
    with refused("ERC20InsufficientAllowance", settlement.address, 0, 5):
        settlement.deposit(of_address(buyer), 5, {"from": buyer})
    assert settlement.availableOf(of_address(buyer)) == 0


def test_reverts_if_less_arrives_than_was_asked(deploy, FeeToken, buyer):
    """DEP-3."""
    token = FeeToken.deploy({"from": buyer})
    _, _, settlement = deploy(token)
    token.mint(buyer, 1_000, {"from": buyer})
    token.approve(settlement, 1_000, {"from": buyer})
    with refused("TransferMismatch", 990, 1_000):
        settlement.deposit(of_address(buyer), 1_000, {"from": buyer})


def test_reverts_if_the_token_answers_false(deploy, FalseToken, buyer):
    """DEP-3."""
    token = FalseToken.deploy({"from": buyer})
    _, _, settlement = deploy(token)
    token.setRefuses(True, {"from": buyer})
    with refused("SafeERC20FailedOperation", token.address):
        settlement.deposit(of_address(buyer), 1_000, {"from": buyer})


def test_reverts_if_the_amount_is_no_whole_ledger_unit(deploy, SettlementToken, buyer):
    """DEP-2."""
    token = SettlementToken.deploy("Ether", "ETH", 18, buyer, {"from": buyer})
    _, _, settlement = deploy(token)
    with refused("NotWholeUnits", 10**12 + 1, 10**12):
        settlement.deposit(of_address(buyer), 10**12 + 1, {"from": buyer})


@pytest.mark.parametrize(("decimals", "unit"), [(2, 1), (6, 1), (7, 10), (18, 10**12)])
def test_counts_in_at_most_six_decimals(deploy, SettlementToken, buyer, decimals, unit):
    """DEP-2, INV-1."""
    token = SettlementToken.deploy("Dollar", "USD", decimals, buyer, {"from": buyer})
    _, _, settlement = deploy(token)
    token.setMintAllowance(buyer, 3 * unit, {"from": buyer})
    token.mint(buyer, 3 * unit, {"from": buyer})
    token.approve(settlement, 3 * unit, {"from": buyer})
    settlement.deposit(of_address(buyer), 3 * unit, {"from": buyer})
    assert settlement.availableOf(of_address(buyer)) == 3
    settlement.withdraw(3, buyer, {"from": buyer})
    assert token.balanceOf(buyer) == 3 * unit


def test_reverts_if_the_token_calls_back(deploy, ReentrantToken, buyer):
    """ALL-2."""
    token = ReentrantToken.deploy({"from": buyer})
    _, _, settlement = deploy(token)
    token.mint(buyer, 10, {"from": buyer})
    token.approve(settlement, 10, {"from": buyer})
    again = settlement.deposit.encode_input(of_address(buyer), 5)
    token.arm(settlement, again, {"from": buyer})
    with refused("ReentrancyGuardReentrantCall"):
        settlement.deposit(of_address(buyer), 5, {"from": buyer})


def test_credits_any_account(settlement, token, buyer, fund, stranger):
    """DEP-1, INV-1."""
    fund(buyer, 1_000)
    for account in (of_address(stranger), of_platform(0), of_platform(7), of_platform(2**32 - 1)):
        settlement.deposit(account, 250, {"from": buyer})
        assert settlement.availableOf(account) == 250
    assert token.balanceOf(settlement) == 1_000


def test_tells_who_paid_for_whom(settlement, buyer, fund, stranger):
    """INV-8."""
    fund(buyer, 9)
    event = settlement.deposit(of_address(stranger), 9, {"from": buyer}).events["Deposited"]
    assert dict(event) == {"account": of_address(stranger), "from": buyer, "amount": 9}


def test_tokens_sent_without_a_deposit_belong_to_nobody(settlement, token, buyer, fund):
    """INV-1, DEP-3."""
    fund(buyer, 30)
    token.transfer(settlement, 20, {"from": buyer})
    settlement.deposit(of_address(buyer), 10, {"from": buyer})
    assert settlement.availableOf(of_address(buyer)) == 10
    assert all(settlement.availableOf(of_address(each)) == 0 for each in accounts[:5])
