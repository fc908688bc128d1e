"""Which waiting orders go into a platform's next batch, and under which sale day.

The contract charges the prices of the day a batch names, today or yesterday, and the learner has
paid one exact price: so an order can only go under a day whose price is what was paid, and only
once that price can change no more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from zhifu.batch import BatchItem, pack
from zhifu.index import Index
from zhifu.lanebook import BatchDraft, WaitingOrder
from zhifu.payments import Problem
from zhifu.store import Store, Transaction

#: By content and price, the sale days (since 1970, UTC) that suit.
_Days = dict[tuple[int, int], tuple[int, ...]]


class Selection:
    """Chooses the next batches of one platform; `clock` tells Unix seconds."""

    def __init__(self, store: Store, index: Index, platform: int, clock: Callable[[], int]) -> None:
        self._store = store
        self._index = index
        self._platform = platform
        self._clock = clock

    def next(self, limit: int, today: int) -> BatchDraft | None:
        """The next batch of up to `limit` orders, the oldest first, or None if none can go.

        An order that no sale day suits, whose content is off sale, or whose learner is not (or no
        longer) on the chain, is marked with its problem and left out until the problem is gone.
        None can go while the index is made anew, or under a day whose prices may still be set.
        """
        if not self.knows(today - 1):
            return None
        self.revive(today)
        while True:
            build = self._index.builds
            with self._store.reading() as transaction:
                rows = transaction.rows("waiting", platform=self._platform, limit=limit)
            waiting = [WaitingOrder(*row) for row in rows]
            days = self._days_of(waiting, today)
            problems = {each.order_id: self._problem(each, days) for each in waiting}
            if build % 2 or build != self._index.builds:
                return None
            fit = [order for order in waiting if problems[order.order_id] is None]
            if len(fit) < len(waiting):
                self._leave_out(problems)
            if fit:
                return self._draft(fit, days, today)
            if not waiting:
                return None

    def knows(self, day: int) -> bool:
        """Whether the prices of a day are known for good."""
        return day <= self._index.priced_day

    def _draft(self, fit: Sequence[WaitingOrder], days: _Days, today: int) -> BatchDraft | None:
        # The oldest order's kind goes first, and one batch has one kind of payer.
        fit = [order for order in fit if order.from_learner == fit[0].from_learner]
        # What can only go under yesterday goes first: after midnight nothing would suit it.
        pressing = any(today not in days[order.content, order.price] for order in fit)
        sale_day = today - 1 if pressing or not self.knows(today) else today
        chosen = [order for order in fit if sale_day in days[order.content, order.price]]
        if not chosen:
            return None
        items = [BatchItem(order.content, order.learner, order.referrer) for order in chosen]
        packed = pack(items)
        positions = {
            order.order_id: place.position
            for order, place in zip(chosen, packed.places, strict=True)
        }
        debit = sum(order.price for order in chosen)
        draft = BatchDraft(self._platform, sale_day, debit, packed.words, positions)
        if not fit[0].from_learner:
            return draft
        return replace(draft, from_learners=True, orders=chosen)

    def leave_out_uncovered(
        self, orders: Sequence[WaitingOrder], available: Mapping[int, int]
    ) -> bool:
        """Leave out what learners' accounts do not cover, the latest of each; whether any is not.

        `available` is what they have, by learner.
        """
        left, problems = dict(available), dict[int, Problem | None]()
        for order in orders:
            if order.price > left[order.learner]:
                problems[order.order_id] = Problem.BALANCE_GONE
            else:
                left[order.learner] -= order.price
        if problems:
            self._leave_out(problems)
        return bool(problems)

    def _days_of(self, waiting: Sequence[WaitingOrder], today: int) -> _Days:
        sales = {(order.content, order.price) for order in waiting}
        return {(content, price): self._days(content, price, today) for content, price in sales}

    def _days(self, content: int, price: int, today: int) -> tuple[int, ...]:
        """The sale days under which an order at this price can go."""
        found = self._index.content(content)
        if found is None or not found.active:
            return ()
        return tuple(day for day in (today, today - 1) if found.price_on(day) == price)

    def _problem(self, order: WaitingOrder, days: _Days) -> Problem | None:
        """What keeps an order out of batches, or None."""
        if order.learner > self._index.learners:
            return Problem.LEARNER_UNKNOWN
        if days[order.content, order.price]:
            return None
        found = self._index.content(order.content)
        active = found is not None and found.active
        return Problem.PRICE_EXPIRED if active else Problem.CONTENT_INACTIVE

    def _leave_out(self, problems: Mapping[int, Problem | None]) -> None:
        rows = [
            {
                "platform": self._platform,
                "order_id": order_id,
                "problem": problem.value,
                "now": self._clock(),
            }
            for order_id, problem in problems.items()
            if problem is not None
        ]
        with self._store.writing() as transaction:
            transaction.run_many("set_problem", rows)

    def revive(self, today: int) -> None:
        """Let orders wait again whose problem is gone, a content that is back on sale, say."""
        with self._store.reading() as transaction:
            rows = transaction.rows(
                "waiting_problems", platform=self._platform, learners=self._index.learners
            )
        fine = [(content, price) for content, price in rows if self._days(content, price, today)]
        if fine:
            with self._store.writing() as transaction:
                self._clear(transaction, fine)

    def _clear(self, transaction: Transaction, fine: Sequence[tuple[int, int]]) -> None:
        for content, price in fine:
            transaction.run(
                "clear_problem",
                platform=self._platform,
                content=content,
                price=price,
                learners=self._index.learners,
            )
