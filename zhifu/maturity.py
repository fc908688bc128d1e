"""What has outlived its refund window, and paying it out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import product
from typing import NamedTuple, TypeVar

from zhifu import accounts
from zhifu.accounts import Account
from zhifu.deployment import Network
from zhifu.directory import Directory, PublishedContent
from zhifu.models import Hold
from zhifu.signing import Signer

CONTENTS_PER_TRANSACTION = 100

Key = TypeVar("Key")


class Matured(NamedTuple):
    """What a release would take out of the holds now, in ledger units."""

    contents: dict[int, int]
    commissions: dict[tuple[Account, int], int]

    @property
    def total(self) -> int:
        """All of it."""
        return sum(self.contents.values()) + sum(self.commissions.values())


def matured(
    network: Network,
    directory: Directory,
    now: int,
    *,
    contents: Iterable[int] | None = None,
    referrers: Iterable[Account] = (),
) -> Matured:
    """What the holds of contents (default: all) and of every seller would release at `now`.

    `now` is in Unix seconds. A referrer's commissions count if the referrer is given.
    """
    chosen = directory.contents.values() if contents is None else _chosen(directory, contents)
    holds = network.settlement.read_many("holdOf", [(each.number,) for each in chosen])
    ripe = {
        content.number: _ripe(network, packed, content.window_class, now)
        for content, packed in zip(chosen, holds, strict=True)
    }
    sellers = [accounts.of_platform(number) for number in directory.platforms]
    keys = list(product((*sellers, *referrers), range(len(network.deployment.windows))))
    commissions = network.settlement.read_many("commissionOf", keys)
    earned = {
        key: _ripe(network, packed, key[1], now)
        for key, packed in zip(keys, commissions, strict=True)
    }
    return Matured(_positive(ripe), _positive(earned))


def release(
    network: Network,
    sender: Signer,
    ripe: Matured,
    *,
    released: Callable[[int], object] = lambda _: None,
) -> list[str]:
    """Release what has matured; anyone may. The hashes of the transactions.

    `released` is told of every transaction how many holds it emptied.
    """
    hashes = []
    numbers = sorted(ripe.contents)
    for start in range(0, len(numbers), CONTENTS_PER_TRANSACTION):
        chunk = numbers[start : start + CONTENTS_PER_TRANSACTION]
        hashes.append(network.settlement.release(sender, chunk).transaction_hash)
        released(len(chunk))
    for account, window_class in ripe.commissions:
        receipt = network.settlement.release_commission(sender, account, window_class)
        hashes.append(receipt.transaction_hash)
        released(1)
    return hashes


def latest_maturity(network: Network, now: int) -> int:
    """When everything that is held at `now` will have matured, in Unix seconds."""
    return max((now // window + 2) * window for window in network.deployment.windows)


def _chosen(directory: Directory, contents: Iterable[int]) -> list[PublishedContent]:
    return [directory.published(number) for number in contents]


def _ripe(network: Network, packed: int, window_class: int, now: int) -> int:
    return Hold.unpack(packed).matured_in(now // network.deployment.windows[window_class])


def _positive(amounts: dict[Key, int]) -> dict[Key, int]:
    return {key: amount for key, amount in amounts.items() if amount}
