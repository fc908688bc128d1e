"""WeChat Pay's amounts, times and numbers are read and written exactly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhifu import ids
from zhifu.exceptions import CurrencyMismatch, InputError, InvalidInput
from zhifu.money import Money
from zhifu.providers.wechatpay._wire import (
    LARGEST,
    bill_moment,
    bill_money,
    fen,
    moment,
    require_refund_number,
    require_trade_number,
    trade_number,
)


@given(st.integers(-LARGEST, LARGEST), st.integers(0, 3))
def test_an_amount_in_a_bill_is_read_to_the_fen(amount: int, zeros: int) -> None:
    """WECHAT-7"""
    text = f"{Money(amount, 'CNY').to_decimal():f}{'0' * zeros}"
    assert bill_money(text) == Money(amount, "CNY")


@pytest.mark.parametrize(("text", "amount"), [("0", 0), ("0.0", 0), ("7", 700), ("-0.05000", -5)])
def test_a_bill_may_leave_decimals_away(text: str, amount: int) -> None:
    assert bill_money(text) == Money(amount, "CNY")


@pytest.mark.parametrize("text", ["", ".", "0.001", "1e2", "1,000.00", "４９", " 1", "0.0.0"])
def test_what_is_no_amount_in_a_bill_is_refused(text: str) -> None:
    """WECHAT-7"""
    with pytest.raises(InputError):
        bill_money(text)


@given(st.integers(1, LARGEST))
def test_wechat_counts_in_fen(amount: int) -> None:
    assert fen(Money(amount, "CNY")) == amount


@pytest.mark.parametrize("amount", [0, -1, LARGEST + 1])
def test_what_wechat_cannot_take_is_refused(amount: int) -> None:
    """WECHAT-2"""
    with pytest.raises(InvalidInput) as refusal:
        fen(Money(amount, "CNY"))
    assert refusal.value.field == "amount"


@pytest.mark.parametrize("currency", ["USD", "JPY", "HKD"])
def test_wechat_counts_in_renminbi_alone(currency: str) -> None:
    """WECHAT-2"""
    with pytest.raises(CurrencyMismatch, match="must be CNY, the only one that WeChat Pay takes"):
        fen(Money(100, currency))


def test_times_are_beijings() -> None:
    assert moment(1_585_304_366) == "2020-03-27T18:19:26+08:00"
    assert bill_moment("2020-03-27 18:19:26") == 1_585_304_366
    with pytest.raises(ValueError, match="does not match"):
        bill_moment("2020-03-27T18:19:26+08:00")


@given(st.integers(0, 2**63 - 1))
def test_every_id_of_the_gateway_is_the_number_of_an_order(number: int) -> None:
    """WECHAT-2"""
    name = ids.to_text(ids.PAYMENT, number)
    assert trade_number(name) == require_trade_number(name) == name
    refund = ids.to_text(ids.REFUND, number)
    assert require_refund_number(refund) == refund


@pytest.mark.parametrize(
    "name", ["", "short", "a" * 33, "付款付款付款", "a b c d", "a/b/c/d", "a|bcde", 7]
)
def test_what_no_order_can_be_numbered_by_is_refused(name: str) -> None:
    """WECHAT-2"""
    for field, require in (
        ("payment_id", trade_number),
        ("provider_payment_id", require_trade_number),
    ):
        with pytest.raises(InvalidInput) as refusal:
            require(name)
        assert refusal.value.field == field
