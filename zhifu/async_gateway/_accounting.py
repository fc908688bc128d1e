"""Reading the ledger, and closing its days."""

from __future__ import annotations

from datetime import date

from zhifu.async_gateway._threads import Threads
from zhifu.dayroot import DayLine, DayProof
from zhifu.ledger import EVERYTHING, Line, Of
from zhifu.ledger_days import ClosedDay, WrongBalance, WrongDay
from zhifu.transfers import Transfer


class Accounting(Threads):
    """That part of `AsyncGateway`."""

    async def ledger_balance(self, account: str, at: int | None = None) -> int:
        """What an account has as of the last `sync`, or had at a time: credits less debits."""
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

    async def day_proof(self, day: date, account: str) -> DayProof:
        """That an account's line is among those of a day."""
        return await self.run(self.gateway.day_proof, day, account)

    async def check_ledger(self) -> list[WrongBalance | WrongDay]:
        """Balances and roots of closed days that do not follow from what moved."""
        return await self.run(lambda: list(self.gateway.check_ledger()))
