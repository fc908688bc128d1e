"""Chargebacks: the payer's bank took money back, and the orders follow it as far as they can.

Once the bank has all of a payment, its orders are taken back on chain before their refund windows
close, and the money returns to the seller who lost it. After that they stay settled, and the seller
bears the loss, as that of a part: which orders it is for nobody says.
"""

from __future__ import annotations

from collections.abc import Sequence

from zhifu import rounds
from zhifu.books import Books
from zhifu.chargebackbook import Chargeback, ChargebackBook, ChargebackState, Stage, Taken
from zhifu.exceptions import (
    ChainUnreachable,
    CommitUnknown,
    DatabaseUnreachable,
    NotRefundable,
    ZhifuError,
)
from zhifu.money import Money
from zhifu.payments import OrderRecord, OrderState, Payment, PaymentState, Purpose
from zhifu.refunds import FOR_NOW, Refunds

_A_PART = "a part: its orders stay as they are"
_TOO_LATE = "its orders had gone back before"


class Chargebacks:
    """Follows what banks take back, in `book` and on chain."""

    def __init__(self, book: ChargebackBook, books: Books, refunds: Refunds) -> None:
        self._book = book
        self._books = books
        self._refunds = refunds

    def note(self, payment: Payment, charged_back: Money) -> None:
        """Record that so much of a payment is with the payer's bank now, more or less than before.

        What came back is the chargeback of just that amount, or else of the latest, of which the
        bank may keep some. A bank may take more than came in, by the rate of another day; the books
        count what came in.
        """
        known = self._book.of(payment.id)
        charged_back = self._within(payment, charged_back)
        standing = [each for each in known if each.state is not ChargebackState.REVERSED]
        more = charged_back.amount - sum(each.amount.amount for each in standing)
        if not more:
            return
        given = _given_back(standing, -more)
        rest = Money(sum(each.amount.amount for each in given) + more, charged_back.currency)
        # Named by its place alone, so that two who note something at once do so in turn.
        taken = Taken(str(len(known) + 1), rest, self._stage(payment)) if rest else None
        if given:
            is_noted = self._book.reverse(*given, kept=taken)
        else:
            is_noted = taken is None or self._book.begin(payment.id, taken)
        if not is_noted:
            self.note(payment, charged_back)

    def standing(self, payment: Payment) -> int:
        """How much of a payment the payer's bank has by what was noted, in minor units."""
        return self._book.standing(payment.id)

    def attend(self) -> int:
        """Take back what can be of every open chargeback; how many are dealt with.

        Raises ChainUnreachable; the rest is left for the next time.
        """
        found = self._book.open(due=rounds.is_running())
        return rounds.each(found, self._take_back, ends=(ChainUnreachable,))

    def _within(self, payment: Payment, charged_back: Money) -> Money:
        received = payment.received
        return charged_back if received is None else min(charged_back, received)

    def _stage(self, payment: Payment) -> Stage:
        is_open = any(self._may_be_open(order) for order in payment.orders)
        return Stage.BEFORE_MATURITY if is_open else Stage.AFTER_MATURITY

    def _may_be_open(self, order: OrderRecord) -> bool:
        """Whether an order's window is open, or nobody can tell now."""
        try:
            return self._refunds.is_open(order.id)
        except (DatabaseUnreachable, CommitUnknown):
            raise
        except ZhifuError:
            return True

    def _take_back(self, chargeback: Chargeback) -> bool:
        self._book.postpone(chargeback)
        payment = self._books.payment(chargeback.payment_id)
        orders = payment.orders
        is_pending = self._refunds.is_any_pending(payment.id)
        if payment.state is PaymentState.PAID and is_pending:
            # Once that is refunded the bank may have all that is left.
            return False
        if payment.state is not PaymentState.CHARGED_BACK:
            is_part = payment.state is PaymentState.PAID
            return self._close(chargeback, _A_PART if is_part else _TOO_LATE)
        lost = [each for each in (self._reason(order) for order in orders) if each is not None]
        if any(reason in FOR_NOW for reason in lost):
            return False
        if self._refunds.is_any_pending(payment.id):
            return False
        told = f"{len(orders) - len(lost)} of {len(orders)} orders taken back"
        if payment.request.purpose is Purpose.TOP_UP:
            told = "what is on the learner's account stays there"
        return self._close(chargeback, told)

    def _close(self, chargeback: Chargeback, told: str) -> bool:
        """All is done, and with what is `told` goes how much of the payment the platform lost."""
        loss = self._book.loss(chargeback.payment_id)
        self._book.close(chargeback, f"{told}; the platform has lost {loss}" if loss else told)
        return True

    def _reason(self, order: OrderRecord) -> str | None:
        """Take one order back; why it cannot be, or None."""
        if order.state is OrderState.REFUNDED:
            return None
        try:
            self._refunds.take_back(order.id)
        except NotRefundable as error:
            return error.reason
        return None


def _given_back(standing: Sequence[Chargeback], amount: int) -> list[Chargeback]:
    """The chargeback of an amount in minor units, or the latest that come to it; none of less."""
    for each in reversed(standing):
        if each.amount.amount == amount:
            return [each]
    given: list[Chargeback] = []
    while sum(each.amount.amount for each in given) < amount:
        given.append(standing[-1 - len(given)])
    return given
