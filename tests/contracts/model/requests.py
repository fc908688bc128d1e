"""Refunds that buyers and learners ask for."""

from __future__ import annotations

from tests.contracts.batch import FROM_LEARNER
from tests.contracts.model.refunds import Refunds
from tests.contracts.model.refusal import refuse
from tests.contracts.model.sale import NEVER, Sale


class Requests(Refunds):
    """Takes requests and their answers, or that nobody answered."""

    def request_refund(self, caller: str, sale: Sale) -> None:
        """REQUEST-1."""
        answer_by = self.now + self.windows[sale.facts.class_] // 2
        gone = self._gone(sale)
        del gone["RefundWindowClosed"]
        refuse(
            **self._wrong_requester(caller, sale),
            **gone,
            AlreadyRequested=sale.answer_by != 0,
            RequestTooLate=answer_by >= self.matures_at(sale),
        )
        sale.answer_by = answer_by

    def refuse_refund(self, caller: str, sale: Sale, refunder: int) -> None:
        """REQUEST-2."""
        refuse(
            NotOperatorOf=not self.is_operator_of(caller, refunder),
            AlreadyRefunded=sale.refunded,
            NotRequested=sale.answer_by in (0, NEVER),
            DeadlinePassed=0 < sale.answer_by <= self.now,
        )
        sale.answer_by = NEVER

    def refund_unanswered(self, caller: str, sale: Sale) -> None:
        """REQUEST-2."""
        refuse(
            **self._wrong_requester(caller, sale),
            **self._gone(sale),
            NotRequested=sale.answer_by in (0, NEVER),
            TooEarly=self.now < sale.answer_by,
        )
        self._end(sale)

    def _wrong_requester(self, caller: str, sale: Sale) -> dict[str, bool]:
        if sale.is_direct:
            return {"WrongCaller": caller != sale.id.buyer}
        if not sale.facts.state & FROM_LEARNER:
            return {"NotRequestable": True}
        return {"WrongCaller": caller != self.account_keys.get(sale.payer)}
