"""Money in Stripe's units, and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhifu.currencies import DECIMALS
from zhifu.exceptions import InexactAmount, InputError, InvalidInput, UnknownCurrency
from zhifu.money import Money
from zhifu.providers.stripe._amounts import from_stripe, to_stripe


def _each(codes: str, units: int) -> dict[str, int]:
    return dict.fromkeys(codes.split(), units)


#: What https://docs.stripe.com/currencies says of how a whole unit of a currency is written.
WRITTEN = {
    **_each("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF", 1),
    **_each("USD EUR CNY HUF TWD ISK GBP IDR", 100),
    **_each("BHD JOD KWD OMR TND", 1000),
}
REFUSED = {"UGX", "IQD", "LYD"}

taken = st.sampled_from(sorted(set(DECIMALS) - REFUSED))
amounts = st.integers(-(10**15), 10**15)


@pytest.mark.parametrize(("currency", "units"), sorted(WRITTEN.items()))
def test_a_whole_unit_is_written_as_stripe_says(currency: str, units: int) -> None:
    """STRIPE-7"""
    whole = Money(10 ** DECIMALS[currency], currency)
    assert to_stripe(whole) == (units, currency.lower())
    assert from_stripe(units, currency.lower()) == whole


@given(currency=taken, amount=amounts)
def test_what_stripe_takes_comes_back_as_it_was(currency: str, amount: int) -> None:
    """STRIPE-7"""
    money = Money(amount, currency)
    try:
        units, name = to_stripe(money)
    except InputError:
        # Only what has a fraction that Stripe does not know is refused.
        assert money.amount % 10 ** DECIMALS[currency]
        return
    assert from_stripe(units, name) == money


@given(currency=taken, major=st.integers(-(10**12), 10**12))
def test_whole_units_are_always_taken(currency: str, major: int) -> None:
    """STRIPE-7"""
    units, _ = to_stripe(Money(major * 10 ** DECIMALS[currency], currency))
    assert units == major * WRITTEN.get(currency, 100)


@given(currency=taken, one=amounts, other=amounts)
def test_sums_stay_sums(currency: str, one: int, other: int) -> None:
    """STRIPE-7"""
    whole = 10 ** DECIMALS[currency]
    parts = [Money(each * whole, currency) for each in (one, other)]
    assert to_stripe(parts[0] + parts[1])[0] == sum(to_stripe(each)[0] for each in parts)


@pytest.mark.parametrize(
    "money",
    [Money(5125, each) for each in ("BHD", "JOD", "KWD", "OMR", "TND")]
    + [Money(105, "MGA"), Money(1, "MGA")],
)
def test_an_amount_finer_than_stripe_takes_is_refused(money: Money) -> None:
    """STRIPE-7"""
    with pytest.raises((InvalidInput, InexactAmount)):
        to_stripe(money)


@pytest.mark.parametrize("currency", sorted(REFUSED))
def test_a_currency_whose_unit_is_uncertain_is_refused_either_way(currency: str) -> None:
    """STRIPE-7"""
    with pytest.raises(InvalidInput):
        to_stripe(Money(100, currency))
    with pytest.raises(InvalidInput):
        from_stripe(100, currency.lower())


@pytest.mark.parametrize("currency", ["xxx", "", "us", None, "ＵＳＤ"])
def test_what_is_no_currency_is_refused(currency: str) -> None:
    """STRIPE-7"""
    with pytest.raises(UnknownCurrency):
        from_stripe(100, currency)


def test_a_fraction_of_a_krona_is_nothing_of_ours() -> None:
    """STRIPE-7"""
    with pytest.raises(InexactAmount):
        from_stripe(1050, "isk")
