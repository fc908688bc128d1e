"""Reading the ledger, and closing its days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from zhifu.dayroot import DayLine, DayProof
from zhifu.gateway._following import Following
from zhifu.ledger import EVERYTHING, Line, Of
from zhifu.ledger_days import ClosedDay, WrongBalance, WrongDay
from zhifu.transfers import Transfer


class Accounting(Following):
    """That part of `Gateway`. Amounts are ledger units, times Unix seconds."""

    def ledger_balance(self, account: str, at: int | None = None) -> int:
        """What an account has as of the last `sync`, or had at a time: credits less debits.

        0 for one that never had anything.
        """
        return self._ledger.balance(account, at)

    def ledger_lines(
        self, of: Of = EVERYTHING, *, since: int | None = None, until: int | None = None
    ) -> Iterator[Line]:
        """Accounts with opening and closing balance, and what went out and in, by name.

        From `since` to before `until`, as of the last `sync`; without `since`, from the beginning.
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

    def day_proof(self, day: date, account: str) -> DayProof:
        """That an account's line is among those of a day; raises InvalidInput if it has none."""
        return self._ledger_days.prove(day, account)

    def check_ledger(self) -> Iterator[WrongBalance | WrongDay]:
        """Balances and roots of closed days that do not follow from what moved."""
        return self._ledger_days.wrong()
