"""Every error zhifu raises, in one hierarchy.

An error names the ``field`` it is about and the ``rule`` that was not kept, and carries the
values a caller needs as typed attributes. The category says who can mend it:

* ZhifuError
  x InputError: the caller sent something that can never be accepted
  x NotFoundError: what the caller names does not exist
  x AuthorityError: the caller may not do this
  x StateError: valid, but not in the present state
  x ChainError: the chain could not be used, or refused
  x ProviderError: a payment provider did not answer, or refused

Each category's errors are in a private module named after it. Categories are caught, never raised.
How an error reaches a terminal or an HTTP client is decided at those edges, from ``code``.
"""

from __future__ import annotations

from zhifu.exceptions._authority import (
    AuthorizationUsed,
    InvalidApiKey,
    InvalidSignature,
    MissingScope,
    NoOperator,
    WrongKey,
    WrongOperator,
)
from zhifu.exceptions._base import (
    AuthorityError,
    ChainError,
    InputError,
    NotFoundError,
    ProviderError,
    StateError,
    ZhifuError,
)
from zhifu.exceptions._chain import (
    AnvilFailed,
    AnvilNotFound,
    ChainUnreachable,
    ContractReverted,
    NodeRefused,
    NotDeployed,
    RootMismatch,
    TransactionFailed,
    TransactionPending,
    TransactionTooLarge,
    WrongChain,
    WrongContractCode,
)
from zhifu.exceptions._input import (
    AmountMismatch,
    CatalogueError,
    CurrencyMismatch,
    ForbiddenAddress,
    InexactAmount,
    InvalidConfiguration,
    InvalidInput,
    InvalidSplitPlan,
    OverPreciseAmount,
    UnknownCurrency,
)
from zhifu.exceptions._not_found import (
    UnknownApiKey,
    UnknownContent,
    UnknownDispute,
    UnknownEndpoint,
    UnknownEvent,
    UnknownLearner,
    UnknownLicense,
    UnknownOrder,
    UnknownPayment,
    UnknownPlatform,
    UnknownProvider,
    UnknownRefund,
)
from zhifu.exceptions._provider import (
    InvalidCallback,
    PaymentUnknown,
    PaymentUnpaid,
    ProviderRefused,
)
from zhifu.exceptions._state import (
    CommitUnknown,
    DatabaseRefused,
    DatabaseUnreachable,
    DisputeExpired,
    DuplicateBatch,
    DuplicateOrder,
    DuplicatePayment,
    DuplicateRequest,
    ForeignDatabase,
    GatewayClosed,
    IdempotencyConflict,
    InactiveContent,
    InactivePlatform,
    InsufficientBalance,
    LicenseLocked,
    MissingExtra,
    NoRefundRequest,
    NotInDispute,
    NotRefundable,
    OrderInDispute,
    RequestInProgress,
    RequestInterrupted,
    RequestTooLate,
    SellingPaused,
    TooEarly,
    TopUpAboveLimit,
    UnrecordedBatch,
    WrongVaultKey,
)

__all__ = [
    "AmountMismatch",
    "AnvilFailed",
    "AnvilNotFound",
    "AuthorityError",
    "AuthorizationUsed",
    "CatalogueError",
    "ChainError",
    "ChainUnreachable",
    "CommitUnknown",
    "ContractReverted",
    "CurrencyMismatch",
    "DatabaseRefused",
    "DatabaseUnreachable",
    "DisputeExpired",
    "DuplicateBatch",
    "DuplicateOrder",
    "DuplicatePayment",
    "DuplicateRequest",
    "ForbiddenAddress",
    "ForeignDatabase",
    "GatewayClosed",
    "IdempotencyConflict",
    "InactiveContent",
    "InactivePlatform",
    "InexactAmount",
    "InputError",
    "InsufficientBalance",
    "InvalidApiKey",
    "InvalidCallback",
    "InvalidConfiguration",
    "InvalidInput",
    "InvalidSignature",
    "InvalidSplitPlan",
    "LicenseLocked",
    "MissingExtra",
    "MissingScope",
    "NoOperator",
    "NoRefundRequest",
    "NodeRefused",
    "NotDeployed",
    "NotFoundError",
    "NotInDispute",
    "NotRefundable",
    "OrderInDispute",
    "OverPreciseAmount",
    "PaymentUnknown",
    "PaymentUnpaid",
    "ProviderError",
    "ProviderRefused",
    "RequestInProgress",
    "RequestInterrupted",
    "RequestTooLate",
    "RootMismatch",
    "SellingPaused",
    "StateError",
    "TooEarly",
    "TopUpAboveLimit",
    "TransactionFailed",
    "TransactionPending",
    "TransactionTooLarge",
    "UnknownApiKey",
    "UnknownContent",
    "UnknownCurrency",
    "UnknownDispute",
    "UnknownEndpoint",
    "UnknownEvent",
    "UnknownLearner",
    "UnknownLicense",
    "UnknownOrder",
    "UnknownPayment",
    "UnknownPlatform",
    "UnknownProvider",
    "UnknownRefund",
    "UnrecordedBatch",
    "WrongChain",
    "WrongContractCode",
    "WrongKey",
    "WrongOperator",
    "WrongVaultKey",
    "ZhifuError",
]

#: An error is known by where it is imported from, in tracebacks and in pickles.
for _name in __all__:
    globals()[_name].__module__ = __name__
