"""Measures what every kind of call costs, and keeps the figures in `benchmarks/gas.json`.

    python -m benchmarks.gas            measure, write the figures, show them beside their targets
    python -m benchmarks.gas --check    measure, and fail if a figure is not the committed one

The contracts are those that the package ships, on Anvil (prague); the figures are the gas of real
receipts, the same in every run.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.row import Row
from benchmarks.rows import ROWS
from benchmarks.scene import opened

FIGURES = Path(__file__).parent / "gas.json"
TARGETS = Path(__file__).parent / "targets.json"

_PIPED_WIDTH = 120


def measure(rows: Iterable[Row] = ROWS) -> dict[str, int]:
    """The gas of every row by its name, in the order given."""
    rows = list(rows)
    found: dict[str, int] = {}
    for token in dict.fromkeys(row.token for row in rows):
        with opened(token) as scene:
            for row in rows:
                if row.token == token:
                    found[row.name] = row.gas(scene.restored(row.measure))
    return {row.name: found[row.name] for row in rows}


def differences(committed: Mapping[str, int], measured: Mapping[str, int]) -> Iterator[str]:
    """A line for every row that is not the same in both."""
    for name in dict.fromkeys((*measured, *committed)):
        if name not in measured:
            yield f"{name}: committed {committed[name]:,}, no longer measured"
        elif name not in committed:
            yield f"{name}: not committed, measured {measured[name]:,}"
        elif committed[name] != measured[name]:
            more = measured[name] - committed[name]
            yield (
                f"{name}: committed {committed[name]:,}, measured {measured[name]:,} ({more:+,})"
            )


def verdict(gas: int, target: int | None) -> str:
    """How a figure stands to its target."""
    if target is None:
        return ""
    over = gas - target
    return f"missed by {over:,} ({over / target:.0%})" if over > 0 else "met"


def show(figures: Mapping[str, int], targets: Mapping[str, int]) -> None:
    """Print the figures beside their targets."""
    table = Table("row", "gas", "target", "", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in table.columns[1:3]:
        column.justify = "right"
    for name, gas in figures.items():
        target = targets.get(name)
        table.add_row(name, f"{gas:,}", f"{target:,}" if target else "", verdict(gas, target))
    width = None if sys.stdout.isatty() else _PIPED_WIDTH
    Console(markup=False, highlight=False, width=width).print(table)


def _read(path: Path) -> dict[str, int]:
    if not path.exists():
        return {}
    found: dict[str, int] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _check(measured: Mapping[str, int]) -> int:
    lines = list(differences(_read(FIGURES), measured))
    for line in lines:
        print(f"gas of {line}", file=sys.stderr)
    if lines:
        print("If that is meant, run `make gas` and commit benchmarks/gas.json.", file=sys.stderr)
    return 1 if lines else 0


def main() -> int:
    """Measure, and write or compare the figures; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--check", action="store_true", help="compare with the committed figures, write nothing"
    )
    arguments = parser.parse_args()
    measured = measure()
    if arguments.check:
        return _check(measured)
    FIGURES.write_text(json.dumps(measured, indent=2) + "\n", encoding="utf-8")
    show(measured, _read(TARGETS))
    return 0


if __name__ == "__main__":
    sys.exit(main())
