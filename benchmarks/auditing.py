"""How long `zhifu audit` takes over orders of the real demand, and how much memory.

The orders are settled on a fresh Anvil first, and a gateway indexes them, neither of which is
counted. The command then runs in a process of its own: over the chain alone, and over the chain
and the gateway's database.

    python -m benchmarks.auditing                       # 100,000 orders
    python -m benchmarks.auditing --orders 1000000

Ends with status 1 if a figure is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.settled_demand import settle_demand
from tools.arguments import count
from zhifu.anvil import Anvil
from zhifu.chain import Chain
from zhifu.deployment import Network
from zhifu.gateway import Gateway

MOST_SECONDS_PER_100_000 = 60
MOST_MEMORY_MIB = 1_024


class Run(NamedTuple):
    """What came of the command: its own seconds, those of the processor in it, memory in MiB."""

    what: str
    orders: int
    holds: bool
    seconds: float
    processor_seconds: float
    peak_memory: float

    def missed(self) -> Iterator[str]:
        """The figures that are missed, by name."""
        if not self.holds:
            yield f"invariants of {self.what}"
        if self.seconds > MOST_SECONDS_PER_100_000 * self.orders / 100_000:
            yield f"seconds of {self.what}"
        if self.peak_memory > MOST_MEMORY_MIB:
            yield f"memory of {self.what}"

    def __str__(self) -> str:
        return (
            f"{self.what}: {self.orders:,} orders, {self.seconds:.1f} s"
            f" ({self.processor_seconds:.1f} s of the processor), {self.peak_memory:.0f} MiB"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and tell; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--orders", type=count, default=100_000)
    orders = parser.parse_args(arguments).orders
    with tempfile.TemporaryDirectory(prefix="zhifu-bench-") as name, Anvil() as anvil:
        deployment, books = Path(name) / "deployment.json", f"sqlite:///{name}/books.sqlite3"
        with Chain(anvil.rpc_url) as chain:
            network = settle_demand(chain, orders)
            network.deployment.save(deployment)
            _index(network, books)
        where = ["--rpc", anvil.rpc_url, "--deployment", str(deployment)]
        runs = [_run("chain", where), _run("chain and index", [*where, "--database", books])]
    for run in runs:
        print(run)
    missed = [each for run in runs for each in run.missed()]
    print(f"audit: {'MISSED: ' + ', '.join(missed) if missed else 'met'}")
    return 1 if missed else 0


def _index(network: Network, books: str) -> None:
    """The books of a gateway that sold nothing and follows the chain."""
    with Gateway.open(books, network, {}, {}) as gateway:
        gateway.sync()


def _run(what: str, where: Sequence[str]) -> Run:
    command = [sys.executable, "-m", "zhifu.cli", "audit", *where, "--json"]
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    told = process.stdout.read() if process.stdout else b""
    _, _, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    found = json.loads(told)
    numbers = {each["invariant"]: each["numbers"] for each in found["invariants"]}
    return Run(
        what,
        numbers["INV-8"]["orders"],
        found["holds"],
        seconds,
        used.ru_utime + used.ru_stime,
        used.ru_maxrss / 1_024,
    )


if __name__ == "__main__":
    sys.exit(main())
