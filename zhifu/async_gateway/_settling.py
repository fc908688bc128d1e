"""Batches: orders that wait for one, and bringing each to its end on chain."""

from __future__ import annotations

from zhifu.adoption import Adoption
from zhifu.async_gateway._threads import Threads
from zhifu.deeds import AdoptedDeed
from zhifu.payments import BatchRecord, OrderRecord


class Settling(Threads):
    """That part of `AsyncGateway`."""

    async def waiting(self, platform: int) -> int:
        """How many paid orders of a platform wait for a batch."""
        return await self.run_brief(self.gateway.waiting, platform)

    async def left_out(self, platform: int) -> list[OrderRecord]:
        """A platform's paid orders that no batch can carry now."""
        return await self.run_brief(self.gateway.left_out, platform)

    async def is_due(self, platform: int) -> bool:
        """Whether a platform's waiting orders should be settled now."""
        return await self.run_brief(self.gateway.is_due, platform)

    async def settle(self, platform: int, *, limit: int | None = None) -> BatchRecord | None:
        """Settle a platform's next batch on chain and wait until it is included."""
        return await self.run_in_turn(platform, self.gateway.settle, platform, limit=limit)

    async def settle_due(self, platform: int) -> BatchRecord | None:
        """Settle a platform's next batch if one is due: what a worker calls time and again."""
        return await self.run_in_turn(platform, self.gateway.settle_due, platform)

    async def recover(self, platform: int | None = None) -> list[BatchRecord]:
        """Bring every batch that was stored and not settled to its end."""
        if platform is None:
            return await self.run(self.gateway.recover)
        return await self.run_in_turn(platform, self.gateway.recover, platform)

    async def follow_refunds(self, platform: int) -> int:
        """Go on with a platform's refunds that were begun."""
        return await self.run_in_turn(platform, self.gateway.follow_refunds, platform)

    async def adopt(self, platform: int, *, unmatched: bool = False) -> list[Adoption]:
        """Take in batches that the chain has settled and restored books know nothing of."""
        return await self.run_in_turn(platform, self.gateway.adopt, platform, unmatched=unmatched)

    async def adopt_deeds(self, platform: int, *, unmatched: bool = False) -> list[AdoptedDeed]:
        """Take in what the chain has and restored books know nothing of, and may be about to do."""
        adopt = self.gateway.adopt_deeds
        return await self.run_in_turn(platform, adopt, platform, unmatched=unmatched)

    async def batches(self, platform: int) -> list[BatchRecord]:
        """A platform's batches, the oldest first."""
        return await self.run_brief(self.gateway.batches, platform)
