"""Giving the money of an order back."""

from __future__ import annotations

from typing import Any

from tests.contracts.model import Sale
from tests.contracts.walk.buying import Buying


class Refunds(Buying):
    """Refunds orders, wholly or in part."""

    def refund(self) -> None:
        """Refund a direct order."""
        sale = self._refundable(direct=True)
        order = self._mostly(sale and sale.id, self._some_order())
        if order and order.content in self.ledger.contents:
            refunder = order.seller or self.ledger.contents[order.content].host
            self._refund(order, refunder, lambda s: self.chain.settlement.refund(order, s))

    def refund_batch(self) -> None:
        """Refund an order of a batch."""
        sale = self._refundable(direct=False)
        if sale:
            proof, call = self.proofs[sale.id], self.chain.settlement.refundBatch
            self._refund(sale.id, sale.seller, lambda sender: call(proof, sender))

    def _refund(self, order_id: Any, refunder: int, on_chain: Any) -> None:
        caller, model = self._operator_of(refunder), self.ledger.refund
        both = (on_chain, lambda: model(caller, order_id, refunder))
        self._act(f"refunds {order_id}", caller, *both)

    def _refundable(self, *, direct: bool) -> Sale | None:
        """Draw an order of one kind that can mostly still be refunded."""
        fresh = [sale for sale in self._fresh() if sale.is_direct == direct]
        usual = self._mostly(self.random.choice(fresh or [None]), None)
        return usual or self._some_sale(direct=direct)

    def refund_part(self) -> None:
        """Give a part of a price back."""
        sale = self._any_sale()
        if not sale:
            return
        host = self.ledger.contents[sale.content].host
        caller = self._operator_of(self._mostly(host, self.ledger.refunder_of(sale)))
        part = self.random.randint(1, max(sale.left - 1, 1))
        amount = self._mostly(part, self.random.choice([0, sale.left]))
        call = self._of_sale(sale, "refundPart", "refundBatchPart")
        self._act(
            f"gives back {amount} of {sale.id}",
            caller,
            lambda sender: call(amount, sender),
            lambda: self.ledger.refund_part(caller, sale, amount),
        )
