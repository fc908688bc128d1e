"""A signer whose key is elsewhere: in a KMS, an HSM, or another process.

All that is asked of such a key is a signature of 32 bytes, in whichever form it gives one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from eth_account.messages import encode_typed_data
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from eth_keys.datatypes import Signature
from eth_keys.exceptions import BadSignature
from eth_utils.crypto import keccak
from eth_utils.exceptions import ValidationError

from zhifu.blocks import checksum_address
from zhifu.exceptions import InvalidSignature
from zhifu.signing import SignedTransaction

#: The order of secp256k1's group. A signature's s above half of it is refused by Ethereum
#: (EIP-2); its negative signs the same.
_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

_COMPACT_BYTES = 64
_V_OFFSET = 27


class _Parts(NamedTuple):
    """A signature; ``parity`` is that of the point's y, also called the recovery id."""

    parity: int
    r: int
    s: int


class RemoteSigner:
    """Signs for ``address`` by what ``sign_digest`` answers to the 32 bytes to be signed.

    The answer is a signature on secp256k1: in DER, as most key services give it, or r ‖ s in 64
    bytes, with or without a recovery id behind them, which is not needed. It is checked against the
    address, so a service that signs with another key is found out before anything is sent. What
    ``sign_digest`` raises goes through. Safe to share between threads if ``sign_digest`` is.

    Raises InvalidInput for what is no address, and InvalidSignature for an answer that is no
    signature by it.
    """

    def __init__(self, address: str, sign_digest: Callable[[bytes], bytes]) -> None:
        self._address = checksum_address(address)
        self._sign_digest = sign_digest

    @property
    def address(self) -> str:
        """The checksummed address it signs for."""
        return self._address

    def sign_transaction(self, transaction: Mapping[str, Any]) -> SignedTransaction:
        """Sign an EIP-1559 transaction whose fields are all filled in."""
        parity, r, s = self._sign(TypedTransaction.from_dict(dict(transaction)).hash())
        signed = {**transaction, "v": parity, "r": r, "s": s}
        raw = TypedTransaction.from_dict(signed).encode()
        return SignedTransaction(
            hash="0x" + keccak(raw).hex(),
            raw=raw,
            sender=self._address,
            nonce=int(transaction["nonce"]),
        )

    def sign_typed_data(
        self,
        domain: Mapping[str, Any],
        types: Mapping[str, Any],
        message: Mapping[str, Any],
    ) -> bytes:
        """Sign EIP-712 data; 65 bytes, r ‖ s ‖ v."""
        text = encode_typed_data(dict(domain), dict(types), dict(message))
        parity, r, s = self._sign(keccak(b"\x19" + text.version + text.header + text.body))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([_V_OFFSET + parity])

    def _sign(self, digest: bytes) -> _Parts:
        for r, s in _readings(bytes(self._sign_digest(digest))):
            low = min(s, _ORDER - s)
            for parity in (0, 1):
                if _signer(digest, parity, r, low) == self._address:
                    return _Parts(parity, r, low)
        raise InvalidSignature(self._address)

    def __repr__(self) -> str:
        return f"RemoteSigner({self._address})"


def _signer(digest: bytes, parity: int, r: int, s: int) -> str | None:
    """Whose signature this is, or None if it is nobody's."""
    try:
        key = Signature(vrs=(parity, r, s)).recover_public_key_from_msg_hash(digest)
    except (BadSignature, ValidationError):
        return None
    return str(key.to_checksum_address())


def _readings(signature: bytes) -> Iterator[tuple[int, int]]:
    """What r and s a signature may mean; one in DER may happen to be as long as a compact one."""
    if len(signature) in (_COMPACT_BYTES, _COMPACT_BYTES + 1):
        yield _split(signature[:_COMPACT_BYTES])
    # Two functions of the C library that this binding leaves undocumented.
    from coincurve import ecdsa

    library: Any = ecdsa
    with suppress(ValueError):
        yield _split(bytes(library.serialize_compact(library.der_to_cdata(signature))))


def _split(compact: bytes) -> tuple[int, int]:
    return int.from_bytes(compact[:32], "big"), int.from_bytes(compact[32:], "big")
