"""Orders a second from payment request to included transaction, by every way there is.

One at a time in a loop of Brownie; direct purchases that do not wait for each other; the gateway in
batches through Python; the HTTP API with an order a request and in bulk; and the ceiling of direct
purchases: the same ones signed beforehand, only sent. All in one run, each on a fresh Anvil that
mines every transaction at once, with books in SQLite.

    python -m benchmarks.throughput
    python -m benchmarks.throughput --batched 1000000    # the gateway, sustained

Writes `benchmarks/results/throughput.json`: the rows, and the ratios between them, which other
machines can be held against. Ends with status 1 if a figure is missed.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.batched_orders import BATCH, run_batched
from benchmarks.brownie_purchases import bought_by_brownie
from benchmarks.compared_gas import RESULTS
from benchmarks.direct_purchases import Bought, pipelined, presigned
from benchmarks.http_orders import BULK_CONNECTIONS, BULK_SIZE
from benchmarks.settled_orders import CONTENTS, INSTANT, run_orders
from benchmarks.settled_service import open_funded_market
from tools.arguments import count
from zhifu.anvil import Anvil
from zhifu.audit import audit
from zhifu.chain import Chain
from zhifu.deployment import Deployment, Network
from zhifu.signing import LocalSigner

#: The least that a ratio may be; names are those of the rows, divided.
LEAST_RATIOS = {"http/brownie": 100, "bulk/brownie": 1_000, "pipelined/ceiling": 0.7}
LEAST_BATCHED_A_SECOND = 20_000
MOST_MEMORY_MIB = 600
#: Of the memory early in a run, what it has grown to late in it.
MOST_GROWTH = 1.15

_RATIOS = ("batched/brownie", "batched/ceiling", *LEAST_RATIOS)
#: Far from the salts of the loop, whose buyer and content are the same.
_PIPELINED_SALT, _PRESIGNED_SALT = 10**9, 2 * 10**9


class Row(NamedTuple):
    """One way: orders a second, and milliseconds from the request to the block that has it."""

    row: str
    orders: int
    orders_a_second: float
    p50: float
    p95: float
    p99: float

    @classmethod
    def of(cls, name: str, orders: int, seconds: float, waits: Sequence[float]) -> Row:
        """From the seconds of all orders, and those that each, or each batch, waited."""
        ordered = sorted(waits)
        parts = (ordered[int(part * (len(ordered) - 1))] * 1e3 for part in (0.5, 0.95, 0.99))
        return cls(name, orders, orders / seconds, *parts)

    def __str__(self) -> str:
        return (
            f"{self.row}: {self.orders_a_second:,.1f} orders/s, {self.p50:.0f} ms at p50,"
            f" {self.p95:.0f} ms at p95, {self.p99:.0f} ms at p99"
        )


class Town(NamedTuple):
    """A market on a fresh chain, its folder, and the key of a buyer with money."""

    rpc_url: str
    home: Path
    key: str
    network: Network

    @property
    def buyer(self) -> LocalSigner:
        """The buyer."""
        return LocalSigner.from_key(self.key)


class Sustained(NamedTuple):
    """What else is told of the gateway in batches; memory in MiB."""

    conserved: bool
    peak_memory: float
    growth: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, write and tell; the exit status."""
    options = _options(arguments)
    rows = [*_direct(options)]
    batched, sustained = _batched(options.batched)
    rows.append(batched)
    rows += [
        _http("http", options.orders),
        _http("bulk", options.bulk, BULK_CONNECTIONS, BULK_SIZE),
    ]
    for row in rows:
        print(row, flush=True)
    ratios = _ratios({row.row: row.orders_a_second for row in rows})
    told = {"rows": [_rounded(row._asdict()) for row in rows], "ratios": _rounded(ratios)}
    told["batched"] = _rounded(sustained._asdict())
    options.out.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    missed = list(_missed(batched, sustained, ratios))
    verdict = f"MISSED: {', '.join(missed)}" if missed else "met"
    print(f"throughput: {', '.join(f'{k} {v:,.2f}' for k, v in ratios.items())}: {verdict}")
    return 1 if missed else 0


def _direct(options: argparse.Namespace) -> Iterator[Row]:
    """All that buy directly, on one chain."""
    ways: Mapping[str, Callable[[Town], Bought]] = {
        "pipelined": lambda town: pipelined(
            town.network, town.buyer, options.direct, _PIPELINED_SALT
        ),
        "ceiling": lambda town: presigned(
            town.network, town.buyer, options.direct, _PRESIGNED_SALT
        ),
    }
    with _town() as town:
        waits = bought_by_brownie(town.rpc_url, town.home, town.key, options.brownie)
        yield Row.of("brownie", options.brownie, sum(waits), waits)
        for name, way in ways.items():
            bought = way(town)
            yield Row.of(name, options.direct, bought.seconds, bought.waits)


def _batched(orders: int) -> tuple[Row, Sustained]:
    whole = -(-orders // BATCH) * BATCH
    with _town() as town:
        found = run_batched(town.rpc_url, town.home, whole)
        conserved = audit(town.network).conserved
    row = Row.of("batched", whole, found.seconds, found.waits)
    return row, Sustained(conserved, found.peak_memory, found.growth)


def _http(name: str, orders: int, connections: int | None = None, size: int = 1) -> Row:
    whole = -(-orders // size) * size
    with _town() as town:
        given = {} if connections is None else {"connections": connections}
        run = run_orders(town.rpc_url, town.home, INSTANT, whole, size=size, **given)
    waits = (run.p50_milliseconds, run.p95_milliseconds, run.p99_milliseconds)
    return Row(name, whole, run.orders_a_second, *waits)


@contextmanager
def _town() -> Iterator[Town]:
    key = secrets.token_hex(32)
    with tempfile.TemporaryDirectory(prefix="zhifu-bench-") as folder, Anvil() as anvil:
        home = Path(folder) / "market"
        open_funded_market(anvil.rpc_url, home, CONTENTS, LocalSigner.from_key(key))
        with Chain(anvil.rpc_url, timeout_seconds=300) as chain:
            network = Network(chain, Deployment.load(home / "deployment.json"))
            yield Town(anvil.rpc_url, home, key, network)


def _ratios(found: Mapping[str, float]) -> dict[str, float]:
    pairs = {name: name.split("/") for name in _RATIOS}
    return {name: found[over] / found[under] for name, (over, under) in pairs.items()}


def _missed(batched: Row, sustained: Sustained, ratios: Mapping[str, float]) -> Iterator[str]:
    for name, least in LEAST_RATIOS.items():
        if ratios[name] < least:
            yield f"{name} (at least {least:,})"
    if batched.orders_a_second < LEAST_BATCHED_A_SECOND:
        yield f"batched (at least {LEAST_BATCHED_A_SECOND:,}/s)"
    if not sustained.conserved:
        yield "conservation"
    if sustained.peak_memory > MOST_MEMORY_MIB:
        yield "memory"
    if sustained.growth > MOST_GROWTH:
        yield "growth of memory"


def _rounded(told: Mapping[str, Any]) -> dict[str, Any]:
    return {k: round(v, 2) if isinstance(v, float) else v for k, v in told.items()}


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--brownie", type=count, default=200, help="purchases one at a time")
    parser.add_argument("--direct", type=count, default=5_000, help="purchases, pipelined and not")
    parser.add_argument("--batched", type=count, default=100_000, help="orders through Python")
    parser.add_argument("--orders", type=count, default=50_000, help="orders, one a request")
    parser.add_argument("--bulk", type=count, default=50_000, help="orders in bulk")
    parser.add_argument("--out", type=Path, default=RESULTS / "throughput.json")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
