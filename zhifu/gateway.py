"""The gateway: fiat payments in, settled orders and licences out.

It believes a payment when its provider says so, stores everything before it acts on it, settles
paid orders on chain in batches, and answers from the chain who may use what.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from zhifu import ids, rounds
from zhifu.actbook import ActBook
from zhifu.acts import Acts
from zhifu.adoption import Adopter, Adoption
from zhifu.asking import Asking
from zhifu.books import Books
from zhifu.callbacks import Callbacks
from zhifu.chargebackbook import Chargeback, ChargebackBook
from zhifu.chargebacks import Chargebacks
from zhifu.checkouts import Checkouts, OpenCheckout
from zhifu.closing import Closing, wall_milliseconds
from zhifu.credits import Credits
from zhifu.deployment import Network
from zhifu.disputebook import DisputeBook, DisputeRecord
from zhifu.disputes import Disputes
from zhifu.enrolment import Enrolment, Reservation
from zhifu.exceptions import (
    ChainUnreachable,
    ForeignDatabase,
    InvalidInput,
    NoOperator,
    PaymentUnknown,
    UnknownContent,
    UnknownLearner,
    UnknownPlatform,
    ZhifuError,
)
from zhifu.finality import Finality
from zhifu.freshness import Freshness
from zhifu.inbox import Inbox
from zhifu.index import Content, Index, PlatformRecord
from zhifu.indexer import Indexer
from zhifu.ingest import forget
from zhifu.inquiries import Inquiries
from zhifu.intake import CartQuote, Intake
from zhifu.lane import Lane, SubmissionRules
from zhifu.lanebook import LaneBook
from zhifu.leases import Leases
from zhifu.licenses import Licenses
from zhifu.models import BatchOrder
from zhifu.money import Money
from zhifu.operationbook import OperationBook
from zhifu.outcomes import Outcomes
from zhifu.pages import FIRST, Pages, Refund
from zhifu.partrefunds import PartRefunds
from zhifu.paybackbook import Payback, PaybackBook
from zhifu.paybacks import Paybacks
from zhifu.payments import (
    BatchRecord,
    Change,
    CheckoutTerms,
    Destination,
    OrderRecord,
    Payment,
    PaymentRequest,
    PaymentState,
    TopUp,
)
from zhifu.payoutbook import PayOut, PayOutBook
from zhifu.payouts import PayOuts
from zhifu.providers import Answer, Callback, Provider, answers_at_once
from zhifu.providers.balance import BALANCE, BalanceProvider
from zhifu.refundbook import RefundBook
from zhifu.refunds import Refunds
from zhifu.returns import ChargebackRecord, PaybackRecord, Returns
from zhifu.selection import Selection
from zhifu.signing import Signer
from zhifu.silence import Spared
from zhifu.store import Store
from zhifu.topupbook import TopUpBook
from zhifu.topups import LearnerBalance, TopUps
from zhifu.treasury import Balance, Treasury, WithdrawalRecord
from zhifu.watch import Watch


def _wall_clock() -> int:
    return int(time.time())


class Gateway:
    """One gateway for the platforms whose operator keys it holds; safe to share between threads.

    `operators` are those keys by platform, `providers` the payment providers by name, each the
    account of the platforms that `accounts` has for its name, or of all if it has none: name them
    where there are several, or one may claim what was paid to another.
    `batch_size` orders go into a batch at most, and a batch is due with as many, or
    `batch_age_ms` milliseconds after its first order. What is settled counts as confirmed under
    `confirmations` further blocks, or in the `safe` or `finalized` block if it is that tag, and the
    money of a refund goes back only then; None is 64 blocks, and none on a development chain. A
    transaction that waits `replace_after_seconds` is replaced. Without operators it answers
    questions only.

    Raises WrongOperator for a key that is no active operator of its platform, and ForeignDatabase
    for books of another deployment.
    """

    def __init__(
        self,
        store: Store,
        network: Network,
        operators: Mapping[int, Signer],
        providers: Mapping[str, Provider],
        *,
        accounts: Mapping[str, Collection[int]] | None = None,
        batch_size: int = 1_000,
        batch_age_ms: int = 1_000,
        confirmations: int | str | None = None,
        replace_after_seconds: int = 120,
        clock: Callable[[], int] = _wall_clock,
    ) -> None:
        _require_positive("batch_size", batch_size, 1)
        self._closing = Closing(batch_size, batch_age_ms)
        deployment = network.deployment
        usual = Finality.usual(deployment.chain_id)
        finality = usual if confirmations is None else Finality(confirmations)
        rules = SubmissionRules(finality, replace_after_seconds)
        _bind(store, network)
        self.network = network
        if BALANCE in providers:
            raise InvalidInput("providers", f"must not be called {BALANCE}: that is learners' own")
        #: The names of those that may send callbacks.
        self.providers = frozenset(providers)
        providers = {name: Spared(each) for name, each in providers.items()}
        providers[BALANCE] = BalanceProvider()
        self._store = store
        self._batch_size = batch_size
        self._index = Index()
        self._indexer = Indexer(store, network, self._index, clock)
        self._books = Books(store, clock, deployment.ledger_decimals)
        operations, leases = OperationBook(store, clock, Outcomes(network)), Leases(store)
        self._watch = Watch(network.chain, operations, rules.finality)
        self._lane_book = LaneBook(store, clock, operations)
        self._lanes = {
            platform: Lane(
                network,
                self._lane_book,
                operations,
                Selection(store, self._index, platform, clock),
                platform,
                signer,
                self._indexer.today,
                self.sync,
                rules,
                leases,
            )
            for platform, signer in operators.items()
        }
        self._chargeback_book = ChargebackBook(store, clock)
        self._top_up_book = TopUpBook(store, clock)
        self._top_ups = TopUps(
            self._top_up_book, self._books, self._chargeback_book, network, self._lane, providers
        )
        self.asking = Asking(providers)
        prompt = [name for name, each in providers.items() if answers_at_once(each)]
        self.freshness = Freshness(self.sync)
        self.intake = Intake(
            self._books,
            self._index,
            providers,
            self.asking,
            prompt,
            self._lanes.keys(),
            accounts or {},
            deployment.currency,
            deployment.ledger_decimals,
            self._indexer.today,
            self._look,
            self._top_ups.funds,
        )
        self._licenses = Licenses(store, network, self._index)
        self._refund_book = RefundBook(store, clock, lambda: self._watch.final_block)
        self._dispute_book = DisputeBook(store, clock)
        self._refunds = Refunds(
            self._refund_book,
            self._books,
            network,
            self._licenses,
            self._lanes,
            providers,
            self._chargeback_book,
            self._dispute_book,
            Credits(network, operations, self._refund_book),
            PartRefunds(network, self._index, self._lanes),
            self.sync,
        )
        self._payback_book = PaybackBook(store, clock)
        self._paybacks = Paybacks(self._payback_book, providers)
        self._chargebacks = Chargebacks(self._chargeback_book, self._books, self._refunds)
        self._checkouts = Checkouts(self._books, self.intake, providers, clock)
        self._inquiries = Inquiries(
            self._books, self._checkouts, self._chargebacks, providers, self.asking, clock
        )
        self._callbacks = Callbacks(
            Inbox(store, clock), self._books, self._inquiries, providers, self.asking, clock
        )
        self._clock = clock
        self._pages = Pages(store, self._books)
        self._returns = Returns(store, clock)
        act_book = ActBook(store, clock)
        acts = Acts(act_book, self._lane)
        self._enrolment = Enrolment(network, acts, act_book, self.sync)
        self._treasury = Treasury(network, acts, act_book)
        self._pay_out_book = PayOutBook(store, clock)
        self._pay_outs = PayOuts(network, acts, self._pay_out_book, self._top_ups.funds)
        self._disputes = Disputes(network, self.license_of, acts, self._dispute_book, self.sync)
        self.sync()

    @classmethod
    def open(
        cls,
        database_url: str,
        network: Network,
        operators: Mapping[int, Signer],
        providers: Mapping[str, Provider],
        *,
        accounts: Mapping[str, Collection[int]] | None = None,
        batch_size: int = 1_000,
        batch_age_ms: int = 1_000,
        confirmations: int | str | None = None,
        replace_after_seconds: int = 120,
        clock: Callable[[], int] = _wall_clock,
    ) -> Gateway:
        """Open the database at `database_url` and the gateway on it; close it after use."""
        store = Store.open(database_url)
        try:
            return cls(
                store,
                network,
                operators,
                providers,
                accounts=accounts,
                batch_size=batch_size,
                batch_age_ms=batch_age_ms,
                confirmations=confirmations,
                replace_after_seconds=replace_after_seconds,
                clock=clock,
            )
        except BaseException:
            store.close()
            raise

    def __enter__(self) -> Gateway:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ask providers nothing more and close the database; nothing is lost without it."""
        self.asking.close()
        self._store.close()

    # Payments

    def pay(self, request: PaymentRequest) -> Payment:
        """Record a payment that its provider confirms, and its orders, durably.

        The same key with the same body answers the same payment again. Raises, and records
        nothing: InvalidInput, UnknownProvider, UnknownPlatform, InactivePlatform, NoOperator,
        UnknownLearner, UnknownContent, InactiveContent, CurrencyMismatch, AmountMismatch,
        IdempotencyConflict, DuplicatePayment, PaymentUnpaid, InsufficientBalance for one from the
        learner's balance, and ProviderBusy where too much waits for the provider. Raises
        PaymentUnknown where the provider does not answer: that payment is recorded, and `recheck`
        or the same request again settles the question.
        """
        (outcome,) = self.pay_many((request,))
        if isinstance(outcome, ZhifuError):
            raise outcome
        return outcome

    def pay_many(self, requests: Sequence[PaymentRequest]) -> list[Payment | ZhifuError]:
        """Record many payments in one durable transaction.

        Answers in the order asked; a request that `pay` would raise for is rejected alone, with
        that error in its place.
        """
        self.freshness.require()
        return self.intake.take(requests)

    def checkout(self, request: PaymentRequest, terms: CheckoutTerms) -> OpenCheckout:
        """Make a payment at its provider, so that its learner can pay it; `pay`'s other way round.

        The request has no `provider_payment_id`. The same key with the same body is the same
        payment, and goes on where the first attempt was cut short; the first one's expiry counts.
        Raises what `pay` raises of a request, and ProviderRefused: that payment is cancelled.
        Raises PaymentUnknown where the provider does not answer: the same request again goes on.
        """
        self.freshness.require()
        return self._checkouts.create(request, terms)

    def take_callback(self, provider: str, callback: Callback) -> Answer:
        """Store what a provider tells by itself, and what to answer it; acted on afterwards.

        One that is not the provider's, to us, and fresh is answered so and changes nothing. Raises
        UnknownProvider.
        """
        return self._callbacks.take(provider, callback)

    def process_callbacks(self, provider: str | None = None) -> int:
        """Ask a provider, or all, about what callbacks hinted at; how many are done with."""
        return self._callbacks.process(provider)

    def has_callbacks(self, provider: str) -> bool:
        """Whether `process_callbacks` of a provider has something to do."""
        return self._callbacks.has_due(provider)

    def inquire(self, provider: str | None = None) -> int:
        """Ask a provider, or all, about the undecided payments whose time has come.

        How many were decided. One that has expired is cancelled at its provider before it counts as
        expired.
        """
        return self._inquiries.ask_due(provider)

    def has_inquiries(self, provider: str) -> bool:
        """Whether `inquire` of a provider has something to do."""
        return self._inquiries.has_due(provider)

    def pay_back(self) -> int:
        """Send back at its provider what came in and fits no order; how many are finished."""
        return self._paybacks.make()

    def paybacks(self, payment_id: str) -> list[Payback]:
        """What goes back of a payment without being a refund of an order; raises UnknownPayment."""
        return self._payback_book.of(payment_id)

    def follow_chargebacks(self) -> int:
        """Take back on chain what payers' banks took back; how many chargebacks are dealt with."""
        return self._chargebacks.attend()

    def chargebacks(self, payment_id: str) -> list[Chargeback]:
        """The chargebacks of a payment, the oldest first; raises UnknownPayment."""
        return self._chargeback_book.of(payment_id)

    def paybacks_page(
        self,
        platform: int,
        *,
        payment_id: str | None = None,
        before: int = FIRST,
        limit: int = 100,
    ) -> Sequence[PaybackRecord]:
        """A platform's paybacks, or those of a payment of its, below a number, the newest first.

        Raises UnknownPayment for what cannot be one.
        """
        return self._returns.paybacks(platform, payment_id, before, limit)

    def payback_record(self, platform: int, payback_id: str) -> PaybackRecord:
        """One payback of a platform; raises UnknownPayback."""
        return self._returns.payback(platform, payback_id)

    def pay_back_again(self, platform: int, payback_id: str) -> PaybackRecord:
        """Have a payback tried again that its provider refused, once the reason is mended.

        Raises UnknownPayback, PaybackNotFailed.
        """
        return self._returns.pay_back_again(platform, payback_id)

    def paid_back_by_hand(self, platform: int, payback_id: str, detail: str) -> PaybackRecord:
        """Note that a person returned what the provider refused to; `detail` says how.

        Raises UnknownPayback, PaybackNotFailed, InvalidInput.
        """
        return self._returns.paid_back_by_hand(platform, payback_id, detail)

    def chargebacks_page(
        self,
        platform: int,
        *,
        payment_id: str | None = None,
        before: int = FIRST,
        limit: int = 100,
    ) -> Sequence[ChargebackRecord]:
        """A platform's chargebacks, or those of a payment of its, below a number, newest first.

        Raises UnknownPayment for what cannot be one.
        """
        return self._returns.chargebacks(platform, payment_id, before, limit)

    def chargeback_record(self, platform: int, chargeback_id: str) -> ChargebackRecord:
        """One chargeback of a platform; raises UnknownChargeback."""
        return self._returns.chargeback(platform, chargeback_id)

    def refund_left_out(self, platform: int, patience_seconds: int) -> list[OrderRecord]:
        """Refund the orders of a platform that no batch could carry for so long; those refunded.

        A content that was withdrawn, or whose price changed for good, after it was paid. What a
        batch could carry again waits for one. Raises UnknownPlatform and NoOperator.
        """
        self.sync()
        self._lane(platform).look_again()
        late = self._books.left_out(platform, self._clock() - patience_seconds)
        return self._refund_each([order.id for order in late])

    def refund_disputed(self, platform: int) -> list[OrderRecord]:
        """Return at its provider what learners paid for orders that a dispute refunded on chain.

        The chain has given the seller its money back then; those whose refund has begun now.
        Raises UnknownPlatform and NoOperator.
        """
        self._lane(platform)
        self.sync()
        book = self._dispute_book
        return self._refund_each(
            book.to_return(platform, due=rounds.is_running()), begin=book.postpone
        )

    def _refund_each(
        self, orders: Sequence[str], *, begin: Callable[[str], None] = lambda _: None
    ) -> list[OrderRecord]:
        refunded: list[OrderRecord] = []

        def refund(order_id: str) -> bool:
            begin(order_id)
            refunded.append(self.refund(order_id))
            return True

        rounds.each(orders, refund, ends=(ChainUnreachable,))
        return refunded

    def forget_learner(self, platform: int, learner: int) -> None:
        """Erase what is personal of a platform's learner; the books stay as they are.

        That is how the learner is told things, what was told them, and what providers said of or
        were told about them. What is not decided yet keeps what it needs: call this again then.
        """
        # Imported here because only this, of all that a gateway does, needs what opens contacts.
        from zhifu.notify import contacts

        self._books.forget(platform, learner)
        with self._store.writing() as transaction:
            contacts.forget(transaction, platform, learner)

    def quote(self, contents: Sequence[int]) -> CartQuote:
        """What a cart costs now, and until when.

        Raises InvalidInput, UnknownContent and InactiveContent.
        """
        self.freshness.require()
        return self.intake.quote(contents)

    def recheck(self) -> list[Payment | ZhifuError]:
        """Ask providers again about every payment they were silent about."""
        return [self._recheck(payment) for payment in self._books.unknown()]

    def _recheck(self, payment: Payment) -> Payment | ZhifuError:
        if payment.expires_at is None:
            return self.intake.recheck(payment)
        try:
            self._inquiries.ask(payment)
        except ZhifuError as error:
            return error
        found = self._books.payment(payment.id)
        if found.state is PaymentState.PAYMENT_UNKNOWN:
            return PaymentUnknown(found.request.provider, found.provider_payment_id or "")
        return found

    def payment(self, payment_id: str) -> Payment:
        """One payment; raises UnknownPayment."""
        return self._books.payment(payment_id)

    def payments(self, platform: int) -> Iterator[Payment]:
        """A platform's payments, the oldest first."""
        return self._books.payments(platform)

    def order(self, order_id: str) -> OrderRecord:
        """One order; raises UnknownOrder."""
        return self._books.order(order_id)

    def orders(
        self, platform: int, *, before: int = FIRST, limit: int = 100
    ) -> Sequence[OrderRecord]:
        """A platform's orders whose numbers (`zhifu.ids`) are below `before`, the newest first."""
        return self._pages.orders(platform, before, limit)

    def history(self, order_id: str) -> list[Change]:
        """What happened to an order, in order; raises UnknownOrder."""
        return self._books.history(order_id)

    # Top-ups

    def follow_top_ups(self, platform: int) -> int:
        """Put a platform's paid top-ups on its learners' accounts; how many are dealt with.

        A top-up is a payment that `pay` or `checkout` takes with the purpose TOP_UP. One that the
        chain refuses, because the platform's balance or its limit of the day is used up, waits with
        its `problem`; one that goes back is asked about at its provider. Raises NoOperator,
        UnknownPlatform, ChainUnreachable.
        """
        return self._top_ups.follow(platform)

    def refund_top_up(self, payment_id: str) -> TopUp:
        """Send a top-up that is not on chain yet back at its provider.

        The same again asks how far that is. Raises UnknownPayment, NotRefundable if it is not paid,
        or on its way to the chain already, UnknownProvider, and ProviderRefused: its provider is
        then asked again only by calling this again, unless the money is returned by hand
        (`top_up_returned`). Raises NotRefundable too if the payer's bank has a part: it is pending
        then, and goes back once the bank has given that back, or by hand.
        """
        return self._top_ups.refund(payment_id)

    def top_up_returned(self, payment_id: str, detail: str) -> TopUp:
        """Mark a top-up that goes back as returned by hand; `detail` says how.

        Its provider is not asked for it any more. Raises InvalidInput, UnknownPayment, and
        NotRefundable unless its provider has refused to, or the payer's bank has a part of it.
        """
        return self._top_ups.returned(payment_id, detail)

    def refund_late_top_ups(self, platform: int, patience_seconds: int) -> list[TopUp]:
        """Send back what a problem has kept from the chain for so long; those on their way."""
        return self._top_ups.refund_late(platform, patience_seconds)

    def top_up(self, payment_id: str) -> TopUp:
        """One top-up, by its payment; raises UnknownPayment."""
        return self._top_up_book.of(payment_id)

    def top_ups(self, platform: int, *, before: int = FIRST, limit: int = 100) -> Sequence[TopUp]:
        """A platform's top-ups whose numbers (`zhifu.ids`) are below `before`, the newest first."""
        return self._top_ups.page(platform, before, limit)

    def top_up_history(self, payment_id: str) -> list[Change]:
        """What happened to a top-up, in order; raises UnknownPayment."""
        return self._top_up_book.history(payment_id)

    def learner_balance(self, platform: int, learner: int) -> Balance:
        """What a learner can spend on a platform now: what is on chain and not spent yet.

        It is spent by `pay` with the provider "balance" and no name of the payment, on any
        content; that raises InsufficientBalance for more, and ChainUnreachable.
        """
        return self._top_ups.balance(platform, learner)

    def learner_balances(self, learner: int) -> list[LearnerBalance]:
        """What the chain has of a learner's now, platform by platform, where it has any.

        It counts what was bought and is not settled yet. Raises UnknownLearner, ChainUnreachable.
        """
        if not 0 < learner <= self._index.learners:
            self.sync()
        if not 0 < learner <= self._index.learners:
            raise UnknownLearner(learner)
        return self._top_ups.balances(learner, [each.number for each in self.platforms()])

    # Pay-outs

    def pay_out(self, platform: int, learner: int, amount: Money, idempotency_key: str) -> PayOut:
        """Pay some of a learner's balance out: off the account on chain, then back as fiat.

        The chain's part is included when this returns; `follow_pay_outs` and `pay_back` go on with
        the rest. The same key again is the same pay-out; see `withdraw`. Raises InvalidInput,
        IdempotencyConflict, CurrencyMismatch, InexactAmount, UnknownPlatform, NoOperator, and
        InsufficientBalance for more than `learner_balance`.
        """
        return self._pay_outs.pay_out(platform, learner, amount, idempotency_key)

    def follow_pay_outs(self, platform: int) -> int:
        """Begin to return what pay-outs have taken off accounts for good; of how many.

        It goes back through the payments that had filled the account (top-ups, and what was
        refunded to it), the latest first, each up to what it brought: as `paybacks` with the reason
        `paid_out`. What is left is the pay-out's `by_hand`.
        """
        return self._pay_outs.follow(platform)

    def paid_out_by_hand(self, platform: int, pay_out_id: str, detail: str) -> PayOut:
        """Note that a person returned what is `by_hand` of a pay-out; `detail` says how.

        Raises InvalidInput, UnknownPayOut, and PayOutNotByHand where nothing is, or not any more.
        """
        return self._pay_outs.by_hand(platform, pay_out_id, detail)

    def pay_outs(self, platform: int, *, before: int = FIRST, limit: int = 100) -> Sequence[PayOut]:
        """A platform's pay-outs whose numbers (`zhifu.ids`) are below `before`, newest first."""
        return self._pay_out_book.page(platform, before, limit)

    def pay_out_record(self, platform: int, pay_out_id: str) -> PayOut:
        """One pay-out of a platform; raises UnknownPayOut."""
        return self._pay_out_book.of(platform, pay_out_id)

    def pay_out_history(self, platform: int, pay_out_id: str) -> list[Change]:
        """What happened to a pay-out, in order; raises UnknownPayOut."""
        return self._pay_out_book.history(platform, pay_out_id)

    # Settlement

    def waiting(self, platform: int) -> int:
        """How many paid orders of a platform wait for a batch; those left out do not count."""
        return self._books.waiting(platform)

    def left_out(self, platform: int) -> list[OrderRecord]:
        """A platform's paid orders that no batch can carry now, each with its `problem`."""
        return self._books.left_out(platform)

    def is_due(self, platform: int) -> bool:
        """Whether a platform's waiting orders should be settled now: enough, or old enough."""
        return self._closing.is_due(self._lane_book.queue(platform), wall_milliseconds())

    def settle(self, platform: int, *, limit: int | None = None) -> BatchRecord | None:
        """Settle a platform's next batch on chain and wait until it is included.

        At most `limit` orders (default and most: the batch size). None if no order can go: none
        waits, or those that do are `left_out`. Raises NoOperator, UnrecordedBatch if the chain has
        what these books, restored from an older back-up, have not, and InsufficientBalance if the
        platform cannot pay: its orders wait. ChainUnreachable, InconsistentNode, NodeRefused,
        TransactionPending and FeeCapReached may leave a stored batch behind that the next call, or
        `recover`, brings to its end. LaneBusy if another process works for the platform's key, and
        does not end in time.
        """
        lane = self._lane(platform)
        if limit is not None:
            _require_positive("limit", limit, 1)
        self.sync()
        return lane.settle(min(limit or self._batch_size, self._batch_size))

    def settle_due(self, platform: int) -> BatchRecord | None:
        """Settle a platform's next batch if one is due: what a worker calls time and again.

        By what was last seen of the chain, if that was within a second. None if none is due or can
        go. Raises as `settle`.
        """
        lane = self._lane(platform)
        if not self.is_due(platform):
            return None
        self.freshness.require()
        return lane.settle(self._batch_size)

    def recover(self, platform: int | None = None) -> list[BatchRecord]:
        """Bring every batch that was stored and not settled to its end; what became of each.

        Of one platform, or of all whose operator keys are here. To be called on start. One that the
        chain refused comes back as refused, once that is `confirmations` deep; its orders wait
        again. One that was refused and that a reorganisation included all the same comes back as
        settled. Refunds that were cut short are finished too; `pending_refunds` tells of those that
        still cannot be. What keeps one lane from its end is raised once the others, and the
        refunds, have come to theirs. Raises UnknownPlatform and NoOperator for a
        platform that is not here.
        """
        self.sync()
        batches: list[BatchRecord] = []
        failures: list[ZhifuError] = []
        lanes = self._lanes if platform is None else {platform: self._lane(platform)}
        for lane in lanes.values():
            batches += self._recovered(lane, failures)
        for number in lanes:
            self.follow_refunds(number)
        if failures:
            raise failures[0]
        return batches

    def follow_refunds(self, platform: int) -> int:
        """Go on with a platform's refunds that were begun; how many are finished.

        First with those that need nothing on chain any more: a transaction that waits in vain keeps
        none of them from its provider. Raises UnknownPlatform, NoOperator and ChainUnreachable.
        """
        self._lane(platform)
        due = self._refunds.due(platform)
        return rounds.each(due, self._refunds.go_on, ends=(ChainUnreachable,))

    def _recovered(self, lane: Lane, failures: list[ZhifuError]) -> list[BatchRecord]:
        try:
            return lane.recover()
        except ChainUnreachable:
            raise
        except ZhifuError as error:
            failures.append(error)
            return []

    def adopt(self, platform: int, *, unmatched: bool = False) -> list[Adoption]:
        """Take in batches that the chain has settled and restored books know nothing of.

        For an operator, after UnrecordedBatch. Waiting orders that a batch has sold are settled
        from then on. One that has sold what no waiting order is like is taken in only if
        `unmatched`: those sales were paid after the back-up was made, are in the provider's bill,
        and must not be recorded again. Raises NoOperator, and UnrecordedBatch for such a batch.
        """
        lane = self._lane(platform)
        self.sync()
        with lane.turn:
            lane.recover()
            adopter = Adopter(
                self._lane_book,
                self._index,
                self.network.chain,
                platform,
                lane.number,
                lane.signer,
            )
            return adopter.adopt(unmatched=unmatched)

    def batches(self, platform: int) -> list[BatchRecord]:
        """A platform's batches, the oldest first."""
        return self._lane_book.batches(platform)

    # Licences

    def may_use(self, holder: int | str, content: int) -> bool:
        """Whether a learner (by number) or the holder of an address may use a content now.

        Whichever platform sold it, and whichever gateway settled it: the index finds the order and
        the chain verifies it. Raises UnknownContent, UnknownLearner, and InvalidInput for what is
        no address.
        """
        self._require_known(holder, content)
        return self._may_use(holder, content) or (self.sync() and self._may_use(holder, content))

    def license(self, learner: int, content: int) -> BatchOrder | None:
        """A learner's latest order of a content that verifies, with its proof, ready to be claimed.

        None if there is none. Raises UnknownContent and UnknownLearner.
        """
        self._require_known(learner, content)
        found = self._licenses.of_learner(learner, content)
        if found is None and self.sync():
            found = self._licenses.of_learner(learner, content)
        return found

    def license_of(self, order_id: str) -> BatchOrder | None:
        """One order with its proof, whether or not it still verifies; None before it is settled.

        Raises UnknownOrder.
        """
        batch, platform = (order := self.order(order_id)).batch, order.platform
        if batch is None:
            return None
        place = (platform, batch.lane, batch.number, batch.position)
        found = self._licenses.of_batch(*place)
        if found is None and self.sync():
            found = self._licenses.of_batch(*place)
        return found

    def refund(self, order_id: str, *, to: Destination | str | None = None) -> OrderRecord:
        """Refund what is left of an order: unsettled at its provider alone, else first on chain.

        The money goes back the way it was paid, or with `to="balance"` to the learner's balance on
        the platform, out of the platform's own and within its limit of the day for top-ups. What
        was paid from a balance goes back there, and nowhere else.

        Comes back as `refund_pending` if the provider does not answer, or while what it does on
        chain is not `confirmations` deep; `recover`, or the same call again, goes on. An order that
        is refunded already stays so; if its refund on chain was reorganised away, that is made
        again. Raises UnknownOrder, NoOperator, UnknownProvider, InvalidInput for `to`, and
        NotRefundable: not paid, or its money goes elsewhere than `to` says, or its window is closed
        (a refund that had begun then ends, and the order is settled as before). The refund stays
        pending where the provider refuses (ProviderRefused), which is asked again only by calling
        this again, unless the money is `returned` by hand; and where the chain puts it on no
        balance now (InsufficientBalance, TopUpAboveLimit, SellingPaused), which is tried again.
        Raises TransactionFailed where it failed on chain for no reason that the chain tells.
        """
        return self._refunds.refund(order_id, to)

    def refund_part(
        self,
        order_id: str,
        amount: Money,
        idempotency_key: str,
        *,
        to: Destination | str | None = None,
    ) -> Refund:
        """Refund a part of a settled order: on chain by its content's host, then in money.

        The licence goes on; `refund` then refunds what is left. All that is left is not a part: it
        is as `refund` has it. The same key, of this order, with the same amount is the same refund
        and goes on with it. Raises what `refund` raises, IdempotencyConflict, CurrencyMismatch and
        InvalidInput for more than is left, NoOperator too where the host's key is not here, and
        NotRefundable for a part of what is not settled yet: its price cannot be lowered.
        """
        number = self._refunds.refund_part(order_id, amount, idempotency_key, to)
        return self._pages.refund(self.order(order_id).platform, ids.to_text(ids.REFUND, number))

    def returned(self, refund_id: str, detail: str) -> Refund:
        """Mark a refund as returned by hand, once its provider has refused to; `detail` says how.

        So may one that the chain did not put on the learner's balance. Nobody is asked for it any
        more. The same detail again is the same answer. Raises InvalidInput, UnknownRefund, and
        NotRefundable unless a refund is pending that somebody has refused.
        """
        found = self._refund_book.named(refund_id)
        self._refunds.returned(found.number, detail)
        return self._pages.refund(self.order(found.order_id).platform, refund_id)

    def refunds(self, platform: int, *, before: int = FIRST, limit: int = 100) -> Sequence[Refund]:
        """A platform's refunds whose numbers (`zhifu.ids`) are below `before`, the newest first."""
        return self._pages.refunds(platform, before, limit)

    def refund_record(self, platform: int, refund_id: str) -> Refund:
        """One refund of a platform; raises UnknownRefund."""
        return self._pages.refund(platform, refund_id)

    def refund_of(self, order_id: str) -> Refund:
        """The latest refund of all that was left of an order, or else of a part of it.

        Raises UnknownRefund if none was begun.
        """
        return self._pages.refund_of(order_id)

    def pending_refunds(self) -> list[OrderRecord]:
        """Orders whose refund is not finished, or not on chain any more, the oldest first."""
        return self._refunds.pending()

    def dispute(self, order_id: str) -> DisputeRecord:
        """The dispute about an order, whoever opened it, open or decided, as of the last `sync`.

        Raises UnknownOrder and UnknownDispute.
        """
        return self._dispute_book.about(self.order(order_id).id)

    def disputes(
        self, platform: int, *, before: int = FIRST, limit: int = 100
    ) -> Sequence[DisputeRecord]:
        """A platform's disputes, numbered (`zhifu.ids`) below `before`, the newest first."""
        return self._dispute_book.page(platform, before, limit)

    def dispute_record(self, platform: int, dispute_id: str) -> DisputeRecord:
        """One dispute about a platform's orders; raises UnknownDispute."""
        return self._dispute_book.of(platform, dispute_id)

    def open_dispute(self, order_id: str, evidence: bytes, idempotency_key: str) -> DisputeRecord:
        """Move what is left of a settled order into dispute, with a bond of its platform's.

        `evidence` is a hash of 32 bytes. The same key again is the same dispute; see `withdraw`.
        Raises UnknownOrder, InvalidInput, IdempotencyConflict, NoOperator, NotRefundable (not
        settled, or its window is closed), OrderInDispute, InsufficientBalance.
        """
        return self._disputes.open(self.order(order_id), evidence, idempotency_key)

    # Members

    def reserve_learners(self, platform: int, count: int, idempotency_key: str) -> Reservation:
        """Reserve `count` learner numbers (at most 2^20) for a platform, on chain.

        The same key again is the same reservation; see `withdraw`. Raises InvalidInput,
        IdempotencyConflict, UnknownPlatform, NoOperator and InactivePlatform.
        """
        return self._enrolment.reserve(platform, count, idempotency_key)

    def reservations(
        self, platform: int, *, before: int = FIRST, limit: int = 100
    ) -> Sequence[Reservation]:
        """A platform's reservations, numbered (`zhifu.ids`) below `before`, the newest first."""
        return self._enrolment.reservations(platform, before, limit)

    def reservation(self, platform: int, reservation_id: str) -> Reservation:
        """One reservation of a platform; raises UnknownReservation."""
        return self._enrolment.reservation(platform, reservation_id)

    def bind_learner(
        self, platform: int, learner: int, commitment: bytes, idempotency_key: str
    ) -> str:
        """State on chain that a platform knows a learner; the transaction's hash.

        `commitment` is a salted hash of the platform's own name for them. The same key again is the
        same binding; see `withdraw`. Raises InvalidInput, IdempotencyConflict, UnknownPlatform,
        NoOperator and UnknownLearner.
        """
        return self._enrolment.bind(platform, learner, commitment, idempotency_key)

    def balance(self, platform: int) -> Balance:
        """What a platform can spend or withdraw now."""
        return self._treasury.balance(platform)

    def withdraw(self, platform: int, amount: Money, idempotency_key: str) -> WithdrawalRecord:
        """Send some of a platform's balance to its treasury, and wait until that is included.

        The same key again is the same withdrawal, and goes on with one that was cut short. Raises,
        and stores nothing: InvalidInput, IdempotencyConflict, CurrencyMismatch, InexactAmount,
        UnknownPlatform, NoOperator and InsufficientBalance. ChainUnreachable, InconsistentNode,
        NodeRefused, TransactionPending, FeeCapReached and LaneBusy may leave it stored: `recover`,
        or the same call again, brings it to its end. Raises TransactionFailed if it failed there.
        """
        return self._treasury.withdraw(platform, amount, idempotency_key)

    def withdrawals(
        self, platform: int, *, before: int = FIRST, limit: int = 100
    ) -> Sequence[WithdrawalRecord]:
        """A platform's withdrawals, numbered (`zhifu.ids`) below `before`, the newest first."""
        return self._treasury.withdrawals(platform, before, limit)

    def withdrawal(self, platform: int, withdrawal_id: str) -> WithdrawalRecord:
        """One withdrawal of a platform; raises UnknownWithdrawal."""
        return self._treasury.withdrawal(platform, withdrawal_id)

    # The chain

    def sync(self) -> bool:
        """Follow the chain up to its latest block; whether there was anything new.

        Confirms settled batches that are deep enough, and marks those that were reorganised away,
        and refunds alike: `recover` brings both to the chain again.
        """
        news = self._indexer.sync()
        self.freshness.note()
        cursor = self._index.cursor
        if cursor is not None:
            if not self._watch.follow(cursor.block_number):
                self._indexer.start_over()
            self._refund_book.follow()
            self._dispute_book.follow()
        return news

    def today(self) -> int:
        """The chain's day, since 1970 (UTC): the one whose prices hold now."""
        return self._indexer.today()

    def platforms(self) -> Sequence[PlatformRecord]:
        """The network's platforms as of the last `sync`, on the terms that hold now."""
        return self._index.platforms(self._indexer.now())

    def platform(self, number: int) -> PlatformRecord | None:
        """One platform as of the last `sync`, on the terms that hold now, or None."""
        found = self._index.platform(number)
        return None if found is None else found.at(self._indexer.now())

    def content(self, number: int) -> Content | None:
        """One content as of the last `sync`, or None."""
        return self._index.content(number)

    def contents_page(
        self, *, before: int = FIRST, limit: int = 100, host: int | None = None
    ) -> Sequence[Content]:
        """Contents below a number, of all hosts or of one, as of the last `sync`, newest first."""
        return self._index.page(before, limit, host)

    def contents(self, host: int | None = None) -> Sequence[Content]:
        """All contents, or one host's, as of the last `sync`."""
        return self._index.contents(host)

    def content_by_ref(self, host: int, ref: str) -> Content | None:
        """A host's content by the host's own name for it, as of the last `sync`."""
        return self._index.content_by_ref(host, ref)

    def _may_use(self, holder: int | str, content: int) -> bool:
        if isinstance(holder, str):
            return self._licenses.holds(holder, content)
        return self._licenses.of_learner(holder, content) is not None

    def _require_known(self, holder: int | str, content: int) -> None:
        if not self._is_known(holder, content):
            self.sync()
        if self._index.content(content) is None:
            raise UnknownContent(content)
        if not self._is_known(holder, content):
            raise UnknownLearner(holder)

    def _is_known(self, holder: int | str, content: int) -> bool:
        if self._index.content(content) is None:
            return False
        return isinstance(holder, str) or 0 < holder <= self._index.learners

    def _lane(self, platform: int) -> Lane:
        lane = self._lanes.get(platform)
        if lane is not None:
            return lane
        if self._index.platform(platform) is None:
            raise UnknownPlatform(platform)
        raise NoOperator(platform)

    def _look(self) -> None:
        """Look at the chain; where it does not answer, that is not tried again at once."""
        try:
            self.sync()
        except ChainUnreachable:
            self.freshness.note()
            raise


def _bind(store: Store, network: Network) -> None:
    """Tie the books to the deployment, or see that they belong to it."""
    deployment = network.deployment
    ours = (deployment.chain_id, deployment.settlement, deployment.block_hash)
    with store.writing() as transaction:
        found = transaction.row("deployment")
        if found == ours:
            return
        if found is not None and transaction.row("any_payment") is not None:
            raise ForeignDatabase(_name(*ours), _name(*found))
        transaction.run("put_deployment", chain_id=ours[0], settlement=ours[1], block_hash=ours[2])
        forget(transaction)


def _name(chain_id: int, settlement: str, block_hash: str) -> str:
    return f"{settlement} on chain {chain_id} since {block_hash}"


def _require_positive(field: str, value: int, least: int) -> None:
    if type(value) is not int or value < least:
        raise InvalidInput(field, f"must be an integer of at least {least}", value)
