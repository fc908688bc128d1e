"""A platform's own balance in the network, and what is sent from it to its treasury."""

from __future__ import annotations

from collections.abc import Sequence

from zhifu.async_gateway._threads import Threads
from zhifu.money import Money
from zhifu.pages import FIRST
from zhifu.treasury import Balance, WithdrawalRecord


class Withdrawing(Threads):
    """That part of `AsyncGateway`."""

    async def balance(self, platform: int) -> Balance:
        """What a platform can spend or withdraw now."""
        return await self.run(self.gateway.balance, platform)

    async def withdraw(
        self, platform: int, amount: Money, idempotency_key: str
    ) -> WithdrawalRecord:
        """Send some of a platform's balance to its treasury."""
        return await self.run_in_turn(
            platform, self.gateway.withdraw, platform, amount, idempotency_key
        )

    async def withdrawals(
        self, platform: int, *, before: int = FIRST, limit: int = 100
    ) -> Sequence[WithdrawalRecord]:
        """A platform's withdrawals numbered below `before`, the newest first."""
        return await self.run_brief(self.gateway.withdrawals, platform, before=before, limit=limit)

    async def withdrawal(self, platform: int, withdrawal_id: str) -> WithdrawalRecord:
        """One withdrawal of a platform."""
        return await self.run_brief(self.gateway.withdrawal, platform, withdrawal_id)
