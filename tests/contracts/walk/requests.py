"""Refunds that buyers and learners ask for."""

from __future__ import annotations

from tests.contracts.model import Sale
from tests.contracts.walk.sales import Sales


class Requests(Sales):
    """Requests refunds, and refuses or takes them."""

    def request_refund(self) -> None:
        """Ask for a refund."""
        sale = self._requestable()
        if not sale:
            return
        caller = self._mostly(self._requester(sale), None) or self.random.choice(self.people)
        call = self._of_sale(sale, "requestRefund", "requestBatchRefund")
        self._act(
            f"requests {sale.id}",
            caller,
            lambda sender: call(sender),
            lambda: self.ledger.request_refund(caller, sale),
        )

    def _requestable(self) -> Sale | None:
        """Draw an order whose refund can mostly still be requested."""
        sales = [sale for sale in self.ledger.sales.values() if self._may_request(sale)]
        return self._mostly(self.random.choice(sales or [None]), None) or self._any_sale()

    def _may_request(self, sale: Sale) -> bool:
        half = self.ledger.windows[sale.facts.class_] // 2
        in_time = self.ledger.now + half < self.ledger.matures_at(sale)
        return sale.is_held and not sale.answer_by and in_time and bool(self._requester(sale))

    def _requester(self, sale: Sale) -> str | None:
        return sale.id.buyer if sale.is_direct else self.ledger.account_keys.get(sale.payer)

    def answer_request(self) -> None:
        """Refuse a requested refund, or take it when nobody answered."""
        asked = [s for s in self.ledger.sales.values() if s.answer_by and s.is_held]
        sale = self.random.choice(asked[-8:]) if asked else self._any_sale()
        if sale and self.random.random() < 0.3:
            self._refuse(sale)
        elif sale:
            self._take_refund(sale)

    def _refuse(self, sale: Sale) -> None:
        refunder = self.ledger.refunder_of(sale)
        caller = self._operator_of(refunder)
        call = self._of_sale(sale, "refuseRefund", "refuseBatchRefund")
        self._act(
            f"refuses {sale.id}",
            caller,
            lambda sender: call(sender),
            lambda: self.ledger.refuse_refund(caller, sale, refunder),
        )

    def _take_refund(self, sale: Sale) -> None:
        caller = self._mostly(self._requester(sale), None) or self.random.choice(self.people)
        call = self._of_sale(sale, "refundUnanswered", "refundBatchUnanswered")
        self._act(
            f"takes the refund of {sale.id}",
            caller,
            lambda sender: call(sender),
            lambda: self.ledger.refund_unanswered(caller, sale),
        )
