"""Disputes about orders."""

from __future__ import annotations

from collections.abc import Sequence

from zhifu.async_gateway._paying import Paying
from zhifu.disputebook import DisputeRecord
from zhifu.pages import FIRST


class Disputing(Paying):
    """That part of `AsyncGateway`."""

    async def dispute(self, order_id: str) -> DisputeRecord:
        """The dispute about an order, open or decided."""
        return await self.run_brief(self.gateway.dispute, order_id)

    async def disputes(
        self, platform: int, *, before: int = FIRST, limit: int = 100
    ) -> Sequence[DisputeRecord]:
        """A platform's disputes numbered below `before`, the newest first."""
        return await self.run_brief(self.gateway.disputes, platform, before=before, limit=limit)

    async def dispute_record(self, platform: int, dispute_id: str) -> DisputeRecord:
        """One dispute about a platform's orders."""
        return await self.run_brief(self.gateway.dispute_record, platform, dispute_id)

    async def open_dispute(
        self, order_id: str, evidence: bytes, idempotency_key: str
    ) -> DisputeRecord:
        """Move what is left of a settled order into dispute."""
        platform = (await self.order(order_id)).platform
        return await self.run_in_turn(
            platform, self.gateway.open_dispute, order_id, evidence, idempotency_key
        )
