"""Deposits and withdrawals: what it costs when tokens cross the ledger's border."""

from __future__ import annotations

from benchmarks.row import Row
from benchmarks.scene import PRICE, Scene
from benchmarks.tokens import ISSUED
from zhifu import accounts
from zhifu.blocks import Receipt


def deposit(scene: Scene) -> Receipt:
    """Pay into an account that has a balance."""
    account = accounts.of_address(scene.buyer.address)
    scene.settlement(scene.buyer, "deposit", account, PRICE)
    return scene.settlement(scene.buyer, "deposit", account, PRICE)


def withdraw(scene: Scene) -> Receipt:
    """Withdraw a part of a balance to its owner, who has tokens."""
    scene.deposit(accounts.of_address(scene.buyer.address))
    return scene.settlement(scene.buyer, "withdraw", PRICE, scene.buyer.address)


def withdraw_to_another(scene: Scene) -> Receipt:
    """Withdraw a part of a balance to another address, which has tokens."""
    scene.deposit(accounts.of_address(scene.buyer.address))
    return scene.settlement(scene.buyer, "withdraw", PRICE, scene.admin.address)


def withdraw_first(scene: Scene) -> Receipt:
    """Withdraw a part of a balance to an address without tokens."""
    scene.deposit(accounts.of_address(scene.buyer.address))
    return scene.settlement(scene.buyer, "withdraw", PRICE, scene.referrer.address)


def withdraw_platform(scene: Scene) -> Receipt:
    """Withdraw a part of a platform's balance to its treasury, not for the first time."""
    values = (scene.host.number, PRICE)
    scene.settlement(scene.host.operator, "withdrawPlatform", *values)
    return scene.settlement(scene.host.operator, "withdrawPlatform", *values)


ROWS = (
    Row("deposit (bare)", deposit),
    Row("withdraw (bare)", withdraw),
    Row("withdraw (USDC-like)", withdraw, token=ISSUED),
    Row("withdraw to another address (bare)", withdraw_to_another),
    Row("withdraw to an address without tokens (bare)", withdraw_first),
    Row("withdraw a platform's money (bare)", withdraw_platform),
)
