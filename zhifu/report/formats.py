"""Numbers and days as a language writes them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal
from functools import cached_property
from importlib.resources import files
from typing import Any, NamedTuple

from babel.dates import format_date, format_datetime
from babel.numbers import format_compact_decimal, format_decimal

from zhifu.currencies import decimals_of
from zhifu.languages import Language
from zhifu.money import Money
from zhifu.report.period import Bucket, date_of

#: How the first day of a bucket is written on an axis, and in a table.
_SKELETONS = {
    Language.ENGLISH: {"day": "d MMM", "week": "d MMM", "month": "MMM y", "year": "y"},
    Language.CHINESE: {"day": "M月d日", "week": "M月d日", "month": "y年M月", "year": "y年"},
}
_DATES = {Language.ENGLISH: "d MMMM y", Language.CHINESE: "y年M月d日"}


class Number(NamedTuple):
    """A number: for programs in the smallest units, and as people write it.

    `places` is how many decimals an amount of the ledger was written with, None of anything else.
    """

    value: int
    text: str
    places: int | None = None


@dataclass(frozen=True)
class Formats:
    """The words of a language, and how it writes what a network counts in."""

    language: Language
    currency: str
    ledger_decimals: int

    @property
    def locale(self) -> str:
        """The language's usual locale."""
        return self.language.locale

    @cached_property
    def words(self) -> dict[str, str]:
        """What is said, by name; some with places for numbers in braces."""
        text = files("zhifu.report").joinpath(f"words/{self.language.value}.json")
        found: dict[str, str] = json.loads(text.read_text(encoding="utf-8"))
        return found

    def say(self, name: str, **values: Any) -> str:
        """What is said, with its places filled."""
        return self.words[name].format(**values)

    def amount(self, units: int, places: int = 0) -> Number:
        """Ledger units with every decimal that matters, and at least those of the currency.

        `places` asks for more.
        """
        digits = f"{abs(units) % 10**self.ledger_decimals:0{self.ledger_decimals}d}".rstrip("0")
        usual = min(decimals_of(self.currency), self.ledger_decimals)
        places = max(len(digits), usual, places)
        pattern = f"#,##0.{'0' * places}" if places else "#,##0"
        text = format_decimal(self._decimal(units), pattern, self.locale)
        return Number(units, text.replace("-", "\N{MINUS SIGN}"), places)

    def money(self, units: int) -> str:
        """The same with its currency."""
        return f"{self.amount(units).text} {self.currency}"

    def minor(self, amount: int, currency: str) -> Number:
        """An amount in a currency's minor units."""
        return Number(amount, Money(amount, currency).format(self.locale))

    def count(self, number: int) -> Number:
        """A number of things."""
        return Number(number, format_decimal(number, locale=self.locale))

    def share(self, part: int, whole: int) -> Number:
        """A part in basis points of a whole, rounded down; 0 of nothing."""
        bps = part * 10_000 // whole if whole else 0
        text = format_decimal(Decimal(bps) / 100, "#,##0.00", self.locale)
        return Number(bps, f"{text} %")

    def brief(self, units: float) -> str:
        """An amount for an axis: short, and rounded."""
        return self.brief_count(units / 10**self.ledger_decimals)

    def brief_count(self, number: float) -> str:
        """A number for an axis."""
        if abs(number) < 1_000:
            return str(format_decimal(Decimal(f"{number:.3g}"), locale=self.locale))
        return str(format_compact_decimal(number, locale=self.locale, fraction_digits=1))

    def bucket(self, unit: str, bucket: Bucket) -> str:
        """Which days these are, in short."""
        pattern = _SKELETONS[self.language][unit]
        return str(format_date(date_of(bucket.first), pattern, locale=self.locale))

    def day(self, day: int) -> str:
        """A day in full."""
        return str(format_date(date_of(day), _DATES[self.language], locale=self.locale))

    def time(self, seconds: int) -> str:
        """A time (Unix seconds)."""
        at = datetime.fromtimestamp(seconds, timezone.utc)
        pattern = f"{_DATES[self.language]} HH:mm 'UTC'"
        return str(format_datetime(at, pattern, locale=self.locale))

    def _decimal(self, units: int) -> Decimal:
        return Decimal(units).scaleb(-self.ledger_decimals)
