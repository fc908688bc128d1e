"""Keeping the ledger and reading it, and closing its days."""

from __future__ import annotations

from datetime import date

from zhifu.async_gateway._threads import Threads
from zhifu.dayroot import DayLine, DayProof
from zhifu.ledger import EVERYTHING, Line, Of
from zhifu.ledger_check import Wrong
from zhifu.ledger_days import ClosedDay
from zhifu.transfers import Transfer


class Accounting(Threads):
    """That part of `AsyncGateway`."""

    async def follow_books(self) -> int:
        """Take into the ledger what the books have said since; how many events that was."""
        return await self.run(self.gateway.follow_books)

    async def ledger_balance(self, account: str, at: int | None = None) -> int:
        """What an account has as of the last `sync` and `follow_books`, or had at a time."""
        return await self.run(self.gateway.ledger_balance, account, at)

    async def ledger_lines(
        self, of: Of = EVERYTHING, *, since: int | None = None, until: int | None = None
    ) -> list[Line]:
        """Accounts with opening and closing balance, and what went out and in, by name."""
        return await self.run(lambda: list(self.gateway.ledger_lines(of, since=since, until=until)))

    async def movements(
        self, of: Of = EVERYTHING, *, since: int | None = None, until: int | None = None
    ) -> list[Transfer]:
        """What moved from `since` to before `until`, in the order it happened."""
        return await self.run(lambda: list(self.gateway.movements(of, since=since, until=until)))

    async def day_lines(self, day: date) -> list[DayLine]:
        """What every account of the chain had and did on a day (UTC), by name."""
        return await self.run(lambda: list(self.gateway.day_lines(day)))

    async def close_day(self, day: date) -> ClosedDay:
        """Close a day (UTC) of the ledger, or find it closed, with its root."""
        return await self.run(self.gateway.close_day, day)

    async def close_days(self) -> int:
        """Close all days of the ledger that are over for good and not closed; how many it were."""
        return await self.run(self.gateway.close_days)

    async def day_proof(self, day: date, account: str) -> DayProof:
        """That an account's line is among those of a day."""
        return await self.run(self.gateway.day_proof, day, account)

    async def check_ledger(self) -> list[Wrong]:
        """What of the ledger does not follow from what it is made of."""
        return await self.run(lambda: list(self.gateway.check_ledger()))
