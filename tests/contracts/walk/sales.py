"""Orders that the walk came by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.contracts.model import Sale
from tests.contracts.orders import Order
from tests.contracts.walk.draws import Draws


class Sales(Draws):
    """Draws an order that was paid, and a verb for its kind."""

    def _some_sale(self, *, direct: bool) -> Sale | None:
        sales = [s for s in self.ledger.sales.values() if isinstance(s.id, Order) == direct]
        standing = [sale for sale in sales[-40:] if not sale.refunded]
        return self.random.choice(self._mostly(standing, sales) or sales) if sales else None

    def _any_sale(self) -> Sale | None:
        sales = list(self.ledger.sales.values())
        return self.random.choice(self._mostly(self._fresh(), sales) or sales) if sales else None

    def _fresh(self) -> list[Sale]:
        """Orders whose money is held and has not matured."""
        sales = self.ledger.sales.values()
        return [s for s in sales if s.is_held and self.ledger.now < self.ledger.matures_at(s)]

    def _of_sale(self, sale: Sale, direct: str, batch: str) -> Callable[..., Any]:
        """Return a verb of Settlement for this kind of order, which it is given already."""
        verb = getattr(self.chain.settlement, direct if sale.is_direct else batch)
        shown: Any = sale.id if sale.is_direct else self.proofs[sale.id]
        return lambda *arguments: verb(shown, *arguments)
