"""The books of top-ups: what learners paid for money on their accounts, and where it stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from zhifu import ids
from zhifu.backoff import ALWAYS, RETURNS
from zhifu.exceptions import UnknownPayment
from zhifu.money import Money
from zhifu.paymentleft import left_of, require_left
from zhifu.payments import Change, PaymentState, TopUp, TopUpState
from zhifu.store import Row, Store, Transaction

_PAGE = 1_000


class AtProvider(NamedTuple):
    """Who was paid, and what it calls the payment."""

    provider: str
    provider_payment_id: str


class TopUpBook:
    """The top-ups in `store`; every method is one transaction."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    def of(self, payment_id: str) -> TopUp:
        """One top-up; raises UnknownPayment, also for a payment that is none."""
        return _top_up(self._row(payment_id))

    def paid_at(self, payment_id: str) -> AtProvider:
        """Where a top-up was paid; raises UnknownPayment."""
        provider, name = self._row(payment_id)[5:7]
        return AtProvider(provider, name or "")

    def page(self, platform: int, before: int, limit: int) -> Sequence[TopUp]:
        """A platform's top-ups whose numbers are below `before`, the newest first."""
        return self._found("top_ups_page", platform=platform, before=before, limit=limit)

    def due(self, platform: int, *, at_once: bool) -> Sequence[TopUp]:
        """What waits for the chain or for its provider, the longest due first.

        `at_once` takes those too that are left alone for a while. What its provider refuses to
        return is not among them: somebody has to ask it again.
        """
        now = ALWAYS if at_once else self._clock()
        return self._found("due_top_ups", platform=platform, now=now, limit=_PAGE)

    def late(self, platform: int, patience_seconds: int) -> Sequence[TopUp]:
        """What one problem has kept from the chain for so long, the oldest first."""
        latest = self._clock() - patience_seconds
        return self._found("late_top_ups", platform=platform, latest=latest, limit=_PAGE)

    def postpone(self, payment_id: str) -> None:
        """A top-up is tried: should it fail, the next time comes later than the last."""
        number = _number(payment_id)
        with self._store.writing() as transaction:
            delay = RETURNS.after(transaction.value("top_up_tries", id=number))
            transaction.run("postpone_top_up", id=number, now=self._clock(), delay=delay)

    def delayed(self, payment_id: str, problem: str) -> None:
        """Something, by an error's code, keeps a top-up from the chain or from going back."""
        self._run("delay_top_up", payment_id, problem=problem)

    def begin_refund(self, payment_id: str) -> None:
        """What still waits goes back at its provider from now on, and not on chain any more."""
        self._run("begin_top_up_refund", payment_id)

    def ask(self, top_up: TopUp) -> bool:
        """The provider is asked from now on, also if it refused; False if the refund has ended.

        Raises NotRefundable if too little of the payment is left.
        """
        number = _number(top_up.id)
        with self._store.writing() as transaction:
            asked = transaction.row("is_top_up_asked", id=number)
            if asked == (0,):
                require_left(transaction, top_up.id, top_up.amount, top_up.id)
                transaction.run("ask_for_top_up", id=number, now=self._clock())
            return asked is not None

    def refunded(self, payment_id: str) -> None:
        """The money is back with the learner."""
        with self._store.writing() as transaction:
            self._end(transaction, "top_up_refunded", payment_id)

    def returned(self, top_up: TopUp, told: str) -> bool:
        """A person gave back what of the money no bank has, as is `told`.

        False if somebody else may do so yet.
        """
        with self._store.writing() as transaction:
            lost = left_of(transaction, top_up.id).lost_of(top_up.amount).amount
            return self._end(transaction, "top_up_returned", top_up.id, returned=told, lost=lost)

    def history(self, payment_id: str) -> list[Change]:
        """What happened to a top-up, its payment first, in order; raises UnknownPayment."""
        self._row(payment_id)
        with self._store.reading() as transaction:
            rows = transaction.rows("top_up_history", id=_number(payment_id))
        return [Change(*row) for row in rows]

    def _row(self, payment_id: str) -> Row:
        with self._store.reading() as transaction:
            row = transaction.row("top_up", id=_number(payment_id))
        if row is None:
            raise UnknownPayment(payment_id)
        return row

    def _found(self, query: str, **values: int) -> Sequence[TopUp]:
        with self._store.reading() as transaction:
            return [_top_up(row) for row in transaction.rows(query, **values)]

    def _end(self, transaction: Transaction, query: str, payment_id: str, **values: object) -> bool:
        number, now = _number(payment_id), self._clock()
        ended = transaction.run(query, id=number, now=now, **values) > 0
        if ended:
            transaction.run(
                "set_payment_state",
                id=number,
                state=PaymentState.REFUNDED.value,
                before=PaymentState.PAID.value,
                now=now,
            )
        return ended

    def _run(self, query: str, payment_id: str, **values: object) -> None:
        with self._store.writing() as transaction:
            transaction.run(query, id=_number(payment_id), now=self._clock(), **values)


def _number(payment_id: str) -> int:
    number = ids.from_text(ids.PAYMENT, payment_id)
    if number is None:
        raise UnknownPayment(payment_id)
    return number


def _top_up(row: Row) -> TopUp:
    number, platform, learner, amount, currency, _, _, paid, state, *rest = row
    decided = paid in (PaymentState.PAID.value, PaymentState.REFUNDED.value)
    return TopUp(
        ids.to_text(ids.PAYMENT, number),
        platform,
        learner,
        Money(amount, currency),
        TopUpState(state if decided else paid),
        *rest,
    )
