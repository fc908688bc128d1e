"""A stretch of a real chain with everything that the index follows, as a node tells of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import orjson

from benchmarks.batches import draw
from benchmarks.scene import CATALOGUE, PRICE, Scene, opened
from benchmarks.tokens import OWN
from zhifu import accounts
from zhifu.anvil import dev_signer
from zhifu.chain import Chain
from zhifu.deployment import Network
from zhifu.models import CartPayment, DirectOrder, Source
from zhifu.rpc import Call, JsonRpc
from zhifu.signing import LocalSigner

CARTS = 20
ORDERS_OF_A_CART = 50
BATCHES = 2
ORDERS_OF_A_BATCH = 100
_EACH = 40
_FIRST_RECEIVER = 1_000
_RECEIVERS = 250
_AT_ONCE = 50
_EVIDENCE = b"\xe5" * 32


class Recording(NamedTuple):
    """What a node said: its blocks' headers, logs and the transactions that settled batches.

    `calls` are the answers about code and state that a client asks for when it opens the network.
    Blocks after `furnished` are the life on the chain; those before are what it needs.
    """

    chain_id: int
    furnished: int
    deployment: dict[str, Any]
    blocks: Sequence[dict[str, Any]]
    logs: Sequence[dict[str, Any]]
    transactions: Sequence[dict[str, Any]]
    calls: dict[str, str]

    def write(self, file: Path) -> None:
        """Keep it."""
        file.write_bytes(orjson.dumps(self._asdict()))

    @classmethod
    def read(cls, file: Path) -> Recording:
        """What was kept."""
        return cls(**orjson.loads(file.read_bytes()))


def record() -> Recording:
    """Let it happen on an Anvil, and record what that says of it."""
    with opened(OWN) as scene:
        _prepare(scene)
        furnished = scene.chain.block_number()
        _live(scene)
        return _recorded(scene, furnished)


def receivers() -> list[LocalSigner]:
    """Those whom the orders are for."""
    return [dev_signer(_FIRST_RECEIVER + at) for at in range(_RECEIVERS)]


def _prepare(scene: Scene) -> None:
    scene.deposit(accounts.of_address(scene.buyer.address))


def _live(scene: Scene) -> None:
    random, parties = Random(1), receivers()
    bought = [_cart(scene, random, parties) for _ in range(CARTS)]
    orders = [order for cart in bought for order in cart]
    batches = [
        scene.settle(draw(random, ORDERS_OF_A_BATCH, ORDERS_OF_A_BATCH // 10))
        for _ in range(BATCHES)
    ]
    signers = {each.address: each for each in parties}
    for order in islice(orders, _EACH):
        scene.license(signers[order.receiver], "claim", order.as_tuple())
    for order in islice(orders, _EACH, 2 * _EACH):
        scene.settlement(scene.host.operator, "refund", order.as_tuple())
    for at in range(_EACH):
        sold = batches[at % BATCHES].order(at).as_tuple()
        scene.settlement(scene.host.operator, "refundBatch", sold)
    for at in range(_EACH, _EACH + _EACH // 2):
        sold = batches[at % BATCHES].order(at).as_tuple()
        scene.settlement(scene.host.operator, "openBatchDispute", sold, _EVIDENCE)
        scene.settlement(scene.arbiter, "resolveBatchDispute", sold, at % 2 == 0, _EVIDENCE)
    for at in range(_EACH):
        scene.deposit(accounts.of_platform(scene.seller.number))
        scene.license(scene.host.operator, "setPrice", 1 + at, PRICE + at)
    scene.mature()
    for first in range(1, CATALOGUE + 1, _AT_ONCE):
        contents = list(range(first, min(first + _AT_ONCE, CATALOGUE + 1)))
        scene.settlement(scene.buyer, "release", contents)


def _cart(scene: Scene, random: Random, parties: Sequence[LocalSigner]) -> list[DirectOrder]:
    """Orders of the buyer for others, paid at once."""
    orders = [
        replace(
            scene.order(content=random.randint(1, CATALOGUE)),
            receiver=random.choice(parties).address,
        )
        for _ in range(ORDERS_OF_A_CART)
    ]
    scene.network.settlement.buy_cart(scene.buyer, orders, CartPayment(Source.BALANCE))
    return orders


def _recorded(scene: Scene, furnished: int) -> Recording:
    rpc, last = scene.chain.rpc, scene.chain.block_number()
    network = scene.network
    addresses = [network.registry.address, network.license.address, network.settlement.address]
    asked = {"address": addresses, "fromBlock": "0x0", "toBlock": hex(last)}
    logs = rpc.call("eth_getLogs", asked)
    settled = "0x" + network.settlement.artifact.topic("BatchSettled").hex()
    hashes = [log["transactionHash"] for log in logs if log["topics"][0] == settled]
    return Recording(
        scene.chain.chain_id,
        furnished,
        asdict(network.deployment),
        rpc.batch([("eth_getBlockByNumber", (hex(each), False)) for each in range(last + 1)]),
        logs,
        rpc.batch([("eth_getTransactionByHash", (each,)) for each in hashes]),
        _opening(scene),
    )


class _Noting(JsonRpc):
    """Notes what the node answers."""

    said: dict[str, str]

    def call(self, method: str, *params: Any) -> Any:
        found = super().call(method, *params)
        self.said[key_of(method, params)] = found
        return found

    def batch(self, calls: Iterable[Call]) -> list[Any]:
        asked = list(calls)
        found = super().batch(asked)
        for (method, params), answer in zip(asked, found, strict=True):
            self.said[key_of(method, params)] = answer
        return found


def key_of(method: str, parameters: Sequence[Any]) -> str:
    """By which an answer is found again, at whatever block a view is asked."""
    told = parameters[:1] if method == "eth_call" else parameters
    return orjson.dumps([method, *told]).decode()


def _opening(scene: Scene) -> dict[str, str]:
    with Chain(scene.chain.rpc.url) as chain:
        noting = _Noting(chain.rpc.url)
        noting.said, chain.rpc = {}, noting
        network = Network(chain, scene.network.deployment)
        network.registry.platform_count()
        network.registry.learner_count()
        network.license.content_count()
        return noting.said
