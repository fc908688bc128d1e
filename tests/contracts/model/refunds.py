"""Giving the money of an order back."""

from __future__ import annotations

from typing import Any

from tests.contracts.model.accounts import Accounts
from tests.contracts.model.refusal import refuse
from tests.contracts.model.sale import NOBODY, Sale
from tests.contracts.model.selling import Selling


class Refunds(Selling, Accounts):
    """Refunds orders, wholly or in part."""

    def refund(self, caller: str, order_id: Any, refunder: int) -> None:
        """REFUND-1 to REFUND-5; `refunder` is the platform whose operators may."""
        sale = self.sales.get(order_id)
        refuse(**self._wrong_refund(caller, sale, refunder))
        assert sale is not None
        self._end(sale)

    def refund_part(self, caller: str, sale: Sale, amount: int) -> None:
        """REFUND-6: the host gives it back, whoever sold."""
        wrong = self._wrong_refund(caller, sale, self.contents[sale.content].host)
        refuse(**wrong, ZeroAmount=amount == 0, RefundAboveLeft=amount >= sale.left)
        sale.given_back += amount
        sale.touched = True
        self._give_back(sale, amount)

    def _wrong_refund(self, caller: str, sale: Sale | None, refunder: int) -> dict[str, bool]:
        operator = self.is_operator_of(caller, refunder)
        return {"NotOperatorOf": not operator, "UnknownOrder": sale is None, **self._gone(sale)}

    def _gone(self, sale: Sale | None) -> dict[str, bool]:
        """Tell why an order's money is not in its holds any more, if it is not (REFUND-1)."""
        if sale is None:
            return {}
        return {
            "AlreadyRefunded": sale.refunded,
            "InDispute": sale.dispute is not None,
            "AlreadyPaidOut": sale.paid_out,
            "RefundWindowClosed": self.epoch(sale.facts.class_) > sale.facts.epoch + 1,
        }

    def refunder_of(self, sale: Sale) -> int:
        """Return the platform whose operators refund an order."""
        return sale.seller or self.contents[sale.content].host

    def _end(self, sale: Sale) -> None:
        """Give back what is left; the licence ends (REFUND-3 to REFUND-5)."""
        self._give_back(sale, sale.left)
        sale.refunded, sale.holder, sale.dispute = True, NOBODY, None

    def _give_back(self, sale: Sale, amount: int) -> None:
        if sale.from_account:
            self.available[self.destination(sale.payer)] += amount
        else:
            self._move(self.settlement, sale.id.buyer, amount)
