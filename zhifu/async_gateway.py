"""The gateway for asyncio: the same use-cases as `Gateway`, awaitable, by the same code.

Gateway's methods run in worker threads. Payments are recorded in one thread, in group commits, once
their providers were asked in threads of their own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from zhifu.adoption import Adoption
from zhifu.async_intake import AsyncIntake
from zhifu.chargebackbook import Chargeback
from zhifu.checkouts import OpenCheckout
from zhifu.disputebook import DisputeRecord
from zhifu.enrolment import Reservation
from zhifu.exceptions import GatewayClosed, InvalidInput, ZhifuError
from zhifu.gateway import Gateway
from zhifu.index import Content, PlatformRecord
from zhifu.intake import CartQuote, Outcome
from zhifu.models import BatchOrder
from zhifu.money import Money
from zhifu.pages import FIRST, Refund
from zhifu.paybackbook import Payback
from zhifu.payments import (
    BatchRecord,
    Change,
    CheckoutTerms,
    Destination,
    OrderRecord,
    Payment,
    PaymentRequest,
    TopUp,
)
from zhifu.payoutbook import PayOut
from zhifu.places import Places
from zhifu.providers import Answer, Callback
from zhifu.requests import malformed
from zhifu.returns import ChargebackRecord, PaybackRecord
from zhifu.topups import LearnerBalance
from zhifu.treasury import Balance, WithdrawalRecord
from zhifu.waits import wait_for_all

P = ParamSpec("P")
R = TypeVar("R")


#: What asks the database alone is over in a moment; it must not wait for what is not.
_BRIEF_THREADS = 8
_CALLBACK_THREADS = 4


class AsyncGateway:
    """One gateway on one event loop; what its methods mean and raise, `Gateway` says.

    `threads` of them run at once that may wait for the chain. What waits for a platform's lane has
    a few threads of that platform's (`zhifu.places`), and raises PlatformBusy beyond that; what
    waits for a provider has some of that provider's, and raises ProviderBusy. What asks the
    database alone, and providers' callbacks, have threads of their own and wait for none of those.
    A commit takes at most `batch` payments; at most `queue` wait for one, and whoever comes then
    waits for room. After `close`, every method raises GatewayClosed.
    """

    def __init__(
        self, gateway: Gateway, *, threads: int = 8, batch: int = 256, queue: int = 4_096
    ) -> None:
        for name, value in (("threads", threads), ("batch", batch), ("queue", queue)):
            if type(value) is not int or value < 1:
                raise InvalidInput(name, "must be an integer of at least 1", value)
        self.gateway = gateway
        self._workers = ThreadPoolExecutor(threads, thread_name_prefix="zhifu-gateway")
        self._brief = ThreadPoolExecutor(_BRIEF_THREADS, thread_name_prefix="zhifu-brief")
        self._places = Places()
        self._callbacks = ThreadPoolExecutor(_CALLBACK_THREADS, thread_name_prefix="zhifu-callback")
        self._intake = AsyncIntake(
            gateway.intake, gateway.asking, gateway.freshness, batch=batch, queue=queue
        )
        self._is_closed = False

    async def __aenter__(self) -> AsyncGateway:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Finish what was begun, take nothing new, and close the gateway.

        What still waits for its provider to be asked raises GatewayClosed.
        """
        if self._is_closed:
            return
        self._is_closed = True
        self.gateway.asking.close()
        await self._intake.close()
        pools = (self._callbacks, self._brief, self._workers)
        shut = (partial(pool.shutdown, wait=True) for pool in pools)
        # The loop's own threads would keep it from ending for as long as anything hangs.
        await wait_for_all(self._places.close, *shut, self.gateway.close)

    async def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run something that blocks in one of the gateway's threads; it ends if it is cancelled."""
        return await self._in(self._workers, function, *args, **kwargs)

    async def run_brief(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """The same for what asks the database alone."""
        return await self._in(self._brief, function, *args, **kwargs)

    async def run_in_turn(
        self, platform: int, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """The same for what waits for a platform's lane; raises PlatformBusy if too much does."""
        if self._is_closed:
            raise GatewayClosed
        return await asyncio.wrap_future(
            self._places.call(platform, partial(function, *args, **kwargs))
        )

    async def _in(
        self,
        pool: ThreadPoolExecutor,
        function: Callable[P, R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        if self._is_closed:
            raise GatewayClosed
        call = partial(function, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(pool, call)

    # Payments

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
        self,
        platform: int,
        *,
        payment_id: str | None = None,
        before: int = FIRST,
        limit: int = 100,
    ) -> Sequence[PaybackRecord]:
        """A platform's paybacks, or those of a payment of its, the newest first."""
        return await self.run_brief(
            self.gateway.paybacks_page,
            platform,
            payment_id=payment_id,
            before=before,
            limit=limit,
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
        self,
        platform: int,
        *,
        payment_id: str | None = None,
        before: int = FIRST,
        limit: int = 100,
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

    async def refund_left_out(self, platform: int, patience_seconds: int) -> list[OrderRecord]:
        """Refund the orders of a platform that no batch could carry for so long."""
        return await self.run_in_turn(
            platform, self.gateway.refund_left_out, platform, patience_seconds
        )

    async def follow_refunds(self, platform: int) -> int:
        """Go on with a platform's refunds that were begun."""
        return await self.run_in_turn(platform, self.gateway.follow_refunds, platform)

    async def refund_disputed(self, platform: int) -> list[OrderRecord]:
        """Return at its provider what was paid for orders that a dispute refunded on chain."""
        return await self.run_in_turn(platform, self.gateway.refund_disputed, platform)

    async def forget_learner(self, platform: int, learner: int) -> None:
        """Erase what is personal of a platform's learner; the books stay as they are."""
        await self.run_brief(self.gateway.forget_learner, platform, learner)

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

    # Settlement

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

    async def adopt(self, platform: int, *, unmatched: bool = False) -> list[Adoption]:
        """Take in batches that the chain has settled and restored books know nothing of."""
        return await self.run_in_turn(platform, self.gateway.adopt, platform, unmatched=unmatched)

    async def batches(self, platform: int) -> list[BatchRecord]:
        """A platform's batches, the oldest first."""
        return await self.run_brief(self.gateway.batches, platform)

    # Licences and refunds

    async def may_use(self, holder: int | str, content: int) -> bool:
        """Whether a learner or the holder of an address may use a content now."""
        return await self.run(self.gateway.may_use, holder, content)

    async def license(self, learner: int, content: int) -> BatchOrder | None:
        """A learner's latest order of a content that verifies, with its proof."""
        return await self.run(self.gateway.license, learner, content)

    async def license_of(self, order_id: str) -> BatchOrder | None:
        """One order with its proof; None before it is settled."""
        return await self.run(self.gateway.license_of, order_id)

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

    async def disputes(
        self, platform: int, *, before: int = FIRST, limit: int = 100
    ) -> Sequence[DisputeRecord]:
        """A platform's disputes numbered below `before`, the newest first."""
        return await self.run_brief(self.gateway.disputes, platform, before=before, limit=limit)

    async def dispute_record(self, platform: int, dispute_id: str) -> DisputeRecord:
        """One dispute about a platform's orders."""
        return await self.run_brief(self.gateway.dispute_record, platform, dispute_id)

    async def dispute(self, order_id: str) -> DisputeRecord:
        """The dispute about an order, open or decided."""
        return await self.run_brief(self.gateway.dispute, order_id)

    async def open_dispute(
        self, order_id: str, evidence: bytes, idempotency_key: str
    ) -> DisputeRecord:
        """Move what is left of a settled order into dispute."""
        platform = (await self.order(order_id)).platform
        return await self.run_in_turn(
            platform, self.gateway.open_dispute, order_id, evidence, idempotency_key
        )

    # Members

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

    async def balance(self, platform: int) -> Balance:
        """What a platform can spend or withdraw now."""
        return await self.run(self.gateway.balance, platform)

    async def withdraw(
        self, platform: int, amount: Money, idempotency_key: str
    ) -> WithdrawalRecord:
        """Send some of a platform's balance to its treasury."""
        return await self.run_in_turn(
            platform, self.gateway.withdraw, platform, amount, idempotency_key
        )

    async def withdrawals(
        self, platform: int, *, before: int = FIRST, limit: int = 100
    ) -> Sequence[WithdrawalRecord]:
        """A platform's withdrawals numbered below `before`, the newest first."""
        return await self.run_brief(self.gateway.withdrawals, platform, before=before, limit=limit)

    async def withdrawal(self, platform: int, withdrawal_id: str) -> WithdrawalRecord:
        """One withdrawal of a platform."""
        return await self.run_brief(self.gateway.withdrawal, platform, withdrawal_id)

    # The chain

    async def sync(self) -> bool:
        """Follow the chain up to its latest block; whether there was anything new."""
        return await self.run(self.gateway.sync)

    def today(self) -> int:
        """The chain's day, since 1970 (UTC); from memory."""
        return self.gateway.today()

    def platforms(self) -> Sequence[PlatformRecord]:
        """The network's platforms as of the last `sync`; from memory."""
        return self.gateway.platforms()

    def platform(self, number: int) -> PlatformRecord | None:
        """One platform as of the last `sync`, or None; from memory."""
        return self.gateway.platform(number)

    def content(self, number: int) -> Content | None:
        """One content as of the last `sync`, or None; from memory."""
        return self.gateway.content(number)

    def contents_page(
        self, *, before: int = FIRST, limit: int = 100, host: int | None = None
    ) -> Sequence[Content]:
        """Contents below a number, as of the last `sync`, the newest first; from memory."""
        return self.gateway.contents_page(before=before, limit=limit, host=host)

    def contents(self, host: int | None = None) -> Sequence[Content]:
        """All contents, or one host's, as of the last `sync`; from memory."""
        return self.gateway.contents(host)

    def content_by_ref(self, host: int, ref: str) -> Content | None:
        """A host's content by the host's own name for it, as of the last `sync`; from memory."""
        return self.gateway.content_by_ref(host, ref)
