"""Deposits and withdrawals: what it costs when tokens cross the ledger's border."""

from __future__ import annotations

from functools import partial

from benchmarks.row import Row
from benchmarks.scene import HOUR_SECONDS, PRICE, Scene
from benchmarks.tokens import ISSUED
from zhifu import accounts
from zhifu.anvil import dev_signer
from zhifu.authorization import sign_withdrawal
from zhifu.blocks import Receipt
from zhifu.models import Withdrawal
from zhifu.signing import LocalSigner

_FIRST_OWNER = 50


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


def withdraw_signed(scene: Scene) -> Receipt:
    """Have a relayer send a withdrawal that the account's owner signed, not for the first time."""
    for nonce in range(2):
        withdrawal = tuple(_signed(scene.buyer, nonce, scene))
        receipt = scene.settlement(scene.relayer, "withdrawSigned", withdrawal)
    return receipt


def withdraw_many(owners: int, scene: Scene) -> Receipt:
    """Have a relayer send the signed withdrawals of many owners, not for the first time."""
    signers = [dev_signer(_FIRST_OWNER + at) for at in range(owners)]
    for nonce in range(2):
        withdrawals = [tuple(_signed(each, nonce, scene)) for each in signers]
        receipt = scene.settlement(scene.relayer, "withdrawMany", withdrawals)
    return receipt


def _signed(owner: LocalSigner, nonce: int, scene: Scene) -> Withdrawal:
    scene.deposit(accounts.of_address(owner.address))
    deadline = scene.now() + HOUR_SECONDS
    return sign_withdrawal(
        owner, scene.venue, to=owner.address, amount=PRICE, deadline=deadline, nonce=nonce
    )


ROWS = (
    Row("deposit (bare)", deposit),
    Row("withdraw (bare)", withdraw),
    Row("withdraw (USDC-like)", withdraw, token=ISSUED),
    Row("withdraw to another address (bare)", withdraw_to_another),
    Row("withdraw to an address without tokens (bare)", withdraw_first),
    Row("withdraw a platform's money (bare)", withdraw_platform),
    Row("withdraw by a signature that a relayer sends (bare)", withdraw_signed),
    Row("withdraw for 10 owners at once, per owner (bare)", partial(withdraw_many, 10), per=10),
    Row(
        "withdraw for 10 owners at once, per owner (USDC-like)",
        partial(withdraw_many, 10),
        per=10,
        token=ISSUED,
    ),
)
