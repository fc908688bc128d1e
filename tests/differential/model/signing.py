"""Typed data (EIP-712) hashed by hand, and who signed it."""

from __future__ import annotations

from typing import Any, NamedTuple

from coincurve import PrivateKey, PublicKey
from eth_hash.auto import keccak

from tests.differential.model.words import ZERO, hash_words

CHAIN_ID = 31_337
HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0

_DOMAIN = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"


class Signature(NamedTuple):
    """The three words of a signature."""

    v: int
    r: bytes
    s: bytes

    def packed(self) -> bytes:
        """As 65 bytes."""
        return self.r + self.s + bytes([self.v])


class Domain:
    """What a signature is bound to: a name, a version, a chain and a contract."""

    def __init__(self, name: str, contract: str, version: str = "1") -> None:
        hashed = [keccak(text.encode()) for text in (_DOMAIN, name, version)]
        self.separator = hash_words(*hashed, CHAIN_ID, contract)

    def digest(self, typehash: bytes, *values: Any) -> bytes:
        """Return what is signed of a struct whose fields are a word each."""
        return self.digest_of(hash_words(typehash, *values))

    def digest_of(self, struct_hash: bytes) -> bytes:
        """Return what is signed of a struct with this hash."""
        return bytes(keccak(b"\x19\x01" + self.separator + struct_hash))


def typehash(text: str) -> bytes:
    """Return the hash of a struct's type."""
    return bytes(keccak(text.encode()))


def address_of(key: PublicKey) -> str:
    """Return the address of a public key."""
    return "0x" + bytes(keccak(key.format(compressed=False)[1:]))[12:].hex()


def sign(key: PrivateKey, digest: bytes) -> Signature:
    """Sign a digest."""
    raw = key.sign_recoverable(digest, hasher=None)
    return Signature(raw[64] + 27, raw[:32], raw[32:64])


def signer_of(digest: bytes, signature: Signature) -> str:
    """Return who signed, or zero for nobody; a malleable signature is nobody's."""
    v, r, s = signature
    if v not in (27, 28) or int.from_bytes(s, "big") > HALF_ORDER:
        return ZERO
    try:
        key = PublicKey.from_signature_and_message(r + s + bytes([v - 27]), digest, hasher=None)
    except Exception:
        return ZERO
    return address_of(key)


def is_signed(by: str, digest: bytes, packed: bytes) -> bool:
    """Tell whether 65 bytes are somebody's signature of a digest."""
    if len(packed) != 65 or by == ZERO:
        return False
    return signer_of(digest, Signature(packed[64], packed[:32], packed[32:64])) == by
