"""Holding bills, orders, chain and licences against each other."""

from __future__ import annotations

from datetime import date

from zhifu.async_gateway._threads import Threads
from zhifu.reconciliation import Reconciliation


class Reconciling(Threads):
    """That part of `AsyncGateway`."""

    async def reconcile(
        self, day: date | None = None, *, platform: int | None = None
    ) -> Reconciliation:
        """Hold providers' bills, orders, chain and licences against each other."""
        return await self.run(self.gateway.reconcile, day, platform=platform)
