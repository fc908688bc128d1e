"""Orders through the gateway in Python: paid many at once, and settled batch by batch.

    python -m benchmarks.batched_orders RPC_URL HOME ORDERS

Says in JSON when each group of payments was asked for and how long it took, from there to the
included batch; `run_batched` runs it, in the market of a folder.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from benchmarks.http_service import LEARNERS, PLATFORM, PRICE_MINOR, PaidProvider
from benchmarks.settled_service import books
from benchmarks.watches import MemoryWatch
from zhifu.anvil import dev_signer
from zhifu.chain import Chain
from zhifu.deployment import Deployment, Network
from zhifu.gateway import Gateway
from zhifu.money import Money
from zhifu.payments import Payment, PaymentRequest

CONTENTS = 20
BATCH = 1_000


class Batched(NamedTuple):
    """What came of it: all seconds, and those from request to block of each batch; MiB."""

    seconds: float
    waits: list[float]
    peak_memory: float
    growth: float


def run_batched(rpc_url: str, home: Path, orders: int) -> Batched:
    """Settle so many orders, whole batches of them, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.batched_orders", rpc_url, str(home), str(orders)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        with MemoryWatch(process.pid) as memory:
            told = process.stdout.read() if process.stdout else ""
        if process.wait():
            raise RuntimeError("the gateway did not settle the orders")
    found = json.loads(told)
    return Batched(found["seconds"], found["waits"], max(memory.held), memory.growth())


def main() -> None:
    """Pay and settle, and tell."""
    rpc_url, home, orders = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    operators, providers = {PLATFORM: dev_signer(PLATFORM)}, {"sandbox": PaidProvider()}
    url, waits = f"sqlite:///{books(home)}", []
    with Chain(rpc_url) as chain:
        network = Network(chain, Deployment.load(home / "deployment.json"))
        with Gateway.open(url, network, operators, providers, batch_size=BATCH) as gateway:
            gateway.sync()
            asked = _requests(orders)
            began = time.perf_counter()
            while group := list(islice(asked, BATCH)):
                at = time.perf_counter()
                _settle(gateway, group)
                waits.append(time.perf_counter() - at)
            seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "waits": waits}))


def _settle(gateway: Gateway, group: list[PaymentRequest]) -> None:
    for outcome in gateway.pay_many(group):
        if not isinstance(outcome, Payment):
            raise outcome
    if gateway.settle(PLATFORM) is None or gateway.waiting(PLATFORM):
        raise RuntimeError("a batch was not settled")


def _requests(orders: int) -> Iterator[PaymentRequest]:
    price = Money(PRICE_MINOR, "USD")
    for number in range(orders):
        learner, content = number % LEARNERS + 1, number % CONTENTS + 1
        name = f"python-{number}"
        yield PaymentRequest(PLATFORM, learner, (content,), price, "sandbox", name, name)


if __name__ == "__main__":
    main()
