"""Payments, from what a provider confirms or a checkout begins to what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from zhifu.async_gateway._threads import Threads
from zhifu.checkouts import OpenCheckout
from zhifu.exceptions import ZhifuError
from zhifu.intake import CartQuote, Outcome
from zhifu.pages import FIRST
from zhifu.payments import Change, CheckoutTerms, OrderRecord, Payment, PaymentRequest
from zhifu.providers import Answer, Callback
from zhifu.requests import malformed


class Paying(Threads):
    """That part of `AsyncGateway`."""

    @property
    def commits_waiting(self) -> int:
        """How many payments wait for the next commit."""
        return self._intake.waiting

    async def pay(self, request: PaymentRequest) -> Payment:
        """Record a payment and its orders, durably; cancelled or not once its commit began."""
        outcome = await self._intake.take(request)
        if isinstance(outcome, ZhifuError):
            raise outcome
        return outcome

    async def pay_many(self, requests: Sequence[PaymentRequest]) -> list[Outcome]:
        """Record many payments, those that `pay` would raise for rejected alone."""
        return await self._intake.take_many(requests)

    async def checkout(self, request: PaymentRequest, terms: CheckoutTerms) -> OpenCheckout:
        """Make a payment at its provider, so that its learner can pay it."""
        wrong = malformed(request, is_checkout=True)
        if wrong is not None:
            raise wrong
        return await self._intake.ask(
            request.provider, partial(self.gateway.checkout, request, terms)
        )

    async def take_callback(self, provider: str, callback: Callback) -> Answer:
        """Store what a provider tells by itself, and what to answer it."""
        return await self._in(self._callbacks, self.gateway.take_callback, provider, callback)

    async def process_callbacks(self, provider: str | None = None) -> int:
        """Ask a provider, or all, about what callbacks hinted at."""
        return await self.run(self.gateway.process_callbacks, provider)

    async def has_callbacks(self, provider: str) -> bool:
        """Whether `process_callbacks` of a provider has something to do."""
        return await self.run_brief(self.gateway.has_callbacks, provider)

    async def inquire(self, provider: str | None = None) -> int:
        """Ask a provider, or all, about the undecided payments whose time has come."""
        return await self.run(self.gateway.inquire, provider)

    async def has_inquiries(self, provider: str) -> bool:
        """Whether `inquire` of a provider has something to do."""
        return await self.run_brief(self.gateway.has_inquiries, provider)

    async def quote(self, contents: Sequence[int]) -> CartQuote:
        """What a cart costs now, and until when."""
        return await self.run(self.gateway.quote, contents)

    async def recheck(self) -> list[Outcome]:
        """Ask providers again about every payment they were silent about."""
        return await self.run(self.gateway.recheck)

    async def payment(self, payment_id: str) -> Payment:
        """One payment."""
        return await self.run_brief(self.gateway.payment, payment_id)

    async def payments(self, platform: int) -> list[Payment]:
        """A platform's payments, the oldest first."""
        return await self.run_brief(lambda: list(self.gateway.payments(platform)))

    async def order(self, order_id: str) -> OrderRecord:
        """One order."""
        return await self.run_brief(self.gateway.order, order_id)

    async def orders(
        self, platform: int, *, before: int = FIRST, limit: int = 100
    ) -> Sequence[OrderRecord]:
        """A platform's orders whose numbers are below `before`, the newest first."""
        return await self.run_brief(self.gateway.orders, platform, before=before, limit=limit)

    async def history(self, order_id: str) -> list[Change]:
        """What happened to an order, in order."""
        return await self.run_brief(self.gateway.history, order_id)

    async def forget_learner(self, platform: int, learner: int) -> None:
        """Erase what is personal of a platform's learner; the books stay as they are."""
        await self.run_brief(self.gateway.forget_learner, platform, learner)
