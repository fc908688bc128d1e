"""Measures what calls cost beside what a platform would take instead: `make bench-gas`.

The peers are deployed from what they publish on npm, on the same Anvil and with the same token, and
do the same work; where nothing is published, what was measured of them elsewhere stands in a column
of its own, with its date. zhifu's figures are those of `benchmarks.gas`, by the same code.

    python -m benchmarks.compared_gas

Writes `benchmarks/results/gas.json` (for each row: zhifu's gas, the peers', and how many times as
much the best of them takes) and `gas.svg`. Ends with status 1 if a peer is first anywhere, or a
batch is less than 500 times cheaper than a peer's.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.batches import demanded, draw
from benchmarks.compared_gas_plot import plot
from benchmarks.gas import measure
from benchmarks.peers import payment_splitter, thirdweb, unlock
from benchmarks.rows import ROWS
from benchmarks.scene import Scene, opened
from benchmarks.tokens import BARE, ISSUED
from zhifu.batch import BatchItem

RESULTS = Path(__file__).parent / "results"
LEAST_TIMES_BATCH = 500

_UNLOCK, _THIRDWEB, _SPLITTER = "Unlock V15", "thirdweb DropERC1155", "PaymentSplitter 4.9"
#: Nothing is published of these: measured on Anvil (prague) in 2026, with a bare token.
_COMMERCE, _SPLITS = "commerce-payments, 2026", "0xSplits v2, 2026"
_NOTHING: Mapping[str, int] = {}
_PIPED_WIDTH = 130

Peer = Callable[[Scene], int]
Grant = Callable[[list[BatchItem], list[BatchItem], Scene], int]


@dataclass(frozen=True)
class Compared:
    """A row: what zhifu's is called in `benchmarks/gas.json`, and what peers do for the same.

    The peers' gas is divided by `per`. `cited` has figures that were measured elsewhere.
    """

    name: str
    zhifu: str
    peers: Mapping[str, Peer] = field(default_factory=dict)
    per: int = 1
    cited: Mapping[str, int] = field(default_factory=dict)
    token: str = BARE
    is_batch: bool = False


@dataclass(frozen=True)
class Figure:
    """What a row came to."""

    row: Compared
    zhifu: int
    peers: Mapping[str, int]

    @property
    def ratio(self) -> float | None:
        """How many times zhifu's gas the best peer takes; None without a measured one."""
        return min(self.peers.values()) / self.zhifu if self.peers else None

    def to_dict(self) -> dict[str, Any]:
        """As it is written."""
        return {
            "row": self.row.name,
            "zhifu": self.zhifu,
            "peers": dict(self.peers),
            "ratio": None if self.ratio is None else round(self.ratio, 2),
            "cited": dict(self.row.cited),
        }

    def missed(self) -> Iterator[str]:
        """Why the row misses what is wanted."""
        if any(gas <= self.zhifu for gas in (*self.peers.values(), *self.row.cited.values())):
            yield f"{self.row.name}: not first"
        if self.row.is_batch and self.ratio is not None and self.ratio < LEAST_TIMES_BATCH:
            yield f"{self.row.name}: {self.ratio:.0f} times, not {LEAST_TIMES_BATCH}"


def _buying(name: str, zhifu: str, people: int, before: int, token: str = BARE) -> Compared:
    peers: dict[str, Peer] = {
        _UNLOCK: partial(unlock.buy, people, before),
        _THIRDWEB: partial(thirdweb.buy, people, before),
    }
    return Compared(name, zhifu, peers, people, token=token)


def _batch(what: str, orders: int, draw_items: Callable[[Random], list[BatchItem]]) -> Compared:
    """A batch after one like it; drawn as zhifu's is."""

    def granted(grant: Grant, scene: Scene) -> int:
        random = Random(f"{what}/{orders}")
        return grant(draw_items(random), draw_items(random), scene)

    name = f"batch of {orders} orders{what}, per order"
    grants: Mapping[str, Grant] = {_UNLOCK: unlock.grant, _THIRDWEB: thirdweb.grant}
    peers = {peer: partial(granted, grant) for peer, grant in grants.items()}
    return Compared(name, name, peers, orders, is_batch=orders >= 1_000)


def _drawn(orders: int, contents: int, random: Random) -> list[BatchItem]:
    return draw(random, orders, contents)


def _released(payees: int, cited: Mapping[str, int] = _NOTHING) -> Compared:
    name = f"release and split to {payees}"
    peers: dict[str, Peer] = {_SPLITTER: partial(payment_splitter.release, payees)}
    return Compared(name, name, peers, cited=cited)


COMPARED = (
    _buying("buy one, first of a content", "buy, first of a content (bare)", 1, 0),
    _buying("buy one", "buy (bare)", 1, 1),
    _buying("buy one (USDC-like)", "buy (USDC-like)", 1, 1, ISSUED),
    _buying("buy ten, per licence", "cart of 10 orders for 10 people, per order (bare)", 10, 1),
    _batch(", one content", 10, partial(_drawn, 10, 1)),
    _batch(", one content", 100, partial(_drawn, 100, 1)),
    _batch(", one content", 1_000, partial(_drawn, 1_000, 1)),
    _batch(", 20 contents by zipf", 100, partial(_drawn, 100, 20)),
    _batch(", 20 contents by zipf", 1_000, partial(_drawn, 1_000, 20)),
    _batch(" of the shipped demand", 1_000, lambda _: demanded(1_000)),
    _released(2),
    _released(4, {_SPLITS: 87_000}),
    _released(10),
    _released(100),
    Compared("withdraw", "withdraw (bare)", {_UNLOCK: unlock.withdraw}, cited={_SPLITS: 49_000}),
    Compared(
        "refund",
        "refund a direct order, out (bare)",
        {_UNLOCK: unlock.refund},
        cited={_COMMERCE: 72_000},
    ),
    Compared("renew", "buy a rental (bare)", {_UNLOCK: unlock.renew}),
)


def compare() -> list[Figure]:
    """Measure every row."""
    wanted = {each.zhifu for each in COMPARED}
    ours = measure(row for row in ROWS if row.name in wanted)
    theirs: dict[str, dict[str, int]] = {}
    for token in dict.fromkeys(each.token for each in COMPARED):
        with opened(token) as scene:
            for row in COMPARED:
                if row.token == token:
                    theirs[row.name] = {
                        peer: -(-_gas(scene, act) // row.per) for peer, act in row.peers.items()
                    }
    return [Figure(row, ours[row.zhifu], theirs[row.name]) for row in COMPARED]


def _gas(scene: Scene, act: Peer) -> int:
    return scene.restored(act)


def show(figures: list[Figure]) -> None:
    """Print the rows beside each other."""
    table = Table("row", "zhifu", "best peer", "gas", "times", "cited", box=box.SIMPLE_HEAD)
    for column in (1, 3, 4):
        table.columns[column].justify = "right"
    for each in figures:
        best = min(each.peers, key=lambda peer: each.peers[peer])
        cited = ", ".join(f"{name} {gas:,}" for name, gas in each.row.cited.items())
        gas = (f"{each.zhifu:,}", best, f"{each.peers[best]:,}", f"{each.ratio or 0:,.1f}")
        table.add_row(each.row.name, *gas, cited)
    width = None if sys.stdout.isatty() else _PIPED_WIDTH
    Console(markup=False, highlight=False, width=width).print(table)


def main() -> int:
    """Measure, write and tell; the exit status."""
    argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0]).parse_args()
    figures = compare()
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps([each.to_dict() for each in figures], indent=2)
    (RESULTS / "gas.json").write_text(text + "\n", encoding="utf-8")
    plot([each.to_dict() for each in figures], RESULTS / "gas.svg")
    show(figures)
    missed = [reason for each in figures for reason in each.missed()]
    verdict = f"MISSED: {'; '.join(missed)}" if missed else "met"
    print(f"gas beside the peers: {len(figures)} rows: {verdict}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
