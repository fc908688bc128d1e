"""An order that was paid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.contracts.batch import Facts
from tests.contracts.orders import Order
from tests.contracts.plans import Parts, capture

NOBODY = ""
NEVER = 2**40 - 1
PAID, FROM_ACCOUNT, REFUNDED, CLAIMED, DISPUTED, PAID_OUT = 1, 2, 4, 8, 16, 64


@dataclass(frozen=True)
class Dispute:
    """A dispute that is not over: whose account gave the bond."""

    opener: int
    bond: int
    deadline: int


@dataclass(eq=False)
class Sale:
    """An order that was paid: what it was made of, and what became of it."""

    id: Any
    content: int
    seller: int
    referrer: str
    facts: Facts
    payer: int
    from_account: bool
    licensee: Any
    refunded: bool = False
    paid_out: bool = False
    given_back: int = 0
    answer_by: int = 0
    dispute: Dispute | None = None
    claimed: bool = False
    holder: str = NOBODY
    unlocks_at: int = 0
    touched: bool = False

    @property
    def left(self) -> int:
        return self.facts.price - self.given_back

    @property
    def is_held(self) -> bool:
        return not (self.refunded or self.paid_out or self.dispute)

    @property
    def is_direct(self) -> bool:
        return isinstance(self.id, Order)

    def parts(self) -> Parts:
        """Divide what is left (SPLIT-1)."""
        return capture(self.left, self.facts.commission_bps, self.facts.referrer_bps)

    def present_facts(self) -> Facts:
        """Return what is known of the order now."""
        state = self.facts.state | PAID | REFUNDED * self.refunded | CLAIMED * self.claimed
        state |= DISPUTED * bool(self.dispute) | PAID_OUT * self.paid_out
        return self.facts._replace(state=state, refunded=self.given_back)

    def stored_facts(self) -> int:
        """Return what the chain keeps; of a batch order, what happened beside a whole refund."""
        known = self.is_direct or self.touched
        return self.present_facts().packed() if known else 0
