"""Shows where the gas of one row goes, line by line of the sources.

    python -m benchmarks.profile_gas "buy (bare)"

The row's transaction is traced on a chain of its own, and every step is booked to the line that
the compiler's source map names. With what a transaction costs before its first step, and what is
given back after its last, that adds up to the gas of its receipt.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.row import Row
from benchmarks.rows import ROWS
from benchmarks.scene import Scene, opened
from benchmarks.source_map import Compiled, compiled
from benchmarks.trace import LineLedger
from tools.arguments import count
from zhifu.blocks import Receipt
from zhifu.exceptions import InvalidInput

_BASE = 21_000
_ZERO_BYTE = 4
_BYTE = 16
_PIPED_WIDTH = 160


class Entry(NamedTuple):
    """A line of the profile: gas, the part of it for storage, steps, and where it was spent."""

    gas: int
    storage: int
    steps: int
    place: str
    text: str


def profile(row: Row) -> tuple[Receipt, list[Entry]]:
    """Trace the row's transaction; return its receipt, and its gas by line, the dearest first."""
    contracts = compiled()
    found: list[Entry] = []
    with opened(row.token, traced=True) as scene:
        receipt = row.measure(scene)
        found += _entries(scene, receipt, contracts)
    return receipt, sorted(found, reverse=True)


def _entries(scene: Scene, receipt: Receipt, contracts: Sequence[Compiled]) -> Iterator[Entry]:
    sent = scene.chain.transaction(receipt.transaction_hash)
    if sent is None or sent.to is None:
        raise InvalidInput("row", "must be measured by a call", receipt.transaction_hash)
    options = {"disableStorage": True, "disableMemory": True}
    trace = scene.chain.rpc.call("debug_traceTransaction", receipt.transaction_hash, options)
    ledger = LineLedger(scene.chain, contracts)
    ledger.book(trace["structLogs"], sent.to)
    for spent in ledger.lines():
        place = f"{Path(spent.line.source).name}:{spent.line.number}"
        yield Entry(spent.gas, spent.storage, spent.steps, place, spent.line.text)
    zeros = sent.input.count(0)
    calldata = _ZERO_BYTE * zeros + _BYTE * (len(sent.input) - zeros)
    yield Entry(_BASE, 0, 0, "transaction", "its base")
    yield Entry(calldata, 0, 0, "transaction", f"its calldata, {len(sent.input):,} bytes")
    rest = receipt.gas_used - ledger.total() - _BASE - calldata
    if rest:
        why = "given back for cleared storage" if rest < 0 else "up to the floor for calldata"
        yield Entry(rest, 0, 0, "transaction", why)


def show(row: Row, receipt: Receipt, entries: Sequence[Entry], lines: int) -> None:
    """Print the dearest lines, and what the rest adds up to."""
    table = Table("gas", "storage", "steps", "place", "line", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in table.columns[:3]:
        column.justify = "right"
    table.columns[-1].overflow, table.columns[-1].no_wrap = "ellipsis", True
    for entry in entries[:lines]:
        table.add_row(*(f"{count:,}" for count in entry[:3]), entry.place, entry.text)
    rest = sum(entry.gas for entry in entries[lines:])
    table.add_row(f"{rest:,}", "", "", f"{max(len(entries) - lines, 0)} other lines", "")
    console = Console(markup=False, highlight=False, width=_width())
    console.print(table)
    console.print(f"{row.name}: {receipt.gas_used:,} gas, counted as {row.gas(receipt):,}")


def _width() -> int | None:
    return None if sys.stdout.isatty() else _PIPED_WIDTH


def _row(name: str) -> Row:
    """The row of that name; raises InvalidInput with those there are."""
    found = next((each for each in ROWS if each.name == name), None)
    if found is None:
        raise InvalidInput("row", "must be one of benchmarks/gas.json", name)
    return found


def main() -> int:
    """Profile the row that the command line names; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("row", help="a row of benchmarks/gas.json")
    parser.add_argument("--lines", type=count, default=40, help="how many lines to show")
    arguments = parser.parse_args()
    try:
        row = _row(arguments.row)
    except InvalidInput as error:
        print(error, file=sys.stderr)
        return 1
    receipt, entries = profile(row)
    show(row, receipt, entries, arguments.lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
