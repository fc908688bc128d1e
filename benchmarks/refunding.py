"""Refunds: what it costs to give an order's money back inside its window."""

from __future__ import annotations

from functools import partial
from random import Random

from benchmarks.batches import draw
from benchmarks.buying import Place, buy, buy_from_balance
from benchmarks.row import Row
from benchmarks.scene import Scene
from benchmarks.tokens import ISSUED
from zhifu import accounts
from zhifu.blocks import Receipt

_ORDERS = 1_000
_CONTENTS = 20


def refund(place: Place, scene: Scene) -> Receipt:
    """Refund the second of three direct orders of one content."""
    scene.deposit(accounts.of_address(scene.buyer.address))
    orders = [scene.order() for _ in range(3)]
    for order in orders:
        place(scene, order)
    return scene.settlement(scene.host.operator, "refund", orders[1].as_tuple())


def refund_batch(earlier: int, scene: Scene) -> Receipt:
    """Refund one of a thousand orders of a batch after `earlier` others of it."""
    batch = scene.settle(draw(Random(1), _ORDERS, _CONTENTS))  # noqa: S311
    # The last of the drawn orders belong to the most popular contents, whose words are full.
    for index in range(_ORDERS - earlier - 1, _ORDERS - 1):
        scene.settlement(scene.host.operator, "refundBatch", batch.order(index).as_tuple())
    return scene.settlement(scene.host.operator, "refundBatch", batch.order(_ORDERS - 1).as_tuple())


ROWS = (
    Row("refund a direct order, out (bare)", partial(refund, buy)),
    Row("refund a direct order, out (USDC-like)", partial(refund, buy), token=ISSUED),
    Row("refund a direct order, to a balance", partial(refund, buy_from_balance)),
    Row("refund an order of a batch of 1000", partial(refund_batch, 5)),
    Row("refund an order of a batch of 1000, the first", partial(refund_batch, 0)),
)
