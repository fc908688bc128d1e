"""Refunds: what it costs to give an order's money back inside its window."""

from __future__ import annotations

from functools import partial
from random import Random

from benchmarks.batches import draw
from benchmarks.buying import Place, buy, buy_from_balance
from benchmarks.row import Row
from benchmarks.scene import PRICE, Batch, Scene
from benchmarks.tokens import ISSUED
from zhifu import accounts
from zhifu.blocks import Receipt

_ORDERS = 1_000
_CONTENTS = 20
_ORDER = _ORDERS - 1


def refund(place: Place, scene: Scene) -> Receipt:
    """Refund the second of three direct orders of one content."""
    scene.deposit(accounts.of_address(scene.buyer.address))
    orders = [scene.order() for _ in range(3)]
    for order in orders:
        place(scene, order)
    return scene.settlement(scene.host.operator, "refund", orders[1].as_tuple())


def refund_batch(scene: Scene) -> Receipt:
    """Refund one of a thousand orders of a batch, after one beside it."""
    batch = _settled(scene)
    before = batch.beside(_ORDER).as_tuple()
    scene.settlement(scene.host.operator, "refundBatch", before)
    return scene.settlement(scene.host.operator, "refundBatch", batch.order(_ORDER).as_tuple())


def refund_batch_first(scene: Scene) -> Receipt:
    """Refund the first of a thousand orders of a batch."""
    order = _settled(scene).order(_ORDER).as_tuple()
    return scene.settlement(scene.host.operator, "refundBatch", order)


def refund_batch_part(scene: Scene) -> Receipt:
    """Refund a part of one of a thousand orders of a batch, after one beside it was refunded."""
    batch = _settled(scene)
    order, before = batch.order(_ORDER).as_tuple(), batch.beside(_ORDER).as_tuple()
    scene.settlement(scene.host.operator, "refundBatch", before)
    return scene.settlement(scene.host.operator, "refundBatchPart", order, PRICE // 10)


def _settled(scene: Scene) -> Batch:
    return scene.settle(draw(Random(1), _ORDERS, _CONTENTS))


def refund_part(parts: int, scene: Scene) -> Receipt:
    """Refund a part of a direct order; the last of so many parts counts."""
    scene.deposit(accounts.of_address(scene.buyer.address))
    order = scene.order()
    buy_from_balance(scene, order)
    values = (order.as_tuple(), PRICE // 10)
    for _ in range(parts):
        receipt = scene.settlement(scene.host.operator, "refundPart", *values)
    return receipt


ROWS = (
    Row("refund a direct order, out (bare)", partial(refund, buy)),
    Row("refund a direct order, out (USDC-like)", partial(refund, buy), token=ISSUED),
    Row("refund a direct order, to a balance", partial(refund, buy_from_balance)),
    Row("refund an order of a batch of 1000", refund_batch),
    Row("refund an order of a batch of 1000, the first", refund_batch_first),
    Row("refund a part of a direct order, to a balance", partial(refund_part, 1)),
    Row("refund a second part of a direct order, to a balance", partial(refund_part, 2)),
    Row("refund a part of an order of a batch of 1000", refund_batch_part),
)
