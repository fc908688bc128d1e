"""Carts: what an order costs that its buyer signed, or that is paid together with others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from benchmarks.peers.learners import learner
from benchmarks.row import Row
from benchmarks.scene import PRICE, Scene
from benchmarks.tokens import BARE, ISSUED, OWN
from zhifu import accounts
from zhifu.authorization import authorize_cart, sign_cart, sign_permit
from zhifu.blocks import Receipt
from zhifu.models import CartPayment, DirectOrder, Permit, Source

_SIZE = 5

Fill = Callable[[int, int, Scene], list[DirectOrder]]
"""What is in the `n`th cart of a size."""

Pay = Callable[[Scene, Sequence[DirectOrder], int], CartPayment]
"""How the `n`th cart is paid: signed by the buyer, for others to send."""


def signed(source: Source, scene: Scene, orders: Sequence[DirectOrder], _: int) -> CartPayment:
    """From the buyer's allowance or account."""
    return CartPayment(source, sign_cart(scene.buyer, source, orders, scene.venue))


def permitted(scene: Scene, orders: Sequence[DirectOrder], nth: int) -> CartPayment:
    """From an allowance that an EIP-2612 permit gives for this cart alone."""
    if nth == 0:
        token, settlement = scene.network.token, scene.network.settlement
        scene.send(scene.buyer, token, "approve", settlement.address, 0)
    permit = _permit(scene, PRICE * len(orders), nth)
    signature = sign_cart(scene.buyer, Source.TOKENS, orders, scene.venue)
    return CartPayment(Source.TOKENS, signature, permit)


def authorized(scene: Scene, orders: Sequence[DirectOrder], _: int) -> CartPayment:
    """By EIP-3009."""
    signature = authorize_cart(scene.buyer, orders, scene.venue, scene.token_domain)
    return CartPayment(Source.AUTHORIZATION, signature)


def of_contents(size: int, _: int, scene: Scene) -> list[DirectOrder]:
    """One order of each of so many contents."""
    return [scene.order(content=1 + at) for at in range(size)]


def for_others(size: int, nth: int, scene: Scene) -> list[DirectOrder]:
    """Orders of one content for as many people, others in each cart."""
    people = range(size * nth + 1, size * (nth + 1) + 1)
    return [replace(scene.order(), receiver=learner(each)) for each in people]


def buy_cart(pay: Pay, size: int, scene: Scene, fill: Fill = of_contents) -> Receipt:
    """Have a relayer send two carts like each other; the second counts."""
    scene.deposit(accounts.of_address(scene.buyer.address))
    for nth in range(2):
        orders = fill(size, nth, scene)
        placed = [order.as_tuple() for order in orders]
        payment = pay(scene, orders, nth).as_tuple()
        receipt = scene.settlement(scene.relayer, "buyCart", placed, payment)
    return receipt


def _permit(scene: Scene, amount: int, nonce: int) -> Permit:
    deadline = scene.now() + 3_600
    signer, venue, token = scene.buyer, scene.venue, scene.token_domain
    return sign_permit(signer, venue, token, amount=amount, deadline=deadline, nonce=nonce)


def _row(name: str, pay: Pay, token: str, size: int = 1) -> Row:
    return Row(name, partial(buy_cart, pay, size), per=size, token=token)


_FROM_TOKENS = partial(signed, Source.TOKENS)
_FROM_BALANCE = partial(signed, Source.BALANCE)

ROWS = (
    _row("buy by a signature that a relayer sends (bare)", _FROM_TOKENS, BARE),
    _row("buy by a signature that a relayer sends (USDC-like)", _FROM_TOKENS, ISSUED),
    _row("buy by a signature that a relayer sends, from a balance", _FROM_BALANCE, BARE),
    _row("buy with EIP-2612 (SettlementToken)", permitted, OWN),
    _row("buy with EIP-2612 (USDC-like)", permitted, ISSUED),
    _row("cart of 5 orders, per order (bare)", _FROM_TOKENS, BARE, _SIZE),
    _row("cart of 5 orders, from a balance, per order", _FROM_BALANCE, BARE, _SIZE),
    _row("cart of 5 orders with EIP-3009, per order (USDC-like)", authorized, ISSUED, _SIZE),
    Row(
        "cart of 10 orders for 10 people, per order (bare)",
        partial(buy_cart, _FROM_TOKENS, 10, fill=for_others),
        per=10,
    ),
)
