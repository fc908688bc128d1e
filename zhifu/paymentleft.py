"""What of a payment can still go back, whoever would give it back.

What banks have is not left, nor what went back or is on its way: what its provider was asked for,
or an operation puts on a balance.
"""

from __future__ import annotations

from typing import NamedTuple

from zhifu import ids
from zhifu.exceptions import NotRefundable, UnknownPayment
from zhifu.money import Money
from zhifu.store import Transaction

PART_CHARGED_BACK = "a part of its payment was charged back"
"""Why too little is left: no refund is begun of more than was paid."""


class PaymentLeft(NamedTuple):
    """What of a payment nobody has or is getting, and what no refund was begun for either.

    `remaining` is None before it is known how much was paid. What banks have `beside` is what
    nothing was taken back for.
    """

    remaining: Money | None
    unclaimed: Money
    beside: Money

    def allows(self, amount: Money) -> bool:
        """Whether a refund that was begun may be given back now."""
        return self.remaining is None or amount <= self.remaining

    def allows_another(self, amount: Money) -> bool:
        """Whether another refund may be begun."""
        return self.allows(amount) and amount <= self.unclaimed

    def lost_of(self, amount: Money) -> Money:
        """How much the bank has of an amount that a person returns but for that.

        Nothing where enough is left; else all that the bank has beside, or what is not left where
        that cannot be for this amount alone.
        """
        if self.remaining is None or self.allows(amount):
            return Money.zero(amount.currency)
        missing = amount - self.remaining
        return self.beside if missing <= self.beside < amount else min(missing, amount)


def left_of(transaction: Transaction, payment_id: str) -> PaymentLeft:
    """What is left of a payment; raises UnknownPayment."""
    number = ids.from_text(ids.PAYMENT, payment_id)
    row = None if number is None else transaction.row("left_of_payment", id=number)
    if row is None:
        raise UnknownPayment(payment_id)
    remaining, unclaimed, beside, currency = row
    known = None if remaining is None else Money(remaining, currency)
    return PaymentLeft(known, Money(unclaimed, currency), Money(beside, currency))


def require_left(transaction: Transaction, payment_id: str, amount: Money, going_back: str) -> None:
    """Raise NotRefundable for what is `going_back` (an order, a top-up) if too little is left."""
    if not left_of(transaction, payment_id).allows(amount):
        raise NotRefundable(going_back, PART_CHARGED_BACK)
