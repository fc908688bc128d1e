"""What an auditor reads out of a network's events: offers, sales, and what a sale put where.

Repeats on purpose, in its own way, what the contracts and the packing of batches do: two accounts
of the same money that agree are evidence, one that is read twice is not. Amounts are ledger units.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from zhifu import accounts
from zhifu.accounts import Account
from zhifu.exceptions import ZhifuError

PAID = 1
FROM_ACCOUNT = 2
REFUNDED = 4
CLAIMED = 8
DISPUTED = 16
FROM_LEARNER = 32
PAID_OUT = 64

STATE_SHIFT = 160

DAY_SECONDS = 86_400
DELAY_SECONDS = 2 * DAY_SECONDS

Event = Mapping[str, Any]
"""What an event told, by the names of its arguments."""

Bucket = dict[int, int]
"""Money by the epoch it was captured in."""


@dataclass(eq=False)
class Divergence(ZhifuError):
    """An event says something else than the events before it imply."""

    code = "divergence"
    field = "chain"
    rule = "must agree with what its own events imply"

    what: str
    expected: Any
    actual: Any


def agree(what: str, expected: Any, actual: Any) -> None:
    """Raise Divergence unless both are the same."""
    if expected != actual:
        raise Divergence(what, expected, actual)


class Moment(NamedTuple):
    """When and by what an event came; Unix seconds, and of a batch its calldata and its sender."""

    timestamp: int
    calldata: bytes = b""
    sender: str = ""
    transaction_hash: str = ""
    block_number: int = 0
    log_index: int = 0


class Parts(NamedTuple):
    """How an amount divides between the holds of content, seller and referrer."""

    revenue: int
    seller: int
    referrer: int


class Capture(NamedTuple):
    """What the contract read for a sale; shares in basis points, times in Unix seconds."""

    price: int
    commission_bps: int
    referrer_bps: int
    version: int
    window_class: int
    epoch: int
    begins: int
    ends: int

    def word(self, state: int = 0, refunded: int = 0) -> int:
        """The facts of an order in a state, as storage and leaves have them."""
        low = self.price | self.commission_bps << 40 | self.referrer_bps << 56
        middle = self.version << 72 | self.window_class << 88 | self.epoch << 96 | self.ends << 120
        return low | middle | state << STATE_SHIFT | self.begins << 168 | refunded << 208

    @classmethod
    def of_word(cls, word: int) -> Capture:
        """What a word was made of, but for its state and what was refunded."""
        return cls(
            price=word & (1 << 40) - 1,
            commission_bps=word >> 40 & 0xFFFF,
            referrer_bps=word >> 56 & 0xFFFF,
            version=word >> 72 & 0xFFFF,
            window_class=word >> 88 & 0xFF,
            epoch=word >> 96 & (1 << 24) - 1,
            begins=word >> 168 & (1 << 40) - 1,
            ends=word >> 120 & (1 << 40) - 1,
        )

    def parts(self, amount: int) -> Parts:
        """How `amount` of the price divides."""
        commission = amount * self.commission_bps // 10_000
        referrer = self.referrer_bps and commission * self.referrer_bps // self.commission_bps
        return Parts(amount - commission, commission - referrer, referrer)


class Sold(NamedTuple):
    """One order as the chain has it.

    `licensee` is a learner number, or an address for a direct order; `payer` the account its price
    came from, or that of the buyer whose tokens paid it. `referrer` is 0 for none. `state` is that
    in which it was made: the contract keeps PAID with direct orders only.
    """

    order_id: int
    seller: int
    content: int
    licensee: int | str
    referrer: int
    payer: Account
    capture: Capture
    state: int

    @property
    def price(self) -> int:
        """What it cost."""
        return self.capture.price

    @property
    def in_batch(self) -> bool:
        """Whether it was settled in a batch."""
        return not self.state & PAID

    def earners(self, parts: Parts) -> Iterator[tuple[Account, int]]:
        """Who gets what of a commission, if there is a seller or a referrer."""
        if self.seller:
            yield accounts.of_platform(self.seller), parts.seller
        if self.referrer:
            yield Account(self.referrer), parts.referrer


class Settled(NamedTuple):
    """What an auditor keeps of a batch: enough to read its orders again, and to tell its books by.

    `ordinal` counts the batches of the network in chain order, from 1.
    """

    ordinal: int
    sale_day: int
    timestamp: int
    block_number: int
    transaction_hash: str
    root: bytes
    leaves: int
    orders: int
    debit: int


class Heading(NamedTuple):
    """What a sale names beside its content: a seller or none, a referrer or 0, a start or 0."""

    commissioned: bool
    referrer: int
    starts_at: int


@dataclass
class Offer:
    """A content as its events describe it; `prices` by the first day they hold on.

    `plans` go by version and `schedule` has, for each epoch in which a plan begins, its version.
    """

    host: int
    ref: str
    window_class: int
    duration: int
    renewable: bool
    plans: dict[int, tuple[Any, ...]]
    schedule: dict[int, int]
    prices: dict[int, int]
    active: bool = True
    revenue: dict[int, Bucket] = field(default_factory=dict)

    def require_open(self) -> None:
        """Raise Divergence unless it is for sale."""
        agree("sale of a content that is open", True, self.active)

    def price_on(self, day: int) -> int:
        """The price of a day, in days since 1970 (UTC)."""
        return self.prices[max(first for first in self.prices if first <= day)]

    def version_in(self, epoch: int) -> int:
        """The version of the plan that money captured in an epoch is divided by."""
        return self.schedule[max(first for first in self.schedule if first <= epoch)]

    def shares(self, version: int, amount: int) -> list[tuple[Account, int]]:
        """Who gets what of revenue by a plan; the first creator has what rounding leaves."""
        _, _, host_bps, network_bps, creators = self.plans[version]
        payees = [(accounts.of_address(payee), bps) for payee, bps in creators]
        payees.append((accounts.of_platform(self.host), host_bps))
        payees.append((accounts.of_platform(accounts.NETWORK), network_bps))
        total = sum(bps for _, bps in payees)
        parts = [amount * bps // total for _, bps in payees]
        parts[0] += amount - sum(parts)
        return [(payee, part) for (payee, _), part in zip(payees, parts, strict=True)]

    def capture(self, day: int, timestamp: int, window: int, heading: Heading) -> Capture:
        """What a sale at the price of a day is made of; raises Divergence if there can be none."""
        epoch = timestamp // window
        version = self.version_in(epoch)
        seller_bps, referrer_bps, *_ = self.plans[version]
        begins, ends = self._interval(timestamp, heading.starts_at)
        return Capture(
            self.price_on(day),
            seller_bps + referrer_bps if heading.commissioned else 0,
            referrer_bps if heading.referrer else 0,
            version,
            self.window_class,
            epoch,
            begins,
            ends,
        )

    def _interval(self, timestamp: int, starts_at: int) -> tuple[int, int]:
        latest = timestamp + self.duration if self.renewable else 0
        agree("start of a licence that its terms allow", True, starts_at <= latest)
        begins = max(timestamp, starts_at)
        return (begins, begins + self.duration) if self.duration else (0, 0)
