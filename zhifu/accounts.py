"""The keys of the balances in Settlement, as `Account.sol` makes them."""

from __future__ import annotations

from typing import NewType

from zhifu.blocks import checksum_address

Account = NewType("Account", int)

NETWORK = 0
"""The network is platform 0."""

_PLATFORM_TAG = 1 << 248
_LEARNER_TAG = 2 << 248
_NUMBER = (1 << 32) - 1


def of_platform(platform: int) -> Account:
    """The account of a platform, or of the network for platform 0."""
    return Account(_PLATFORM_TAG | platform)


def of_address(address: str) -> Account:
    """The account that only `address` itself may debit."""
    return Account(int(address, 16))


def of_learner(platform: int, learner: int) -> Account:
    """The account of a learner on a platform."""
    return Account(_LEARNER_TAG | platform << 32 | learner)


def platform_of(account: int) -> int | None:
    """The platform an account belongs to itself, or None."""
    return account ^ _PLATFORM_TAG if account >> 248 == 1 else None


def learner_of(account: int) -> tuple[int, int] | None:
    """The platform and learner of a learner's account, or None for any other."""
    return (account >> 32 & _NUMBER, account & _NUMBER) if account >> 248 == 2 else None


def name_of(account: int) -> str:
    """An account for people: `platform 2`, `network`, `learner 7 of platform 2`, or an address."""
    if learned := learner_of(account):
        return f"learner {learned[1]} of platform {learned[0]}"
    platform = platform_of(account)
    if platform is None:
        return checksum_address(f"0x{account:040x}")
    return f"platform {platform}" if platform else "network"
