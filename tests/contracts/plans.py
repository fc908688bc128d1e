"""Split plans and how a price is divided by them (SPLIT-1, SPLIT-3)."""

from __future__ import annotations

from typing import NamedTuple

from tests.contracts.accounts import NETWORK, of_address, of_platform

WHOLE = 10_000


class Share(NamedTuple):
    """One creator and its share in basis points."""

    payee: str
    bps: int


class Plan(NamedTuple):
    """How a content's price is divided, in basis points."""

    seller_bps: int
    referrer_bps: int
    host_bps: int
    network_bps: int
    creators: tuple[Share, ...]

    @property
    def commission_bps(self) -> int:
        return self.seller_bps + self.referrer_bps


class Terms(NamedTuple):
    """What a licence is; a duration of 0 is one that never ends."""

    duration_seconds: int = 0
    renewable: bool = False
    bound: bool = False
    royalty_bps: int = 0


class Publication(NamedTuple):
    """A content to be published; its price is in ledger units."""

    ref: str
    price: int
    class_: int
    plan: Plan
    terms: Terms = Terms()


class Parts(NamedTuple):
    """What an order puts into the holds of its content, seller and referrer."""

    revenue: int
    seller: int
    referrer: int


def capture(amount: int, commission_bps: int, referrer_bps: int) -> Parts:
    """Divide a price, or what part refunds left of it (SPLIT-1)."""
    commission = amount * commission_bps // WHOLE
    referrer = commission * referrer_bps // commission_bps if referrer_bps else 0
    return Parts(amount - commission, commission - referrer, referrer)


def divide(plan: Plan, host: int, amount: int) -> list[tuple[int, int]]:
    """Divide released revenue into credits of (account, amount) (SPLIT-3)."""
    total = WHOLE - plan.commission_bps
    shares = [(of_address(payee), bps) for payee, bps in plan.creators[1:]]
    shares += [(of_platform(host), plan.host_bps), (of_platform(NETWORK), plan.network_bps)]
    shared = [(account, amount * bps // total) for account, bps in shares]
    rest = amount - sum(part for _, part in shared)
    return [*shared, (of_address(plan.creators[0].payee), rest)]
