"""Learners' numbers: reserved for a platform, and bound to those it knows."""

from __future__ import annotations

from collections.abc import Sequence

from zhifu.async_gateway._threads import Threads
from zhifu.enrolment import Reservation
from zhifu.pages import FIRST


class Enrolling(Threads):
    """That part of `AsyncGateway`."""

    async def reserve_learners(
        self, platform: int, count: int, idempotency_key: str
    ) -> Reservation:
        """Reserve learner numbers for a platform, on chain."""
        return await self.run_in_turn(
            platform, self.gateway.reserve_learners, platform, count, idempotency_key
        )

    async def reservations(
        self, platform: int, *, before: int = FIRST, limit: int = 100
    ) -> Sequence[Reservation]:
        """A platform's reservations numbered below `before`, the newest first."""
        return await self.run_brief(self.gateway.reservations, platform, before=before, limit=limit)

    async def reservation(self, platform: int, reservation_id: str) -> Reservation:
        """One reservation of a platform."""
        return await self.run_brief(self.gateway.reservation, platform, reservation_id)

    async def bind_learner(
        self, platform: int, learner: int, commitment: bytes, idempotency_key: str
    ) -> str:
        """State on chain that a platform knows a learner."""
        return await self.run_in_turn(
            platform, self.gateway.bind_learner, platform, learner, commitment, idempotency_key
        )
