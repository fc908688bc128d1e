"""How Alipay writes amounts and times, and the trade numbers we give it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from zhifu.exceptions import CurrencyMismatch, InvalidInput
from zhifu.money import Money

CURRENCY = "CNY"

#: Alipay's clock and days, the whole year.
BEIJING = timezone(timedelta(hours=8))

#: The most that one trade can be, in fen.
LARGEST = 10_000_000_000

_TIME = "%Y-%m-%d %H:%M:%S"
_PAYMENT_ID = re.compile(r"[A-Za-z0-9_]{1,46}", re.ASCII)
_TRADE_NUMBER = re.compile(r"[A-Za-z0-9_.*|@-]{1,64}", re.ASCII)
_REQUEST_NUMBER = re.compile(r"[A-Za-z0-9_.*|@-]{1,64}", re.ASCII)
_EXPIRING = re.compile(r"(.+)_until_([0-9]{1,11})", re.ASCII)


def yuan(amount: Money) -> str:
    """An amount as Alipay reads it, such as "49.00".

    Raises CurrencyMismatch for anything but CNY, InvalidInput outside 0.01 to 100,000,000.00.
    """
    if amount.currency != CURRENCY:
        raise CurrencyMismatch(CURRENCY, amount.currency, "Alipay")
    if not 0 < amount.amount <= LARGEST:
        raise InvalidInput("amount", "must be from 0.01 to 100000000.00 CNY", str(amount))
    return f"{amount.to_decimal():f}"


def money(text: object) -> Money:
    """An amount as Alipay writes it, exactly; raises InputError for anything else."""
    if not isinstance(text, str):
        raise InvalidInput("amount", "must be decimal text", text)
    return Money.parse(text, CURRENCY)


def beijing(at: float) -> str:
    """A moment (Unix seconds) as Alipay writes it."""
    return datetime.fromtimestamp(int(at), BEIJING).strftime(_TIME)


def moment(text: str) -> int:
    """The Unix seconds of a time that Alipay wrote; raises ValueError for anything else."""
    return int(datetime.strptime(text, _TIME).replace(tzinfo=BEIJING).timestamp())


def trade_number(payment_id: str, expires_at: int) -> str:
    """The number of a payment at Alipay, which tells when the payment expires.

    Alipay knows no trade before a learner opens it, so only its number can say whether one that
    Alipay has not heard of may still be paid.
    """
    if not isinstance(payment_id, str) or not _PAYMENT_ID.fullmatch(payment_id):
        raise InvalidInput(
            "payment_id", "must be 1 to 46 letters, digits or underscores", payment_id
        )
    if type(expires_at) is not int or not 0 < expires_at < 10**11:
        raise InvalidInput("expires_at", "must be Unix seconds", expires_at)
    return f"{payment_id}_until_{expires_at}"


def payment_id(number: str) -> str:
    """The payment id in a trade number of ours; another's is its own."""
    found = _EXPIRING.fullmatch(number)
    return found.group(1) if found else number


def expiry(number: str) -> int | None:
    """When the payment of a trade number expires (Unix seconds); None if it does not say."""
    found = _EXPIRING.fullmatch(number)
    return int(found.group(2)) if found else None


def require_trade_number(number: str) -> str:
    """The number, if a merchant can have given it to a trade; raises InvalidInput."""
    if not isinstance(number, str) or not _TRADE_NUMBER.fullmatch(number):
        raise InvalidInput("provider_payment_id", "must be a merchant's trade number", number)
    return number


def require_request_number(refund_id: str, number: str) -> str:
    """The refund id, if it can name a refund of the trade; raises InvalidInput.

    A refund under the trade's own number is one that was not asked for with an id.
    """
    if not isinstance(refund_id, str) or not _REQUEST_NUMBER.fullmatch(refund_id):
        raise InvalidInput("refund_id", "must be 1 to 64 letters, digits or underscores", refund_id)
    if refund_id == number:
        raise InvalidInput("refund_id", "must not be the payment's own number", refund_id)
    return refund_id
