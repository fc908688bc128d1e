"""Every error zhifu raises, in one hierarchy.

An error names the ``field`` it is about and the ``rule`` that was not kept, and carries the
values a caller needs as typed attributes. The category says who can mend it:

* ZhifuError
  x InputError: the caller sent something that can never be accepted
    + InvalidInput, UnknownCurrency, CurrencyMismatch
    + AmountMismatch, OverPreciseAmount, InexactAmount
    + InvalidSplitPlan, CatalogueError
  x NotFoundError: what the caller names does not exist
    + UnknownPlatform, UnknownLearner, UnknownContent, UnknownOrder, UnknownPayment
    + UnknownProvider
  x AuthorityError: the caller may not do this
    + WrongOperator, WrongKey, NoOperator, InvalidSignature, AuthorizationUsed
  x StateError: valid, but not in the present state
    + InactiveContent, InactivePlatform, InsufficientBalance, IdempotencyConflict
    + DuplicateBatch, DuplicateOrder, DuplicatePayment, NotRefundable, TooEarly
    + SellingPaused, OrderInDispute, NotInDispute, DisputeExpired, DuplicateRequest
    + NoRefundRequest, RequestTooLate, TopUpAboveLimit, LicenseLocked
    + ForeignDatabase, DatabaseRefused
  x ChainError: the chain could not be used, or refused
    + ChainUnreachable, WrongChain, NodeRefused, NotDeployed, ContractReverted
    + TransactionFailed, TransactionPending, TransactionTooLarge, RootMismatch
    + AnvilNotFound, AnvilFailed
  x ProviderError: a payment provider did not answer, or refused
    + PaymentUnknown, PaymentUnpaid, ProviderRefused

Categories are caught, never raised. How an error reaches a terminal or an HTTP client is decided
at those edges, from ``code``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from zhifu.money import Money

#: JSON readers keep integers exactly only up to this size.
_LARGEST_JSON_INTEGER = 2**53 - 1

#: A message is one line for people: longer values are cut in it, never in the attributes.
_LONGEST_SHOWN = 120


class ZhifuError(Exception):
    """Base of every error that zhifu raises on purpose.

    A concrete error is a dataclass: its fields are the values it carries, ``code`` is its stable
    name for programs, ``field`` is the input or thing at fault, and ``rule`` is what must hold,
    in words.
    """

    code: ClassVar[str]
    field: str
    rule: str

    def __post_init__(self) -> None:
        """Keep the values as ``args``, so that an error survives pickling between processes."""
        super().__init__(*(getattr(self, each.name) for each in self._fields()))

    def __str__(self) -> str:
        details = ", ".join(f"{name} {_shown(value)}" for name, value in self.values().items())
        sentence = f"{self.field}: {self.rule}" + (f" ({details})" if details else "")
        return " ".join(sentence.split())

    def values(self) -> dict[str, Any]:
        """The values this error carries by name, without ``field`` and ``rule``."""
        named = {each.name: getattr(self, each.name) for each in self._fields()}
        return {k: v for k, v in named.items() if k not in ("field", "rule") and v is not None}

    def to_dict(self) -> dict[str, Any]:
        """A JSON-safe object: ``code``, ``field``, ``rule``, ``message`` and the typed values.

        Integers beyond 2^53 become decimal strings, bytes become 0x-hex, and money an object of
        its amount and currency.
        """
        return {
            "code": self.code,
            "field": self.field,
            "rule": self.rule,
            "message": str(self),
            "values": _json_safe(self.values()),
        }

    def _fields(self) -> tuple[dataclasses.Field[Any], ...]:
        return dataclasses.fields(self) if dataclasses.is_dataclass(self) else ()


def _shown(value: object) -> str:
    if isinstance(value, bytes):
        text = "0x" + value.hex()
    elif isinstance(value, str) and (not value or not value.isprintable()):
        text = repr(value)
    else:
        text = str(value)
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"


def _json_safe(value: Any) -> Any:
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, int):
        return value if abs(value) <= _LARGEST_JSON_INTEGER else str(value)
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, Mapping):
        return {str(key): _json_safe(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json_safe(each) for each in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
    return str(value)


class InputError(ZhifuError):
    """The caller sent something that can never be accepted."""


class NotFoundError(ZhifuError):
    """What the caller names does not exist."""


class AuthorityError(ZhifuError):
    """The caller may not do this."""


class StateError(ZhifuError):
    """A valid request that the present state does not allow."""


class ChainError(ZhifuError):
    """The chain could not be used, or refused."""


class ProviderError(ZhifuError):
    """A payment provider did not answer, or refused."""


@dataclass(eq=False)
class InvalidInput(InputError):
    """A value breaks the rule of its field."""

    code = "invalid_input"

    field: str
    rule: str
    value: object = None


@dataclass(eq=False)
class UnknownCurrency(InputError):
    """A currency code that is not an active one of ISO 4217."""

    code = "unknown_currency"
    field = "currency"
    rule = "must be an active ISO 4217 code"

    currency: object


@dataclass(eq=False)
class CurrencyMismatch(InputError):
    """Two currencies where one is required."""

    code = "currency_mismatch"
    field = "currency"
    rule = "must be the same throughout"

    expected: str
    actual: str


@dataclass(eq=False)
class AmountMismatch(InputError):
    """An amount differs from the price it pays."""

    code = "amount_mismatch"
    field = "amount"
    rule = "must equal the price"

    expected: Money | int
    actual: Money | int


@dataclass(eq=False)
class OverPreciseAmount(InputError):
    """An amount is written with more decimals than its currency has."""

    code = "over_precise_amount"
    field = "amount"
    rule = "must not have more decimals than its currency"

    amount: str
    currency: str
    decimals: int


@dataclass(eq=False)
class InexactAmount(InputError):
    """An amount cannot be carried to another unit without rounding."""

    code = "inexact_amount"
    field = "amount"
    rule = "must scale exactly"

    amount: int
    from_decimals: int
    to_decimals: int


@dataclass(eq=False)
class InvalidSplitPlan(InputError):
    """A split plan's shares do not divide the whole; ``shares_bps`` are basis points."""

    code = "invalid_split_plan"
    field = "split_plan"

    rule: str
    shares_bps: tuple[int, ...]


@dataclass(eq=False)
class CatalogueError(InputError):
    """A catalogue or demand file is not what it must be.

    ``line`` counts from 1 (0: the file as a whole); ``column`` is the column's name and also the
    error's ``field``.
    """

    code = "catalogue_error"

    file: str
    line: int
    column: str
    rule: str
    value: str | None = None

    def __post_init__(self) -> None:
        self.field = self.column
        super().__post_init__()


@dataclass(eq=False)
class UnknownPlatform(NotFoundError):
    """No such platform in the network."""

    code = "unknown_platform"
    field = "platform"
    rule = "must be admitted to the network"

    platform: int | str


@dataclass(eq=False)
class UnknownLearner(NotFoundError):
    """No such learner."""

    code = "unknown_learner"
    field = "learner"
    rule = "must be registered"

    learner: int | str


@dataclass(eq=False)
class UnknownContent(NotFoundError):
    """No such content."""

    code = "unknown_content"
    field = "content"
    rule = "must be published"

    content: int | str


@dataclass(eq=False)
class UnknownOrder(NotFoundError):
    """No such order."""

    code = "unknown_order"
    field = "order"
    rule = "must exist"

    order: int | str


@dataclass(eq=False)
class UnknownPayment(NotFoundError):
    """No such payment."""

    code = "unknown_payment"
    field = "payment"
    rule = "must exist"

    payment: str


@dataclass(eq=False)
class UnknownProvider(NotFoundError):
    """No payment provider of this name is set up."""

    code = "unknown_provider"
    field = "provider"
    rule = "must be set up in this gateway"

    provider: object


@dataclass(eq=False)
class WrongOperator(AuthorityError):
    """The key that signs is not an operator of the platform it acts for."""

    code = "wrong_operator"
    field = "operator"
    rule = "must be an operator of the platform"

    platform: int | str
    operator: str


@dataclass(eq=False)
class WrongKey(AuthorityError):
    """The key that signs is not the one this is reserved for; `rule` says which that is."""

    code = "wrong_key"
    field = "key"

    rule: str
    key: str


@dataclass(eq=False)
class NoOperator(AuthorityError):
    """This gateway holds no operator key of the platform, so it cannot sell for it."""

    code = "no_operator"
    field = "platform"
    rule = "must have its operator key in this gateway"

    platform: int


@dataclass(eq=False)
class InvalidSignature(AuthorityError):
    """A signature was not made by the key it claims, or not over these data."""

    code = "invalid_signature"
    field = "signature"
    rule = "must be the signer's over exactly these data"

    signer: str | None = None


@dataclass(eq=False)
class AuthorizationUsed(AuthorityError):
    """A signed authorization was already used or cancelled."""

    code = "authorization_used"
    field = "authorization"
    rule = "must be unused"

    authorizer: str
    nonce: str


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
class ChainUnreachable(ChainError):
    """Nothing answers at the RPC address in time, or what answers is not JSON-RPC."""

    code = "chain_unreachable"
    field = "rpc"
    rule = "must be the address of a running node"

    url: str
    reason: str | None = None


@dataclass(eq=False)
class WrongChain(ChainError):
    """The node serves another chain than the one expected."""

    code = "wrong_chain"
    field = "chain_id"
    rule = "must be the expected chain"

    expected: int
    actual: int


@dataclass(eq=False)
class NodeRefused(ChainError):
    """The node answered a request with an error that is not a revert."""

    code = "node_refused"
    field = "rpc"
    rule = "must be accepted by the node"

    method: str
    error_code: int
    reason: str


@dataclass(eq=False)
class NotDeployed(ChainError):
    """The contracts are not on this chain, or no deployment file says where."""

    code = "not_deployed"
    field = "deployment"
    rule = "must exist: run `zhifu deploy`"

    chain_id: int
    missing: str | None = None


@dataclass(eq=False)
class ContractReverted(ChainError):
    """A contract refused a call.

    ``error`` is the Solidity error's name (``Error`` for a reason string, ``Panic`` for a
    compiler check, ``""`` when the contract gave no data or an error whose ABI is unknown),
    ``arguments`` its values by name, and ``data`` the bytes as returned.
    """

    code = "contract_reverted"
    field = "transaction"
    rule = "must be accepted by the contract"

    error: str
    arguments: Mapping[str, Any]
    data: bytes = b""

    def __str__(self) -> str:
        shown = ", ".join(f"{name}={_shown(value)}" for name, value in self.arguments.items())
        unknown = f"unknown error {_shown(self.data)}" if self.data else "no reason given"
        return f"{self.field}: {self.rule} ({f'{self.error}({shown})' if self.error else unknown})"


@dataclass(eq=False)
class TransactionFailed(ChainError):
    """A transaction was included but failed, and running it again gives no reason."""

    code = "transaction_failed"
    field = "transaction"
    rule = "must succeed"

    transaction_hash: str
    block_number: int
    gas_used: int


@dataclass(eq=False)
class TransactionPending(ChainError):
    """A transaction was sent but not included in time: it may still be."""

    code = "transaction_pending"
    field = "transaction"
    rule = "must be included in time"

    transaction_hash: str
    waited_seconds: int


@dataclass(eq=False)
class TransactionTooLarge(ChainError):
    """A transaction needs more gas than any transaction may use (EIP-7825)."""

    code = "transaction_too_large"
    field = "gas"
    rule = "must fit into one transaction"

    required: int
    limit: int


@dataclass(eq=False)
class RootMismatch(ChainError):
    """A batch's calldata does not lead to the root that the chain holds for it."""

    code = "root_mismatch"
    field = "batch"
    rule = "must be what its root commits to"

    platform: int
    lane: int
    number: int


@dataclass(eq=False)
class AnvilNotFound(ChainError):
    """No Anvil binary on this machine."""

    code = "anvil_not_found"
    field = "anvil"
    rule = "must be installed: run `npm ci` in the project, put `anvil` on PATH, or set ZHIFU_ANVIL"

    looked_in: tuple[str, ...]


@dataclass(eq=False)
class AnvilFailed(ChainError):
    """Anvil was found but did not start."""

    code = "anvil_failed"
    field = "anvil"
    rule = "must start and answer"

    reason: str


@dataclass(eq=False)
class PaymentUnknown(ProviderError):
    """The provider never said what became of a payment: it is neither paid nor failed."""

    code = "payment_unknown"
    field = "payment"
    rule = "must be confirmed by its provider"

    provider: str
    payment: str


@dataclass(eq=False)
class PaymentUnpaid(ProviderError):
    """The provider says that a payment is not paid."""

    code = "payment_unpaid"
    field = "provider_payment_id"
    rule = "must be paid at its provider"

    provider: str
    payment: str
    status: str


@dataclass(eq=False)
class ProviderRefused(ProviderError):
    """The provider refused a payment or a refund."""

    code = "provider_refused"
    field = "payment"
    rule = "must be accepted by its provider"

    provider: str
    payment: str
    reason: str
