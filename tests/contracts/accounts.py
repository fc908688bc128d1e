"""Keys of the balances in Settlement."""

from __future__ import annotations

ZERO = "0x" + "00" * 20
NETWORK = 0


def of_address(address) -> int:
    """Return the key of the account that an address owns."""
    return int(str(address), 16)


def of_platform(platform: int) -> int:
    """Return the key of a platform's account; the network is platform 0."""
    return 1 << 248 | platform


def of_learner(platform: int, learner: int) -> int:
    """Return the key of a learner's account on a platform."""
    return 2 << 248 | platform << 32 | learner
