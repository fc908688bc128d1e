"""Orders of real batches indexed from nothing, and the licences of that index asked about.

python -m benchmarks.indexing_orders RPC DEPLOYMENT DATABASE      what `measure_orders` runs
"""

from __future__ import annotations

import json
import resource
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from random import Random
from typing import NamedTuple

from benchmarks.batches import draw
from benchmarks.scene import CATALOGUE, LEARNERS, Scene, opened
from benchmarks.tokens import OWN
from zhifu.chain import Chain
from zhifu.deployment import Deployment, Network
from zhifu.gateway import Gateway

ORDERS_OF_A_BATCH = 1_000
_CHECKS = 20_000
_DEPOSITS = 9


class Orders(NamedTuple):
    """What came of so many orders."""

    number: int
    seconds: float
    cpu_seconds: float
    peak_mib: float
    p99_milliseconds: float
    check_cpu_seconds: float

    def __str__(self) -> str:
        return (
            f"{self.number:,} orders in {self.seconds:.1f} s ({self.cpu_seconds:.1f} s of the"
            f" processor), at most {self.peak_mib:.0f} MiB, a licence check within"
            f" {self.p99_milliseconds:.2f} ms at p99 ({self.check_cpu_seconds * 1e6:.0f} µs of the"
            " processor)"
        )


def measure_orders(folder: Path, orders: int) -> tuple[Orders, Orders]:
    """Index so many orders, and ten times as many."""
    with opened(OWN) as scene:
        for _ in range(_DEPOSITS):
            scene.deposit(scene.host.account)
        scene.network.deployment.save(folder / "deployment.json")
        random = Random(1)
        _settle(scene, random, orders)
        fewer = _indexed(scene, folder, orders)
        _settle(scene, random, 9 * orders)
        return fewer, _indexed(scene, folder, 10 * orders)


def _settle(scene: Scene, random: Random, orders: int) -> None:
    for _ in range(orders // ORDERS_OF_A_BATCH):
        scene.settle(draw(random, ORDERS_OF_A_BATCH, CATALOGUE))


def _indexed(scene: Scene, folder: Path, orders: int) -> Orders:
    """In a process of its own, so that its memory is its own."""
    database = f"sqlite:///{folder / f'orders-{orders}.sqlite3'}"
    command = [sys.executable, "-m", "benchmarks.indexing_orders", scene.chain.rpc.url]
    command += [str(folder / "deployment.json"), database]
    found = subprocess.run(command, check=True, capture_output=True, text=True)
    result = Orders(**json.loads(found.stdout))
    if result.number != orders:
        raise RuntimeError(f"{result.number} of {orders} orders are indexed")
    return result


def main() -> None:
    """Index what is there and ask about licences, as the gateway does both."""
    rpc_url, deployment, database = sys.argv[1:]
    with Chain(rpc_url, timeout_seconds=300) as chain:
        network = Network(chain, Deployment.load(Path(deployment)))
        began, used = time.perf_counter(), time.process_time()
        with Gateway.open(database, network, {}, {}) as gateway:
            gateway.sync()
            seconds, cpu = time.perf_counter() - began, time.process_time() - used
            known = _known(database)
            used_before = time.process_time()
            took = sorted(_checks(gateway, Random(2), known))
            check_cpu = (time.process_time() - used_before) / _CHECKS
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
    p99 = took[len(took) * 99 // 100] * 1_000
    print(json.dumps(Orders(len(known), seconds, cpu, peak, p99, check_cpu)._asdict()))


def _known(database: str) -> list[tuple[int, int]]:
    """Learner and content of every order of the index, past the gateway."""
    with closing(sqlite3.connect(database.removeprefix("sqlite:///"))) as books:
        return books.execute("SELECT learner, content FROM chain_licenses").fetchall()


def _checks(gateway: Gateway, random: Random, known: list[tuple[int, int]]) -> list[float]:
    """How long checks take, half of them about licences that are there."""
    took = []
    for at in range(_CHECKS):
        pair = random.randint(1, LEARNERS), random.randint(1, CATALOGUE)
        learner, content = pair if at % 2 else random.choice(known)
        began = time.perf_counter()
        held = gateway.has_license(learner, content)
        took.append(time.perf_counter() - began)
        if at % 2 == 0 and not held:
            raise RuntimeError(f"learner {learner} has bought content {content}")
    return took


if __name__ == "__main__":
    main()
