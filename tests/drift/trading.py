"""Sales in one currency, counted by zhifu and, beside it, in exact fractions of the major unit."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction

from hypothesis import strategies as st

from zhifu.currencies import DECIMALS
from zhifu.exceptions import InputError
from zhifu.facts import WHOLE_BPS, Facts, Parts
from zhifu.money import LEDGER_DECIMALS, Money
from zhifu.providers.alipay import _wire as alipay
from zhifu.providers.stripe._amounts import from_stripe, to_stripe
from zhifu.providers.wechatpay import _wire as wechatpay

#: The most that an order's price takes on chain, in ledger units.
_MOST_UNITS = (1 << 40) - 1


@dataclass(frozen=True)
class Sale:
    """A price in minor units, two rates of it, and the parts that are given back."""

    price: int
    commission_bps: int
    referrer_bps: int
    returns: tuple[int, ...]


@dataclass(frozen=True)
class Trading:
    """Sales in one currency, on a ledger of so many decimals."""

    currency: str
    ledger_decimals: int
    sales: tuple[Sale, ...]


@st.composite
def _sales(draw: st.DrawFn, most: int) -> Sale:
    price = draw(st.integers(1, most))
    commission = draw(st.integers(0, WHOLE_BPS))
    referrer = draw(st.integers(0, commission))
    returns: list[int] = []
    while sum(returns) < price and draw(st.booleans()):
        returns.append(draw(st.integers(1, price - sum(returns))))
    return Sale(price, commission, referrer, tuple(returns))


def tradings(decimals: int) -> st.SearchStrategy[Trading]:
    """Up to four sales in a currency of so many decimals, on a ledger that counts it exactly."""
    codes = sorted(code for code, count in DECIMALS.items() if count == decimals)

    @st.composite
    def draw_one(draw: st.DrawFn) -> Trading:
        ledger = draw(st.integers(decimals, LEDGER_DECIMALS))
        sale = _sales(_MOST_UNITS // 10 ** (ledger - decimals))
        sales = draw(st.lists(sale, min_size=1, max_size=4))
        return Trading(draw(st.sampled_from(codes)), ledger, tuple(sales))

    return draw_one()


def check(trading: Trading) -> None:
    """See that what came in is what is held and what went back, to the unit (MONEY-1, SPLIT-1)."""
    scale = 10 ** DECIMALS[trading.currency]
    held, returned = Parts(0, 0, 0), Money.zero(trading.currency)
    came_in = went_back = Fraction(0)
    for sale in trading.sales:
        kept, back = _carry_out(trading, sale)
        held = Parts(*(sum(pair) for pair in zip(held, kept, strict=True)))
        returned += back
        came_in += Fraction(sale.price, scale)
        went_back += Fraction(sum(sale.returns), scale)
    left = Money.from_ledger_units(sum(held), trading.currency, trading.ledger_decimals)
    assert Fraction(left.to_decimal()) + went_back == came_in
    assert Fraction(returned.to_decimal()) == went_back
    _is_carried_exactly(left)


def _carry_out(trading: Trading, sale: Sale) -> tuple[Parts, Money]:
    """What a sale leaves in the holds, in ledger units, and what went back of it."""
    money = Money(sale.price, trading.currency)
    _is_carried_exactly(money)
    price = money.to_ledger_units(trading.ledger_decimals)
    facts = Facts(price, sale.commission_bps, sale.referrer_bps, 1, 0, 0)
    held, returned = facts.parts_of(price), Money.zero(trading.currency)
    assert sum(held) == price
    for part in sale.returns:
        back = Money(part, trading.currency)
        facts = facts._replace(
            refunded=facts.refunded + back.to_ledger_units(trading.ledger_decimals)
        )
        kept = facts.parts_of(facts.left)
        assert all(0 <= now <= before for now, before in zip(kept, held, strict=True))
        held, returned = kept, returned + back
    return held, returned


def _is_carried_exactly(money: Money) -> None:
    """As text and on every provider's wire an amount is itself, or is refused."""
    assert Money.parse(f"{money.to_decimal():f}", money.currency) == money
    with suppress(InputError):
        assert from_stripe(*to_stripe(money)) == money
    if money.currency == alipay.CURRENCY:
        assert wechatpay.bill_money(f"{money.to_decimal():f}000") == money
        if 0 < money.amount <= alipay.LARGEST:
            assert alipay.money(alipay.yuan(money)) == money
