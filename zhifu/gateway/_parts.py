"""What a gateway is made of, for its use-cases."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from zhifu.asking import Asking
from zhifu.book_ledger import BookLedger
from zhifu.books import Books
from zhifu.callbacks import Callbacks
from zhifu.chargebackbook import ChargebackBook
from zhifu.chargebacks import Chargebacks
from zhifu.checkouts import Checkouts
from zhifu.closing import Closing
from zhifu.deeds import Deeds
from zhifu.deployment import Network
from zhifu.disputebook import DisputeBook
from zhifu.disputes import Disputes
from zhifu.enrolment import Enrolment
from zhifu.exceptions import InvalidInput, NoOperator, UnknownPlatform
from zhifu.freshness import Freshness
from zhifu.index import Index
from zhifu.indexer import Indexer
from zhifu.inquiries import Inquiries
from zhifu.intake import Intake
from zhifu.lane import Lane
from zhifu.lanebook import LaneBook
from zhifu.ledger import Ledger
from zhifu.ledger_check import LedgerCheck
from zhifu.ledger_days import LedgerDays
from zhifu.licenses import Licenses
from zhifu.pages import Pages
from zhifu.paybackbook import PaybackBook
from zhifu.paybacks import Paybacks
from zhifu.payoutbook import PayOutBook
from zhifu.payouts import PayOuts
from zhifu.receipts import Receipts
from zhifu.reconcile import Reconciler
from zhifu.refundbook import RefundBook
from zhifu.refunds import Refunds
from zhifu.returns import Returns
from zhifu.statements import Statements
from zhifu.store import Store
from zhifu.topupbook import TopUpBook
from zhifu.topups import TopUps
from zhifu.treasury import Treasury
from zhifu.watch import Watch


class Parts:
    """The parts that the use-cases share; `Gateway` puts them together."""

    network: Network
    providers: frozenset[str]
    asking: Asking
    freshness: Freshness
    intake: Intake
    _store: Store
    _clock: Callable[[], int]
    _batch_size: int
    _closing: Closing
    _index: Index
    _indexer: Indexer
    _watch: Watch
    _deeds: Deeds
    _lanes: Mapping[int, Lane]
    _books: Books
    _lane_book: LaneBook
    _refund_book: RefundBook
    _payback_book: PaybackBook
    _chargeback_book: ChargebackBook
    _dispute_book: DisputeBook
    _top_up_book: TopUpBook
    _pay_out_book: PayOutBook
    _pages: Pages
    _receipts: Receipts
    _returns: Returns
    _statements: Statements
    _reconciler: Reconciler
    _ledger: Ledger
    _book_ledger: BookLedger
    _ledger_check: LedgerCheck
    _ledger_days: LedgerDays
    _licenses: Licenses
    _refunds: Refunds
    _paybacks: Paybacks
    _chargebacks: Chargebacks
    _checkouts: Checkouts
    _inquiries: Inquiries
    _callbacks: Callbacks
    _top_ups: TopUps
    _pay_outs: PayOuts
    _enrolment: Enrolment
    _treasury: Treasury
    _disputes: Disputes

    def _lane(self, platform: int) -> Lane:
        lane = self._lanes.get(platform)
        if lane is not None:
            return lane
        if self._index.platform(platform) is None:
            raise UnknownPlatform(platform)
        raise NoOperator(platform)


def require_positive(field: str, value: int, least: int) -> None:
    """Raise InvalidInput unless a value is an integer of at least `least`."""
    if type(value) is not int or value < least:
        raise InvalidInput(field, f"must be an integer of at least {least}", value)
