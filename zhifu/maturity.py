"""What has outlived its refund window, and paying it out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, product
from typing import Any, NamedTuple, TypeVar

from zhifu import accounts
from zhifu.accounts import Account
from zhifu.blocks import Receipt
from zhifu.deployment import Network
from zhifu.directory import Directory, PublishedContent
from zhifu.models import Hold
from zhifu.signing import Signer

CONTENTS_PER_TRANSACTION = 100
COMMISSIONS_PER_TRANSACTION = 200

Key = TypeVar("Key")


class Matured(NamedTuple):
    """What a release would take out of the holds now, in ledger units.

    `revenue` goes by content and version of its plan, `commissions` by account and class.
    """

    revenue: dict[tuple[int, int], int]
    commissions: dict[tuple[Account, int], int]

    @property
    def total(self) -> int:
        """All of it."""
        return sum(self.revenue.values()) + sum(self.commissions.values())

    @property
    def contents(self) -> Counter[int]:
        """The revenue by content, whatever the version."""
        found: Counter[int] = Counter()
        for (content, _), amount in self.revenue.items():
            found[content] += amount
        return found


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
    classes = {
        (content.number, version): content.window_class
        for content in chosen
        for version in range(1, directory.plan_versions.get(content.number, 1) + 1)
    }
    sellers = [accounts.of_platform(number) for number in directory.platforms]
    earners = list(product((*sellers, *referrers), range(len(network.deployment.windows))))
    return Matured(
        _ripe(network, "holdOf", classes, now),
        _ripe(network, "commissionOf", {key: key[1] for key in earners}, now),
    )


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
    receipts = chain(
        _release_revenue(network, sender, ripe), _release_commissions(network, sender, ripe)
    )
    for receipt in receipts:
        hashes.append(receipt.transaction_hash)
        released(len(_emptied(network, receipt)))
    return hashes


def _release_revenue(network: Network, sender: Signer, ripe: Matured) -> Iterator[Receipt]:
    """One by one what `release`, which knows two versions of a plan, leaves behind."""
    left = set(ripe.revenue)
    for chunk in _chunks(sorted(ripe.contents), CONTENTS_PER_TRANSACTION):
        receipt = network.settlement.release(sender, chunk)
        left -= {(each["content"], each["planVersion"]) for each in _emptied(network, receipt)}
        yield receipt
    for content, version in sorted(left):
        yield network.settlement.release_version(sender, content, version)


def _emptied(network: Network, receipt: Receipt) -> list[dict[str, Any]]:
    """The events of the holds that a transaction released."""
    emitted = network.settlement.emitted
    return emitted(receipt, "Released") + emitted(receipt, "CommissionReleased")


def _release_commissions(network: Network, sender: Signer, ripe: Matured) -> Iterator[Receipt]:
    for window_class in sorted({key[1] for key in ripe.commissions}):
        owners = [account for account, each in ripe.commissions if each == window_class]
        for chunk in _chunks(owners, COMMISSIONS_PER_TRANSACTION):
            yield network.settlement.release_commissions(sender, chunk, window_class)


def latest_maturity(network: Network, now: int) -> int:
    """When everything that is held at `now` will have matured, in Unix seconds."""
    return max((now // window + 2) * window for window in network.deployment.windows)


def _chosen(directory: Directory, contents: Iterable[int]) -> list[PublishedContent]:
    return [directory.published(number) for number in contents]


def _ripe(network: Network, function: str, classes: Mapping[Key, int], now: int) -> dict[Key, int]:
    """What the holds that a view answers for would release, by its arguments; without zeros."""
    windows = network.deployment.windows
    keys: list[Any] = list(classes)
    holds = network.settlement.read_many(function, keys)
    amounts = {
        key: Hold.unpack(packed).matured_in(now // windows[classes[key]])
        for key, packed in zip(keys, holds, strict=True)
    }
    return {key: amount for key, amount in amounts.items() if amount}


def _chunks(found: Sequence[Key], size: int) -> Iterator[Sequence[Key]]:
    return (found[start : start + size] for start in range(0, len(found), size))
