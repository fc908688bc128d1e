"""Contents and licences: what it costs to publish, to reprice and to claim."""

from __future__ import annotations

from functools import partial
from random import Random

from benchmarks.batches import draw
from benchmarks.buying import buy
from benchmarks.row import Row
from benchmarks.scene import WINDOW, Scene, plan
from zhifu.blocks import Receipt
from zhifu.deployment import DAY_SECONDS
from zhifu.models import Publication

_PRICE = 39_000_000
_AT_ONCE = 50


def publish(contents: int, scene: Scene) -> Receipt:
    """Publish contents with one creator each."""
    found = [
        Publication(f"another-{at}", _PRICE, 0, plan(1, at)).as_tuple() for at in range(contents)
    ]
    return scene.license(scene.host.operator, "publish", found)


def set_price(changes: int, scene: Scene) -> Receipt:
    """Set a content's price on that many days one after another; the last counts."""
    for _ in range(changes - 1):
        scene.license(scene.host.operator, "setPrice", 1, _PRICE)
        scene.wait(DAY_SECONDS)
    return scene.license(scene.host.operator, "setPrice", 1, _PRICE + 1)


def set_prices(scene: Scene) -> Receipt:
    """Announce a promotion: a price for some days, and the one after it."""
    today = scene.now() // DAY_SECONDS
    steps = [(today + 1, _PRICE), (today + 8, _PRICE + 1)]
    return scene.license(scene.host.operator, "setPrices", 1, steps)


def set_plan(changes: int, scene: Scene) -> Receipt:
    """Change a content's plan that often; the last change counts."""
    for at in range(changes):
        values = (1, plan(2, at).as_tuple())
        receipt = scene.license(scene.host.operator, "setPlan", *values)
        scene.wait(WINDOW)
    return receipt


def claim(scene: Scene) -> Receipt:
    """Claim the licence of a direct order."""
    order = scene.order()
    buy(scene, order)
    return scene.license(scene.buyer, "claim", order.as_tuple())


def claim_batch(scene: Scene) -> Receipt:
    """Claim one of a thousand licences of a batch, after one beside it."""
    batch = scene.settle(draw(Random(1), 1_000, 20))
    for order in (batch.beside(999), batch.order(999)):
        key = (order.learner, scene.buyer.address)
        scene.send(scene.host.operator, scene.network.registry, "bindKey", *key)
        receipt = scene.license(scene.buyer, "claimBatch", order.as_tuple())
    return receipt


ROWS = (
    Row("publish a content", partial(publish, 1)),
    Row("publish 50 contents, per content", partial(publish, _AT_ONCE), per=_AT_ONCE),
    Row("set a price", partial(set_price, 2)),
    Row("set a price, first of a content", partial(set_price, 1)),
    Row("set two prices, first of a content", set_prices),
    Row("set a plan of two creators", partial(set_plan, 2)),
    Row("set a plan of two creators, first of a content", partial(set_plan, 1)),
    Row("claim a direct order", claim),
    Row("claim an order of a batch of 1000", claim_batch),
)
