"""Blocks, transactions, receipts and logs as a node reports them, typed.

Hashes are lower-case 0x strings, addresses carry their EIP-55 checksum, topics and data are bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from eth_utils.address import is_address, is_checksum_address

from zhifu.abi.addresses import checksummed
from zhifu.exceptions import InvalidInput

#: A block by number, or ``"latest"``, ``"pending"``, ``"safe"``, ``"finalized"``, ``"earliest"``.
BlockId = int | str


class Block(NamedTuple):
    """A block's header; ``timestamp`` in seconds since 1970, ``base_fee`` in wei per gas."""

    number: int
    hash: str
    parent_hash: str
    timestamp: int
    base_fee: int
    gas_limit: int
    gas_used: int


class Transaction(NamedTuple):
    """A transaction; ``block_number`` is None while it is pending, ``to`` None when it creates."""

    hash: str
    sender: str
    to: str | None
    nonce: int
    value: int
    gas: int
    input: bytes
    block_number: int | None


class Log(NamedTuple):
    """An event as emitted; ``log_index`` counts within the block.

    ``block_timestamp`` is None where the node does not tell it with a log.
    """

    address: str
    topics: tuple[bytes, ...]
    data: bytes
    block_number: int
    block_hash: str
    transaction_hash: str
    transaction_index: int
    log_index: int
    block_timestamp: int | None = None


class Receipt(NamedTuple):
    """What became of an included transaction; ``effective_gas_price`` in wei per gas."""

    transaction_hash: str
    succeeded: bool
    block_number: int
    block_hash: str
    transaction_index: int
    sender: str
    to: str | None
    contract_address: str | None
    gas_used: int
    effective_gas_price: int
    logs: tuple[Log, ...]


@lru_cache(maxsize=65_536)
def checksum_address(address: str) -> str:
    """``address`` with its EIP-55 checksum.

    Raises InvalidInput when it is no address, or carries another checksum than its own.
    """
    if not isinstance(address, str) or not address.startswith("0x") or not is_address(address):
        raise InvalidInput("address", "must be a 20-byte 0x address", address)
    carries_checksum = address[2:] not in (address[2:].lower(), address[2:].upper())
    if carries_checksum and not is_checksum_address(address):
        raise InvalidInput("address", "must keep its EIP-55 checksum", address)
    return checksummed(bytes.fromhex(address[2:]))


def block_from_json(block: Mapping[str, Any]) -> Block:
    """A block of ``eth_getBlockByNumber``."""
    return Block(
        number=int(block["number"], 16),
        hash=block["hash"],
        parent_hash=block["parentHash"],
        timestamp=int(block["timestamp"], 16),
        base_fee=int(block.get("baseFeePerGas") or "0x0", 16),
        gas_limit=int(block["gasLimit"], 16),
        gas_used=int(block["gasUsed"], 16),
    )


def transaction_from_json(transaction: Mapping[str, Any]) -> Transaction:
    """A transaction of ``eth_getTransactionByHash``."""
    number = transaction["blockNumber"]
    return Transaction(
        hash=transaction["hash"],
        sender=checksum_address(transaction["from"]),
        to=_optional_address(transaction.get("to")),
        nonce=int(transaction["nonce"], 16),
        value=int(transaction["value"], 16),
        gas=int(transaction["gas"], 16),
        input=bytes.fromhex(transaction["input"][2:]),
        block_number=None if number is None else int(number, 16),
    )


def log_from_json(log: Mapping[str, Any]) -> Log:
    """A log of ``eth_getLogs`` or of a receipt."""
    timestamp = log.get("blockTimestamp")
    return Log(
        checksum_address(log["address"]),
        tuple([bytes.fromhex(topic[2:]) for topic in log["topics"]]),
        bytes.fromhex(log["data"][2:]),
        int(log["blockNumber"], 16),
        log["blockHash"],
        log["transactionHash"],
        int(log["transactionIndex"], 16),
        int(log["logIndex"], 16),
        int(timestamp, 16) if timestamp else None,
    )


def receipt_from_json(receipt: Mapping[str, Any]) -> Receipt:
    """A receipt of ``eth_getTransactionReceipt``."""
    return Receipt(
        transaction_hash=receipt["transactionHash"],
        succeeded=receipt["status"] == "0x1",
        block_number=int(receipt["blockNumber"], 16),
        block_hash=receipt["blockHash"],
        transaction_index=int(receipt["transactionIndex"], 16),
        sender=checksum_address(receipt["from"]),
        to=_optional_address(receipt.get("to")),
        contract_address=_optional_address(receipt.get("contractAddress")),
        gas_used=int(receipt["gasUsed"], 16),
        effective_gas_price=int(receipt.get("effectiveGasPrice") or "0x0", 16),
        logs=tuple([log_from_json(log) for log in receipt["logs"]]),
    )


def _optional_address(address: str | None) -> str | None:
    return checksum_address(address) if address else None
