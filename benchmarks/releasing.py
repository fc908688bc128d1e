"""Releases: what it costs to split matured money, whoever calls."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from benchmarks.row import Row
from benchmarks.scene import Scene, plan
from zhifu import accounts
from zhifu.batch import BatchItem
from zhifu.blocks import Receipt
from zhifu.models import SplitPlan

_LARGEST_BATCH = 1_000


def plan_of(payees: int, first_creator: int = 0) -> SplitPlan:
    """A plan that pays that many: the host, from three on the network, and creators."""
    if payees == 2:
        return plan(1, first_creator, network_bps=0)
    return plan(payees - 2, first_creator)


def sell(scene: Scene, contents: Sequence[int], orders: int = 1) -> None:
    """Settle that many orders of each content, and let them mature."""
    for start in range(0, orders, _LARGEST_BATCH):
        learners = range(1, min(orders - start, _LARGEST_BATCH) + 1)
        scene.settle([BatchItem(content, each) for content in contents for each in learners])
    scene.mature()


def released(scene: Scene, contents: Sequence[int], orders: int = 1) -> Receipt:
    """Release contents that sold before and whose payees have balances."""
    sell(scene, contents)
    scene.settlement(scene.relayer, "release", contents)
    sell(scene, contents, orders)
    return scene.settlement(scene.relayer, "release", contents)


def release(payees: int, scene: Scene) -> Receipt:
    """Release one content; its payees have balances."""
    return released(scene, scene.publish([plan_of(payees)], "shared"))


def release_first(payees: int, scene: Scene) -> Receipt:
    """Release one content whose payees were never paid before."""
    contents = scene.publish([plan_of(payees)], "shared")
    sell(scene, contents)
    return scene.settlement(scene.relayer, "release", contents)


def release_many(contents: int, payees: int, scene: Scene) -> Receipt:
    """Release contents of one host, each with creators of its own."""
    plans = [plan_of(payees, first_creator=10 * at) for at in range(contents)]
    return released(scene, scene.publish(plans, "shared"))


def release_after(orders: int, scene: Scene) -> Receipt:
    """Release one content that was sold that often since the last release."""
    return released(scene, scene.publish([plan_of(4)], "popular"), orders)


def release_commission(scene: Scene) -> Receipt:
    """Credit a seller with the commission of one class, not for the first time."""
    account = scene.host.account
    sell(scene, [1])
    scene.settlement(scene.relayer, "releaseCommission", account, 0)
    sell(scene, [1])
    return scene.settlement(scene.relayer, "releaseCommission", account, 0)


def release_referral(scene: Scene) -> Receipt:
    """Credit a referrer for the first time."""
    referrer = scene.referrer.address
    scene.settle([BatchItem(1, 1, referrer)])
    scene.mature()
    account = accounts.of_address(referrer)
    return scene.settlement(scene.relayer, "releaseCommission", account, 0)


ROWS = (
    *(
        Row(f"release and split to {payees}", partial(release, payees))
        for payees in (2, 4, 10, 100)
    ),
    Row("release and split to 4, all paid for the first time", partial(release_first, 4)),
    Row(
        "release 10 contents with 4 payees each, host and network shared, per content",
        partial(release_many, 10, 4),
        per=10,
    ),
    *(
        Row(f"release and split to 4 after {orders} orders", partial(release_after, orders))
        for orders in (1, 100, 10_000)
    ),
    Row("release a seller's commission", release_commission),
    Row("release a referrer's commission, the first", release_referral),
)
