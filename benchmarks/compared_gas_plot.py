"""The gas of zhifu and of its peers, as bars whose length is the logarithm of what they cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

_OURS = "zhifu"
#: Told apart without colour too, by how dark they are.
_COLOURS = ("#0b5fa5", "#e08e2b", "#7a9e3d", "#9b7bb8")
_HEIGHT_INCHES, _BAR = 0.5, 0.26


def plot(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write the bars of rows, which are as `benchmarks/results/gas.json` has them, as SVG."""
    names = [_OURS, *dict.fromkeys(peer for row in rows for peer in row["peers"])]
    figure = Figure(figsize=(9, _HEIGHT_INCHES * len(rows) + 1.2), layout="constrained")
    axes = figure.add_subplot()
    for name, colour in zip(names, _COLOURS, strict=False):
        bars = [
            (at + place * _BAR, gas)
            for at, row in enumerate(rows)
            for place, (each, gas) in enumerate(_bars(row))
            if each == name
        ]
        axes.barh([at for at, _ in bars], [gas for _, gas in bars], _BAR, label=name, color=colour)
        for at, gas in bars:
            axes.annotate(
                f"{gas:,}", (gas, at), (3, 0), textcoords="offset points", va="center", size=7
            )
    axes.set_xscale("log")
    axes.set_xlabel("gas (logarithmic)")
    axes.set_yticks(
        [at + _BAR / 2 for at in range(len(rows))], [row["row"] for row in rows], size=8
    )
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside upper left", ncols=len(names), frameon=False, fontsize=8)
    with matplotlib.rc_context({"svg.hashsalt": "zhifu", "svg.fonttype": "none"}):
        figure.savefig(path, metadata={"Date": None}, facecolor="white")


def _bars(row: Mapping[str, Any]) -> list[tuple[str, int]]:
    return [(_OURS, row["zhifu"]), *row["peers"].items()]
