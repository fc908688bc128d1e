"""How long a reconciliation of orders of the real demand takes, and how much memory.

The shipped demand is paid at three platforms' accounts, one of them in Beijing, and settled on a
fresh Anvil by a gateway; some orders are refunded. None of that is counted. All days are then
reconciled in a process of its own, which must find everything matched to the last cent; and once
more over ten times as many orders.

    python -m benchmarks.reconciling                       # 100,000 and 1,000,000 orders
    python -m benchmarks.reconciling --orders 20000 --times 1

Ends with status 1 if a figure is missed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from benchmarks.paper_bills import PaperProvider
from benchmarks.reconciling_run import open_gateway, open_providers
from tools.arguments import count
from zhifu.anvil import Anvil, dev_signer
from zhifu.catalogue import read_catalogue, shipped_catalogue, shipped_demand
from zhifu.chain import Chain
from zhifu.deployment import DAY_SECONDS, Network, deploy
from zhifu.gateway import Gateway
from zhifu.market import Market, open_market
from zhifu.replay import (
    ORDERS_PER_LEARNER,
    Account,
    Clock,
    Drawn,
    Options,
    Till,
    draw,
    noon,
    survey,
)

REFUNDS = 200

MOST_SECONDS_PER_100_000 = 20
MOST_MEMORY_MIB = 1_024
MOST_TIMES_AT_TEN = 12


class Run(NamedTuple):
    """What came of a run: its seconds, those of the processor in it, its memory in MiB."""

    orders: int
    days: int
    is_fine: bool
    matched: Mapping[str, int]
    counts: Mapping[str, int]
    seconds: float
    processor_seconds: float
    peak_memory: float

    def missed(self) -> Iterator[str]:
        """The figures that are missed, by name."""
        late = self.counts.get("settled_later", 0)
        compared = {
            "bill and orders": self.matched["bill and orders"] - REFUNDS,
            "orders and chain": self.matched["orders and chain"] + late,
            "chain and licences": self.matched["chain and licences"],
        }
        yield from (
            f"{route} ({found:,})" for route, found in compared.items() if found != self.orders
        )
        if not self.is_fine or set(self.counts) - {"settled_later"}:
            yield "the last cent"
        if self.peak_memory > MOST_MEMORY_MIB:
            yield "memory"

    def __str__(self) -> str:
        return (
            f"{self.orders:,} orders on {self.days:,} days in {self.seconds:.1f} s"
            f" ({self.processor_seconds:.1f} s of the processor), {self.peak_memory:.0f} MiB"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and tell; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--orders", type=count, default=100_000)
    parser.add_argument("--times", type=count, default=10)
    chosen = parser.parse_args(arguments)
    runs = []
    for run in measure(chosen.orders, chosen.times):
        print(run, flush=True)
        runs.append(run)
    missed = [each for run in runs for each in run.missed()]
    if runs[0].seconds > MOST_SECONDS_PER_100_000 * chosen.orders / 100_000:
        missed.append("seconds")
    growth = runs[-1].processor_seconds / runs[0].processor_seconds
    if growth > MOST_TIMES_AT_TEN * chosen.times / 10:
        missed.append(f"{chosen.times} times the orders")
    verdict = f"MISSED: {', '.join(missed)}" if missed else "met"
    print(f"reconciling: {growth:.1f} times as long for {chosen.times} times as many: {verdict}")
    return 1 if missed else 0


def measure(orders: int, times: int) -> Iterator[Run]:
    """Reconcile so many orders, and so many times as many."""
    options = Options(shipped_catalogue(), shipped_demand(), orders * times)
    rows = list(read_catalogue(options.catalogue))
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="zhifu-bench-")))
        genesis = noon(survey(options.demand, rows).first) - DAY_SECONDS
        node = stack.enter_context(Anvil(genesis_timestamp=genesis))
        chain = stack.enter_context(Chain(node.rpc_url, timeout_seconds=300))
        network = Network(chain, deploy(chain, dev_signer(0)))
        network.deployment.save(home / "deployment.json")
        market = open_market(network, dev_signer(0), rows, -(-orders * times // ORDERS_PER_LEARNER))
        clock = Clock(chain, node)
        drawn = draw(market, options, {row.key for row in rows})
        settled = 0
        for target in dict.fromkeys((orders, orders * times)):
            providers = open_providers(home, clock.now)
            with open_gateway(home, network, market.operators, providers, clock.now) as gateway:
                till = Counters(market, gateway, providers, clock, options)
                till.take(islice(drawn, target - settled), lambda *_: None)
                if not settled:
                    _refund(gateway)
            settled = target
            yield _run(node.rpc_url, home, clock.now(), target)


class Counters(Till):
    """A till at which each platform takes payments through an account of its own."""

    def __init__(
        self,
        market: Market,
        gateway: Gateway,
        providers: Mapping[str, PaperProvider],
        clock: Clock,
        options: Options,
    ) -> None:
        super().__init__(market, gateway, next(iter(providers.values())), clock, options)
        self._accounts = list(providers.values())

    def account_of(self, order: Drawn) -> Account:
        """That of the order's seller."""
        return self._accounts[order.seller.number - 1]


def _refund(gateway: Gateway) -> None:
    """Refund the latest orders of a platform, whose window is open."""
    for order in gateway.orders(1, limit=REFUNDS):
        gateway.refund(order.id)
    gateway.sync()


def _run(rpc_url: str, home: Path, now: int, orders: int) -> Run:
    command = [sys.executable, "-m", "benchmarks.reconciling_run", rpc_url, str(home), str(now)]
    found = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    return Run(orders, **json.loads(found))


if __name__ == "__main__":
    sys.exit(main())
