"""How long commands take that read a chain, over orders of the real demand, and how much memory.

The orders are settled on a fresh Anvil, and a gateway indexes them for those that read its
database; neither is counted. Each command then runs in a process of its own.

    python -m benchmarks.chain_readers                       # all, over 100,000 orders
    python -m benchmarks.chain_readers report --times 10     # and over 1,000,000

Ends with status 1 if a figure is missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.measured_command import Measured, run_measured
from benchmarks.settled_demand import settle_demand
from tools.arguments import count
from zhifu.anvil import Anvil
from zhifu.chain import Chain
from zhifu.deployment import Network
from zhifu.gateway import Gateway

WINDOW_BLOCKS = 25

MOST_MEMORY_MIB = 1_024
MOST_TIMES_AT_TEN = 12

Told = Mapping[str, Any]


class Reader(NamedTuple):
    """A command, the seconds that it may take over 100,000 orders, and how to read its answer.

    `orders` is how many it saw, `holds` whether it found nothing wrong.
    """

    command: str
    most_seconds: int
    orders: Callable[[Told], int]
    holds: Callable[[Told], bool]
    options: tuple[str, ...] = ()
    reads_books: bool = False


def _audited(told: Told) -> int:
    numbers = {each["invariant"]: each["numbers"] for each in told["invariants"]}
    return int(numbers["INV-8"]["orders"])


def _holds(told: Told) -> bool:
    return bool(told["holds"])


READERS: Mapping[str, Reader] = {
    "netting": Reader(
        "netting",
        20,
        lambda told: told["together"]["orders"],
        lambda told: bool(told["windows"]),
        ("--blocks", str(WINDOW_BLOCKS)),
    ),
    "audit": Reader("audit", 60, _audited, _holds),
    "audit-database": Reader("audit", 60, _audited, _holds, reads_books=True),
    "report": Reader("report", 20, lambda told: told["orders"], _holds, ("--out", "report.html")),
}


class Town(NamedTuple):
    """A chain with so many orders of the demand, and what was written of it in a folder."""

    rpc_url: str
    folder: Path
    orders: int

    @property
    def deployment(self) -> Path:
        """Its deployment file."""
        return self.folder / "deployment.json"

    @property
    def books(self) -> str:
        """The database of a gateway that sold nothing and follows the chain."""
        return f"sqlite:///{self.folder}/books.sqlite3"


class Run(NamedTuple):
    """What came of a command over so many orders."""

    name: str
    orders: int
    found: Measured

    def missed(self) -> Iterator[str]:
        """The figures that are missed, by name."""
        reader = READERS[self.name]
        if reader.orders(self.found.told) != self.orders:
            yield f"orders of {self.name}"
        if not reader.holds(self.found.told):
            yield f"the check of {self.name}"
        if self.found.seconds > reader.most_seconds * max(1, self.orders / 100_000):
            yield f"seconds of {self.name}"
        if self.found.peak_memory > MOST_MEMORY_MIB:
            yield f"memory of {self.name}"

    def __str__(self) -> str:
        found = self.found
        return (
            f"{self.name}: {self.orders:,} orders, {found.seconds:.1f} s"
            f" ({found.processor_seconds:.1f} s of the processor), {found.peak_memory:.0f} MiB"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and tell; the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("readers", nargs="*", metavar="READER", help=", ".join(READERS))
    parser.add_argument("--orders", type=count, default=100_000)
    parser.add_argument("--times", type=count, default=1, help="and over so many times as many")
    chosen = parser.parse_args(arguments)
    names = chosen.readers or list(READERS)
    if unknown := set(names) - set(READERS):
        parser.error(f"READER: must be among {', '.join(READERS)}, not {', '.join(unknown)}")
    runs = [
        run
        for orders in dict.fromkeys((chosen.orders, chosen.orders * chosen.times))
        for run in _measured(names, orders)
    ]
    missed = [*(each for run in runs for each in run.missed()), *_grown(runs, chosen.times)]
    verdict = f"MISSED: {', '.join(missed)}" if missed else "met"
    print(f"{', '.join(names)}: {verdict}")
    return 1 if missed else 0


def _measured(names: Sequence[str], orders: int) -> Iterator[Run]:
    """Run commands over so many orders, and tell of each."""
    with tempfile.TemporaryDirectory(prefix="zhifu-bench-") as folder, Anvil() as anvil:
        town = Town(anvil.rpc_url, Path(folder), orders)
        with Chain(anvil.rpc_url) as chain:
            network = settle_demand(chain, orders)
            network.deployment.save(town.deployment)
            if any(READERS[name].reads_books for name in names):
                _index(network, town.books)
        for name in names:
            run = _run(name, town)
            print(run, flush=True)
            yield run


def _index(network: Network, books: str) -> None:
    with Gateway.open(books, network, {}, {}) as gateway:
        gateway.sync()


def _run(name: str, town: Town) -> Run:
    reader = READERS[name]
    where = ["--rpc", town.rpc_url, "--deployment", str(town.deployment)]
    if reader.reads_books:
        where += ["--database", town.books]
    command = (sys.executable, "-m", "zhifu.cli", reader.command, *reader.options, *where)
    return Run(name, town.orders, run_measured(*command, "--json", folder=town.folder))


def _grown(runs: Sequence[Run], times: int) -> Iterator[str]:
    """The commands whose processor time grew by more than it may."""
    for name in dict.fromkeys(run.name for run in runs):
        few, *many = (run.found.processor_seconds for run in runs if run.name == name)
        for more in many:
            if more / few > MOST_TIMES_AT_TEN * times / 10:
                yield f"{times} times the orders of {name}"


if __name__ == "__main__":
    sys.exit(main())
