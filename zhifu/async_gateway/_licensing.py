"""Licences: who may use what, and the proof of it."""

from __future__ import annotations

from zhifu.async_gateway._threads import Threads
from zhifu.models import BatchOrder


class Licensing(Threads):
    """That part of `AsyncGateway`."""

    async def may_use(self, holder: int | str, content: int) -> bool:
        """Whether a learner or the holder of an address may use a content now."""
        return await self.run(self.gateway.may_use, holder, content)

    async def has_license(self, learner: int, content: int) -> bool:
        """Whether a learner has a licence for a content now, as of the last `sync`."""
        return await self.run(self.gateway.has_license, learner, content)

    async def license(self, learner: int, content: int) -> BatchOrder | None:
        """A learner's latest order of a content that verifies, with its proof."""
        return await self.run(self.gateway.license, learner, content)

    async def license_of(self, order_id: str) -> BatchOrder | None:
        """One order with its proof; None before it is settled."""
        return await self.run(self.gateway.license_of, order_id)
