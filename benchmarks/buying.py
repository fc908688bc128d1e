"""Direct orders: what one costs its buyer, or who sends it for the buyer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from benchmarks.row import Row
from benchmarks.scene import Scene
from zhifu import accounts
from zhifu.blocks import Receipt
from zhifu.models import DirectOrder

Make = Callable[[Scene], DirectOrder]


def own(scene: Scene) -> DirectOrder:
    """An order that the host itself sold."""
    return scene.order()


def sold_elsewhere(scene: Scene) -> DirectOrder:
    """An order that another platform sold."""
    return scene.order(seller=scene.seller)


def referred(scene: Scene) -> DirectOrder:
    """An order that another platform sold, on somebody's recommendation."""
    return scene.order(seller=scene.seller, referrer=scene.referrer.address)


def buy(make: Make, orders: int, scene: Scene) -> Receipt:
    """Place that many orders under allowance; the last counts."""
    placed = [scene.settlement(scene.buyer, "buy", make(scene).as_tuple()) for _ in range(orders)]
    return placed[-1]


def buy_from_balance(make: Make, orders: int, scene: Scene) -> Receipt:
    """Place that many orders from the buyer's account; the last counts."""
    scene.deposit(accounts.of_address(scene.buyer.address))
    placed = [
        scene.settlement(scene.buyer, "buyFromBalance", make(scene).as_tuple())
        for _ in range(orders)
    ]
    return placed[-1]


ROWS = (
    Row("buy (bare)", partial(buy, own, 2)),
    Row("buy, first of a content (bare)", partial(buy, own, 1)),
    Row("buy from another platform (bare)", partial(buy, sold_elsewhere, 2)),
    Row("buy with a referrer (bare)", partial(buy, referred, 2)),
    Row("buy from a balance", partial(buy_from_balance, own, 2)),
    Row("buy from a balance, first of a content", partial(buy_from_balance, own, 1)),
    Row("buy from a balance, from another platform", partial(buy_from_balance, sold_elsewhere, 2)),
)
