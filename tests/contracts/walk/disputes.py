"""Orders whose money is withheld until someone decides."""

from __future__ import annotations

from tests.contracts import clock
from tests.contracts.model import Sale
from tests.contracts.walk.sales import Sales


class Disputes(Sales):
    """Opens disputes, and decides or closes them."""

    def dispute(self) -> None:
        """Open a dispute."""
        sale = self._any_sale()
        if not sale:
            return
        caller = self._mostly(self._party(sale), self.random.choice(self.people))
        call = self._of_sale(sale, "openDispute", "openBatchDispute")
        self._act(
            f"disputes {sale.id}",
            caller,
            lambda sender: call(bytes(32), sender),
            lambda: self.ledger.open_dispute(caller, sale),
        )

    def _party(self, sale: Sale) -> str:
        host = self._operator_of(self.ledger.contents[sale.content].host)
        if sale.is_direct:
            return str(self.random.choice([host, host, sale.id.buyer, sale.id.receiver]))
        keys = [self.ledger.keys.get(sale.licensee), self.ledger.account_keys.get(sale.payer)]
        seller = self._operator_of(sale.seller)
        return str(self.random.choice([host, seller, *filter(None, keys)]))

    def end_dispute(self) -> None:
        """Decide a dispute, or refund one that nobody decided."""
        disputed = [sale for sale in self.ledger.sales.values() if sale.dispute]
        sale = self.random.choice(disputed) if disputed else self._any_sale()
        if sale and self.random.random() < 0.5:
            self._resolve(sale)
        elif sale:
            self._close(sale)

    def _resolve(self, sale: Sale) -> None:
        to_refund = self.random.random() < 0.3
        caller = self._mostly(self.arbiter, self.random.choice(self.people))
        call = self._of_sale(sale, "resolveDispute", "resolveBatchDispute")
        self._act(
            f"decides {sale.id}: {to_refund}",
            caller,
            lambda sender: call(to_refund, bytes(32), sender),
            lambda: self.ledger.resolve_dispute(caller, sale, to_refund),
        )

    def _close(self, sale: Sale) -> None:
        call = self._of_sale(sale, "closeDispute", "closeBatchDispute")
        late = sale.dispute and self.random.random() < 0.2
        self._act(
            f"closes {sale.id}",
            self.random.choice(self.people),
            lambda sender: call(sender),
            lambda: self.ledger.close_dispute(sale),
            after=14 * clock.DAY if late else None,
        )
