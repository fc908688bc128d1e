"""Addresses with the checksum of EIP-55, which is part of how they are written everywhere here."""

from __future__ import annotations

from functools import lru_cache

from eth_utils.crypto import keccak

#: From this hexadecimal digit of the hash on, the address has a capital letter in its place.
_FIRST_CAPITAL = "8"


@lru_cache(maxsize=65_536)
def checksummed(address: bytes) -> str:
    """The text of an address's 20 bytes."""
    text = address.hex()
    digits = keccak(text.encode()).hex()
    return "0x" + "".join(
        [
            letter.upper() if digit >= _FIRST_CAPITAL else letter
            for letter, digit in zip(text, digits, strict=False)
        ]
    )
