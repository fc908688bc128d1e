"""What the contract read when it captured an order, and what became of the order since.

`Facts` are the one word that storage, events and proofs carry, as `Facts.sol` packs it; a `Quote`
is what a batch reads of one content, and gives the facts of each of its leaves.
"""

from __future__ import annotations

from enum import IntFlag
from typing import NamedTuple

WHOLE_BPS = 10_000
"""One whole, in basis points."""


class OrderState(IntFlag):
    """What is true of an order; see the state bits in `Facts.sol`."""

    PAID = 1
    FROM_ACCOUNT = 2
    REFUNDED = 4
    CLAIMED = 8
    DISPUTED = 16
    FROM_LEARNER = 32
    PAID_OUT = 64


class Parts(NamedTuple):
    """What an amount adds to each hold, in ledger units; together the amount."""

    revenue: int
    seller: int
    referrer: int


class Facts(NamedTuple):
    """An order's facts: amounts in ledger units, shares in basis points, times in Unix seconds.

    `commission_bps` are seller's and referrer's together; `expires_at` is 0 for a licence that
    never ends, `referrer_bps` 0 if no referrer was named, `refunded` what part refunds gave back.
    """

    price: int
    commission_bps: int
    referrer_bps: int
    plan_version: int
    window_class: int
    epoch: int
    expires_at: int = 0
    state: OrderState = OrderState(0)
    starts_at: int = 0
    refunded: int = 0

    @property
    def left(self) -> int:
        """What part refunds left of the price."""
        return self.price - self.refunded

    def is_current(self, timestamp: int) -> bool:
        """Whether a moment lies between the licence's start and its end."""
        return self.expires_at == 0 or self.starts_at <= timestamp < self.expires_at

    def parts_of(self, amount: int) -> Parts:
        """How `amount` of the price is divided among the holds, every remainder included."""
        commission = amount * self.commission_bps // WHOLE_BPS
        referrer = commission * self.referrer_bps // self.commission_bps if commission else 0
        return Parts(amount - commission, commission - referrer, referrer)

    def pack(self) -> int:
        """As the one word that contracts and proofs carry."""
        packed = shift = 0
        for value, bits in zip(self, _BITS, strict=True):
            packed |= int(value) << shift
            shift += bits
        return packed

    @classmethod
    def unpack(cls, packed: int) -> Facts:
        """From the word that contracts and proofs carry."""
        values = []
        for bits in _BITS:
            values.append(packed & ((1 << bits) - 1))
            packed >>= bits
        price, commission, referrer, version, window_class, epoch, end, state, *rest = values
        read = (price, commission, referrer, version, window_class, epoch, end)
        return cls(*read, OrderState(state), *rest)


_BITS = (40, 16, 16, 16, 8, 24, 40, 8, 40, 40)


class Quote(NamedTuple):
    """What a batch reads of one content when it settles at `timestamp` (Unix seconds).

    `referrer_bps` is what a referrer gets if one is named; `duration_seconds` is 0 for licences
    that never end; `state` is what the orders' leaves say, FROM_LEARNER or nothing.
    """

    price: int
    commission_bps: int
    referrer_bps: int
    plan_version: int
    window_class: int
    epoch: int
    timestamp: int
    duration_seconds: int = 0
    state: OrderState = OrderState(0)

    def facts(self, referrer: str | None, starts_at: int) -> Facts:
        """The facts of orders that name this referrer and start; a start that has passed is now."""
        start = max(starts_at, self.timestamp) if self.duration_seconds else 0
        return Facts(
            self.price,
            self.commission_bps,
            self.referrer_bps if referrer else 0,
            self.plan_version,
            self.window_class,
            self.epoch,
            start + self.duration_seconds,
            self.state,
            start,
        )
