"""Settling a batch straight on the contract, with the proofs that Python makes for its orders."""

from __future__ import annotations

from collections.abc import Sequence

from zhifu.batch import BatchItem, content_of, facts_of, pack, tree, unpack
from zhifu.deployment import DAY_SECONDS, Network
from zhifu.facts import OrderState, Quote
from zhifu.models import BatchOrder, Consent
from zhifu.signing import Signer

LANE = 1
MOST = 10**15


def settle(
    network: Network,
    platform: int,
    operator: Signer,
    items: Sequence[BatchItem],
    *,
    from_learners: bool = False,
    consents: Sequence[Consent] = (),
) -> list[BatchOrder]:
    """Settle a batch of a platform's first operator; its orders as they were given."""
    chain, settlement = network.chain, network.settlement
    number = settlement.next_batch(platform, LANE)
    packed = pack(items)
    head = (number, chain.timestamp() // DAY_SECONDS, MOST, packed.words)
    if from_learners or consents:
        receipt = settlement.settle_learners(
            operator, *head, from_learners=from_learners, consents=consents
        )
    else:
        receipt = settlement.settle(operator, *head)
    now = chain.timestamp(receipt.block_number)
    leaves = unpack(packed.words)
    state = OrderState.FROM_LEARNER if from_learners else OrderState(0)
    contents = {content_of(leaf.word) for leaf in leaves}
    quotes = {content: quote_of(network, content, head[1], now, state) for content in contents}
    whole = tree(packed.words, quotes)
    return [
        BatchOrder(
            platform,
            LANE,
            number,
            whole.leaves,
            at.leaf,
            at.place,
            leaves[at.leaf].word,
            facts_of(leaves[at.leaf], quotes),
            leaves[at.leaf].referrer,
            whole.proof(at.leaf),
        )
        for at in packed.places
    ]


def quote_of(network: Network, content: int, day: int, now: int, state: OrderState) -> Quote:
    """What the contract reads of a content, as its views tell it."""
    price, _ = network.settlement.price_on(content, day)
    version = network.settlement.plan_version_of(content)
    _, plan = network.license.plan_of(content, version)
    window = network.settlement.window_of(0)
    return Quote(
        price,
        plan.commission_bps,
        plan.referrer_bps,
        version,
        0,
        now // window,
        now,
        network.license.terms_of(content).duration_seconds,
        state,
    )
