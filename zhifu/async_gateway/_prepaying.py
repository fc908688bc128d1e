"""Learners' balances: top-ups, what can be spent, and pay-outs."""

from __future__ import annotations

from collections.abc import Sequence

from zhifu.async_gateway._threads import Threads
from zhifu.money import Money
from zhifu.pages import FIRST
from zhifu.payments import Change, TopUp
from zhifu.payoutbook import PayOut
from zhifu.topups import LearnerBalance
from zhifu.treasury import Balance


class Prepaying(Threads):
    """That part of `AsyncGateway`."""

    async def follow_top_ups(self, platform: int) -> int:
        """Put a platform's paid top-ups on its learners' accounts."""
        return await self.run_in_turn(platform, self.gateway.follow_top_ups, platform)

    async def refund_top_up(self, payment_id: str) -> TopUp:
        """Send a top-up that is not on chain yet back at its provider."""
        platform = (await self.top_up(payment_id)).platform
        return await self.run_in_turn(platform, self.gateway.refund_top_up, payment_id)

    async def top_up_returned(self, payment_id: str, detail: str) -> TopUp:
        """Mark a top-up that goes back as returned by hand."""
        return await self.run_brief(self.gateway.top_up_returned, payment_id, detail)

    async def refund_late_top_ups(self, platform: int, patience_seconds: int) -> list[TopUp]:
        """Send back what a problem has kept from the chain for so long."""
        return await self.run_in_turn(
            platform, self.gateway.refund_late_top_ups, platform, patience_seconds
        )

    async def top_up(self, payment_id: str) -> TopUp:
        """One top-up, by its payment."""
        return await self.run_brief(self.gateway.top_up, payment_id)

    async def top_ups(
        self, platform: int, *, before: int = FIRST, limit: int = 100
    ) -> Sequence[TopUp]:
        """A platform's top-ups, the newest first."""
        return await self.run_brief(self.gateway.top_ups, platform, before=before, limit=limit)

    async def top_up_history(self, payment_id: str) -> list[Change]:
        """What happened to a top-up, in order."""
        return await self.run_brief(self.gateway.top_up_history, payment_id)

    async def learner_balance(self, platform: int, learner: int) -> Balance:
        """What a learner can spend on a platform now."""
        return await self.run(self.gateway.learner_balance, platform, learner)

    async def learner_balances(self, learner: int) -> list[LearnerBalance]:
        """What the chain has of a learner's now, platform by platform."""
        return await self.run(self.gateway.learner_balances, learner)

    async def pay_out(
        self, platform: int, learner: int, amount: Money, idempotency_key: str
    ) -> PayOut:
        """Pay some of a learner's balance out."""
        return await self.run_in_turn(
            platform, self.gateway.pay_out, platform, learner, amount, idempotency_key
        )

    async def follow_pay_outs(self, platform: int) -> int:
        """Begin to return what pay-outs have taken off accounts for good."""
        return await self.run_brief(self.gateway.follow_pay_outs, platform)

    async def paid_out_by_hand(self, platform: int, pay_out_id: str, detail: str) -> PayOut:
        """Note that a person returned what is `by_hand` of a pay-out."""
        return await self.run_brief(self.gateway.paid_out_by_hand, platform, pay_out_id, detail)

    async def pay_outs(
        self, platform: int, *, before: int = FIRST, limit: int = 100
    ) -> Sequence[PayOut]:
        """A platform's pay-outs, the newest first."""
        return await self.run_brief(self.gateway.pay_outs, platform, before=before, limit=limit)

    async def pay_out_record(self, platform: int, pay_out_id: str) -> PayOut:
        """One pay-out of a platform."""
        return await self.run_brief(self.gateway.pay_out_record, platform, pay_out_id)

    async def pay_out_history(self, platform: int, pay_out_id: str) -> list[Change]:
        """What happened to a pay-out, in order."""
        return await self.run_brief(self.gateway.pay_out_history, platform, pay_out_id)
