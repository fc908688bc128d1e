"""How WeChat Pay writes amounts and times, and the numbers we give to orders and refunds."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from zhifu.exceptions import CurrencyMismatch, InvalidInput
from zhifu.money import Money

CURRENCY = "CNY"

#: WeChat's clock and days, the whole year.
BEIJING = timezone(timedelta(hours=8))

#: The most that an order can be, in fen.
LARGEST = 2**31 - 1

# WeChat takes a bar too, but an address writes it in another way than the signature of a request.
_TRADE_NUMBER = re.compile(r"[0-9A-Za-z_*-]{6,32}", re.ASCII)
_REFUND_NUMBER = re.compile(r"[0-9A-Za-z_*@-]{1,64}", re.ASCII)
_TRADE_RULE = "must be 6 to 32 letters, digits, or any of _*-"
_REFUND_RULE = "must be 1 to 64 letters, digits, or any of _*@-"
_BILL_TIME = "%Y-%m-%d %H:%M:%S"
_LAST_SECOND = 253_370_000_000


def fen(amount: Money) -> int:
    """An amount as WeChat counts it.

    Raises CurrencyMismatch for anything but CNY, and InvalidInput below 1 fen or above 2^31 - 1.
    """
    if amount.currency != CURRENCY:
        raise CurrencyMismatch(CURRENCY, amount.currency, "WeChat Pay")
    if not 0 < amount.amount <= LARGEST:
        raise InvalidInput("amount", "must be from 0.01 to 21474836.47 CNY", str(amount))
    return amount.amount


def moment(at: int) -> str:
    """A moment (Unix seconds) as requests carry it: RFC 3339, in Beijing."""
    if type(at) is not int or not 0 < at < _LAST_SECOND:
        raise InvalidInput("expires_at", "must be Unix seconds", at)
    return datetime.fromtimestamp(at, BEIJING).isoformat()


def bill_moment(text: str) -> int:
    """The Unix seconds of a time in a bill; raises ValueError for anything else."""
    return int(datetime.strptime(text, _BILL_TIME).replace(tzinfo=BEIJING).timestamp())


def bill_money(text: str) -> Money:
    """An amount in a bill: yuan, with up to five decimals.

    Raises InputError rather than round.
    """
    whole, point, decimals = text.partition(".")
    decimals = decimals.rstrip("0")
    return Money.parse(f"{whole}.{decimals}" if point and decimals else whole, CURRENCY)


def trade_number(payment_id: str) -> str:
    """The order number of a payment of ours: its id, where WeChat takes that for a number.

    Raises InvalidInput otherwise; ids of the gateway (`pay_…`) are always taken.
    """
    return _require(_TRADE_NUMBER, "payment_id", payment_id, _TRADE_RULE)


def require_trade_number(number: str) -> str:
    """The number, if an order can have it; raises InvalidInput."""
    return _require(_TRADE_NUMBER, "provider_payment_id", number, _TRADE_RULE)


def require_refund_number(refund_id: str) -> str:
    """The refund id, if a refund can have it as its number; raises InvalidInput."""
    return _require(_REFUND_NUMBER, "refund_id", refund_id, _REFUND_RULE)


def is_trade_number(number: object) -> bool:
    """Whether an order of ours can have this number."""
    return isinstance(number, str) and _TRADE_NUMBER.fullmatch(number) is not None


def _require(form: re.Pattern[str], field: str, name: str, rule: str) -> str:
    if not isinstance(name, str) or not form.fullmatch(name):
        raise InvalidInput(field, rule, name)
    return name
