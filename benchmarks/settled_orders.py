"""From a payment request to the transaction that settles it: many orders through the HTTP API.

The whole service runs as `zhifu serve` does, with a process of its own for settling (books in
SQLite, synchronous FULL, its workers and all); 32 connections ask for one order a request. In the
same run a loop of Brownie buys one licence at a time from the same contracts. Then again with a
block a second.

    python -m benchmarks.settled_orders                          # 50,000 orders, 200 by Brownie
    python -m benchmarks.settled_orders --orders 5000 --brownie 50

Ends with status 1 if a figure is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.http_load import Load, run_load
from benchmarks.http_service import LEARNERS, PRICE_MINOR
from benchmarks.settled_service import Batches, Service, books, open_funded_market, running
from benchmarks.watches import BlockWatch, MemoryWatch
from tools.arguments import count
from zhifu import ids
from zhifu.anvil import Anvil
from zhifu.signing import LocalSigner

CONNECTIONS = 32
CONTENTS = 20

LEAST_ORDERS_A_SECOND = 2_500
LEAST_TIMES_BROWNIE = 60
MOST_P99_MILLISECONDS = 150
MOST_P99_BLOCKS = 2
MOST_MEMORY_MIB = 400
#: Of the memory early in a run, what it has grown to late in it.
MOST_GROWTH = 1.15

#: Batches close early where each has a block of its own, and by size where all wait for the next.
_INSTANT = Batches(size=1_000, age_milliseconds=40)
_BY_THE_SECOND = Batches(size=5_000, age_milliseconds=100)

#: Settled before anything is measured: the process that settles has begun then.
_FIRST_ORDERS = 200

_PATIENCE_SECONDS = 120
_SETTLED = """
    SELECT orders.id, batches.block_number
    FROM orders
    JOIN batch_orders ON batch_orders.order_id = orders.id AND batch_orders.released = 0
    JOIN batches ON batches.id = batch_orders.batch_id
    WHERE batches.block_number IS NOT NULL
"""


class Run(NamedTuple):
    """What came of one run; memory in MiB."""

    orders_a_second: float
    p99_milliseconds: float
    p99_blocks: int
    peak_memory: float
    growth: float

    def __str__(self) -> str:
        return (
            f"{self.orders_a_second:,.0f} orders/s to the included transaction, p99 from paid to"
            f" settled {self.p99_milliseconds:.0f} ms ({self.p99_blocks} blocks), at most"
            f" {self.peak_memory:.0f} MiB, {self.growth:.2f} times what it was early on"
        )


class Figures(NamedTuple):
    """With a block for each transaction, with one a second, and what Brownie reaches."""

    instant: Run
    by_the_second: Run
    brownie_a_second: float

    @property
    def times_brownie(self) -> float:
        """How many times what Brownie reaches."""
        return self.instant.orders_a_second / self.brownie_a_second

    def missed(self) -> Iterator[str]:
        """The figures that are missed, by name."""
        if self.instant.orders_a_second < LEAST_ORDERS_A_SECOND:
            yield "orders a second"
        if self.times_brownie < LEAST_TIMES_BROWNIE:
            yield "times Brownie"
        if self.instant.p99_milliseconds > MOST_P99_MILLISECONDS:
            yield "p99 with instant blocks"
        if self.by_the_second.p99_blocks > MOST_P99_BLOCKS:
            yield "p99 with one-second blocks"
        if max(self.instant.peak_memory, self.by_the_second.peak_memory) > MOST_MEMORY_MIB:
            yield "memory"
        if self.instant.growth > MOST_GROWTH:
            yield "growth of memory"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and tell; the exit status."""
    options = _options(arguments)
    with tempfile.TemporaryDirectory(prefix="zhifu-bench-") as name:
        instant, brownie = _beside_brownie(Path(name) / "instant", options)
        timed = _by_the_second(Path(name) / "timed", options)
    figures = Figures(instant, timed, brownie)
    missed = list(figures.missed())
    verdict = f"MISSED: {', '.join(missed)}" if missed else "met"
    print(
        f"settled orders: {instant.orders_a_second:,.0f}/s,"
        f" {figures.times_brownie:.0f} times Brownie: {verdict}"
    )
    return 1 if missed else 0


def _beside_brownie(home: Path, options: argparse.Namespace) -> tuple[Run, float]:
    key = secrets.token_hex(32)
    with Anvil() as anvil:
        open_funded_market(anvil.rpc_url, home, CONTENTS, LocalSigner.from_key(key))
        brownie = options.brownie / _brownie_seconds(anvil.rpc_url, home, key, options.brownie)
        print(f"Brownie, one purchase at a time: {brownie:.1f} orders/s", flush=True)
        run = _run(anvil.rpc_url, home, _INSTANT, options.orders)
    print(f"a block for each transaction: {run}", flush=True)
    return run, brownie


def _by_the_second(home: Path, options: argparse.Namespace) -> Run:
    with Anvil(block_seconds=1) as anvil:
        open_funded_market(anvil.rpc_url, home, CONTENTS, LocalSigner.create())
        run = _run(anvil.rpc_url, home, _BY_THE_SECOND, options.timed_orders)
    print(f"a block a second: {run}", flush=True)
    return run


def _brownie_seconds(rpc_url: str, home: Path, key: str, purchases: int) -> float:
    command = [sys.executable, "-m", "benchmarks.brownie_purchases", rpc_url]
    command += [str(home / "deployment.json"), str(purchases)]
    told = subprocess.run(
        command, env={**os.environ, "BUYER_KEY": key}, stdout=subprocess.PIPE, text=True, check=True
    )
    return float(told.stdout.split()[-1])


def _run(rpc_url: str, home: Path, batches: Batches, orders: int) -> Run:
    with running(rpc_url, home, batches) as service, BlockWatch(rpc_url) as blocks:
        _sell(service, _FIRST_ORDERS)
        _settled(home, _FIRST_ORDERS)
        begun = time.time() * 1_000
        with MemoryWatch(service.pid) as memory:
            _sell(service, orders)
            found = _settled(home, _FIRST_ORDERS + orders)
        settled = [each for each in found if ids.made_at(each[0]) >= begun - 1]
        came_at = blocks.came_at()
        waits = sorted(came_at[block] - ids.made_at(order) for order, block in settled)
        passed = sorted(block - blocks.latest(ids.made_at(order)) for order, block in settled)
        seconds = (max(came_at[block] for _, block in settled) - begun) / 1_000
        at = int(0.99 * (orders - 1))
        return Run(orders / seconds, waits[at], passed[at], max(memory.held), memory.growth())


def _sell(service: Service, orders: int) -> None:
    facts = (LEARNERS, CONTENTS, PRICE_MINOR, orders)
    load = Load(service.port, service.key, CONNECTIONS, 1, "b", *facts)
    asyncio.run(run_load(load, float("inf")))


def _settled(home: Path, orders: int) -> list[tuple[int, int]]:
    """Every order and the block that has it, once all are settled."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < until:
        with sqlite3.connect(f"file:{books(home)}?mode=ro", uri=True) as connection:
            found = connection.execute(_SETTLED).fetchall()
        if len(found) == orders:
            return found
        time.sleep(0.5)
    raise RuntimeError(f"{len(found)} of {orders} orders are settled after {_PATIENCE_SECONDS} s")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--orders", type=count, default=50_000, help="with instant blocks")
    parser.add_argument("--timed-orders", type=count, default=20_000, help="with a block a second")
    parser.add_argument("--brownie", type=count, default=200, help="purchases by Brownie")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
