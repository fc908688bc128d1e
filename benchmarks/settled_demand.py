"""A chain on which orders of the real demand are settled, without a gateway: for what reads it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from zhifu.anvil import dev_signer
from zhifu.batch import BatchItem, pack
from zhifu.catalogue import read_catalogue, shipped_catalogue, shipped_demand
from zhifu.chain import Chain
from zhifu.deployment import DAY_SECONDS, Network, deploy
from zhifu.market import Market, Member, open_market
from zhifu.replay import ORDERS_PER_LEARNER, Drawn, Options, draw

_LANE = 1
_MOST = 10**15


def settle_demand(chain: Chain, orders: int, batch_size: int = 1_000) -> Network:
    """Put the shipped contents and the first orders of the shipped demand on an empty chain."""
    network = Network(chain, deploy(chain, dev_signer(0)))
    rows = list(read_catalogue(shipped_catalogue()))
    market = open_market(network, dev_signer(0), rows, -(-orders // ORDERS_PER_LEARNER))
    for member in market.members.values():
        market.deposit(member, _MOST)
    options = Options(shipped_catalogue(), shipped_demand(), orders, batch_size=batch_size)
    for seller, items in _batches(draw(market, options, {row.key for row in rows}), batch_size):
        _settle(market, seller, items)
    return network


def _batches(drawn: Iterator[Drawn], size: int) -> Iterator[tuple[Member, list[BatchItem]]]:
    """The orders of each seller, as many at once as a batch takes."""
    waiting: dict[Member, list[BatchItem]] = {}
    while chunk := list(islice(drawn, size)):
        for order in chunk:
            items = waiting.setdefault(order.seller, [])
            items.append(BatchItem(order.offering.number, order.learner))
            if len(items) == size:
                yield order.seller, waiting.pop(order.seller)
    yield from waiting.items()


def _settle(market: Market, seller: Member, items: list[BatchItem]) -> None:
    settlement = market.network.settlement
    number = settlement.next_batch(seller.number, _LANE)
    today = market.network.chain.timestamp("pending") // DAY_SECONDS
    settlement.settle(seller.operator, number, today, _MOST, pack(items).words)
