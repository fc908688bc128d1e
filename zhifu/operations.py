"""What an operator key does on chain: an operation, and the transactions signed for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from zhifu.exceptions import ZhifuError


class Kind(str, Enum):
    """What an operation does."""

    BATCH = "batch"
    REFUND = "refund"
    CREDIT = "credit"
    REFUND_PART = "refund_part"
    TOP_UP = "top_up"
    PAY_OUT = "pay_out"
    WITHDRAWAL = "withdrawal"
    RESERVATION = "reservation"
    BINDING = "binding"
    DISPUTE = "dispute"

    @property
    def once(self) -> bool:
        """Whether the contract itself takes it once, whatever is sent."""
        return self in (Kind.BATCH, Kind.REFUND, Kind.DISPUTE)


class OperationState(str, Enum):
    """What has become of an operation; one that is stored has never been sent."""

    STORED = "stored"
    SUBMITTED = "submitted"
    SETTLED = "settled"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that an operator key does on chain for a platform.

    `subject` is the number of the batch, refund, act … that it is done for. `nonce` and
    `transaction_hash` are those of the transaction signed last, or of the one that was included;
    the block's number and hash and the gas are known while it is.
    """

    id: int
    platform: int
    operator: str
    kind: Kind
    subject: int
    state: OperationState
    nonce: int
    transaction_hash: str
    gas_used: int | None = None
    block_number: int | None = None
    block_hash: str | None = None


class Submission(NamedTuple):
    """A transaction signed for an operation; `created_at` in Unix seconds."""

    hash: str
    nonce: int
    raw: bytes
    created_at: int


class KnownBlock(NamedTuple):
    """A block that the chain had when it was last looked at."""

    number: int
    hash: str


class Ending(NamedTuple):
    """What became of an operation; `refusal` says why, if the chain refused it."""

    operation: Operation
    refusal: ZhifuError | None
