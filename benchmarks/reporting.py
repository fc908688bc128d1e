"""How long `zhifu report` takes over orders of the real demand, and how much memory.

The orders are settled on a fresh Anvil first, which is not counted; the command then runs in a
process of its own.

    python -m benchmarks.reporting                       # 100,000 orders
    python -m benchmarks.reporting --orders 1000000

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

MOST_SECONDS_PER_100_000 = 20
MOST_MEMORY_MIB = 1_024


class Run(NamedTuple):
    """What came of the command: its own seconds, those of the processor in it, memory in MiB."""

    orders: int
    holds: bool
    page_bytes: int
    seconds: float
    processor_seconds: float
    peak_memory: float

    def missed(self) -> Iterator[str]:
        """The figures that are missed, by name."""
        if not self.holds:
            yield "the check"
        if self.seconds > MOST_SECONDS_PER_100_000 * self.orders / 100_000:
            yield "seconds"
        if self.peak_memory > MOST_MEMORY_MIB:
            yield "memory"

    def __str__(self) -> str:
        return (
            f"report: {self.orders:,} orders on {self.page_bytes / 1_024:.0f} KiB,"
            f" {self.seconds:.1f} s ({self.processor_seconds:.1f} s of the processor),"
            f" {self.peak_memory:.0f} MiB"
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
        run = _run(anvil.rpc_url, deployment, Path(name) / "report.html")
    missed = list(run.missed())
    verdict = f"MISSED: {', '.join(missed)}" if missed else "met"
    print(f"{run}: {verdict}")
    return 1 if missed else 0


def _run(rpc_url: str, deployment: Path, page: Path) -> Run:
    where = ["--rpc", rpc_url, "--deployment", str(deployment), "--out", str(page)]
    command = [sys.executable, "-m", "zhifu.cli", "report", *where, "--json"]
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    told = process.stdout.read() if process.stdout else b""
    _, _, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    found = json.loads(told)
    return Run(
        found["orders"],
        found["holds"],
        page.stat().st_size,
        seconds,
        used.ru_utime + used.ru_stime,
        used.ru_maxrss / 1_024,
    )


if __name__ == "__main__":
    sys.exit(main())
