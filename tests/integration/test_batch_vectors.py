"""The batch that Python packs is the batch the contract reads: same root, same proofs."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from tests.integration.fair import LEARNERS, PRICES, REFERRER, Fair
from tests.integration.settling import settle as settle_batch
from zhifu.batch import BatchItem
from zhifu.facts import OrderState
from zhifu.models import BatchOrder


def settle(fair: Fair, items: list[BatchItem]) -> list[BatchOrder]:
    """Settle as platform 1; each order with the proof Python makes."""
    return settle_batch(fair.network, 1, fair.operators[1], items)


@pytest.mark.parametrize("count", [1, 2, 7, 8, 50, 300])
def test_root_and_proofs_are_the_contracts(fair: Fair, count: int) -> None:
    random = Random(count)
    items = [
        BatchItem(
            random.randint(1, len(PRICES)),
            random.randint(1, LEARNERS),
            random.choice([None, None, REFERRER.address]),
        )
        for _ in range(count)
    ]
    orders = settle(fair, items)
    for item, order in list(zip(items, orders, strict=True))[:: max(1, count // 20)]:
        assert fair.network.license.verify_batch(order, item.learner)
        assert not fair.network.license.verify_batch(order, item.learner % LEARNERS + 1)
    assert len({order.order_id for order in orders}) == count


def test_a_proof_that_was_touched_proves_nothing(fair: Fair) -> None:
    items = [BatchItem(content, learner) for content in (1, 2, 3) for learner in (1, 2)]
    good = settle(fair, items)[0]
    inspect = fair.network.settlement.inspect_batch
    assert inspect(good) == (True, good.facts)
    for bad in (
        replace(good, facts=good.facts._replace(price=1)),
        replace(good, facts=good.facts._replace(expires_at=1)),
        replace(good, facts=good.facts._replace(starts_at=1)),
        replace(good, facts=good.facts._replace(refunded=1)),
        replace(good, facts=good.facts._replace(state=OrderState.FROM_LEARNER)),
        replace(good, word=good.word[:-1] + b"\x01"),
        replace(good, leaf=good.leaf + 1),
        replace(good, leaves=good.leaves + 1),
        replace(good, number=2),
        replace(good, lane=2),
        replace(good, platform=2),
        replace(good, place=6),
        replace(good, referrer=REFERRER.address),
        replace(good, proof=good.proof[:-1]),
        replace(good, proof=[*good.proof, bytes(32)]),
    ):
        assert inspect(bad)[0] is False
