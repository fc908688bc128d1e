"""Batches: what one fiat order costs its platform."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import partial
from itertools import accumulate, count, islice
from random import Random

from benchmarks.row import Row
from benchmarks.scene import CATALOGUE, LEARNERS, PRICE, WINDOW, Scene, plan
from zhifu.batch import BatchItem
from zhifu.blocks import Receipt
from zhifu.catalogue import ContentKey, read_demand, shipped_demand

Measure = Callable[[int, int, Scene], Receipt]

#: Divisible by the first sixteen ranks, which have most of the weight.
_ZIPF_SCALE = 720_720


def draw(random: Random, orders: int, contents: int) -> list[BatchItem]:
    """Orders of a million learners over contents whose popularity falls by Zipf's law."""
    weights = list(accumulate(_ZIPF_SCALE // rank for rank in range(1, contents + 1)))
    popular = random.choices(range(1, contents + 1), cum_weights=weights, k=orders)
    # Every content is in the batch: each one that is missing would make it cheaper.
    chosen = [*range(1, contents + 1), *islice(popular, orders - contents)]
    return [BatchItem(content, random.randint(1, LEARNERS)) for content in chosen]


def settle(orders: int, contents: int, scene: Scene) -> Receipt:
    """Settle two batches like each other; the second counts, which finds its slots in use."""
    random = Random(orders * contents)
    scene.settle(draw(random, orders, contents))
    return scene.settle(draw(random, orders, contents)).receipt


def demanded(orders: int) -> list[BatchItem]:
    """The first orders of the shipped demand; contents are numbered as they first come."""
    random, numbers = Random(orders), defaultdict[ContentKey, int](count(1).__next__)
    keys = (row.key for row in read_demand(shipped_demand()) for _ in range(row.orders))
    return [BatchItem(numbers[key], random.randint(1, LEARNERS)) for key in islice(keys, orders)]


def settle_demanded(orders: int, scene: Scene) -> Receipt:
    """Settle the first orders of the shipped demand twice; the second batch counts."""
    items = demanded(orders)
    missing = max(each.content for each in items) - len(scene.contents)
    scene.publish([plan(1, at) for at in range(missing)], "demanded")
    scene.settle(items)
    return scene.settle(items).receipt


def settle_referred(orders: int, contents: int, scene: Scene) -> Receipt:
    """The same, with one referrer for all orders."""
    random = Random(orders * contents)
    scene.settle(_referred(draw(random, orders, contents), scene))
    return scene.settle(_referred(draw(random, orders, contents), scene)).receipt


def settle_changed(orders: int, contents: int, scene: Scene) -> Receipt:
    """The same, after the price and the plan of every content changed."""
    for content in range(1, contents + 1):
        scene.license(scene.host.operator, "setPrice", content, PRICE + 1)
        changed = (content, plan(2, content).as_tuple())
        scene.license(scene.host.operator, "setPlan", *changed)
    scene.wait(WINDOW)
    return settle(orders, contents, scene)


def _referred(items: list[BatchItem], scene: Scene) -> list[BatchItem]:
    return [each._replace(referrer=scene.referrer.address) for each in items]


def _per_order(what: str, orders: int, contents: int, measure: Measure = settle) -> Row:
    name = f"batch of {orders} orders, {what}, per order"
    return Row(name, partial(measure, orders, contents), per=orders)


ROWS = (
    _per_order("one content", 10, 1),
    _per_order("one content", 100, 1),
    _per_order("one content", 1_000, 1),
    _per_order("20 contents by zipf", 100, 20),
    _per_order("20 contents by zipf", 1_000, 20),
    _per_order("350 contents", 1_000, CATALOGUE),
    _per_order("350 contents", 5_000, CATALOGUE),
    _per_order("20 contents with later prices and plans", 1_000, 20, settle_changed),
    _per_order("350 contents, with a referrer", 1_000, CATALOGUE, settle_referred),
    _per_order("20 contents by zipf, with a referrer", 1_000, 20, settle_referred),
    Row(
        "batch of 1000 orders of the shipped demand, per order",
        partial(settle_demanded, 1_000),
        per=1_000,
    ),
)
