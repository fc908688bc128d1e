"""Which waiting orders go into a platform's next batch, and under which sale day.

The contract charges the prices of the day a batch names, today or yesterday, and the learner has
paid one exact price: so an order can only go under a day whose price is what was paid.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from zhifu.batch import BatchItem, pack
from zhifu.index import Index
from zhifu.lanebook import BatchDraft
from zhifu.payments import Problem
from zhifu.store import Store, Transaction


class Waiting(NamedTuple):
    """A paid order without a batch; `price` in ledger units."""

    order_id: int
    learner: int
    content: int
    price: int
    referrer: str | None


class Selection:
    """Chooses the next batches of one platform."""

    def __init__(self, store: Store, index: Index, platform: int) -> None:
        self._store = store
        self._index = index
        self._platform = platform

    def next(self, limit: int, today: int) -> BatchDraft | None:
        """The next batch of up to `limit` orders, the oldest first, or None if none can go.

        An order that no sale day suits, or whose content is off sale, is marked with its problem
        and left out until the problem is gone.
        """
        self._revive(today)
        while True:
            with self._store.reading() as transaction:
                rows = transaction.rows("waiting", platform=self._platform, limit=limit)
            waiting = [Waiting(*row) for row in rows]
            left_out = self._problems(waiting, today)
            fit = [order for order in waiting if order.order_id not in left_out]
            self._leave_out(left_out)
            if fit:
                return self._draft(fit, today)
            if not waiting:
                return None

    def _draft(self, fit: Sequence[Waiting], today: int) -> BatchDraft:
        days = {order.order_id: self._days(order.content, order.price, today) for order in fit}
        counts = Counter(day for each in days.values() for day in each)
        # As many as possible now; today before yesterday, which is not valid for much longer.
        sale_day = max(counts, key=lambda day: (counts[day], day))
        chosen = [order for order in fit if sale_day in days[order.order_id]]
        items = [BatchItem(order.content, order.learner, order.referrer) for order in chosen]
        packed = pack(items)
        positions = {
            order.order_id: place.position
            for order, place in zip(chosen, packed.places, strict=True)
        }
        debit = sum(order.price for order in chosen)
        return BatchDraft(self._platform, sale_day, debit, packed.words, positions)

    def _days(self, content: int, price: int, today: int) -> tuple[int, ...]:
        found = self._index.content(content)
        if found is None:
            return ()
        return tuple(day for day in (today, today - 1) if found.price_on(day) == price)

    def _problem(self, content: int, price: int, today: int) -> Problem | None:
        found = self._index.content(content)
        if found is None or not found.active:
            return Problem.CONTENT_INACTIVE
        return None if self._days(content, price, today) else Problem.PRICE_EXPIRED

    def _problems(self, waiting: Sequence[Waiting], today: int) -> dict[int, Problem]:
        found = (
            (order.order_id, self._problem(order.content, order.price, today)) for order in waiting
        )
        return {order_id: problem for order_id, problem in found if problem is not None}

    def _leave_out(self, problems: dict[int, Problem]) -> None:
        if not problems:
            return
        rows = [
            {"platform": self._platform, "order_id": order_id, "problem": problem.value}
            for order_id, problem in problems.items()
        ]
        with self._store.writing() as transaction:
            transaction.run_many("set_problem", rows)

    def _revive(self, today: int) -> None:
        """Let orders wait again whose problem is gone, a content that is back on sale, say."""
        with self._store.reading() as transaction:
            rows = transaction.rows("waiting_problems", platform=self._platform)
        fine = [
            (content, price) for content, price in rows if not self._problem(content, price, today)
        ]
        if fine:
            with self._store.writing() as transaction:
                self._clear(transaction, fine)

    def _clear(self, transaction: Transaction, fine: Sequence[tuple[int, int]]) -> None:
        for content, price in fine:
            transaction.run("clear_problem", platform=self._platform, content=content, price=price)
