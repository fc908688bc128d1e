"""Refunds that whoever paid asks for (REQUEST)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.differential.model.batches import BatchOrder
from tests.differential.model.facts import FROM_LEARNER
from tests.differential.model.orders import Order
from tests.differential.model.refusal import Rules
from tests.differential.model.sales import Sale
from tests.differential.model.table import Table
from tests.differential.model.words import of_learner

if TYPE_CHECKING:
    from tests.differential.model import Model

SETTLEMENT = "Settlement"
NEVER = 2**40 - 1


class Requests:
    """By when requested refunds have to be answered; never, once they were refused."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.answer_by: Table[int, int] = Table("request", model.touched, 0)

    def matures_at(self, sale: Sale) -> int:
        """Return when an order's money matures."""
        return (sale.facts.epoch + 2) * self._model.classes.windows[sale.facts.class_]

    # Verbs

    def request_refund(self, caller: str, order: Any) -> None:
        """REQUEST-1."""
        rules, order = Rules(), Order(*order)
        rules.require(caller == order.buyer, "WrongCaller", caller, order.buyer)
        self._request(self._model.orders.require_standing(order, rules), rules)

    def request_batch_refund(self, caller: str, order: Any) -> None:
        """REQUEST-1."""
        rules, order = Rules(), BatchOrder(*order)
        self._require_account_key(caller, order, rules)
        self._request(self._model.batches.require_standing(order, rules), rules)

    def refuse_refund(self, caller: str, order: Any) -> None:
        """REQUEST-2."""
        rules, order = Rules(), Order(*order)
        self._refuse(caller, self._model.orders.require_standing(order, rules), rules)

    def refuse_batch_refund(self, caller: str, order: Any) -> None:
        """REQUEST-2."""
        rules, order = Rules(), BatchOrder(*order)
        self._refuse(caller, self._model.batches.require_standing(order, rules), rules)

    def refund_unanswered(self, caller: str, order: Any) -> None:
        """REQUEST-2."""
        rules, order = Rules(), Order(*order)
        rules.require(caller == order.buyer, "WrongCaller", caller, order.buyer)
        self._refund_unanswered(self._model.orders.require_standing(order, rules), rules)

    def refund_batch_unanswered(self, caller: str, order: Any) -> None:
        """REQUEST-2."""
        rules, order = Rules(), BatchOrder(*order)
        self._require_account_key(caller, order, rules)
        self._refund_unanswered(self._model.batches.require_standing(order, rules), rules)

    def _request(self, sale: Sale | None, rules: Rules) -> None:
        if sale is None:
            rules.enforce()
            return
        self._model.sales.require_held(sale, rules)
        rules.require(self.answer_by[sale.id] == 0, "AlreadyRequested", sale.id)
        half = self._model.classes.windows[sale.facts.class_] // 2
        answer_by, matures_at = self._model.now + half, self.matures_at(sale)
        rules.require(answer_by < matures_at, "RequestTooLate", answer_by, matures_at)
        rules.enforce()
        self.answer_by[sale.id] = answer_by
        self._model.emit(SETTLEMENT, "RefundRequested", sale.id, sale.content, answer_by)

    def _refuse(self, caller: str, sale: Sale | None, rules: Rules) -> None:
        if sale is None:
            rules.enforce()
            return
        self._model.sales.require_refunder(caller, sale, rules)
        answer_by, now = self._require_requested(sale, rules), self._model.now
        rules.require(now < answer_by, "DeadlinePassed", answer_by, now)
        rules.enforce()
        self.answer_by[sale.id] = NEVER
        self._model.emit(SETTLEMENT, "RefundRefused", sale.id, sale.content)

    def _refund_unanswered(self, sale: Sale | None, rules: Rules) -> None:
        if sale is None:
            rules.enforce()
            return
        answer_by, now = self._require_requested(sale, rules), self._model.now
        rules.require(now >= answer_by, "TooEarly", now, answer_by)
        self._model.sales.require_held(sale, rules)
        rules.enforce()
        self._model.refunds.tell(sale, self._model.sales.refund(sale))

    def _require_requested(self, sale: Sale, rules: Rules) -> int:
        answer_by = self.answer_by[sale.id]
        rules.require(answer_by not in (0, NEVER), "NotRequested", sale.id)
        return answer_by

    def _require_account_key(self, caller: str, order: BatchOrder, rules: Rules) -> None:
        """Require the key that took over the learner's account that paid."""
        from_learner = order.facts >> 160 & FROM_LEARNER
        rules.require(bool(from_learner), "NotRequestable", order.at.id)
        key = self._model.custody.keys[of_learner(order.platform, order.learner)]
        rules.require(caller == key, "WrongCaller", caller, key)
