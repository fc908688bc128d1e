"""Direct purchases of one buyer that do not wait for each other, and the ceiling above them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import NamedTuple

from benchmarks.brownie_purchases import purchase
from benchmarks.watches import BlockWatch
from zhifu.chain import Chain
from zhifu.deployment import Network
from zhifu.signing import SignedTransaction, Signer

#: How many transactions one request to the node brings.
_AT_ONCE = 50
_GAS = 150_000
_PATIENCE_SECONDS = 300
_POLL_SECONDS = 0.01


class Bought(NamedTuple):
    """All seconds, and those of each purchase from its request to the block that has it."""

    seconds: float
    waits: list[float]


def pipelined(network: Network, buyer: Signer, purchases: int, salt: int) -> Bought:
    """Sign while what was signed before is sent; salts count from `salt` on."""
    return _sent(network.chain, _signed(network, buyer, purchases, salt))


def presigned(network: Network, buyer: Signer, purchases: int, salt: int) -> Bought:
    """Only send what was signed before: the most that this node takes in."""
    return _sent(network.chain, list(_signed(network, buyer, purchases, salt)))


def _signed(
    network: Network, buyer: Signer, purchases: int, salt: int
) -> Iterator[SignedTransaction]:
    chain, settlement = network.chain, network.settlement
    known = {"type": 2, "chainId": chain.chain_id, "gas": _GAS, "value": 0}
    known |= {"maxFeePerGas": 0, "maxPriorityFeePerGas": 0}
    first = chain.nonce(buyer.address)
    for at in range(purchases):
        data = settlement.encode("buy", purchase(buyer.address, salt + at))
        message = {"nonce": first + at, "to": settlement.address, "data": data}
        yield buyer.sign_transaction({**known, **message})


def _sent(chain: Chain, signed: Iterable[SignedTransaction]) -> Bought:
    given, hashes, asked_at = iter(signed), list[str](), list[float]()
    sending: list[Future[None]] = []
    with BlockWatch(chain.rpc.url) as blocks:
        begun = time.time() * 1_000
        with ThreadPoolExecutor(1) as sender:
            while True:
                at = time.time() * 1_000
                group = list(islice(given, _AT_ONCE))
                if not group:
                    break
                hashes += [each.hash for each in group]
                asked_at += [at] * len(group)
                sending.append(sender.submit(_send, chain, group))
        for each in sending:
            each.result()
        last = chain.wait_for_receipt(hashes[-1], timeout_seconds=_PATIENCE_SECONDS)
        while max(blocks.came_at()) < last.block_number:
            time.sleep(_POLL_SECONDS)
        came_at = blocks.came_at()
    came = [came_at[block] for block in _blocks(chain, hashes)]
    waits = [(end - at) / 1_000 for end, at in zip(came, asked_at, strict=True)]
    return Bought((max(came) - begun) / 1_000, waits)


def _send(chain: Chain, group: list[SignedTransaction]) -> None:
    chain.rpc.batch([("eth_sendRawTransaction", ("0x" + each.raw.hex(),)) for each in group])


def _blocks(chain: Chain, hashes: list[str]) -> Iterator[int]:
    for receipt in chain.receipts(hashes):
        if receipt is None or not receipt.succeeded:
            raise RuntimeError("a purchase was not made")
        yield receipt.block_number
