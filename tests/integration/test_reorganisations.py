"""INDEX-2: after a reorganisation the index is what one built from nothing would be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import count, product
from random import Random
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.integration.fair import BUYER, CREATOR, PLAN, REFERRER, Fair
from tests.integration.test_indexer import CENT, direct_order, index_of
from zhifu.anvil import dev_signer
from zhifu.batch import BatchItem, pack
from zhifu.blocks import Log
from zhifu.chain import Chain
from zhifu.checkpoints import superfluous
from zhifu.exceptions import ZhifuError
from zhifu.gateway import Gateway
from zhifu.models import BatchOrder, DirectOrder, PlatformStatus, Publication, Role
from zhifu.signing import LocalSigner

T = TypeVar("T")

EVIDENCE = b"\x11" * 32
ARBITER = dev_signer(8)


class _Nothing(Exception):
    """There is nothing yet that it could be done to."""


class Life:
    """What happens on a chain by chance, all of which an index follows."""

    def __init__(self, fair: Fair, gateway: Gateway, draw: Random) -> None:
        self._fair = fair
        self._gateway = gateway
        self._draw = draw
        self._salts = count(1)
        self._orders: list[DirectOrder] = []
        self.acts: Sequence[Callable[[], object]] = (
            self.settle,
            self.settle,
            self.refund,
            self.dispute,
            self.decide,
            self.decide,
            self.buy,
            self.buy,
            self.claim,
            self.claim,
            self.hand_over,
            self.hand_over,
            self.change_prices,
            self.change_plan,
            self.change_platform,
            self.publish,
            self.register,
            self.pass_time,
        )

    def go_on(self, acts: int) -> None:
        """Let that much happen, as far as the contracts allow it."""
        for _ in range(acts):
            with suppress(ZhifuError, _Nothing):
                self._draw.choice(self.acts)()

    def settle(self) -> None:
        network, platform = self._fair.network, self._draw.choice((1, 2, 3))
        items = [
            BatchItem(self._draw.randint(1, 6), self._draw.randint(1, 10))
            for _ in range(self._draw.randint(1, 9))
        ]
        today = network.chain.timestamp() // 86_400
        number, words = network.settlement.next_batch(platform, 1), pack(items).words
        network.settlement.settle(self._operator(platform), number, today, 10**12, words)

    def refund(self) -> None:
        sold = self._one(self._sold())
        self._fair.network.settlement.refund_batch(self._operator(sold.platform), sold)

    def dispute(self) -> None:
        sold = self._one(self._sold())
        settlement = self._fair.network.settlement
        settlement.open_batch_dispute(self._operator(sold.platform), sold, EVIDENCE)

    def decide(self) -> None:
        settlement = self._fair.network.settlement
        opened = {each.arguments["orderId"] for each in settlement.events("DisputeOpened")}
        sold = self._one([order for order in self._sold() if order.order_id in opened])
        refunded = self._draw.random() < 0.5
        settlement.resolve_batch_dispute(ARBITER, sold, to_refund=refunded, evidence=EVIDENCE)

    def buy(self) -> None:
        self._orders.append(direct_order(self._fair, self._draw.randint(1, 6), next(self._salts)))

    def claim(self) -> None:
        self._fair.network.license.claim(BUYER, self._one(self._orders))

    def hand_over(self) -> None:
        """Once the window is over that a token is locked for."""
        license_ = self._fair.network.license
        order = self._one(self._orders)
        token = int.from_bytes(self._fair.network.settlement.order_id_of(order), "big")
        holder = license_.holder_of(token)
        sender = self._one([each for each in (BUYER, CREATOR, REFERRER) if each.address == holder])
        to = self._draw.choice((BUYER, CREATOR, REFERRER)).address
        self._fair.pass_days(30)
        license_.transact(sender, "safeTransferFrom", holder, to, token, 1, b"")

    def change_prices(self) -> None:
        content = self._draw.randint(1, 6)
        price, host = self._draw.randint(1, 9) * CENT, self._operator((content + 1) // 2)
        self._fair.network.license.set_price(host, content, price)
        self._fair.network.license.set_active(host, content, self._draw.random() < 0.9)

    def change_plan(self) -> None:
        content = self._draw.randint(1, 6)
        host = self._operator((content + 1) // 2)
        self._fair.network.license.set_plan(host, content, PLAN)

    def change_platform(self) -> None:
        registry, owner, admin = self._fair.network.registry, self._operator(1), self._fair.admin
        changes: list[Callable[[], object]] = [
            partial(registry.set_network_fee, admin, 1, self._draw.randint(0, 200)),
            partial(registry.set_host_fee, owner, 1, self._draw.randint(900, 1100)),
            partial(registry.set_treasury, owner, 1, self._draw.choice((owner, CREATOR)).address),
            partial(registry.set_status, admin, 3, PlatformStatus(self._draw.randint(1, 2))),
            partial(self._fair.network.settlement.add_window, admin, 86_400),
        ]
        self._draw.choice(changes)()

    def publish(self) -> None:
        publication = Publication(f"new {self._draw.random()}", CENT, 0, PLAN)
        self._fair.network.license.publish(self._operator(1), [publication])

    def register(self) -> None:
        self._fair.network.registry.register_learners(self._operator(2), self._draw.randint(1, 5))

    def pass_time(self) -> None:
        self._fair.anvil.mine(self._draw.randint(1, 9))
        self._fair.pass_days(self._draw.randint(0, 2))

    def _operator(self, platform: int) -> LocalSigner:
        return self._fair.operators[platform]

    def _one(self, found: Sequence[T]) -> T:
        if not found:
            raise _Nothing
        return self._draw.choice(found)

    def _sold(self) -> list[BatchOrder]:
        """What the batches have sold, as the index has it; also what is in dispute."""
        self._gateway.sync()
        orders = self._fair.rows(
            "SELECT platform, lane, number, position FROM chain_licenses"
            " JOIN chain_batches ON chain_batches.id = batch_id ORDER BY 1, 2, 3, 4"
        )
        found = [self._gateway._licenses.of_batch(*place) for place in orders]
        return [order for order in found if order is not None]


def appoint_arbiter(fair: Fair) -> None:
    fair.network.registry.nominate(fair.admin, Role.ARBITER, ARBITER.address)
    fair.pass_days(3)
    fair.network.registry.accept_role(ARBITER, Role.ARBITER)


@pytest.mark.parametrize("seed", range(3))
def test_an_index_goes_back_as_far_as_the_chain_does(fair: Fair, seed: int) -> None:
    """LEDGER-3: however deep, and whatever took place in the blocks that are gone and instead."""
    draw = Random(seed)
    appoint_arbiter(fair)
    with fair.gateway() as gateway:
        life = Life(fair, gateway, draw)
        for turn in range(5):
            life.go_on(draw.randint(0, 6))
            fork = fair.anvil.snapshot()
            for _ in range(draw.randint(1, 3)):
                life.go_on(draw.randint(1, 8))
                gateway.sync()
            fair.anvil.revert(fork)
            life.go_on(draw.randint(0, 4))
            gateway.sync()
            with fair.gateway(database=f"afresh {turn}"):
                assert index_of(fair) == index_of(fair, f"afresh {turn}")
            for learner, content in product(range(1, 11), range(1, 7)):
                verified = gateway.may_use(learner, content)
                assert gateway.has_license(learner, content) == verified, "INDEX-4"


class Listening(Chain):
    """A node's client that notes from which block on logs are asked for."""

    def __init__(self, rpc_url: str) -> None:
        super().__init__(rpc_url)
        self.firsts: list[int] = []

    def logs(
        self,
        address: str | Sequence[str],
        topics: Sequence[Any] = (),
        from_block: int = 0,
        to_block: int | None = None,
        **options: Any,
    ) -> Iterator[Log]:
        self.firsts.append(from_block)
        return super().logs(address, topics, from_block, to_block, **options)


@pytest.mark.parametrize("depth", [1, 2, 5, 20, 64])
def test_no_more_is_read_again_than_twice_what_was_reorganised(fair: Fair, depth: int) -> None:
    chain = Listening(fair.anvil.rpc_url)
    with fair.gateway(network=fair.same_chain(chain)) as gateway:
        for _ in range(70):
            fair.anvil.mine()
            gateway.sync()
        fork = fair.anvil.snapshot()
        head = fair.network.chain.block_number()
        for _ in range(depth):
            fair.anvil.mine()
            gateway.sync()
        fair.anvil.revert(fork)
        fair.network.license.set_active(fair.operators[1], 1, False)
        chain.firsts.clear()
        assert gateway.sync()
        assert min(chain.firsts) > head - depth - 2
        assert not next(iter(gateway.contents())).active


def test_a_chain_of_which_nothing_is_known_is_read_from_the_beginning(fair: Fair) -> None:
    with fair.gateway() as gateway:
        gateway.sync()
        fair.rows("UPDATE chain_checkpoints SET block_hash = '0x' RETURNING 1")
        fair.rows("UPDATE chain_cursor SET block_hash = '0x' RETURNING 1")
        assert gateway.sync()
        with fair.gateway(database="afresh"):
            assert index_of(fair) == index_of(fair, "afresh")


@given(st.lists(st.integers(1, 50), min_size=1, max_size=400))
def test_checkpoints_are_few_and_near(steps: list[int]) -> None:
    """A block is left at most twice as deep as any that is gone, or a stretch below it."""
    head, kept = 0, [0]
    for step in steps:
        head += step
        kept.insert(0, head)
        kept = [block for block in kept if block not in set(superfluous(kept))]
    assert kept[0] == head
    assert kept[-1] == 0
    assert len(kept) <= 2 * head.bit_length() + 3
    for depth in range(head):
        nearest = next(block for block in kept if block <= head - depth)
        assert head - nearest <= max(2 * depth, depth + max(steps))
