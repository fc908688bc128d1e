"""How fast the chain is indexed, and how fast the index answers.

Events: a market's life is recorded on a real Anvil (orders in carts, batches, claims, refunds,
disputes, prices) and told again and again by `benchmarks.replayed_node`, in the bytes that Anvil
sends, with other blocks, hashes and order ids: making as many for real would take hours. They come
through the real client over HTTP, are decoded and stored. In the same run web3.py's `process_log`
decodes the first of them one by one, and stores nothing; the two are compared by what they use of
the processor.

Orders: real batches of a thousand on a real Anvil, indexed from nothing by a process of its own;
then ten times as many, and licence checks of that index in the process that has it.

    python -m benchmarks.indexing                              # 100,000 and 1,000,000 orders
    python -m benchmarks.indexing --orders 10000 --copies 20

Ends with status 1 if a figure is missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.indexing_events import Events, measure_events
from benchmarks.indexing_orders import Orders, measure_orders
from tools.arguments import count

LEAST_EVENTS_A_SECOND = 30_000
LEAST_TIMES_WEB3 = 25
MOST_SECONDS = 60
MOST_MEMORY_MIB = 1_024
MOST_TIMES_AT_TEN = 12
MOST_P99_MILLISECONDS = 1.0


class Figures(NamedTuple):
    """Of events, of so many orders, and of ten times as many."""

    events: Events
    orders: Orders
    ten_times: Orders

    @property
    def growth(self) -> float:
        """How many times the time that a tenth of the orders takes."""
        return self.ten_times.cpu_seconds / self.orders.cpu_seconds

    def missed(self) -> Iterator[str]:
        """The figures that are missed, by name."""
        if self.events.a_second < LEAST_EVENTS_A_SECOND:
            yield "events a second"
        if self.events.times_web3 < LEAST_TIMES_WEB3:
            yield "times web3.py"
        if self.orders.seconds > MOST_SECONDS:
            yield "seconds"
        if max(self.orders.peak_mib, self.ten_times.peak_mib) > MOST_MEMORY_MIB:
            yield "memory"
        if self.growth > MOST_TIMES_AT_TEN:
            yield "ten times the orders"
        if self.ten_times.p99_milliseconds > MOST_P99_MILLISECONDS:
            yield "p99 of a licence check"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and tell; the exit status."""
    options = _options(arguments)
    with tempfile.TemporaryDirectory(prefix="zhifu-bench-") as name:
        folder = Path(name)
        events = measure_events(folder, options.copies)
        print(events)
        orders, ten_times = measure_orders(folder, options.orders)
    figures = Figures(events, orders, ten_times)
    missed = list(figures.missed())
    verdict = f"MISSED: {', '.join(missed)}" if missed else "met"
    print(
        f"indexing: {events}; {orders}; {ten_times}"
        f" ({figures.growth:.1f} times as much of the processor): {verdict}"
    )
    return 1 if missed else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--copies", type=count, default=250, help="how often the life is told")
    parser.add_argument("--orders", type=count, default=100_000)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
