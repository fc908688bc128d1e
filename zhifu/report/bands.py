"""A Sankey picture: what payers on the left owe payees on the right, as bands as wide as that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from zhifu.netting import Flow
from zhifu.report.plots import HEIGHT, WIDTH, Write, cut
from zhifu.report.svg import INK, MUTED, SERIES

_LEFT, _RIGHT = 0.25, 0.75
_THICK = 0.012
_GAP = 0.05
_LONGEST_NAME = 15


class _Node(NamedTuple):
    """A platform on one side: where it begins (0 is on top), how high it is, what it comes to."""

    top: float
    height: float
    amount: int


def bands(flows: Sequence[Flow], name_of: Callable[[int], str], write: Write) -> Figure:
    """The picture of some flows, of one at least; every amount is above zero."""
    paid: Counter[int] = Counter()
    got: Counter[int] = Counter()
    for payer, payee, amount in flows:
        paid[payer] += amount
        got[payee] += amount
    scale = (1 - _GAP * (max(len(paid), len(got)) - 1)) / paid.total()
    payers, payees = _stack(paid, scale), _stack(got, scale)
    figure = Figure((WIDTH, HEIGHT))
    axes = figure.add_axes((0.0, 0.07, 1.0, 0.86))
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(1, 0)
    colours = {payer: SERIES[index % len(SERIES)] for index, payer in enumerate(payers)}
    _draw_bands(axes, flows, payers, payees, colours)
    for payer, node in payers.items():
        _draw_node(axes, _LEFT - _THICK, node, colours[payer])
        _tell(axes, _LEFT - 0.025, "right", node, name_of(payer), write)
    for payee, node in payees.items():
        _draw_node(axes, _RIGHT, node, MUTED)
        _tell(axes, _RIGHT + 0.025, "left", node, name_of(payee), write)
    return figure


def _stack(sums: Mapping[int, int], scale: float) -> dict[int, _Node]:
    """The nodes of a side below one another, the largest on top, in the middle of the height."""
    ordered = sorted(sums.items(), key=lambda each: (-each[1], each[0]))
    whole = sum(sums.values()) * scale + _GAP * (len(sums) - 1)
    top = (1 - whole) / 2
    found = {}
    for number, amount in ordered:
        found[number] = _Node(top, amount * scale, amount)
        top += amount * scale + _GAP
    return found


def _draw_bands(
    axes: Axes,
    flows: Sequence[Flow],
    payers: Mapping[int, _Node],
    payees: Mapping[int, _Node],
    colours: Mapping[int, str],
) -> None:
    leaves = {number: node.top for number, node in payers.items()}
    arrives = {number: node.top for number, node in payees.items()}
    for payer, payee, amount in sorted(
        flows, key=lambda each: (payers[each.payer].top, payees[each.payee].top)
    ):
        node = payers[payer]
        height = node.height * amount / node.amount
        band = _band(leaves[payer], arrives[payee], height)
        axes.add_patch(PathPatch(band, facecolor=colours[payer], alpha=0.42, linewidth=0))
        leaves[payer] += height
        arrives[payee] += height


def _band(left: float, right: float, height: float) -> Path:
    middle = (_LEFT + _RIGHT) / 2
    points = [
        (_LEFT, left),
        *((middle, left), (middle, right), (_RIGHT, right)),
        (_RIGHT, right + height),
        *((middle, right + height), (middle, left + height), (_LEFT, left + height)),
        (_LEFT, left),
    ]
    curve = [Path.CURVE4] * 3
    return Path(points, [Path.MOVETO, *curve, Path.LINETO, *curve, Path.CLOSEPOLY])


def _draw_node(axes: Axes, left: float, node: _Node, colour: str) -> None:
    place = (left, node.top)
    axes.add_patch(Rectangle(place, _THICK, node.height, facecolor=colour, linewidth=0))


def _tell(axes: Axes, at: float, side: str, node: _Node, name: str, write: Write) -> None:
    middle = node.top + node.height / 2
    shown = cut(name, _LONGEST_NAME)
    axes.annotate(
        shown, (at, middle), (0, 1), textcoords="offset points", ha=side, va="bottom", color=INK
    )
    axes.annotate(
        write(node.amount),
        (at, middle),
        (0, -1),
        textcoords="offset points",
        ha=side,
        va="top",
        color=MUTED,
    )
