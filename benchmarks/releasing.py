"""Releases: what it costs to split matured money, whoever calls."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from benchmarks.row import Row
from benchmarks.scene import WINDOW, Scene, plan
from zhifu import accounts
from zhifu.anvil import dev_signer
from zhifu.batch import BatchItem
from zhifu.blocks import Receipt
from zhifu.models import SplitPlan

_LARGEST_BATCH = 1_000
_FIRST_REFERRER = 60


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


def release_replanned(scene: Scene) -> Receipt:
    """Release one content after its plan changed, with money under both plans."""
    contents = scene.publish([plan_of(4)], "shared")
    sell(scene, contents)
    scene.settlement(scene.relayer, "release", contents)
    scene.settle([BatchItem(contents[0], 1)])
    scene.license(scene.host.operator, "setPlan", contents[0], plan_of(4).as_tuple())
    scene.wait(WINDOW)
    sell(scene, contents)
    return scene.settlement(scene.relayer, "release", contents)


def release_commissions(sellers: int, scene: Scene) -> Receipt:
    """Credit a seller, or a seller and referrers, not for the first time."""
    referrers = [dev_signer(_FIRST_REFERRER + at).address for at in range(sellers - 1)]
    owed = [scene.host.account, *(accounts.of_address(each) for each in referrers)]
    items = [BatchItem(1, 1), *(BatchItem(1, 1, each) for each in referrers)]
    for _ in range(2):
        scene.settle(items)
        scene.mature()
        receipt = scene.settlement(scene.relayer, "releaseCommissions", owed, 0)
    return receipt


def release_referral(scene: Scene) -> Receipt:
    """Credit a referrer for the first time."""
    scene.settle([BatchItem(1, 1, scene.referrer.address)])
    scene.mature()
    owed = [accounts.of_address(scene.referrer.address)]
    return scene.settlement(scene.relayer, "releaseCommissions", owed, 0)


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
    Row("release and split to 4, under two plans", release_replanned),
    Row("release a seller's commission", partial(release_commissions, 1)),
    Row("release 10 commissions, per commission", partial(release_commissions, 10), per=10),
    Row("release a referrer's commission, the first", release_referral),
)
