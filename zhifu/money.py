"""Money: an integer number of a currency's minor units that refuses floats and mixed currencies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal, localcontext
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.numbers import NumberPattern, parse_pattern

from zhifu.currencies import decimals_of
from zhifu.exceptions import (
    CurrencyMismatch,
    InexactAmount,
    InvalidInput,
    OverPreciseAmount,
)

#: Decimals of a ledger unit when the token has at least as many; the ledger never counts finer.
LEDGER_DECIMALS = 6

#: The longest amount that is read; the most that any token can count has 78 digits.
LONGEST_TEXT = 100

# A context of 28 digits, as Python's own, would round.
_EXACT = Context(prec=MAX_PREC, Emin=MIN_EMIN, Emax=MAX_EMAX)

_DECIMAL = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?")


@dataclass(frozen=True, slots=True)
class Money:
    """``amount`` minor units of ``currency``; negative is a debt.

    USD 4900 is 49.00 dollars, JPY 4900 is 4,900 yen, BHD 4900 is 4.900 dinars.
    Raises InvalidInput when ``amount`` is anything but an ``int`` (floats and bools included),
    UnknownCurrency when ``currency`` is not an active ISO 4217 code, and CurrencyMismatch from
    any operation on two currencies.
    """

    amount: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.amount) is not int:
            raise InvalidInput("amount", "must be an integer of minor units", self.amount)
        decimals_of(self.currency)

    @classmethod
    def zero(cls, currency: str) -> Money:
        """Nothing, in ``currency``: the start of a sum."""
        return cls(0, currency)

    @classmethod
    def parse(cls, text: str, currency: str) -> Money:
        """Read a plain decimal such as ``"49.00"``: no grouping, no exponent, at most a minus.

        Raises InvalidInput for any other spelling or more than 100 characters, and
        OverPreciseAmount for more decimals than the currency has, even zeros: ``"49.000"`` dollars
        may well be somebody's forty-nine thousand.
        """
        decimals = decimals_of(currency)
        if isinstance(text, str) and len(text) > LONGEST_TEXT:
            raise InvalidInput("amount", f"must have at most {LONGEST_TEXT} characters", text)
        match = _DECIMAL.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            raise InvalidInput("amount", "must be a plain decimal such as 49.00", text)
        sign, whole, fraction = match.group(1), match.group(2), match.group(3) or ""
        if len(fraction) > decimals:
            raise OverPreciseAmount(text, currency, decimals)
        return cls(int(sign + whole + fraction.ljust(decimals, "0")), currency)

    @classmethod
    def from_ledger_units(cls, units: int, currency: str, decimals: int = LEDGER_DECIMALS) -> Money:
        """The money that ``units`` of a ledger with ``decimals`` decimals stand for.

        Raises InexactAmount rather than round.
        """
        if type(units) is not int:
            raise InvalidInput("units", "must be an integer of ledger units", units)
        return cls(_scale(units, _ledger_decimals(decimals), decimals_of(currency)), currency)

    def to_ledger_units(self, decimals: int = LEDGER_DECIMALS) -> int:
        """The same value counted in units of a ledger with ``decimals`` decimals.

        Raises InexactAmount rather than round.
        """
        return _scale(self.amount, self.decimals, _ledger_decimals(decimals))

    @property
    def decimals(self) -> int:
        """How many decimals the currency's minor unit has (ISO 4217)."""
        return decimals_of(self.currency)

    def to_decimal(self) -> Decimal:
        """The value in the currency's major unit, exactly."""
        return Decimal(self.amount).scaleb(-self.decimals, _EXACT)

    def format(self, locale: str = "en_US") -> str:
        """For people, as ``locale`` writes money.

        Every decimal of the minor unit is shown, so that nothing is rounded away. Raises
        InvalidInput when the locale is unknown.
        """
        pattern = _currency_pattern(locale, self.decimals)
        value = self.to_decimal()
        with localcontext(_EXACT):
            return str(pattern.apply(value, locale, currency=self.currency, currency_digits=False))

    def __str__(self) -> str:
        return f"{self.to_decimal():f} {self.currency}"

    def __bool__(self) -> bool:
        return self.amount != 0

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __mul__(self, times: int) -> Money:
        if type(times) is not int:
            raise InvalidInput("factor", "must be an integer", times)
        return Money(self.amount * times, self.currency)

    __rmul__ = __mul__

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __abs__(self) -> Money:
        return Money(abs(self.amount), self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other)

    def __gt__(self, other: Money) -> bool:
        return self.amount > self._same(other)

    def __ge__(self, other: Money) -> bool:
        return self.amount >= self._same(other)

    def _same(self, other: Money) -> int:
        if not isinstance(other, Money):
            raise InvalidInput("money", "must be Money", other)
        if other.currency != self.currency:
            raise CurrencyMismatch(self.currency, other.currency)
        return other.amount


def _scale(amount: int, from_decimals: int, to_decimals: int) -> int:
    if to_decimals >= from_decimals:
        return int(amount * 10 ** (to_decimals - from_decimals))
    scaled, rest = divmod(amount, 10 ** (from_decimals - to_decimals))
    if rest:
        raise InexactAmount(amount, from_decimals, to_decimals)
    return int(scaled)


def _ledger_decimals(decimals: int) -> int:
    if type(decimals) is not int or not 0 <= decimals <= LEDGER_DECIMALS:
        raise InvalidInput("decimals", f"must be an integer from 0 to {LEDGER_DECIMALS}", decimals)
    return decimals


@lru_cache(maxsize=256)
def _currency_pattern(locale: str, decimals: int) -> NumberPattern:
    try:
        standard = Locale.parse(locale).currency_formats["standard"]
    except (UnknownLocaleError, ValueError, TypeError):
        raise InvalidInput("locale", "must be a known locale such as en_US", locale) from None
    pattern = parse_pattern(standard.pattern)
    pattern.frac_prec = (decimals, decimals)
    return pattern
