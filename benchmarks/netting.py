"""How long `zhifu netting` takes over orders of the real demand, and how much memory.

The orders are settled on a fresh Anvil first, which is not counted; the command then runs in a
process of its own.

    python -m benchmarks.netting                       # 100,000 orders
    python -m benchmarks.netting --orders 1000000

Ends with status 1 if a figure is missed.
"""

from __future__ import annotations

import argparse
import json
import resource
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

WINDOW_BLOCKS = 25

MOST_SECONDS_PER_100_000 = 20
MOST_MEMORY_MIB = 1_024


class Run(NamedTuple):
    """What came of the command: its own seconds, those of the processor in it, memory in MiB."""

    orders: int
    windows: int
    seconds: float
    processor_seconds: float
    peak_memory: float

    def missed(self) -> Iterator[str]:
        """The figures that are missed, by name."""
        if self.seconds > MOST_SECONDS_PER_100_000 * self.orders / 100_000:
            yield "seconds"
        if self.peak_memory > MOST_MEMORY_MIB:
            yield "memory"

    def __str__(self) -> str:
        return (
            f"netting: {self.orders:,} orders in {self.windows} windows, {self.seconds:.1f} s"
            f" ({self.processor_seconds:.1f} s of the processor), {self.peak_memory:.0f} MiB"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and tell; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--orders", type=count, default=100_000)
    orders = parser.parse_args(arguments).orders
    with tempfile.TemporaryDirectory(prefix="zhifu-bench-") as name, Anvil() as anvil:
        with Chain(anvil.rpc_url) as chain:
            deployment = Path(name) / "deployment.json"
            settle_demand(chain, orders).deployment.save(deployment)
        run = _run(anvil.rpc_url, deployment)
    missed = list(run.missed())
    verdict = f"MISSED: {', '.join(missed)}" if missed else "met"
    print(f"{run}: {verdict}")
    return 1 if missed else 0


def _run(rpc_url: str, deployment: Path) -> Run:
    where = ["--rpc", rpc_url, "--deployment", str(deployment)]
    command = [sys.executable, "-m", "zhifu.cli", "netting", "--blocks", str(WINDOW_BLOCKS)]
    began = time.perf_counter()
    told = subprocess.run([*command, *where, "--json"], check=True, stdout=subprocess.PIPE).stdout
    seconds = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = json.loads(told)
    return Run(
        found["together"]["orders"],
        len(found["windows"]),
        seconds,
        used.ru_utime + used.ru_stime,
        used.ru_maxrss / 1_024,
    )


if __name__ == "__main__":
    sys.exit(main())
