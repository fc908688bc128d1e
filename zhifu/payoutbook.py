"""The books of pay-outs: what learners are paid out of their accounts, and how it gets to them.

A pay-out is an act, by which its learner's account is debited on chain. What is debited for good
goes back through the payments that had filled that account, each up to what it brought: a payback
of its own. What no payment can take back a person returns by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from zhifu import ids
from zhifu.accounts import name_of, of_learner
from zhifu.books import Funds
from zhifu.exceptions import InsufficientBalance, PayOutNotByHand, UnknownPayOut
from zhifu.money import Money
from zhifu.payments import Change
from zhifu.store import Row, Store, Transaction

_PAGE = 1_000


class PayOut(NamedTuple):
    """A pay-out: `state` is its act's, and then `returning` and `paid_out`.

    `by_hand` is what no payment could take back, known once it is returning; `detail` says how a
    person returned that, or why the pay-out is as it is. Times are Unix seconds.
    """

    id: str
    learner: int
    amount: Money
    state: str
    by_hand: Money
    transaction_hash: str | None
    block_number: int | None
    created_at: int
    detail: str | None


class Debit(NamedTuple):
    """What a learner's account is debited; `units` is the amount in ledger units."""

    platform: int
    learner: int
    amount: Money
    units: int


class PayOutBook:
    """The pay-outs in `store`; all but `put` are transactions of their own."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids.Ids()

    def put(self, transaction: Transaction, number: int, debit: Debit, funds: Funds) -> None:
        """Add what an act pays out, unless it is there since the chain refused it.

        Raises InsufficientBalance for what is spent otherwise, also meanwhile.
        """
        platform, learner, amount, units = debit
        reserved = transaction.value(
            "reserved", platform=platform, learner=learner, block=funds.block_number
        )
        left = max(0, funds.units - int(reserved))
        if left < units:
            raise InsufficientBalance(left, units, name_of(of_learner(platform, learner)))
        transaction.run(
            "put_payout",
            id=number,
            platform=platform,
            learner=learner,
            amount=amount.amount,
            currency=amount.currency,
            units=units,
            now=self._clock(),
        )

    def of(self, platform: int, payout_id: str) -> PayOut:
        """One pay-out; raises UnknownPayOut, also if it is another platform's."""
        with self._store.reading() as transaction:
            row = transaction.row("payout", id=_number(payout_id), platform=platform)
        if row is None:
            raise UnknownPayOut(payout_id)
        return _pay_out(row)

    def page(self, platform: int, before: int, limit: int) -> Sequence[PayOut]:
        """A platform's pay-outs whose numbers are below `before`, the newest first."""
        with self._store.reading() as transaction:
            rows = transaction.rows("payouts_page", platform=platform, before=before, limit=limit)
        return [_pay_out(row) for row in rows]

    def history(self, platform: int, payout_id: str) -> list[Change]:
        """What happened to a pay-out, in order; raises UnknownPayOut."""
        self.of(platform, payout_id)
        with self._store.reading() as transaction:
            rows = transaction.rows("payout_history", id=_number(payout_id))
        return [Change(*row) for row in rows]

    def debited(self, platform: int) -> list[int]:
        """The numbers of those whose learner's account was debited for good, the oldest first."""
        with self._store.reading() as transaction:
            rows = transaction.rows("payouts_to_return", platform=platform, limit=_PAGE)
        return [number for (number,) in rows]

    def begin_return(self, number: int) -> bool:
        """Store through which payments a pay-out goes back; False if that was done."""
        with self._store.writing() as transaction:
            row = transaction.row("payout_debited", id=number)
            if row is None:
                return False
            platform, learner, left = row
            for payment, most in transaction.rows(
                "payout_sources", platform=platform, learner=learner
            ):
                part = min(left, int(most))
                if part:
                    self._put_payback(transaction, number, payment, part)
                left -= part
            transaction.run("begin_payout_return", id=number, by_hand=left, now=self._clock())
        return True

    def by_hand(self, platform: int, payout_id: str, detail: str) -> None:
        """A person has returned what no payment could, told once or again in the same words.

        Raises UnknownPayOut, PayOutNotByHand.
        """
        number, now = _number(payout_id), self._clock()
        with self._store.writing() as transaction:
            if transaction.run(
                "payout_by_hand", id=number, platform=platform, detail=detail, now=now
            ):
                return
        found = self.of(platform, payout_id)
        if not found.by_hand.amount or found.detail != detail:
            raise PayOutNotByHand(payout_id, found.state)

    def _put_payback(
        self, transaction: Transaction, payout: int, payment: int, amount: int
    ) -> None:
        (number,) = self._ids.take()
        transaction.run(
            "put_payout_payback",
            id=number,
            payout_id=payout,
            payment_id=payment,
            amount=amount,
            now=self._clock(),
        )


def _number(payout_id: str) -> int:
    number = ids.from_text(ids.PAY_OUT, payout_id)
    if number is None:
        raise UnknownPayOut(payout_id)
    return number


def _pay_out(row: Row) -> PayOut:
    number, learner, amount, currency, state, by_hand, *rest = row
    return PayOut(
        ids.to_text(ids.PAY_OUT, number),
        learner,
        Money(amount, currency),
        state,
        Money(by_hand, currency),
        *rest,
    )
