"""What is read when an order is captured, and how its money is divided (SPLIT-1, TREE-1)."""

from __future__ import annotations

from typing import NamedTuple

from tests.differential.model.words import WHOLE_BPS

PAID, FROM_ACCOUNT, REFUNDED, CLAIMED, DISPUTED, FROM_LEARNER, PAID_OUT = (1 << i for i in range(7))


class Facts(NamedTuple):
    """The facts of an order; price in ledger units, times in seconds, both 0 for no end."""

    price: int
    commission_bps: int
    referrer_bps: int
    plan_version: int
    class_: int
    epoch: int
    starts_at: int = 0
    ends_at: int = 0

    def packed(self, state: int = 0, refunded: int = 0) -> int:
        """As a word, with what became of the order."""
        low = self.price | self.commission_bps << 40 | self.referrer_bps << 56
        middle = self.plan_version << 72 | self.class_ << 88 | self.epoch << 96
        high = self.ends_at << 120 | state << 160 | self.starts_at << 168
        return low | middle | high | refunded << 208

    def parts(self, amount: int) -> tuple[int, int, int]:
        """Divide an amount among the content's, the seller's and the referrer's hold."""
        commission = amount * self.commission_bps // WHOLE_BPS
        referrer = commission * self.referrer_bps // self.commission_bps if commission else 0
        return amount - commission, commission - referrer, referrer

    def is_current(self, now: int) -> bool:
        """Tell whether the licence has begun and not ended."""
        return self.ends_at == 0 or self.starts_at <= now < self.ends_at


NOTHING = Facts(0, 0, 0, 0, 0, 0)
