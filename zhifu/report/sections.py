"""What a report is made of: sections with a picture, its numbers in a table, and a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, TypeAlias

from markupsafe import Markup
from matplotlib.figure import Figure

from zhifu.report.formats import Formats, Number
from zhifu.report.period import Bucket, buckets
from zhifu.report.reading import Report
from zhifu.report.svg import svg
from zhifu.report.takings import Day, Tally

MOST_ROWS = 12
"""How many lines are told apart; the others are told as one."""

Cell: TypeAlias = "str | Number"


class Column(NamedTuple):
    """A column's heading; numbers are set to the right."""

    heading: str
    is_number: bool = True


class Table(NamedTuple):
    """Numbers in rows; `total` is the last one, if there is one."""

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    total: Sequence[Cell] | None = None


@dataclass(frozen=True)
class Section:
    """One question and its answer; without tables nothing happened that it asks about.

    `legend` names the series of the picture by the page's colours, from 1; 0 is the dashed line.
    """

    name: str
    title: str
    lead: str
    picture: Markup | None = None
    legend: Sequence[tuple[int, str]] = ()
    tables: Sequence[Table] = ()


@dataclass(frozen=True)
class Telling:
    """A report in a language: what the sections are made from."""

    report: Report
    formats: Formats

    @cached_property
    def unit_and_buckets(self) -> tuple[str, list[Bucket]]:
        """What time is counted in, and the stretches of the period."""
        first, last = self.report.period
        return buckets(first or 0, last or 0)

    @property
    def unit(self) -> str:
        """What time is counted in, for people."""
        return self.formats.say(f"column_{self.unit_and_buckets[0]}")

    @cached_property
    def times(self) -> list[str]:
        """The stretches of the period for people."""
        unit, found = self.unit_and_buckets
        return [self.formats.bucket(unit, each) for each in found]

    @cached_property
    def stretches(self) -> list[Day]:
        """What happened in each stretch of the period."""
        return [self._total(each.first, each.last) for each in self.unit_and_buckets[1]]

    @cached_property
    def whole(self) -> Day:
        """What happened in the period."""
        return self._total(*self.report.period)

    @cached_property
    def before(self) -> Day:
        """What happened before the period."""
        return self._total(None, (self.report.period.first or 0) - 1)

    @cached_property
    def closing(self) -> Day:
        """What happened up to the period's end."""
        return self._total(None, self.report.period.last)

    def _total(self, first: int | None, last: int | None) -> Day:
        return self.report.takings.total(first, last)

    def section(
        self,
        name: str,
        picture: Figure | None,
        tables: Iterable[Table],
        *,
        legend: Iterable[tuple[int, str]] = (),
        lead: Mapping[str, object] | None = None,
        description: Mapping[str, object] | None = None,
    ) -> Section:
        """A section by its name in the words, with the values of its sentences."""
        title = self.formats.say(f"{name}_title")
        drawn = None
        if picture is not None:
            told = self.formats.say(f"{name}_description", **(description or {}))
            drawn = svg(picture, name, title, told)
        said = self.formats.say(f"{name}_lead", **(lead or {}))
        return Section(name, title, said, drawn, tuple(legend), tuple(tables))

    def nothing(self, name: str) -> Section:
        """A section about what did not happen."""
        return Section(name, self.formats.say(f"{name}_title"), self.formats.say("nothing"))

    def table(
        self,
        caption: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[Cell]],
        total: Sequence[Cell] | None = None,
        *,
        texts: int = 1,
    ) -> Table:
        """A table whose first `texts` columns are no numbers."""
        headings = [
            Column(self.formats.say(f"column_{each}"), index >= texts)
            for index, each in enumerate(columns)
        ]
        aligned = self._aligned([*rows, *([total] if total else [])])
        last = aligned.pop() if total else None
        return Table(self.formats.say(f"{caption}_title"), headings, aligned, last)

    def _aligned(self, rows: Sequence[Sequence[Cell]]) -> list[list[Cell]]:
        """The same, with as many decimals in all amounts of a column as any of them needs."""
        columns = []
        for column in zip(*rows, strict=True):
            amounts = [each for each in column if isinstance(each, Number)]
            most = max((each.places or 0 for each in amounts), default=0)
            columns.append([self._with_places(each, most) for each in column])
        return [list(row) for row in zip(*columns, strict=True)]

    def _with_places(self, cell: Cell, places: int) -> Cell:
        if isinstance(cell, str) or cell.places is None:
            return cell
        return self.formats.amount(cell.value, places)


class Ranked(NamedTuple):
    """One of the most, or all others together."""

    name: str
    tally: Tally
    contents: int


def rank(telling: Telling, groups: Mapping[str, tuple[Tally, int]]) -> list[Ranked]:
    """Those with the most sales, the most on top, and then all others as one.

    `groups` have a tally by name, and how many contents it is of.
    """
    named = [Ranked(name, tally, contents) for name, (tally, contents) in groups.items()]
    ordered = sorted(named, key=lambda each: (-each.tally.sold, -each.tally.refunded, each.name))
    if len(ordered) <= MOST_ROWS:
        return ordered
    shown, others = ordered[: MOST_ROWS - 1], ordered[MOST_ROWS - 1 :]
    together = Tally()
    for each in others:
        together.add(each.tally)
    name = telling.formats.say("others", count=telling.formats.count(len(others)).text)
    return [*shown, Ranked(name, together, sum(each.contents for each in others))]
