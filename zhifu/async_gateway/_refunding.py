"""Refunds of orders, whole or in part, asked for or due."""

from __future__ import annotations

from collections.abc import Sequence

from zhifu.async_gateway._paying import Paying
from zhifu.money import Money
from zhifu.pages import FIRST, Refund
from zhifu.payments import Destination, OrderRecord


class Refunding(Paying):
    """That part of `AsyncGateway`."""

    async def refund(self, order_id: str, *, to: Destination | str | None = None) -> OrderRecord:
        """Refund what is left of an order."""
        platform = (await self.order(order_id)).platform
        return await self.run_in_turn(platform, self.gateway.refund, order_id, to=to)

    async def refund_part(
        self,
        order_id: str,
        amount: Money,
        idempotency_key: str,
        *,
        to: Destination | str | None = None,
    ) -> Refund:
        """Refund a part of a settled order."""
        platform, asked = (await self.order(order_id)).platform, (order_id, amount, idempotency_key)
        return await self.run_in_turn(platform, self.gateway.refund_part, *asked, to=to)

    async def returned(self, refund_id: str, detail: str) -> Refund:
        """Mark a refund as returned by hand."""
        return await self.run_brief(self.gateway.returned, refund_id, detail)

    async def refunds(
        self, platform: int, *, before: int = FIRST, limit: int = 100
    ) -> Sequence[Refund]:
        """A platform's refunds whose numbers are below `before`, the newest first."""
        return await self.run_brief(self.gateway.refunds, platform, before=before, limit=limit)

    async def refund_record(self, platform: int, refund_id: str) -> Refund:
        """One refund of a platform."""
        return await self.run_brief(self.gateway.refund_record, platform, refund_id)

    async def refund_of(self, order_id: str) -> Refund:
        """The latest refund of an order."""
        return await self.run_brief(self.gateway.refund_of, order_id)

    async def pending_refunds(self) -> list[OrderRecord]:
        """Orders whose refund is not finished, the oldest first."""
        return await self.run_brief(self.gateway.pending_refunds)

    async def refund_left_out(self, platform: int, patience_seconds: int) -> list[OrderRecord]:
        """Refund the orders of a platform that no batch could carry for so long."""
        return await self.run_in_turn(
            platform, self.gateway.refund_left_out, platform, patience_seconds
        )

    async def refund_disputed(self, platform: int) -> list[OrderRecord]:
        """Return at its provider what was paid for orders that a dispute refunded on chain."""
        return await self.run_in_turn(platform, self.gateway.refund_disputed, platform)
