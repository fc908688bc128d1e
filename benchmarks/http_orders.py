"""How many orders a second the HTTP API takes, each recorded durably.

One service process (SQLite in WAL mode, synchronous FULL, full history and outbox rows) is asked
over 32 connections, one order a request, then in bulk; and so is the same service whose books
record nothing, to tell what the database costs. The load comes from this process, the service runs
in another, so that two cores are enough.

    python -m benchmarks.http_orders            # figures, and a summary line
    python -m benchmarks.http_orders --profile  # where the service spends its time

Ends with status 1 if a figure is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.http_load import Load, Result, run_load
from benchmarks.http_service import LEARNERS, PRICE_MINOR, open_market, serve
from zhifu.anvil import Anvil

CONNECTIONS = 32
BULK_CONNECTIONS = 4
BULK_SIZE = 500
CONTENTS = 20

LEAST_ORDERS_A_SECOND = 2_500
MOST_P99_MILLISECONDS = 50.0
LEAST_BULK_ORDERS_A_SECOND = 10_000
LEAST_SHARE_WITHOUT_DATABASE = 0.7


class Spent(NamedTuple):
    """What came of a load, and the processor seconds that the service spent on it."""

    result: Result
    cpu_seconds: float

    @property
    def microseconds(self) -> float:
        """Of the processor, per order; says more than the rate where others use the machine too."""
        return self.cpu_seconds * 1e6 / max(1, self.result.orders)

    def __str__(self) -> str:
        return f"{self.result} ({self.microseconds:.0f} µs of the processor each)"


class _Service(NamedTuple):
    process: int
    port: int
    key: str


class Figures(NamedTuple):
    """The medians of several rounds."""

    single: float
    p99_milliseconds: float
    bare: float
    bulk: float
    single_microseconds: float
    bulk_microseconds: float

    @property
    def share(self) -> float:
        """Of what the service reaches without its database."""
        return self.single / self.bare

    @property
    def are_met(self) -> bool:
        """Whether nothing is missed."""
        return (
            self.single >= LEAST_ORDERS_A_SECOND
            and self.p99_milliseconds <= MOST_P99_MILLISECONDS
            and self.bulk >= LEAST_BULK_ORDERS_A_SECOND
            and self.share >= LEAST_SHARE_WITHOUT_DATABASE
        )

    def __str__(self) -> str:
        return (
            f"http orders: {self.single:,.0f}/s one by one (p99 {self.p99_milliseconds:.1f} ms,"
            f" {self.share:.0%} of {self.bare:,.0f}/s without a database),"
            f" {self.bulk:,.0f}/s in bulk; processor {self.single_microseconds:.0f} µs"
            f" and {self.bulk_microseconds:.0f} µs an order: {'met' if self.are_met else 'MISSED'}"
        )


def main() -> int:
    """Measure and tell; the exit status."""
    options = _options()
    if options.serve:
        serve(Path(options.serve), options.rpc, recording=not options.bare, profile=options.profile)
        return 0
    with Anvil() as anvil, tempfile.TemporaryDirectory() as folder:
        open_market(anvil.rpc_url, Path(folder), CONTENTS)
        figures = _measure(anvil.rpc_url, Path(folder), options)
    print(figures)
    return 0 if figures.are_met else 1


def _measure(rpc_url: str, folder: Path, options: argparse.Namespace) -> Figures:
    singles: list[Spent] = []
    bares: list[Spent] = []
    bulks: list[Spent] = []
    for turn in range(options.rounds):
        for bare in (False, True):
            with _service(rpc_url, folder, turn, bare, options.profile) as service:
                one_by_one = _load(service, CONNECTIONS, 1, f"{turn}-{bare}")
                asyncio.run(run_load(one_by_one, options.seconds / 4))
                (bares if bare else singles).append(_spent(service, one_by_one, options.seconds))
                if not bare:
                    many = _load(service, BULK_CONNECTIONS, BULK_SIZE, f"bulk-{turn}")
                    bulks.append(_spent(service, many, options.seconds / 2))
        print(f"round {turn + 1}: {singles[-1]} · bare {bares[-1]} · bulk {bulks[-1]}")
    return Figures(
        statistics.median(each.result.orders_a_second for each in singles),
        statistics.median(each.result.p99_milliseconds for each in singles),
        statistics.median(each.result.orders_a_second for each in bares),
        statistics.median(each.result.orders_a_second for each in bulks),
        statistics.median(each.microseconds for each in singles),
        statistics.median(each.microseconds for each in bulks),
    )


def _spent(service: _Service, load: Load, seconds: float) -> Spent:
    before = cpu_seconds(service.process)
    result = asyncio.run(run_load(load, seconds))
    return Spent(result, cpu_seconds(service.process) - before)


def cpu_seconds(process: int) -> float:
    """What a process has used of the processors so far, for itself and by the kernel."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _load(service: _Service, connections: int, size: int, name: str) -> Load:
    return Load(service.port, service.key, connections, size, name, LEARNERS, CONTENTS, PRICE_MINOR)


@contextmanager
def _service(
    rpc_url: str, folder: Path, turn: int, bare: bool, profile: bool
) -> Iterator[_Service]:
    """A service in a process of its own, with fresh books; its port and an API key."""
    books = folder / f"books-{turn}-{bare}"
    books.mkdir()
    (books / "deployment.json").write_bytes((folder / "deployment.json").read_bytes())
    command = [sys.executable, "-m", "benchmarks.http_orders", "--serve", str(books)]
    command += [
        "--rpc",
        rpc_url,
        *(["--bare"] if bare else []),
        *(["--profile"] if profile else []),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield _Service(process.pid, *_answer(process))
        finally:
            process.send_signal(signal.SIGTERM)
            if profile and process.stdout:
                print(process.stdout.read())
            process.wait(60)


def _answer(process: subprocess.Popen[str]) -> tuple[int, str]:
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        raise RuntimeError("the service did not start")
    port, key = line.split()
    return int(port), key


def _options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=8.0, help="how long each load lasts")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--profile", action="store_true", help="show where the service spends time")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    parser.add_argument("--rpc", help=argparse.SUPPRESS)
    parser.add_argument("--bare", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    sys.exit(main())
