"""Split plans and how released money is divided by them (SPLIT-3)."""

from __future__ import annotations

from typing import NamedTuple

from tests.differential.model.words import NETWORK, WHOLE_BPS, of_address, of_platform

Share = tuple[str, int]


class Plan(NamedTuple):
    """How a content's price is divided, in basis points; creators are (payee, share)."""

    seller_bps: int
    referrer_bps: int
    host_bps: int
    network_bps: int
    creators: tuple[Share, ...]

    @property
    def commission_bps(self) -> int:
        return self.seller_bps + self.referrer_bps

    @property
    def total_bps(self) -> int:
        return sum(self[:4]) + sum(bps for _, bps in self.creators)

    def divide(self, host: int, amount: int) -> list[tuple[int, int]]:
        """Return the credits, as (account, amount), of released revenue (SPLIT-3)."""
        of_all = WHOLE_BPS - self.commission_bps
        shares = [(of_address(payee), bps) for payee, bps in self.creators[1:]]
        shares += [(of_platform(host), self.host_bps), (of_platform(NETWORK), self.network_bps)]
        parts = [(account, amount * bps // of_all) for account, bps in shares]
        rest = amount - sum(part for _, part in parts)
        return [*parts, (of_address(self.creators[0][0]), rest)]
