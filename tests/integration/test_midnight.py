"""PAY-18: an order is settled at the price that was paid, whatever midnight and a node do."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.integration.fair import PRICES, Fair
from zhifu.chain import Chain
from zhifu.deployment import DAY_SECONDS
from zhifu.exceptions import ChainUnreachable
from zhifu.gateway import Gateway
from zhifu.indexer import QUIET_SECONDS
from zhifu.money import Money

CENT = 10_000
LESS = 4000


class Clock:
    """A gateway's clock that can be put forward."""

    ahead = 0

    def __call__(self) -> int:
        return int(time.time()) + self.ahead


class Mute(Chain):
    """A node that does not say where the chain is while it is asked to."""

    is_mute = False

    def require_id(self, chain_id: str) -> None:
        if self.is_mute:
            raise ChainUnreachable(self.rpc.url, "it is silent")
        super().require_id(chain_id)


@contextmanager
def opened(fair: Fair, clock: Clock) -> Iterator[tuple[Gateway, Mute]]:
    node = Mute(fair.anvil.rpc_url)
    network = fair.same_chain(node)
    with (
        node,
        fair.gateway(1, network=network, clock=clock, batch_age_ms=0, confirmations=5) as gateway,
    ):
        yield gateway, node


def cheaper_from_tomorrow(fair: Fair) -> None:
    fair.network.license.set_price(fair.operators[1], 1, LESS * CENT)


def pass_day(fair: Fair, clock: Clock) -> None:
    fair.pass_days(1)
    clock.ahead += DAY_SECONDS


def at_noon(fair: Fair) -> int:
    """Put the chain to a noon; the midnight that comes next."""
    chain = fair.network.chain
    midnight = (chain.timestamp() // DAY_SECONDS + 2) * DAY_SECONDS
    fair.anvil.increase_time(midnight - DAY_SECONDS // 2 - chain.timestamp())
    return midnight


def put_to(fair: Fair, clock: Clock, moment: int) -> None:
    """Let chain and clock be at a moment, without a block."""
    seconds = moment - fair.network.chain.timestamp()
    fair.anvil.rpc.call("evm_increaseTime", seconds)
    clock.ahead += seconds


def test_midnight_between_a_look_and_a_batch_changes_no_price(fair: Fair) -> None:
    clock = Clock()
    with opened(fair, clock) as (gateway, _):
        gateway.pay(fair.request())
        before = fair.available(1)
        cheaper_from_tomorrow(fair)
        pass_day(fair, clock)
        gateway.freshness.note()
        batch = gateway.settle_due(1)
        assert batch is not None
        assert batch.sale_day == fair.network.chain.timestamp() // DAY_SECONDS - 1
        assert before - fair.available(1) == batch.debit == PRICES[1] * CENT


def test_a_look_that_failed_is_none(fair: Fair) -> None:
    """Nothing is settled by a picture that nobody could bring up to date."""
    clock = Clock()
    with opened(fair, clock) as (gateway, node):
        gateway.pay(fair.request())
        cheaper_from_tomorrow(fair)
        time.sleep(1.1)
        node.is_mute = True
        for _ in range(2):
            with pytest.raises(ChainUnreachable):
                gateway.settle_due(1)
        gateway.pay(fair.request(learner=2))
        with pytest.raises(ChainUnreachable):
            gateway.settle_due(1)
        assert gateway.batches(1) == []
        pass_day(fair, clock)
        node.is_mute = False
        batch = gateway.settle_due(1)
        assert batch is not None
        assert (batch.orders, batch.debit) == (2, 2 * PRICES[1] * CENT)


def test_a_day_has_its_prices_once_a_block_of_it_is_there(fair: Fair) -> None:
    """A block from before midnight, with another price, may come a little after it."""
    clock = Clock()
    midnight = at_noon(fair)
    with opened(fair, clock) as (gateway, _):
        cheaper_from_tomorrow(fair)
        gateway.sync()
        put_to(fair, clock, midnight + 5)
        gateway.sync()
        less = Money(LESS, "USD")
        order = gateway.pay(fair.request(amount=less, provider_payment_id=fair.provider.pay(less)))
        assert gateway.settle(1) is None
        assert gateway.left_out(1) == []
        old = gateway.pay(fair.request(learner=2))
        batch = gateway.settle(1)
        assert batch is not None
        assert (batch.sale_day, batch.debit) == (midnight // DAY_SECONDS - 1, PRICES[1] * CENT)
        assert gateway.order(old.orders[0].id).batch is not None
        # That batch is in a block of the new day.
        batch = gateway.settle(1)
        assert batch is not None
        assert (batch.sale_day, batch.debit) == (midnight // DAY_SECONDS, LESS * CENT)
        assert gateway.order(order.orders[0].id).batch is not None


def test_a_chain_without_blocks_is_quiet_after_a_while(fair: Fair) -> None:
    clock = Clock()
    midnight = at_noon(fair)
    with opened(fair, clock) as (gateway, _):
        cheaper_from_tomorrow(fair)
        gateway.sync()
        put_to(fair, clock, midnight + QUIET_SECONDS + 5)
        gateway.sync()
        less = Money(LESS, "USD")
        gateway.pay(fair.request(amount=less, provider_payment_id=fair.provider.pay(less)))
        batch = gateway.settle(1)
        assert batch is not None
        assert (batch.sale_day, batch.debit) == (midnight // DAY_SECONDS, LESS * CENT)
