"""The batch that Python packs is the batch the contract reads: same root, same proofs."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from tests.integration.fair import LEARNERS, PLAN, PRICES, REFERRER, Fair
from zhifu.batch import BatchItem, Facts, pack, tree, unpack
from zhifu.deployment import DAY_SECONDS
from zhifu.models import BatchOrder

CENT = 10_000
WINDOW_SECONDS = 14 * DAY_SECONDS


def settle(fair: Fair, items: list[BatchItem], number: int) -> list[BatchOrder]:
    """Settle as platform 1; each order with the proof Python makes."""
    packed = pack(items)
    chain, settlement = fair.network.chain, fair.network.settlement
    debit = sum(PRICES[item.content] * CENT for item in items)
    calldata = settlement.encode_settle(
        number, chain.timestamp() // DAY_SECONDS, debit, packed.words
    )
    receipt = chain.send(fair.operators[1], settlement.address, calldata)
    epoch = chain.timestamp(receipt.block_number) // WINDOW_SECONDS
    facts = {
        content: Facts(price * CENT, PLAN.commission_bps, 0, 1, 0, epoch)
        for content, price in PRICES.items()
    }
    built = tree(packed.words, facts, dict.fromkeys(PRICES, PLAN.referrer_bps))
    assert built.root == settlement.root_of(1, 1, number)
    orders = []
    for place in packed.places:
        leaf = unpack(packed.words)[place.leaf]
        read = facts[int.from_bytes(leaf.word[:4], "big")]
        if leaf.referrer:
            read = read._replace(referrer_bps=PLAN.referrer_bps)
        proof = built.proof(place.leaf)
        orders.append(
            BatchOrder(
                1,
                1,
                number,
                built.leaves,
                place.leaf,
                place.place,
                leaf.word,
                read,
                leaf.referrer,
                proof,
            )
        )
    return orders


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
    orders = settle(fair, items, 1)
    for item, order in list(zip(items, orders, strict=True))[:: max(1, count // 20)]:
        assert fair.network.license.verify_batch(order, item.learner)
        assert not fair.network.license.verify_batch(order, item.learner % LEARNERS + 1)
    assert len({order.order_id for order in orders}) == count


def test_a_proof_that_was_touched_proves_nothing(fair: Fair) -> None:
    items = [BatchItem(content, learner) for content in (1, 2, 3) for learner in (1, 2)]
    good = settle(fair, items, 1)[0]
    inspect = fair.network.settlement.inspect_batch
    assert inspect(good) == (True, False)
    for bad in (
        replace(good, facts=good.facts._replace(price=1)),
        replace(good, facts=good.facts._replace(expires_at=1)),
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
