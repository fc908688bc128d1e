"""The gateway: fiat payments in, settled orders and licences out.

It believes a payment when its provider says so, stores everything before it acts on it, settles
paid orders on chain in batches, and answers from the chain who may use what.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping

from zhifu.actbook import ActBook
from zhifu.acts import Acts
from zhifu.asking import Asking
from zhifu.book_ledger import BookLedger
from zhifu.books import Books
from zhifu.callbacks import Callbacks
from zhifu.chargebackbook import ChargebackBook
from zhifu.chargebacks import Chargebacks
from zhifu.checkouts import Checkouts
from zhifu.closing import Closing
from zhifu.credits import Credits
from zhifu.deeds import Deeds
from zhifu.deployment import Network
from zhifu.disputebook import DisputeBook
from zhifu.disputes import Disputes
from zhifu.enrolment import Enrolment
from zhifu.exceptions import InvalidInput
from zhifu.finality import Finality
from zhifu.freshness import Freshness
from zhifu.gateway._accounting import Accounting
from zhifu.gateway._binding import bind
from zhifu.gateway._disputing import Disputing
from zhifu.gateway._documenting import Documenting
from zhifu.gateway._enrolling import Enrolling
from zhifu.gateway._following import Following
from zhifu.gateway._licensing import Licensing
from zhifu.gateway._parts import require_positive
from zhifu.gateway._paying import Paying
from zhifu.gateway._prepaying import Prepaying
from zhifu.gateway._reconciling import Reconciling
from zhifu.gateway._refunding import Refunding
from zhifu.gateway._returning import Returning
from zhifu.gateway._settling import Settling
from zhifu.gateway._withdrawing import Withdrawing
from zhifu.inbox import Inbox
from zhifu.index import Index
from zhifu.indexer import Indexer
from zhifu.inquiries import Inquiries
from zhifu.intake import Intake
from zhifu.lane import Lane, SubmissionRules
from zhifu.lanebook import LaneBook
from zhifu.leases import Leases
from zhifu.ledger import Ledger
from zhifu.ledger_check import LedgerCheck
from zhifu.ledger_days import LedgerDays
from zhifu.licenses import Licenses
from zhifu.operationbook import OperationBook
from zhifu.outcomes import Outcomes
from zhifu.pages import Pages
from zhifu.partrefunds import PartRefunds
from zhifu.paybackbook import PaybackBook
from zhifu.paybacks import Paybacks
from zhifu.payoutbook import PayOutBook
from zhifu.payouts import PayOuts
from zhifu.providers import Provider, answers_at_once
from zhifu.providers.balance import BALANCE, BalanceProvider
from zhifu.receipts import Receipts
from zhifu.reconcile import Reconciler
from zhifu.refundbook import RefundBook
from zhifu.refunds import Refunds
from zhifu.returns import Returns
from zhifu.selection import Selection
from zhifu.signing import Signer
from zhifu.silence import Spared
from zhifu.statements import Statements
from zhifu.store import Store
from zhifu.topupbook import TopUpBook
from zhifu.topups import TopUps
from zhifu.treasury import Treasury
from zhifu.watch import Watch


def _wall_clock() -> int:
    return int(time.time())


class Gateway(
    Accounting,
    Prepaying,
    Settling,
    Licensing,
    Refunding,
    Disputing,
    Returning,
    Reconciling,
    Documenting,
    Enrolling,
    Withdrawing,
    Following,
    Paying,
):
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
        require_positive("batch_size", batch_size, 1)
        self._closing = Closing(batch_size, batch_age_ms)
        deployment = network.deployment
        usual = Finality.usual(deployment.chain_id)
        finality = usual if confirmations is None else Finality(confirmations)
        rules = SubmissionRules(finality, replace_after_seconds)
        bind(store, network)
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
        self._deeds = Deeds(store, network.chain, self.sync)
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
                self._deeds,
            )
            for platform, signer in operators.items()
        }
        self._chargeback_book = ChargebackBook(store, clock)
        self._top_up_book = TopUpBook(store, clock)
        self._top_ups = TopUps(
            self._top_up_book,
            self._books,
            self._chargeback_book,
            network,
            self._lane,
            providers,
            self._deeds,
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
        self._ledger = Ledger(store)
        self._book_ledger = BookLedger(store, deployment.ledger_decimals)
        self._ledger_check = LedgerCheck(
            store, self._book_ledger, deployment.currency, deployment.ledger_decimals
        )
        self._ledger_days = LedgerDays(store, network, lambda: self._watch.final_block)
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
            PartRefunds(network, self._index, self._lanes, self._deeds),
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
        self._receipts = Receipts(
            store, self._books, self._index, self._licenses, deployment, clock
        )
        self._statements = Statements(store, self._index, deployment, self._ledger_days, clock)
        self._returns = Returns(store, clock)
        self._reconciler = Reconciler(
            store,
            self._index,
            providers,
            accounts or {},
            deployment.currency,
            deployment.ledger_decimals,
        )
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
