"""What is valid, but not in the present state of an order, an account or the books."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from zhifu.exceptions._base import StateError


@dataclass(eq=False)
class InactiveContent(StateError):
    """The content exists but is not on sale."""

    code = "inactive_content"
    field = "content"
    rule = "must be on sale"

    content: int | str


@dataclass(eq=False)
class InactivePlatform(StateError):
    """The network has suspended the platform."""

    code = "inactive_platform"
    field = "platform"
    rule = "must be active"

    platform: int


@dataclass(eq=False)
class InsufficientBalance(StateError):
    """An account's available balance does not cover a move; both numbers are ledger units."""

    code = "insufficient_balance"
    field = "balance"
    rule = "must cover the amount"

    available: int
    required: int
    account: str | None = None


@dataclass(eq=False)
class IdempotencyConflict(StateError):
    """An idempotency key came again with another body."""

    code = "idempotency_conflict"
    field = "idempotency_key"
    rule = "must not be reused with another body"

    idempotency_key: str


@dataclass(eq=False)
class DuplicateBatch(StateError):
    """A lane's batch number was already used, or is not the next one."""

    code = "duplicate_batch"
    field = "batch"
    rule = "must be the lane's next number"

    expected: int
    actual: int


@dataclass(eq=False)
class UnrecordedBatch(StateError):
    """The chain has a batch of this lane that the books know nothing of, or did not take in whole.

    The books were restored from a back-up that is older, or a key settled with other books. Until
    the batch is recorded its orders could be settled, or refunded, a second time: nothing goes on
    for its platform.
    """

    code = "unrecorded_batch"
    field = "batch"
    rule = "must be in the books: restore a newer back-up, or adopt what the chain has settled"

    platform: int
    lane: int
    number: int


@dataclass(eq=False)
class UnrecordedDeed(StateError):
    """The chain has a top-up, a pay-out or a part given back just like this one already.

    The books know nothing of the transaction that did it: they were restored from a back-up that is
    older, or somebody did it by other means. To do it again might pay twice. `amount` is in ledger
    units; `about` is the learner's number, or the place of the order.
    """

    code = "unrecorded_deed"
    field = "amount"
    rule = "must not be on chain already, unknown to the books: see what `zhifu adopt` takes in"

    platform: int
    kind: str
    about: str
    amount: int
    transaction_hash: str


@dataclass(eq=False)
class DuplicateOrder(StateError):
    """A direct order was placed already; another one differs in its salt."""

    code = "duplicate_order"
    field = "order"
    rule = "must not be placed already"

    order: str


@dataclass(eq=False)
class DuplicatePayment(StateError):
    """A provider's payment already pays for something else."""

    code = "duplicate_payment"
    field = "provider_payment_id"
    rule = "must not pay twice"

    provider: str
    payment: str


@dataclass(eq=False)
class UnbalancedStatement(StateError):
    """What moved is not what makes the closing balance: nobody is handed such a statement.

    In ledger units. Nothing of the books is lost by it; `zhifu ledger check` tells more.
    """

    code = "unbalanced_statement"
    field = "statement"
    rule = "must have movements that lead from the opening balance to the closing one"

    account: str
    opening: int
    moved: int
    closing: int


@dataclass(eq=False)
class OrderUnpaid(StateError):
    """There is no receipt for an order that was never paid."""

    code = "order_unpaid"
    field = "order"
    rule = "must be paid"

    order: str
    state: str


@dataclass(eq=False)
class NotRefundable(StateError):
    """An order cannot be refunded now; `reason` says why."""

    code = "not_refundable"
    field = "order"
    rule = "must be refundable"

    order: str
    reason: str


@dataclass(eq=False)
class TooEarly(StateError):
    """Something that was announced cannot be done before `since`, in Unix seconds."""

    code = "too_early"
    field = "time"
    rule = "must have come"

    since: int


@dataclass(eq=False)
class SellingPaused(StateError):
    """The network has paused selling; refunds, releases and withdrawals go on."""

    code = "selling_paused"
    field = "network"
    rule = "must not have paused selling"


@dataclass(eq=False)
class OrderInDispute(StateError):
    """The order's money is in dispute, where nobody but the arbiter moves it."""

    code = "order_in_dispute"
    field = "order"
    rule = "must not be in dispute"

    order: str


@dataclass(eq=False)
class NotInDispute(StateError):
    """There is no dispute about the order to decide or to close."""

    code = "not_in_dispute"
    field = "order"
    rule = "must be in dispute"

    order: str


@dataclass(eq=False)
class DisputeExpired(StateError):
    """The arbiter's time is over since `deadline` (Unix seconds): anyone may refund the order."""

    code = "dispute_expired"
    field = "dispute"
    rule = "must be decided before its deadline"

    deadline: int


@dataclass(eq=False)
class DuplicateRequest(StateError):
    """A refund of the order was requested before."""

    code = "duplicate_request"
    field = "order"
    rule = "must not have a requested refund"

    order: str


@dataclass(eq=False)
class NoRefundRequest(StateError):
    """No refund of the order waits for an answer: none was requested, or it was refused."""

    code = "no_refund_request"
    field = "order"
    rule = "must have a requested refund that was not refused"

    order: str


@dataclass(eq=False)
class RequestTooLate(StateError):
    """The seller's time to answer would end after the order's money has matured (Unix seconds)."""

    code = "request_too_late"
    field = "order"
    rule = "must be requested while half a refund window is left"

    answer_by: int
    matures_at: int


@dataclass(eq=False)
class TopUpAboveLimit(StateError):
    """More than is left of what a platform may top up on one day; ledger units."""

    code = "top_up_above_limit"
    field = "amount"
    rule = "must be within the platform's limit of the day"

    amount: int
    left: int


@dataclass(eq=False)
class LicenseLocked(StateError):
    """A claimed licence cannot move before `unlocks_at` (Unix seconds)."""

    code = "license_locked"
    field = "licence"
    rule = "must be unlocked to move"

    order: str
    unlocks_at: int


@dataclass(eq=False)
class ForeignDatabase(StateError):
    """The books in the database belong to another deployment of the contracts."""

    code = "foreign_database"
    field = "database"
    rule = "must belong to this deployment"

    expected: str
    actual: str


@dataclass(eq=False)
class DatabaseRefused(StateError):
    """The database will not hold a change, or cannot be used."""

    code = "database_refused"
    field = "database"
    rule = "must accept the change"

    reason: str


@dataclass(eq=False)
class MissingExtra(StateError):
    """A part of zhifu is used whose libraries are not installed; ``rule`` says how they are."""

    code = "missing_extra"
    field = "extra"

    rule: str
    extra: str


@dataclass(eq=False)
class DatabaseUnreachable(StateError):
    """The database does not answer, or ended the session; nothing of the change is stored."""

    code = "database_unreachable"
    field = "database"
    rule = "must answer"

    reason: str


@dataclass(eq=False)
class CommitUnknown(StateError):
    """The database was gone before it said whether a change is stored.

    To do the same again is safe, and finds out: what is stored already is answered as it is.
    """

    code = "commit_unknown"
    field = "database"
    rule = "must say whether a change is stored; do the same again to find out"

    reason: str


@dataclass(eq=False)
class GatewayClosed(StateError):
    """The gateway is closing and takes nothing new."""

    code = "gateway_closed"
    field = "gateway"
    rule = "must be open"


@dataclass(eq=False)
class RequestInProgress(StateError):
    """The first request under an idempotency key is still being worked on."""

    code = "request_in_progress"
    field = "idempotency_key"
    rule = "must not be used again before its first request is answered"

    idempotency_key: str


@dataclass(eq=False)
class RequestInterrupted(StateError):
    """The first request under an idempotency key was cut short; whether it had an effect is open.

    Whoever sent it looks whether it had, and if not asks again under another key.
    """

    code = "request_interrupted"
    field = "idempotency_key"
    rule = "must not be one whose request was cut short"

    idempotency_key: str


@dataclass(eq=False)
class PaybackNotFailed(StateError):
    """A person wants to mend a payback that its provider did not refuse; it is in ``state``."""

    code = "payback_not_failed"
    field = "payback"
    rule = "must be one that its provider refused"

    payback: str
    state: str


@dataclass(eq=False)
class PayOutNotByHand(StateError):
    """A person says to have returned of a pay-out what nobody has to; it is in ``state``."""

    code = "pay_out_not_by_hand"
    field = "pay_out"
    rule = "must have something left to be returned by hand"

    pay_out: str
    state: str


@dataclass(eq=False)
class TooManyEndpoints(StateError):
    """A platform has as many webhook endpoints as it may have."""

    code = "too_many_endpoints"
    field = "endpoint"
    rule = "must be one of at most as many as a platform may have; remove another first"

    most: int


@dataclass(eq=False)
class WrongVaultKey(StateError):
    """What is sealed in the database was sealed by another key; `place` says what it is."""

    code = "wrong_vault_key"
    field = "vault_key"
    rule = "must be the key that the database's secrets were sealed with"

    place: str


@dataclass(eq=False)
class DayOpen(StateError):
    """A day of the ledger that a reorganisation of the chain could still change."""

    code = "day_open"
    field = "day"
    rule = "must be over, and its blocks safe from reorganisations"

    day: date


@dataclass(eq=False)
class DayRootMismatch(StateError):
    """A day was closed with a root that the ledger does not lead to any more."""

    code = "day_root_mismatch"
    field = "day"
    rule = "must have the root that it was closed with"

    day: date
    closed_with: bytes
    found: bytes
