"""Who signs: keys held here or elsewhere, behind one small interface."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from eth_utils.crypto import keccak
from hexbytes import HexBytes

from zhifu.blocks import checksum_address
from zhifu.exceptions import InvalidInput

_EIP_1559 = 2
_SIGNED = (
    *("type", "chainId", "nonce", "maxPriorityFeePerGas", "maxFeePerGas", "gas"),
    *("value", "accessList", "r", "s"),
)


class SignedTransaction(NamedTuple):
    """A transaction ready to send: its hash is known before any node has seen it."""

    hash: str
    raw: bytes
    sender: str
    nonce: int


def fields_of(raw: bytes) -> dict[str, Any]:
    """What a signed EIP-1559 transaction says, ready to be signed again."""
    fields = TypedTransaction.from_bytes(HexBytes(raw)).as_dict()
    return {name: value for name, value in fields.items() if name not in ("v", "r", "s")}


def signed_from_json(transaction: Mapping[str, Any]) -> SignedTransaction | None:
    """A call of ``eth_getTransactionByHash`` as it was signed; None if it is not EIP-1559."""
    if int(transaction["type"], 16) != _EIP_1559:
        return None
    fields = {name: transaction[name] for name in _SIGNED}
    fields["to"] = checksum_address(transaction["to"])
    fields.update({"data": transaction["input"], "v": transaction["yParity"]})
    raw = TypedTransaction.from_dict(fields).encode()
    return SignedTransaction(
        hash="0x" + keccak(raw).hex(),
        raw=raw,
        sender=checksum_address(transaction["from"]),
        nonce=int(transaction["nonce"], 16),
    )


class Signer(Protocol):
    """A key that signs for one address; it may live in this process, in a KMS or on a device."""

    @property
    def address(self) -> str:
        """The checksummed address it signs for."""

    def sign_transaction(self, transaction: Mapping[str, Any]) -> SignedTransaction:
        """Sign an EIP-1559 transaction whose fields are all filled in."""

    def sign_typed_data(
        self,
        domain: Mapping[str, Any],
        types: Mapping[str, Any],
        message: Mapping[str, Any],
    ) -> bytes:
        """Sign EIP-712 data; 65 bytes, r ‖ s ‖ v."""


class LocalSigner:
    """A signer whose key is in this process; neither ``repr`` nor an error ever shows the key."""

    def __init__(self, account: LocalAccount) -> None:
        self._account = account

    @classmethod
    def from_key(cls, key: str) -> LocalSigner:
        """From 32 bytes in hexadecimal, with or without 0x; raises InvalidInput."""
        try:
            return cls(Account.from_key(key))
        except Exception:
            # Whatever the cause, its text may hold the key.
            raise InvalidInput("key", "must be a private key of 32 bytes in hex") from None

    @classmethod
    def from_keystore(cls, path: Path | str, password: str) -> LocalSigner:
        """From an encrypted keystore file (Web3 Secret Storage); raises InvalidInput."""
        try:
            keystore = json.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise InvalidInput("keystore", "must be a readable keystore file", str(path)) from None
        try:
            return cls.from_key(Account.decrypt(keystore, password).hex())
        except (KeyError, TypeError, NotImplementedError):
            raise InvalidInput("keystore", "must be a version 3 keystore", str(path)) from None
        except ValueError:
            raise InvalidInput("password", "must be the keystore's password") from None

    @classmethod
    def create(cls) -> LocalSigner:
        """With a fresh random key."""
        return cls(Account.create())

    @property
    def address(self) -> str:
        """The checksummed address it signs for."""
        return str(self._account.address)

    def save_keystore(self, path: Path | str, password: str) -> None:
        """Write the key, encrypted, to a new file that only its owner can read.

        Raises InvalidInput when the file exists or the password is empty.
        """
        if not password:
            raise InvalidInput("password", "must not be empty")
        keystore = json.dumps(Account.encrypt(self._account.key, password))
        try:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError:
            raise InvalidInput("keystore", "must be a new file", str(path)) from None
        with os.fdopen(file, "w", encoding="utf-8") as opened:
            opened.write(keystore)

    def sign_transaction(self, transaction: Mapping[str, Any]) -> SignedTransaction:
        """Sign an EIP-1559 transaction whose fields are all filled in."""
        signed = self._account.sign_transaction(dict(transaction))
        return SignedTransaction(
            hash="0x" + bytes(signed.hash).hex(),
            raw=bytes(signed.raw_transaction),
            sender=self.address,
            nonce=int(transaction["nonce"]),
        )

    def sign_typed_data(
        self,
        domain: Mapping[str, Any],
        types: Mapping[str, Any],
        message: Mapping[str, Any],
    ) -> bytes:
        """Sign EIP-712 data; 65 bytes, r ‖ s ‖ v."""
        signed = self._account.sign_typed_data(dict(domain), dict(types), dict(message))
        return bytes(signed.signature)

    def __repr__(self) -> str:
        return f"LocalSigner({self.address})"
