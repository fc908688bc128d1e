"""EIP-712: domains, digests and signatures of the local chain."""

from __future__ import annotations

from typing import Any, NamedTuple

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_hash.auto import keccak

CHAIN_ID = 31337


class Signature(NamedTuple):
    """The three words of a signature."""

    v: int
    r: bytes
    s: bytes

    def packed(self) -> bytes:
        """Return its 65 bytes."""
        return self.r + self.s + bytes([self.v])


def domain(name: str, contract: Any, chain_id: int = CHAIN_ID) -> dict[str, Any]:
    """Return the domain of a contract."""
    return {"name": name, "version": "1", "chainId": chain_id, "verifyingContract": str(contract)}


def digest(domain: dict[str, Any], types: Any, message: dict[str, Any]) -> bytes:
    """Return the hash that a signature is for."""
    encoded = encode_typed_data(domain, types, message)
    return keccak(b"\x19" + encoded.version + encoded.header + encoded.body)


def sign(key: str, domain: dict[str, Any], types: Any, message: dict[str, Any]) -> Signature:
    """Sign a message with a private key."""
    signed = Account.sign_message(encode_typed_data(domain, types, message), key)
    return Signature(signed.v, signed.r.to_bytes(32, "big"), signed.s.to_bytes(32, "big"))
