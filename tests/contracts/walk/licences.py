"""Licences that orders grant."""

from __future__ import annotations

from typing import Any

from tests.contracts.model import NOBODY
from tests.contracts.walk.sales import Sales


class Licences(Sales):
    """Makes licences tokens, and moves them."""

    def claim(self) -> None:
        """Claim a licence, of a direct or a batch order."""
        direct = self.random.random() < 0.5
        sale = self._some_sale(direct=direct)
        if not sale:
            return
        owner = sale.licensee if direct else self.ledger.keys.get(sale.licensee, self.network)
        caller = self._mostly(owner, self.random.choice(self.people))
        claim = self.chain.licences.claim if direct else self.chain.licences.claimBatch
        shown: Any = sale.id if direct else self.proofs[sale.id]
        self._act(
            f"claims {sale.id}",
            caller,
            lambda sender: claim(shown, sender),
            lambda: self.ledger.claim(caller, sale.id, sale.licensee),
        )

    def transfer(self) -> None:
        """Move a claimed token."""
        claimed = [sale for sale in self.ledger.sales.values() if sale.holder != NOBODY]
        if not claimed:
            return
        sale, to = self.random.choice(claimed), self.random.choice(self.learner_keys)
        caller = self._mostly(sale.holder, self.random.choice(self.buyers))
        arguments = (caller, to, self.views.token_id(sale), 1, b"")
        self._act(
            f"moves {sale.id} to {to[:8]}",
            caller,
            lambda sender: self.chain.licences.safeTransferFrom(*arguments, sender),
            lambda: self.ledger.transfer(caller, sale, to),
        )
