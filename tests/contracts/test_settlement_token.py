"""The token of local and test networks."""

from __future__ import annotations

from tests.contracts.refusals import refused


def test_reverts_beyond_the_mint_allowance(token, network_owner, stranger):
    """TOKEN-1."""
    token.setMintAllowance(stranger, 10, {"from": network_owner})
    with refused("MintAllowanceExceeded", stranger.address, 10, 11):
        token.mint(stranger, 11, {"from": stranger})


def test_reverts_if_another_sets_the_allowance(token, stranger):
    """TOKEN-1."""
    with refused("OwnableUnauthorizedAccount", stranger.address):
        token.setMintAllowance(stranger, 10, {"from": stranger})


def test_minting_uses_the_allowance_up(token, network_owner, stranger, buyer):
    """TOKEN-1."""
    token.setMintAllowance(stranger, 10, {"from": network_owner})
    token.mint(buyer, 6, {"from": stranger})
    assert token.balanceOf(buyer) == 6
    assert token.mintAllowance(stranger) == 4
    with refused("MintAllowanceExceeded", stranger.address, 4, 5):
        token.mint(buyer, 5, {"from": stranger})


def test_has_the_decimals_it_was_made_with(SettlementToken, token, stranger):
    """TOKEN-1."""
    other = SettlementToken.deploy("Yuan", "CNY", 2, stranger, {"from": stranger})
    assert (token.decimals(), other.decimals()) == (6, 2)
