"""Licences that orders grant."""

from __future__ import annotations

from typing import Any

from tests.contracts.model.learners import Learners
from tests.contracts.model.refusal import refuse
from tests.contracts.model.sale import NEVER, NOBODY, Sale
from tests.contracts.model.selling import Selling


class Licences(Selling, Learners):
    """Makes licences tokens, moves them, and tells whose they are."""

    def claim(self, caller: str, order_id: Any, licensee: Any) -> None:
        """CLAIM-1; `licensee` is the receiver, or the learner whose key must call."""
        sale = self.sales.get(order_id)
        owner = self.keys.get(licensee) if isinstance(licensee, int) else licensee
        refuse(
            NotLicensee=caller != owner,
            UnknownOrder=sale is None,
            AlreadyRefunded=sale is not None and sale.refunded,
            AlreadyClaimed=sale is not None and sale.claimed,
        )
        assert sale is not None
        sale.holder, sale.claimed, sale.touched = caller, True, True
        sale.unlocks_at = NEVER if sale.dispute else self.matures_at(sale)

    def transfer(self, caller: str, sale: Sale, to: str) -> None:
        """CLAIM-2, TERMS-4."""
        locked = self.now < sale.unlocks_at or self.contents[sale.content].terms.bound
        refuse(ERC1155InsufficientBalance=sale.holder != caller, LicenseLocked=locked)
        sale.holder = to

    def grants(self, sale: Sale) -> bool:
        """INV-5: tell whether an order grants a licence now, to whoever it is."""
        facts = sale.facts
        current = not facts.expires_at or facts.starts_at <= self.now < facts.expires_at
        return current and not sale.refunded

    def verifies(self, sale: Sale, claimant: Any) -> bool:
        """VERIFY-1, VERIFY-2: tell whether an order's licence is an address's or a learner's."""
        if not self.grants(sale):
            return False
        if isinstance(sale.licensee, int):
            mine = sale.holder in (NOBODY, self.keys.get(sale.licensee))
            return bool(mine and claimant == sale.licensee)
        return bool(claimant == (sale.holder or sale.licensee))
