"""Money that goes back of itself: paybacks of what fits no order, and chargebacks."""

from __future__ import annotations

from collections.abc import Sequence

from zhifu.async_gateway._threads import Threads
from zhifu.chargebackbook import Chargeback
from zhifu.pages import FIRST
from zhifu.paybackbook import Payback
from zhifu.returns import ChargebackRecord, PaybackRecord


class Returning(Threads):
    """That part of `AsyncGateway`."""

    async def pay_back(self) -> int:
        """Send back at its provider what came in and fits no order."""
        return await self.run(self.gateway.pay_back)

    async def paybacks(self, payment_id: str) -> list[Payback]:
        """What goes back of a payment without being a refund of an order."""
        return await self.run_brief(self.gateway.paybacks, payment_id)

    async def follow_chargebacks(self) -> int:
        """Take back on chain what payers' banks took back."""
        return await self.run(self.gateway.follow_chargebacks)

    async def chargebacks(self, payment_id: str) -> list[Chargeback]:
        """The chargebacks of a payment, the oldest first."""
        return await self.run_brief(self.gateway.chargebacks, payment_id)

    async def paybacks_page(
        self, platform: int, *, payment_id: str | None = None, before: int = FIRST, limit: int = 100
    ) -> Sequence[PaybackRecord]:
        """A platform's paybacks, or those of a payment of its, the newest first."""
        return await self.run_brief(
            self.gateway.paybacks_page, platform, payment_id=payment_id, before=before, limit=limit
        )

    async def payback_record(self, platform: int, payback_id: str) -> PaybackRecord:
        """One payback of a platform."""
        return await self.run_brief(self.gateway.payback_record, platform, payback_id)

    async def pay_back_again(self, platform: int, payback_id: str) -> PaybackRecord:
        """Have a payback tried again that its provider refused."""
        return await self.run_brief(self.gateway.pay_back_again, platform, payback_id)

    async def paid_back_by_hand(self, platform: int, payback_id: str, detail: str) -> PaybackRecord:
        """Note that a person returned what the provider refused to."""
        return await self.run_brief(self.gateway.paid_back_by_hand, platform, payback_id, detail)

    async def chargebacks_page(
        self, platform: int, *, payment_id: str | None = None, before: int = FIRST, limit: int = 100
    ) -> Sequence[ChargebackRecord]:
        """A platform's chargebacks, or those of a payment of its, the newest first."""
        return await self.run_brief(
            self.gateway.chargebacks_page,
            platform,
            payment_id=payment_id,
            before=before,
            limit=limit,
        )

    async def chargeback_record(self, platform: int, chargeback_id: str) -> ChargebackRecord:
        """One chargeback of a platform."""
        return await self.run_brief(self.gateway.chargeback_record, platform, chargeback_id)
