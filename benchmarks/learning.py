"""Learners' accounts and signatures: what they add to an order of a batch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from random import Random

from benchmarks.batches import draw
from benchmarks.row import Row
from benchmarks.scene import CATALOGUE, PRICE, Scene
from zhifu.authorization import sign_consent
from zhifu.batch import BatchItem, pack
from zhifu.blocks import Receipt
from zhifu.models import Consent
from zhifu.signing import LocalSigner

#: New accounts cost more, so that a thousand of them do not fit a transaction.
_AT_ONCE = 500
_HOUR = 3_600


def top_up(learners: Iterable[int], scene: Scene, amount: int = 2 * PRICE) -> Receipt:
    """Top learners' accounts up on the host, some at once; the last transaction counts."""
    known = list(learners)
    for start in range(0, len(known), _AT_ONCE):
        some = known[start : start + _AT_ONCE]
        receipt = scene.settlement(scene.host.operator, "topUp", some, [amount] * len(some))
    return receipt


def top_up_again(learners: int, scene: Scene) -> Receipt:
    """Top up accounts that have money."""
    top_up(range(1, learners + 1), scene)
    return top_up(range(1, learners + 1), scene)


def pay_out(scene: Scene) -> Receipt:
    """Pay out a part of a learner's money."""
    top_up([1], scene)
    return scene.settlement(scene.host.operator, "payOut", scene.host.number, [1], [PRICE])


def settle_from_learners(orders: int, contents: int, scene: Scene) -> Receipt:
    """Settle a batch that learners pay, and leave something on every account."""
    random = Random(orders * contents)
    scene.settle(draw(random, orders, contents))
    items = draw(random, orders, contents)
    top_up((item.learner for item in items), scene)
    return scene.settle_learners(items, from_learners=True).receipt


def settle_agreed(orders: int, contents: int, from_learners: bool, scene: Scene) -> Receipt:
    """Settle two batches of the same learners, who sign each order; the second counts."""
    items = draw(Random(orders * contents), orders, contents)
    keys = {learner: _key(learner) for learner in dict.fromkeys(item.learner for item in items)}
    for learner, key in keys.items():
        bind = (learner, key.address)
        scene.send(scene.host.operator, scene.network.registry, "bindKey", *bind)
    if from_learners:
        top_up((item.learner for item in items for _ in range(2)), scene)
    for nonce in range(2):
        consents = [
            _consent(keys[item.learner], item, nonce, from_learners, scene)
            for item in _in_order(items)
        ]
        batch = scene.settle_learners(items, from_learners=from_learners, consents=consents)
    return batch.receipt


def _in_order(items: Sequence[BatchItem]) -> list[BatchItem]:
    """The orders as they stand in the batch."""
    places = pack(items).places
    return [item for _, item in sorted(zip(places, items, strict=True))]


def _consent(
    key: LocalSigner, item: BatchItem, nonce: int, from_learner: bool, scene: Scene
) -> Consent:
    return sign_consent(
        key,
        scene.venue,
        content=item.content,
        seller=scene.host.number,
        learner=item.learner,
        from_learner=from_learner,
        max_price=PRICE,
        deadline=scene.now() + _HOUR,
        nonce=nonce,
    )


def _key(learner: int) -> LocalSigner:
    return LocalSigner.from_key(f"0x{learner:064x}")


def _learners_pay(what: str, orders: int, contents: int) -> Row:
    name = f"batch of {orders} orders, {what}, from learners' balances, per order"
    return Row(name, partial(settle_from_learners, orders, contents), per=orders)


def _learners_sign(what: str, orders: int, contents: int, from_learners: bool) -> Row:
    balances = "from learners' balances, " if from_learners else ""
    name = f"batch of {orders} orders, {what}, {balances}with learners' signatures, per order"
    return Row(name, partial(settle_agreed, orders, contents, from_learners), per=orders)


ROWS = (
    _learners_pay("20 contents by zipf", 1_000, 20),
    _learners_pay("350 contents", 1_000, CATALOGUE),
    _learners_sign("20 contents by zipf", 100, 20, from_learners=False),
    _learners_sign("20 contents by zipf", 100, 20, from_learners=True),
    Row("top up a learner's balance", partial(top_up_again, 1)),
    Row("top up a learner's balance, the first", partial(top_up, [1])),
    Row("top up 500 learners' balances, per learner", partial(top_up_again, 500), per=500),
    Row("pay a learner's balance out", pay_out),
)
