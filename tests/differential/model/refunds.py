"""Refunds by the seller, and in part by the host (REFUND)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.differential.model.batches import BatchOrder
from tests.differential.model.orders import Order
from tests.differential.model.refusal import Rules
from tests.differential.model.sales import Sale

if TYPE_CHECKING:
    from tests.differential.model import Model

SETTLEMENT = "Settlement"


class Refunds:
    """The verbs of whoever may refund."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def refund(self, caller: str, order: Any) -> None:
        """REFUND-1 to REFUND-3, REFUND-5."""
        rules, order = Rules(), Order(*order)
        sale = self._model.orders.require_standing(order, rules)
        self._refund(caller, sale, rules)

    def refund_batch(self, caller: str, order: Any) -> None:
        """REFUND-1, REFUND-2, REFUND-4, REFUND-5."""
        rules, order = Rules(), BatchOrder(*order)
        sale = self._model.batches.require_standing(order, rules)
        self._refund(caller, sale, rules)

    def refund_part(self, caller: str, order: Any, amount: int) -> None:
        """REFUND-6."""
        rules, order = Rules(), Order(*order)
        sale = self._model.orders.require_standing(order, rules)
        self._refund_part(caller, sale, amount, rules)

    def refund_batch_part(self, caller: str, order: Any, amount: int) -> None:
        """REFUND-6."""
        rules, order = Rules(), BatchOrder(*order)
        sale = self._model.batches.require_standing(order, rules)
        self._refund_part(caller, sale, amount, rules)

    def tell(self, sale: Sale, to_account: bool) -> None:
        """Announce a whole refund."""
        if sale.place:
            values = (sale.id, sale.content, sale.left)
            self._model.emit(SETTLEMENT, "BatchOrderRefunded", *values)
        else:
            values = (sale.id, sale.content, sale.left)
            self._model.emit(SETTLEMENT, "OrderRefunded", *values, to_account)

    def _refund(self, caller: str, sale: Sale | None, rules: Rules) -> None:
        if sale:
            self._model.sales.require_refunder(caller, sale, rules)
            self._model.sales.require_held(sale, rules)
        rules.enforce()
        if sale:
            self.tell(sale, self._model.sales.refund(sale))

    def _refund_part(self, caller: str, sale: Sale | None, amount: int, rules: Rules) -> None:
        rules.require(amount != 0, "ZeroAmount")
        if sale:
            host = self._model.sales.host(sale)
            self._model.platforms.require_operator_of(caller, host, rules)
            self._model.sales.require_held(sale, rules)
            rules.require(amount < sale.left, "RefundAboveLeft", amount, sale.left)
        rules.enforce()
        if sale:
            self._model.sales.take_back(sale, amount)
            self._model.sales.keep(sale, 0, refunded=amount)
            to_account = self._model.sales.give_back(sale, amount)
            values = (sale.id, sale.content, amount, to_account)
            self._model.emit(SETTLEMENT, "OrderPartRefunded", *values)
