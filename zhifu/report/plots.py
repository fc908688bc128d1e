"""The pictures of a report; their numbers stand in tables beside them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple
from unicodedata import east_asian_width

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from zhifu.report.svg import INK, RULE, SERIES, SURFACE

WIDTH = 5.6
HEIGHT = 2.9
_EM = 8.5 / 72
_LONGEST_NAME = 30
_MOST_TICKS = 7
_BAR = 0.74
_ADDRESS = re.compile("0x[0-9a-fA-F]{40}")

Write = Callable[[float], str]
"""How a number is written on an axis."""


class Series(NamedTuple):
    """Numbers of one kind."""

    name: str
    values: Sequence[int]


def stacked_bars(labels: Sequence[str], series: Sequence[Series], write: Write) -> Figure:
    """Bars in a row, each of parts that stand on one another."""
    figure, axes = _upright(write)
    _stack(axes, series, _BAR)
    _label_times(axes, labels)
    return figure


def stacked_steps(
    labels: Sequence[str], series: Sequence[Series], line: Series, write: Write
) -> Figure:
    """What there is at the end of each stretch, in parts without gaps, and one line across."""
    figure, axes = _upright(write)
    _stack(axes, series, 1.0)
    edges = [each - 0.5 for each in range(len(labels) + 1)]
    axes.stairs(line.values, edges, color=INK, linewidth=1.4, linestyle=(0, (4, 2)), baseline=None)
    _label_times(axes, labels)
    return figure


def ranked_bars(names: Sequence[str], series: Sequence[Series], write: Write) -> Figure:
    """Bars below one another, one for each name and series, with what they come to."""
    figure, axes = _lying(names, 0.14 + 0.2 * len(series))
    thick = _BAR / len(series)
    for index, (colour, each) in enumerate(zip(SERIES, series, strict=False)):
        places = [row - _BAR / 2 + thick * (index + 0.5) for row in range(len(names))]
        axes.barh(places, each.values, thick * 0.92, color=colour)
        for place, value in zip(places, each.values, strict=True):
            axes.annotate(
                write(value), (value, place), (4, 0), textcoords="offset points", va="center"
            )
    highest = max((value for each in series for value in each.values), default=0)
    axes.set_xlim(0, highest * 1.16 or 1)
    axes.xaxis.set_major_locator(NullLocator())
    axes.spines["bottom"].set_visible(False)
    axes.axvline(0, color=RULE, linewidth=0.8)
    return figure


def dots(names: Sequence[str], values: Sequence[int], write: Write) -> Figure:
    """A dot for each name on a scale on which each step is ten times the one before."""
    figure, axes = _lying(names, 0.34)
    axes.set_xscale("log")
    axes.set_xlim(10 ** (len(str(min(values))) - 1) / 1.3, 10 ** len(str(max(values))) * 1.6)
    axes.xaxis.set_major_locator(LogLocator())
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: write(value)))
    axes.grid(axis="x")
    axes.plot(values, range(len(values)), "o", color=SERIES[0], markersize=6.5)
    for place, value in enumerate(values):
        axes.annotate(write(value), (value, place), (7, 0), textcoords="offset points", va="center")
    return figure


def parts(series: Sequence[Series]) -> Figure:
    """One bar of parts, as wide as they are."""
    figure = Figure((WIDTH, 0.62))
    axes = figure.add_axes((0.01, 0.1, 0.98, 0.8))
    axes.set_axis_off()
    begins = 0
    for colour, each in zip(SERIES, series, strict=False):
        (width,) = each.values
        axes.barh(0, width, 1, begins, color=colour, edgecolor=SURFACE, linewidth=1)
        begins += width
    axes.set_xlim(0, begins or 1)
    axes.set_ylim(-0.5, 0.5)
    return figure


def _upright(write: Write) -> tuple[Figure, Axes]:
    figure = Figure((WIDTH, HEIGHT))
    axes = figure.add_axes((0.11, 0.14, 0.83, 0.82))
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: write(value)))
    axes.grid(axis="y")
    return figure, axes


def _stack(axes: Axes, series: Sequence[Series], width: float) -> None:
    bottom = [0] * len(series[0].values)
    for colour, each in zip(SERIES, series, strict=False):
        # Drawn to its outer edge, so that nothing shines through between two that touch.
        edge = 0.6 if width == 1 else 0
        places = range(len(bottom))
        axes.bar(places, each.values, width, bottom, color=colour, ec=colour, lw=edge)
        bottom = [below + value for below, value in zip(bottom, each.values, strict=True)]


def _label_times(axes: Axes, labels: Sequence[str]) -> None:
    step = -(-len(labels) // _MOST_TICKS)
    shown = range(0, len(labels), step)
    axes.set_xticks(list(shown), [labels[each] for each in shown])
    axes.set_xlim(-0.5, max(len(labels) - 0.5, 0.5))
    axes.set_ylim(bottom=0)


def _lying(names: Sequence[str], inches: float) -> tuple[Figure, Axes]:
    """Axes with a name at each row, the first one on top."""
    height = inches * len(names) + 0.4
    figure = Figure((WIDTH, height))
    short = [cut(each, _LONGEST_NAME) for each in names]
    longest = max(map(_ems, short), default=0) * _EM
    left = (longest + 0.12) / WIDTH
    axes = figure.add_axes((left, 0.3 / height, 0.97 - left, 1 - 0.35 / height))
    axes.set_yticks(range(len(names)), short, color=INK)
    axes.set_ylim(len(names) - 0.45, -0.55)
    return figure, axes


def cut(name: str, longest: int) -> str:
    """A name that takes no more room than so many Latin letters; of an address both its ends."""
    if _ADDRESS.fullmatch(name):
        return f"{name[:8]}…{name[-6:]}"
    if _ems(name) <= longest / 2:
        return name
    while name and _ems(name) > longest / 2 - 0.5:
        name = name[:-1]
    return f"{name.rstrip()}…"


def _ems(text: str) -> float:
    """How wide a text is at most, in the typefaces that readers have."""
    return sum(map(_em, text))


def _em(character: str) -> float:
    if east_asian_width(character) in "WF" or character in "MW@%":
        return 1.0
    return 0.76 if character.isupper() or character in "mw" else 0.57
