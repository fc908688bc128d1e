"""Alipay's amounts, times and trade numbers are read and written exactly."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhifu.exceptions import CurrencyMismatch, InputError, InvalidInput
from zhifu.money import Money
from zhifu.providers.alipay._wire import (
    LARGEST,
    beijing,
    expiry,
    moment,
    money,
    payment_id,
    trade_number,
    yuan,
)


@given(st.integers(1, LARGEST))
def test_fen_survive_being_written_in_yuan(fen: int) -> None:
    """ALIPAY-8"""
    text = yuan(Money(fen, "CNY"))
    assert Decimal(text) * 100 == fen
    assert len(text.partition(".")[2]) == 2
    assert money(text) == Money(fen, "CNY")


@pytest.mark.parametrize(
    ("text", "fen"), [("0.01", 1), ("0.1", 10), ("49", 4900), ("49.00", 4900), ("-0.12", -12)]
)
def test_yuan_are_read_to_the_fen(text: str, fen: int) -> None:
    assert money(text) == Money(fen, "CNY")


@pytest.mark.parametrize(
    "text", ["", "1e3", "0.001", "49.000", "１", "1,000.00", " 1", None, 49.0, 49]
)
def test_what_is_no_amount_in_yuan_is_refused(text: object) -> None:
    with pytest.raises(InputError):
        money(text)


@pytest.mark.parametrize("fen", [0, -1, LARGEST + 1])
def test_what_alipay_cannot_take_is_refused(fen: int) -> None:
    with pytest.raises(InvalidInput) as refusal:
        yuan(Money(fen, "CNY"))
    assert refusal.value.field == "amount"


@pytest.mark.parametrize("currency", ["USD", "JPY", "HKD"])
def test_alipay_counts_in_renminbi_alone(currency: str) -> None:
    """ALIPAY-8"""
    with pytest.raises(CurrencyMismatch, match="must be CNY, the only one that Alipay takes"):
        yuan(Money(100, currency))


def test_times_are_beijings() -> None:
    assert beijing(1_585_304_366) == "2020-03-27 18:19:26"
    assert moment("2020-03-27 18:19:26") == 1_585_304_366
    with pytest.raises(ValueError, match="does not match"):
        moment("2020-03-27T18:19:26Z")


def test_a_trade_number_tells_its_payment_and_expiry() -> None:
    number = trade_number("pay_0123456789abcdef", 1_763_856_000)
    assert (payment_id(number), expiry(number)) == ("pay_0123456789abcdef", 1_763_856_000)
    assert (payment_id("20150320010101001"), expiry("20150320010101001")) == (
        "20150320010101001",
        None,
    )
    assert len(trade_number("a" * 46, 99_999_999_999)) == 64


@pytest.mark.parametrize("name", ["", "a-b", "付", "a b", "a" * 47, 7])
def test_what_no_trade_can_be_numbered_by_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        trade_number(name, 1)
    assert refusal.value.field == "payment_id"
