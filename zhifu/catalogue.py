"""Catalogues and demand: what platforms offer and what was ordered on which day, from CSV files.

Files end in ``.csv`` or ``.csv.gz``, are UTF-8, have a header row with exactly the columns of
``CatalogueRow`` or ``DemandRow`` in any order, and end with a line break: without it, nothing tells
a last number from the first digits of a longer one. They are read as a stream; a file that is not
as it must be raises CatalogueError with file, line, column and rule.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from importlib.resources import files
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple, TextIO, TypeVar

from zhifu.currencies import DECIMALS
from zhifu.exceptions import CatalogueError
from zhifu.money import LEDGER_DECIMALS, Money

#: The longest reference that a content has on chain, in bytes of UTF-8.
REFERENCE_BYTES = 128

#: The first day and the last that a chain can be told: its first order is a day after its start,
#: and seconds are counted in 32 bits.
FIRST_DAY, LAST_DAY = date(1970, 1, 2), date(2105, 12, 31)

#: The highest price on chain, in ledger units.
HIGHEST_PRICE = (1 << 40) - 1

_COUNT_DIGITS = 15

#: A content as platforms name it: the platform, and the platform's own reference.
ContentKey = tuple[str, str]

_Value = TypeVar("_Value")


class CatalogueRow(NamedTuple):
    """One content on offer.

    ``ref`` is kept to the letter, and one content of a platform may have an empty one (real
    catalogues do); ``reference`` is what the chain calls it. ``creator`` may be empty: the content
    then has a creator of its own. ``price_minor`` is in the currency's minor units: 0 is free and
    None unknown, and neither is sold. ``learners`` is how many had it when the catalogue was made;
    ``published`` is None where unknown.
    """

    platform: str
    ref: str
    title: str
    subject: str
    creator: str
    currency: str
    price_minor: int | None
    learners: int
    published: date | None

    @property
    def key(self) -> ContentKey:
        """What identifies the content across files."""
        return self.platform, self.ref

    @property
    def reference(self) -> str:
        """What it is called on chain: its ref, or where that is empty its title, cut to fit."""
        return self.ref or self.title.encode()[:REFERENCE_BYTES].decode(errors="ignore")

    @property
    def is_sold(self) -> bool:
        """Whether it has a price to pay."""
        return bool(self.price_minor)

    @property
    def price(self) -> Money | None:
        """The price; None where it is unknown."""
        return None if self.price_minor is None else Money(self.price_minor, self.currency)


class DemandRow(NamedTuple):
    """How many orders a content had on a day."""

    date: date
    platform: str
    ref: str
    orders: int

    @property
    def key(self) -> ContentKey:
        """What identifies the content across files."""
        return self.platform, self.ref


def shipped_catalogue() -> Path:
    """The catalogue that comes with zhifu: 5,269 contents of three platforms."""
    return Path(str(files("zhifu") / "data" / "catalogue.csv"))


def shipped_demand() -> Path:
    """The demand that comes with zhifu: 1,260,205 orders from 2015 to 2019."""
    return Path(str(files("zhifu") / "data" / "demand-2015-2019.csv.gz"))


def read_catalogue(path: Path | str) -> Iterator[CatalogueRow]:
    """The contents of a catalogue file, in its order; each can be published.

    A platform may have every ref once and every ``reference`` once, prices are what a ledger can
    hold, and dates are from 1970-01-02 to 2105-12-31.
    """
    table = _Table(Path(path), CatalogueRow._fields)
    seen: set[ContentKey] = set()
    for fields in table:
        row = _catalogue_row(table, fields)
        names = {row.key, (row.platform, row.reference)}
        if not seen.isdisjoint(names):
            rule = "must occur once per platform (the title stands for an empty one)"
            raise table.error("ref", rule, row.reference)
        seen |= names
        yield row


def read_demand(
    path: Path | str, known: Container[ContentKey] | None = None
) -> Iterator[DemandRow]:
    """The rows of a demand file, which must be in date order, from 1970-01-02 to 2105-12-31.

    When ``known`` is given (the keys of a catalogue), a row for any other content is an error.
    """
    table = _Table(Path(path), DemandRow._fields)
    dates = _Cache(_date)
    counts = _Cache(_positive)
    latest = date.min
    for day_text, platform, ref, orders_text in table:
        try:
            day, orders = dates[day_text], counts[orders_text]
        except ValueError:
            raise _bad_demand(table, day_text, orders_text) from None
        if day < latest:
            raise table.error("date", f"must not be before {latest}, the row above", day_text)
        if known is not None and (platform, ref) not in known:
            raise table.error("ref", "must be a content of the catalogue", f"{platform} {ref}")
        latest = day
        yield DemandRow(day, platform, ref, orders)


class _Table:
    """The rows of one CSV file as tuples in the order of ``columns``, and where reading stands."""

    def __init__(self, path: Path, columns: tuple[str, ...]) -> None:
        self._path = path
        self._columns = columns
        self._line = 0

    def __iter__(self) -> Iterator[tuple[str, ...]]:
        with self._failures(), self._open() as text:
            reader = csv.reader(self._whole_lines(text), strict=True)
            pick = self._header(next(reader, None))
            width = len(self._columns)
            empty = True
            for fields in reader:
                if len(fields) != width:
                    rule = f"must have {width} columns, has {len(fields)} (is the file truncated?)"
                    raise self.error("row", rule)
                empty = False
                yield pick(fields)
            if empty:
                raise self.error("file", "must have rows below its header")

    def error(self, column: str, rule: str, value: str | None = None) -> CatalogueError:
        """An error about ``column`` in the line that was read last."""
        return CatalogueError(str(self._path), self._line, column, rule, value)

    def value(self, column: str, text: str, read: Callable[[str], _Value]) -> _Value:
        """``text`` as ``read`` understands it; its ValueError states the rule of ``column``."""
        try:
            return read(text)
        except ValueError as error:
            raise self.error(column, str(error), text) from None

    def _open(self) -> TextIO:
        if self._path.suffix == ".gz":
            return gzip.open(self._path, "rt", encoding="utf-8-sig", newline="")
        return self._path.open(encoding="utf-8-sig", newline="")

    def _whole_lines(self, text: TextIO) -> Iterator[str]:
        for line in text:
            self._line += 1
            if not line.endswith(("\n", "\r")):
                raise self.error("file", "must end with a line break (is the file truncated?)")
            yield line

    def _header(self, names: list[str] | None) -> Callable[[list[str]], tuple[str, ...]]:
        if names is None:
            raise self.error("file", "must not be empty")
        for column in self._columns:
            if names.count(column) != 1:
                raise self.error(column, "must be a column of the header, once", ",".join(names))
        for name in names:
            if name not in self._columns:
                raise self.error(name, f"must be one of {', '.join(self._columns)}")
        return itemgetter(*(names.index(column) for column in self._columns))

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise self.error("file", "must exist") from None
        except EOFError:
            raise self.error("file", "must be a whole gzip file (it is truncated)") from None
        except (gzip.BadGzipFile, zlib.error) as error:
            raise self.error("file", "must be an intact gzip file", str(error)) from None
        except OSError as error:
            raise self.error("file", "must be readable", error.strerror) from None
        except UnicodeDecodeError:
            raise self.error("file", "must be UTF-8 text") from None
        except csv.Error as error:
            raise self.error("row", "must be well-formed CSV", str(error)) from None


class _Cache(dict[str, _Value]):
    """Remembers what each text was read as: days and counts recur by the hundred thousand."""

    def __init__(self, read: Callable[[str], _Value]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, text: str) -> _Value:
        value = self[text] = self._read(text)
        return value


def _catalogue_row(table: _Table, fields: tuple[str, ...]) -> CatalogueRow:
    platform, ref, title, subject, creator, currency, price, learners, published = fields
    priced = partial(_price, currency=table.value("currency", currency, _currency))
    return CatalogueRow(
        platform=table.value("platform", platform, _text),
        ref=table.value("ref", ref, _ref),
        title=table.value("title", title, _text),
        subject=subject.strip(),
        creator=creator.strip(),
        currency=currency,
        price_minor=table.value("price_minor", price, priced) if price else None,
        learners=table.value("learners", learners, _count),
        published=table.value("published", published, _date) if published else None,
    )


def _bad_demand(table: _Table, day: str, orders: str) -> CatalogueError:
    try:
        table.value("date", day, _date)
        table.value("orders", orders, _positive)
    except CatalogueError as error:
        return error
    raise AssertionError("one of the two was refused")


def _text(text: str) -> str:
    stripped = text.strip()
    if not stripped:
        raise ValueError("must not be empty")
    return stripped


def _ref(text: str) -> str:
    if len(text.encode()) > REFERENCE_BYTES:
        raise ValueError(f"must have at most {REFERENCE_BYTES} bytes as UTF-8")
    return text


def _price(text: str, currency: str) -> int:
    price = _count(text)
    highest = HIGHEST_PRICE // 10 ** (LEDGER_DECIMALS - DECIMALS[currency])
    if price > highest:
        raise ValueError(f"must be at most {highest} in {currency}, the most that a ledger holds")
    return price


def _currency(text: str) -> str:
    if text not in DECIMALS:
        raise ValueError("must be an active ISO 4217 code")
    return text


def _count(text: str) -> int:
    # int() alone would take signs, spaces, underscores and the digits of other scripts.
    if not (text.isascii() and text.isdigit()):
        raise ValueError("must be an integer, digits only")
    if len(text) > _COUNT_DIGITS:
        raise ValueError(f"must have at most {_COUNT_DIGITS} digits")
    return int(text)


def _positive(text: str) -> int:
    count = _count(text)
    if count == 0:
        raise ValueError("must be at least 1")
    return count


def _date(text: str) -> date:
    # From Python 3.11 on, fromisoformat also takes week dates and dates without hyphens.
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise ValueError("must be a date such as 2019-12-31")
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(f"must be from {FIRST_DAY} to {LAST_DAY}")
    return day
