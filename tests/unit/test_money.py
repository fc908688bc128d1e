from __future__ import annotations

import re
from decimal import Decimal, localcontext
from typing import Any

import pytest
from babel.numbers import get_currency_precision, list_currencies
from hypothesis import given
from hypothesis import strategies as st

from zhifu.currencies import DECIMALS
from zhifu.exceptions import (
    CurrencyMismatch,
    InexactAmount,
    InvalidInput,
    OverPreciseAmount,
    UnknownCurrency,
)
from zhifu.money import LEDGER_DECIMALS, LONGEST_TEXT, Money

currencies = st.sampled_from(sorted(DECIMALS))
# Integers are drawn small; longer ones than Python's decimals keep by themselves are asked for.
amounts = st.one_of(
    st.integers(), st.integers(-(10**90), 10**90), st.integers(10**28, 10**29).map(lambda n: -n)
)
moneys = st.builds(Money, amounts, currencies)


@pytest.mark.parametrize("amount", [49.0, True, "49", Decimal(49), None])
def test_only_an_integer_is_an_amount(amount: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        Money(amount, "USD")
    assert refused.value.field == "amount"


@pytest.mark.parametrize("currency", ["usd", "XYZ", "", "BGN", "XAU", None, ["USD"]])
def test_only_an_active_iso_4217_code_is_a_currency(currency: Any) -> None:
    with pytest.raises(UnknownCurrency):
        Money(1, currency)


@pytest.mark.parametrize(
    ("currency", "decimals"),
    [("USD", 2), ("CNY", 2), ("JPY", 0), ("KRW", 0), ("BHD", 3), ("IQD", 3)],
)
def test_decimals_are_the_minor_units_of_iso_4217(currency: str, decimals: int) -> None:
    assert Money(1, currency).decimals == decimals


@pytest.mark.parametrize("currency", ["HUF", "IDR", "TWD", "COP", "PKR", "RSD"])
def test_decimals_do_not_follow_display_habits(currency: str) -> None:
    assert Money(1, currency).decimals == 2


def test_babel_can_name_every_currency_and_disagrees_only_where_people_drop_decimals() -> None:
    assert set(DECIMALS) <= list_currencies()
    # Newer CLDR editions drop the last decimals of more currencies, never add any.
    assert all(get_currency_precision(code) <= DECIMALS[code] for code in DECIMALS)


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("49.00", "USD", 4900),
        ("49.5", "USD", 4950),
        ("49", "USD", 4900),
        ("-0.01", "USD", -1),
        ("007.10", "USD", 710),
        ("4900", "JPY", 4900),
        ("1.234", "BHD", 1234),
        ("9007199254740993.01", "USD", 900719925474099301),
    ],
)
def test_parse_reads_decimals_exactly(text: str, currency: str, amount: int) -> None:
    assert Money.parse(text, currency) == Money(amount, currency)


@pytest.mark.parametrize(
    ("text", "currency"), [("49.001", "USD"), ("49.000", "USD"), ("1.0", "JPY"), ("1.2345", "BHD")]
)
def test_parse_refuses_more_decimals_than_the_currency_has(text: str, currency: str) -> None:
    with pytest.raises(OverPreciseAmount) as refused:
        Money.parse(text, currency)
    assert refused.value.decimals == DECIMALS[currency]


@pytest.mark.parametrize(
    "text",
    ["", " ", "49,00", "1,000.00", "1e3", "+1", "1.", ".5", "0x10", "NaN", "１２", "1\n", "--1"],
)
def test_parse_refuses_every_other_spelling(text: str) -> None:
    with pytest.raises(InvalidInput):
        Money.parse(text, "USD")


@pytest.mark.parametrize("value", [49.0, 49, None, Decimal("49.00")])
def test_parse_refuses_what_is_not_text(value: Any) -> None:
    with pytest.raises(InvalidInput):
        Money.parse(value, "USD")


@pytest.mark.parametrize("digits", [LONGEST_TEXT + 1, 4_301, 100_000])
def test_parse_refuses_what_is_too_long_to_be_an_amount(digits: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        Money.parse("1" * digits, "USD")
    assert (refused.value.field, refused.value.rule) == (
        "amount",
        f"must have at most {LONGEST_TEXT} characters",
    )


@given(moneys)
def test_parse_undoes_text_and_to_decimal(money: Money) -> None:
    assert Money.parse(f"{money.to_decimal():f}", money.currency) == money
    text, _, currency = str(money).partition(" ")
    assert Money.parse(text, currency) == money


@given(moneys)
def test_people_see_the_digits_that_programs_see(money: Money) -> None:
    shown = re.search(r"[0-9][0-9,]*(\.[0-9]+)?", money.format("en_US"))
    assert shown
    assert shown.group().replace(",", "") == str(abs(money)).split()[0]
    assert ("-" in money.format("en_US")) == (money.amount < 0)


@pytest.mark.parametrize(
    "operation",
    [
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a < b,
        lambda a, b: a <= b,
        lambda a, b: a > b,
        lambda a, b: a >= b,
    ],
)
def test_currencies_never_mix(operation: Any) -> None:
    with pytest.raises(CurrencyMismatch) as refused:
        operation(Money(1, "USD"), Money(1, "EUR"))
    assert (refused.value.expected, refused.value.actual) == ("USD", "EUR")
    with pytest.raises(InvalidInput):
        operation(Money(1, "USD"), 1)


def test_equal_amounts_of_two_currencies_are_not_equal() -> None:
    assert Money(1, "USD") != Money(1, "EUR")


@pytest.mark.parametrize("factor", [1.5, True, Decimal(2), "2"])
def test_money_is_multiplied_by_integers_only(factor: Any) -> None:
    with pytest.raises(InvalidInput):
        Money(100, "USD") * factor
    with pytest.raises(InvalidInput):
        factor * Money(100, "USD")


@given(amounts, amounts, st.integers(-1000, 1000), currencies)
def test_arithmetic_is_that_of_integers(a: int, b: int, times: int, currency: str) -> None:
    left, right = Money(a, currency), Money(b, currency)
    assert (left + right).amount == a + b
    assert (left - right).amount == a - b
    assert (left * times).amount == (times * left).amount == a * times
    assert (-left).amount == -a
    assert abs(left).amount == abs(a)
    assert (left < right, left <= right, left > right, left >= right) == (
        a < b,
        a <= b,
        a > b,
        a >= b,
    )
    assert bool(left) == bool(a)


def test_money_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Money(1, "USD").amount = 2  # type: ignore[misc]


@pytest.mark.parametrize(
    ("money", "units"),
    [
        (Money(4900, "USD"), 49_000_000),
        (Money(4900, "JPY"), 4_900_000_000),
        (Money(1, "BHD"), 1_000),
        (Money(-1, "USD"), -10_000),
    ],
)
def test_ledger_units_count_six_decimals(money: Money, units: int) -> None:
    assert money.to_ledger_units() == units


@given(moneys, st.integers(4, LEDGER_DECIMALS))
def test_ledger_units_come_back_exactly(money: Money, decimals: int) -> None:
    units = money.to_ledger_units(decimals)
    assert Money.from_ledger_units(units, money.currency, decimals) == money


@pytest.mark.parametrize("units", [1, -1, 9_999, 49_000_001])
def test_a_fraction_of_a_minor_unit_is_refused(units: int) -> None:
    with pytest.raises(InexactAmount):
        Money.from_ledger_units(units, "USD")


def test_a_ledger_coarser_than_the_currency_takes_only_exact_amounts() -> None:
    assert Money(1230, "BHD").to_ledger_units(2) == 123
    with pytest.raises(InexactAmount):
        Money(1234, "BHD").to_ledger_units(2)


@pytest.mark.parametrize("decimals", [-1, 7, 18, 6.0, True])
def test_the_ledger_counts_at_most_six_decimals(decimals: Any) -> None:
    with pytest.raises(InvalidInput):
        Money(1, "USD").to_ledger_units(decimals)


@pytest.mark.parametrize("units", [1e6, True, "1000000"])
def test_ledger_units_are_integers(units: Any) -> None:
    with pytest.raises(InvalidInput):
        Money.from_ledger_units(units, "USD")


@pytest.mark.parametrize(
    ("money", "locale", "text"),
    [
        (Money(123456789, "USD"), "en_US", "$1,234,567.89"),
        (Money(-4900, "USD"), "en_US", "-$49.00"),
        (Money(4900, "CNY"), "zh_CN", "¥49.00"),
        (Money(4900, "JPY"), "ja_JP", "￥4,900"),
        (Money(12345, "BHD"), "de_DE", "12,345\xa0BHD"),
        (Money(9550, "HUF"), "hu_HU", "95,50\xa0Ft"),
    ],
)
def test_people_see_every_decimal(money: Money, locale: str, text: str) -> None:
    assert money.format(locale) == text


@pytest.mark.parametrize("locale", ["xx_YY", "", "english"])
def test_an_unknown_locale_is_refused(locale: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        Money(1, "USD").format(locale)
    assert refused.value.field == "locale"


def test_text_is_plain_and_exact() -> None:
    assert str(Money(4900, "USD")) == "49.00 USD"
    assert str(Money(-5, "USD")) == "-0.05 USD"
    assert str(Money(10**18, "JPY")) == "1000000000000000000 JPY"


def test_no_digit_is_lost_however_many_there_are() -> None:
    money = Money(-(10**30 + 1), "USD")
    assert str(money) == "-10000000000000000000000000000.01 USD"
    assert money.format() == "-$10,000,000,000,000,000,000,000,000,000.01"
    assert str(Money(10**6_000 + 1, "BHD")) == f"1{'0' * 5_997}.001 BHD"


def test_text_does_not_depend_on_the_decimals_of_the_caller() -> None:
    with localcontext() as context:
        context.prec = 3
        assert str(Money(123456, "USD")) == "1234.56 USD"
        assert Money(123456, "USD").format() == "$1,234.56"
