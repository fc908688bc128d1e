"""What keeps a chain from being used, and what it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from zhifu.exceptions._base import ChainError, shown


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
class WrongContractCode(ChainError):
    """A contract of the deployment is not the one that this zhifu was built with."""

    code = "wrong_contract_code"
    field = "contract"
    rule = "must be the code that this zhifu ships: use the zhifu that deployed it"

    contract: str
    address: str


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
        given = ", ".join(f"{name}={shown(value)}" for name, value in self.arguments.items())
        unknown = f"unknown error {shown(self.data)}" if self.data else "no reason given"
        return f"{self.field}: {self.rule} ({f'{self.error}({given})' if self.error else unknown})"


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
class NonceTaken(ChainError):
    """A transaction of another key can never be included: its nonce went to another one."""

    code = "nonce_taken"
    field = "transaction"
    rule = "must be sent before another one takes its nonce"

    operator: str
    nonce: int


@dataclass(eq=False)
class FeeCapReached(ChainError):
    """A transaction would need higher fees than it may offer: it waits until they fall.

    One that was never stored has no hash.
    """

    code = "fee_cap_reached"
    field = "max_fee_per_gas_wei"
    rule = "must be above what the chain asks for now"

    max_fee_per_gas_wei: int
    transaction_hash: str | None = None


@dataclass(eq=False)
class LaneBusy(ChainError):
    """Somebody else works for this operator key, and did not come to an end in time."""

    code = "lane_busy"
    field = "operator"
    rule = "must be free: try again"

    operator: str
    holder: str


@dataclass(eq=False)
class PlatformBusy(ChainError):
    """Too much waits for a platform's operator key already; nothing was begun or changed."""

    code = "platform_busy"
    field = "platform"
    rule = "must not have more under way than its operator key gets done: try again"

    platform: int


@dataclass(eq=False)
class InconsistentNode(ChainError):
    """What the node says cannot be true, or contradicts what else it says; nothing is believed."""

    code = "inconsistent_node"
    field = "rpc"
    rule = "must be a node that does not contradict itself"

    url: str
    reason: str


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
class LedgerMismatch(ChainError):
    """An event moves another amount than the ledger has there."""

    code = "ledger_mismatch"
    field = "ledger"
    rule = "must have what the events of the chain move"

    what: str
    block_number: int
    said: int | str
    known: int | None


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
