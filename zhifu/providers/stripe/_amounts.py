"""Money as Stripe counts it: mostly ISO 4217 minor units, with Stripe's own exceptions.

The exceptions are those of https://docs.stripe.com/currencies. Stripe counts ariary whole, although
ISO 4217 gives them two decimals; krónur in hundredths, although they have none; and takes dinars
and rials only in tens of their thousandths. Ugandan shillings stand both on its list of whole
currencies and among those it counts in hundredths: they are refused, for either may be wrong a
hundredfold.
"""

from __future__ import annotations

from zhifu.exceptions import InexactAmount, InvalidInput, UnknownCurrency
from zhifu.money import Money

#: Decimals Stripe counts in, where they are not those of ISO 4217.
_DECIMALS = {"ISK": 2, "MGA": 0}

#: What amounts in Stripe's units must be multiples of.
_STEPS = {"ISK": 100, "BHD": 10, "JOD": 10, "KWD": 10, "OMR": 10, "TND": 10}

#: Currencies whose unit Stripe leaves open, or that it does not take.
_REFUSED = ("UGX", "IQD", "LYD")


def to_stripe(amount: Money) -> tuple[int, str]:
    """An amount in Stripe's units, and Stripe's name of its currency.

    Raises InvalidInput where Stripe cannot take the currency or so fine an amount, and
    InexactAmount where it counts more coarsely.
    """
    shift = _shift(amount.currency)
    units, rest = _scaled(amount.amount, shift)
    if rest:
        raise InexactAmount(amount.amount, amount.decimals, amount.decimals + shift)
    step = _STEPS.get(amount.currency, 1)
    if units % step:
        rule = f"must be a multiple of {step} at Stripe, in {amount.currency}"
        raise InvalidInput("amount", rule, units)
    return units, amount.currency.lower()


def from_stripe(units: int, currency: str) -> Money:
    """What an amount of Stripe's is.

    Raises UnknownCurrency, InvalidInput or InexactAmount where it is none that can be told exactly.
    """
    if not isinstance(currency, str) or not currency.isascii():
        raise UnknownCurrency(currency)
    code = currency.upper()
    money = Money(units, code)
    amount, rest = _scaled(units, -_shift(code))
    if rest:
        raise InexactAmount(units, money.decimals + _shift(code), money.decimals)
    return Money(amount, code)


def _shift(currency: str) -> int:
    """How many more decimals Stripe counts in than we do."""
    if currency in _REFUSED:
        raise InvalidInput("currency", "must be one whose unit at Stripe is certain", currency)
    decimals = Money.zero(currency).decimals
    return _DECIMALS.get(currency, decimals) - decimals


def _scaled(units: int, shift: int) -> tuple[int, int]:
    """`units` times ten to the `shift`, and what is left of it."""
    return (units * 10**shift, 0) if shift >= 0 else divmod(units, 10**-shift)
