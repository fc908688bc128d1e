"""What the chain is made of: 32-byte words, hashes and account keys."""

from __future__ import annotations

from typing import Any

from eth_hash.auto import keccak

ZERO = "0x" + "0" * 40
NETWORK = 0
WHOLE_BPS = 10_000
PLATFORM_TAG = 1 << 248
LEARNER_TAG = 2 << 248
HIGHEST_WORD = 2**256 - 1


def word(value: Any) -> bytes:
    """Return a number, a truth, 32 bytes or an address (lowercase text) as one word."""
    if isinstance(value, bytes):
        return value
    number = int(value, 16) if isinstance(value, str) else int(value)
    return (number % 2**256).to_bytes(32, "big")


def words(*values: Any) -> bytes:
    """Return values one after the other, a word each."""
    return b"".join(map(word, values))


def hash_words(*values: Any) -> bytes:
    """Hash values of a word each."""
    return bytes(keccak(words(*values)))


def of_address(address: str) -> int:
    """Return the account of an address."""
    return int(address, 16)


def of_platform(platform: int) -> int:
    """Return the account of a platform, or of the network for 0."""
    return PLATFORM_TAG | platform


def of_learner(platform: int, learner: int) -> int:
    """Return the account of a learner on a platform."""
    return LEARNER_TAG | platform << 32 | learner


def is_account(account: int) -> bool:
    """Tell whether something can own the money of an account (DEP-1)."""
    tag, number = account >> 248, account % 2**248
    if tag == 0:
        return 0 < number < 2**160
    if tag == 1:
        return number < 2**32
    return tag == 2 and number < 2**64 and number >> 32 != 0 and number % 2**32 != 0
