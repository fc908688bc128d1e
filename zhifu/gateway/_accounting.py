"""Keeping the ledger and reading it, and closing its days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from zhifu import rounds
from zhifu.dayroot import DayLine, DayProof
from zhifu.exceptions import ChainError
from zhifu.gateway._following import Following
from zhifu.ledger import EVERYTHING, Line, Of
from zhifu.ledger_check import Wrong
from zhifu.ledger_days import ClosedDay
from zhifu.transfers import Transfer


class Accounting(Following):
    """That part of `Gateway`.

    Amounts are ledger units on accounts of the chain and minor units on those of books, times Unix
    seconds.
    """

    def follow_books(self) -> int:
        """Take into the ledger what the books have said since; how many events that was."""
        return self._book_ledger.follow()

    def ledger_balance(self, account: str, at: int | None = None) -> int:
        """What an account has as of the last `sync` and `follow_books`, or had at a time.

        Credits less debits; 0 for one that never had anything.
        """
        return self._ledger.balance(account, at)

    def ledger_lines(
        self, of: Of = EVERYTHING, *, since: int | None = None, until: int | None = None
    ) -> Iterator[Line]:
        """Accounts with opening and closing balance, and what went out and in, by name.

        From `since` to before `until`, as of the last `sync` and `follow_books`; without `since`,
        from the beginning.
        """
        return self._ledger.lines(of, since, until)

    def movements(
        self, of: Of = EVERYTHING, *, since: int | None = None, until: int | None = None
    ) -> Iterator[Transfer]:
        """What moved from `since` to before `until`, in the order it happened."""
        return self._ledger.movements(of, since, until)

    def day_lines(self, day: date) -> Iterator[DayLine]:
        """What every account of the chain had and did on a day (UTC), by name."""
        return self._ledger_days.lines(day)

    def close_day(self, day: date) -> ClosedDay:
        """Close a day (UTC) of the ledger, or find it closed, with its root. Follows the chain.

        Raises DayOpen while a reorganisation can reach its blocks, DayRootMismatch if it was closed
        with another root, InvalidInput for a day before there was anything, and ChainError.
        """
        self.sync()
        return self._ledger_days.close(day)

    def close_days(self) -> int:
        """Close all days of the ledger that are over for good and not closed; how many it were.

        In their order, and as many as the round has time for. Follows the chain. Raises as
        `close_day` does for none of them, and ChainError.
        """
        self.sync()
        return rounds.each(self._ledger_days.due(), self._close, ends=(ChainError,))

    def day_proof(self, day: date, account: str) -> DayProof:
        """That an account's line is among those of a day; raises InvalidInput if it has none."""
        return self._ledger_days.prove(day, account)

    def check_ledger(self) -> Iterator[Wrong]:
        """What of the ledger does not follow from what it is made of.

        Balances that are not sums of what moved, entries of the books that their events do not make
        or that are missing, settled orders whose two sides differ, and roots of closed days.
        """
        self.follow_books()
        yield from self._ledger_check.balances()
        yield from self._ledger_check.entries()
        yield from self._ledger_check.orders()
        yield from self._ledger_days.wrong()

    def _close(self, day: date) -> bool:
        self._ledger_days.close(day)
        return True
