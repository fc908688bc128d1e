"""What is handed out about money: receipts and statements."""

from __future__ import annotations

from datetime import date

from zhifu.async_gateway._threads import Threads
from zhifu.receipts import Receipt
from zhifu.statement import Statement


class Documenting(Threads):
    """That part of `AsyncGateway`."""

    async def receipt(self, order_id: str) -> Receipt:
        """What a learner is handed for an order: what was bought, paid and returned, as of now."""
        return await self.run_brief(self.gateway.receipt, order_id)

    async def statement(self, party: int | str, first: date, last: date) -> Statement:
        """What an account had, every movement, and what it has, from a day to another (UTC)."""
        return await self.run(self.gateway.statement, party, first, last)
