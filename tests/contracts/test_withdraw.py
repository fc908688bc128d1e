"""Withdraw: money leaves to whom it belongs."""

from __future__ import annotations

import pytest

from tests.contracts.accounts import ZERO, of_address
from tests.contracts.refusals import refused


@pytest.fixture
def saver(deposit, stranger):
    """An address with 1,000 on its account."""
    deposit(of_address(stranger), 1_000)
    return stranger


def test_reverts_if_the_amount_is_zero(settlement, saver):
    """WITHDRAW-3."""
    with refused("ZeroAmount"):
        settlement.withdraw(0, saver, {"from": saver})


def test_reverts_if_nobody_receives_it(settlement, saver):
    """WITHDRAW-1."""
    for receiver in (ZERO, settlement.address):
        with refused("InvalidReceiver", receiver):
            settlement.withdraw(1, receiver, {"from": saver})


@pytest.mark.parametrize("amount", [1_001, 2**255 - 1, 2**255, 2**256 - 1])
def test_reverts_if_the_account_holds_too_little(settlement, saver, amount):
    """WITHDRAW-3."""
    with refused("InsufficientBalance", of_address(saver), 1_000, amount):
        settlement.withdraw(amount, saver, {"from": saver})


def test_reverts_if_another_withdraws(settlement, saver, buyer):
    """WITHDRAW-1, INV-4."""
    with refused("InsufficientBalance", of_address(buyer), 0, 1_000):
        settlement.withdraw(1_000, buyer, {"from": buyer})


def test_reverts_if_the_token_answers_false(shop, FalseToken, buyer):
    """WITHDRAW-1, ALL-1."""
    market = shop(FalseToken.deploy({"from": buyer}))
    market.token.mint(buyer, 10, {"from": buyer})
    market.token.approve(market.settlement, 10, {"from": buyer})
    market.settlement.deposit(of_address(buyer), 10, {"from": buyer})
    market.token.setRefuses(True, {"from": buyer})
    with refused("SafeERC20FailedOperation", market.token.address):
        market.settlement.withdraw(10, buyer, {"from": buyer})
    assert market.settlement.availableOf(of_address(buyer)) == 10


def test_reverts_if_the_token_calls_back(shop, ReentrantToken, buyer):
    """ALL-2."""
    market = shop(ReentrantToken.deploy({"from": buyer}))
    market.token.mint(buyer, 20, {"from": buyer})
    market.token.approve(market.settlement, 20, {"from": buyer})
    for account in (of_address(buyer), of_address(market.token)):
        market.settlement.deposit(account, 10, {"from": buyer})
    again = market.settlement.withdraw.encode_input(10, buyer)
    market.token.arm(market.settlement, again, {"from": buyer})
    with refused("ReentrancyGuardReentrantCall"):
        market.settlement.withdraw(10, buyer, {"from": buyer})


def test_sends_tokens_to_any_address(settlement, token, saver, buyer):
    """WITHDRAW-1, INV-1, INV-8."""
    before = token.balanceOf(buyer)
    event = settlement.withdraw(300, buyer, {"from": saver}).events["Withdrawn"]
    assert token.balanceOf(buyer) - before == 300
    assert settlement.availableOf(of_address(saver)) == 700 == token.balanceOf(settlement)
    assert dict(event) == {"account": of_address(saver), "to": buyer, "amount": 300}


def test_withdraws_all(settlement, token, saver):
    """WITHDRAW-3."""
    settlement.withdraw(1_000, saver, {"from": saver})
    assert settlement.availableOf(of_address(saver)) == 0 == token.balanceOf(settlement)
