"""What is owed after a random history, against the state that the contract ends with (NET-1, 6).

Prices and plans change, accounts are taken over, and orders are refunded, in parts and whole, and
argued about.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.integration.market_walk import Walk, opened_market
from zhifu import accounts
from zhifu.anvil import Anvil, dev_signer
from zhifu.chain import Chain
from zhifu.clearing import net
from zhifu.deployment import Network, deploy
from zhifu.facts import OrderState
from zhifu.netting import Flow


@pytest.fixture(scope="module")
def walk() -> Iterator[Walk]:
    with Anvil(genesis_timestamp=1_800_000_000) as anvil, Chain(anvil.rpc_url) as chain:
        market = opened_market(Network(chain, deploy(chain, dev_signer(0))), anvil)
        walk = Walk(market, anvil, seed=23)
        for _ in range(500):
            walk.step()
        yield walk


def test_what_is_owed_is_what_stands_on_chain(walk: Walk) -> None:
    """NET-6: by every order's facts, prices, plans and what became of it."""
    found, owed = net(walk.network), standing(walk)
    left = {pair: amount - owed[pair[::-1]] for pair, amount in owed.items()}
    expected = sorted(Flow(*pair, amount) for pair, amount in left.items() if amount > 0)
    assert expected
    assert found.bilateral == expected
    assert {"take_over", "refund_batch_part", "open_batch_dispute"} <= set(walk.done)


def test_every_order_is_counted(walk: Walk) -> None:
    """NET-1."""
    assert net(walk.network).orders == len(walk.batched) + len(walk.direct)


def standing(walk: Walk) -> Counter[tuple[int, int]]:
    """What sellers owe hosts for the orders that were not refunded whole, by the contract."""
    settlement = walk.settlement
    taken_over = [
        (accounts.learner_of(event.arguments["account"]), event.log.block_number)
        for event in settlement.events("AccountTakenOver")
    ]
    settled = {
        (each.arguments["platform"], each.arguments["number"]): each.log.block_number
        for each in settlement.events("BatchSettled")
    }
    owed: Counter[tuple[int, int]] = Counter()
    for order in walk.batched:
        _, facts = settlement.inspect_batch(order)
        block = settled[order.platform, order.number]
        payer = (order.platform, order.learner)
        own = any(payer == account and since < block for account, since in taken_over)
        alone = facts.state & OrderState.FROM_LEARNER and own
        host = walk.network.license.host_of(order.content)
        if not facts.state & OrderState.REFUNDED and not alone and host != order.platform:
            owed[order.platform, host] += facts.left - facts.left * facts.commission_bps // 10_000
    return owed
