"""Requests and disputes: what the rest of an order's life costs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from benchmarks.buying import buy, buy_from_balance
from benchmarks.row import Row
from benchmarks.scene import WINDOW, Scene
from zhifu import accounts
from zhifu.blocks import Receipt
from zhifu.models import DirectOrder

_EVIDENCE = b"\xe5" * 32
_LONG_SECONDS = 2 * WINDOW

Act = Callable[[Scene, DirectOrder], Receipt]


def bought(act: Act, scene: Scene) -> Receipt:
    """Do something to an order that a platform sold, as was done to another one before."""
    scene.deposit(accounts.of_address(scene.buyer.address))
    orders = [scene.order(seller=scene.seller) for _ in range(3)]
    for order in orders:
        buy_from_balance(scene, order)
    act(scene, orders[0])
    return act(scene, orders[1])


def request(scene: Scene, order: DirectOrder) -> Receipt:
    """Ask for a refund."""
    return scene.settlement(scene.buyer, "requestRefund", order.as_tuple())


def refuse(scene: Scene, order: DirectOrder) -> Receipt:
    """Say no to a request."""
    request(scene, order)
    return scene.settlement(scene.seller.operator, "refuseRefund", order.as_tuple())


def open_dispute(scene: Scene, order: DirectOrder) -> Receipt:
    """Take an order's money into dispute."""
    return scene.settlement(scene.buyer, "openDispute", order.as_tuple(), _EVIDENCE)


def resolve(to_refund: bool, scene: Scene, order: DirectOrder) -> Receipt:
    """Decide a dispute."""
    open_dispute(scene, order)
    values = (order.as_tuple(), to_refund, _EVIDENCE)
    return scene.settlement(scene.arbiter, "resolveDispute", *values)


def refund_unanswered(scene: Scene) -> Receipt:
    """Refund an order whose seller did not answer."""
    scene.deposit(accounts.of_address(scene.buyer.address))
    orders = [scene.order(seller=scene.seller) for _ in range(2)]
    for order in orders:
        buy_from_balance(scene, order)
        request(scene, order)
    scene.wait(WINDOW // 2)
    return scene.settlement(scene.buyer, "refundUnanswered", orders[0].as_tuple())


def close_dispute(scene: Scene) -> Receipt:
    """Refund an order whose dispute nobody decided."""
    scene.deposit(accounts.of_address(scene.buyer.address))
    orders = [scene.order(seller=scene.seller) for _ in range(2)]
    for order in orders:
        buy(scene, order)
        open_dispute(scene, order)
    scene.wait(_LONG_SECONDS)
    return scene.settlement(scene.relayer, "closeDispute", orders[0].as_tuple())


ROWS = (
    Row("request a refund", partial(bought, request)),
    Row("refuse a requested refund", partial(bought, refuse)),
    Row("refund an order that nobody answered for", refund_unanswered),
    Row("open a dispute", partial(bought, open_dispute)),
    Row("resolve a dispute by a refund", partial(bought, partial(resolve, True))),
    Row("resolve a dispute by payment", partial(bought, partial(resolve, False))),
    Row("close a dispute that nobody resolved (bare)", close_dispute),
)
