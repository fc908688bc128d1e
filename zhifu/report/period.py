"""The days that a report is about, and how they are put together for the eye. All days are UTC."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from zhifu.exceptions import InvalidInput

_EPOCH = date(1970, 1, 1)

#: The most bars that a plot has of one kind; beyond them days become weeks, months, then years.
_MOST_DAYS, _MOST_WEEKS, _MOST_MONTHS = 62, 40, 36


class Bucket(NamedTuple):
    """Days in a row, told as one: from `first` to `last`, days since 1970."""

    first: int
    last: int


class Period(NamedTuple):
    """From a day to another one, both included, in days since 1970; None: as far as there is."""

    first: int | None = None
    last: int | None = None

    @classmethod
    def of(cls, first: str | None = None, last: str | None = None) -> Period:
        """From days such as 2019-12-31; raises InvalidInput for `from` or `to`."""
        period = cls(_day("from", first), _day("to", last))
        if period.first is not None and period.last is not None and period.last < period.first:
            raise InvalidInput("to", f"must not be before {first}, the first day", last)
        return period

    def has(self, day: int) -> bool:
        """Whether a day belongs to it."""
        return (self.first is None or self.first <= day) and not self.is_over(day)

    def is_over(self, day: int) -> bool:
        """Whether a day is after it."""
        return self.last is not None and day > self.last

    def within(self, first: int, last: int) -> Period:
        """The same with both its days: what was not asked for is from `first`, and to `last`.

        It goes no further than `last`, and has one day at least.
        """
        ends = last if self.last is None else min(self.last, last)
        begins = min(first, ends) if self.first is None else self.first
        return Period(begins, max(begins, ends))


def date_of(day: int) -> date:
    """The date of a day since 1970."""
    return _EPOCH + timedelta(days=day)


def buckets(first: int, last: int) -> tuple[str, list[Bucket]]:
    """What to count in, and all of them from a day to another one: day, week, month or year."""
    unit = _unit(first, last)
    starts = list(_starts(unit, first, last))
    ends = [*(start - 1 for start in starts[1:]), last]
    return unit, [Bucket(*each) for each in zip(starts, ends, strict=True)]


def _unit(first: int, last: int) -> str:
    days = last - first + 1
    if days <= _MOST_DAYS:
        return "day"
    if days <= 7 * _MOST_WEEKS - 7:
        return "week"
    begins, ends = date_of(first), date_of(last)
    months = 12 * (ends.year - begins.year) + ends.month - begins.month + 1
    return "month" if months <= _MOST_MONTHS else "year"


def _starts(unit: str, first: int, last: int) -> Iterator[int]:
    """The first day, and every later one on which a unit begins; weeks begin on Mondays."""
    yield first
    for day in range(first + 1, last + 1):
        found = date_of(day)
        begins = {
            "day": True,
            "week": found.weekday() == 0,
            "month": found.day == 1,
            "year": (found.month, found.day) == (1, 1),
        }
        if begins[unit]:
            yield day


def _day(field: str, text: str | None) -> int | None:
    if text is None:
        return None
    # From Python 3.11 on, fromisoformat also takes week dates and dates without hyphens.
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.isoformat() != text:
        raise InvalidInput(field, "must be a day such as 2019-12-31", text)
    return (found - _EPOCH).days
