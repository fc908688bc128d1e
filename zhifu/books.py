"""The gateway's books of payments and orders, as the database keeps them.

Every method is one transaction; its history rows are written in the same one by the database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from zhifu import ids
from zhifu.exceptions import UnknownOrder, UnknownPayment
from zhifu.money import Money
from zhifu.payments import (
    BatchPlace,
    Change,
    OrderRecord,
    OrderState,
    Payment,
    PaymentRequest,
    PaymentState,
    Problem,
)
from zhifu.store import Row, Store, Transaction

_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Draft:
    """A checked request, ready to be recorded.

    `prices` are its contents' in ledger units, `state` is what its provider's answer comes to.
    """

    request: PaymentRequest
    prices: tuple[int, ...]
    state: PaymentState


class _Entry(NamedTuple):
    payment_id: int
    order_ids: Sequence[int]
    draft: Draft


class Books:
    """The payments and orders in `store`; `decimals` are the ledger's."""

    def __init__(self, store: Store, clock: Callable[[], int], decimals: int) -> None:
        self._store = store
        self._clock = clock
        self._decimals = decimals
        self._ids = ids.Ids()

    def known(self, requests: Sequence[PaymentRequest]) -> list[Payment | None]:
        """What is already recorded under each request's key."""
        with self._store.reading() as transaction:
            return [self._by_key(transaction, request) for request in requests]

    def record(self, drafts: Sequence[Draft]) -> list[Payment | None]:
        """Record payments; None where the key, or the provider's payment, was known before."""
        now = self._clock()
        entries = self._entries(drafts)
        with self._store.writing() as transaction:
            added = _put_payments(transaction, entries, now)
            transaction.run_many("put_order", _order_rows(added))
            transaction.run_many("put_waiting", _waiting_rows(added))
        new = {entry.payment_id for entry in added}
        return [
            self._recorded(entry, now) if entry.payment_id in new else None for entry in entries
        ]

    def resolve(self, payment_id: str, state: PaymentState) -> Payment:
        """Record what the provider finally said of an unknown payment; paid orders then wait."""
        number = _payment_number(payment_id)
        with self._store.writing() as transaction:
            changed = transaction.run(
                "set_payment_state",
                id=number,
                state=state.value,
                before=PaymentState.PAYMENT_UNKNOWN.value,
                now=self._clock(),
            )
            if changed and state is PaymentState.PAID:
                transaction.run("wait_for_payment", payment_id=number)
            return self._payment(transaction, number)

    def payment(self, payment_id: str) -> Payment:
        """One payment; raises UnknownPayment."""
        with self._store.reading() as transaction:
            return self._payment(transaction, _payment_number(payment_id))

    def payments(self, platform: int) -> Iterator[Payment]:
        """A platform's payments, the oldest first."""
        after = 0
        while True:
            with self._store.reading() as transaction:
                rows = transaction.rows("payments_of", platform=platform, after=after, limit=_PAGE)
                page = [self._from_row(transaction, row) for row in rows]
            yield from page
            if len(rows) < _PAGE:
                return
            after = rows[-1][0]

    def unknown(self) -> list[Payment]:
        """The payments whose provider has not said what became of them."""
        with self._store.reading() as transaction:
            rows = transaction.rows("unknown_payments")
            return [self._from_row(transaction, row) for row in rows]

    def order(self, order_id: str) -> OrderRecord:
        """One order; raises UnknownOrder."""
        with self._store.reading() as transaction:
            row = transaction.row("order", id=order_number(order_id))
        if row is None:
            raise UnknownOrder(order_id)
        return self._order(row)

    def page(self, platform: int, before: int, limit: int) -> list[OrderRecord]:
        """A platform's orders whose numbers are below `before`, the newest first."""
        with self._store.reading() as transaction:
            rows = transaction.rows("orders_page", platform=platform, before=before, limit=limit)
        return [self._order(row) for row in rows]

    def left_out(self, platform: int) -> list[OrderRecord]:
        """A platform's paid orders that batches leave out, each with its `problem`."""
        with self._store.reading() as transaction:
            return [
                self._order(row) for row in transaction.rows("orders_left_out", platform=platform)
            ]

    def waiting(self, platform: int) -> int:
        """How many paid orders of a platform wait for a batch."""
        with self._store.reading() as transaction:
            return int(transaction.value("count_waiting", platform=platform))

    def history(self, order_id: str) -> list[Change]:
        """What happened to an order, its payment and its batch, in order; raises UnknownOrder."""
        number = order_number(order_id)
        with self._store.reading() as transaction:
            if transaction.row("order", id=number) is None:
                raise UnknownOrder(order_id)
            return [Change(*row) for row in transaction.rows("order_history", order_id=number)]

    def _entries(self, drafts: Sequence[Draft]) -> list[_Entry]:
        # A payment's orders take the numbers after its own: the schema finds them by that.
        numbers = self._ids.take(sum(1 + len(draft.prices) for draft in drafts))
        entries, at = [], 0
        for draft in drafts:
            end = at + 1 + len(draft.prices)
            entries.append(_Entry(numbers[at], numbers[at + 1 : end], draft))
            at = end
        return entries

    def _recorded(self, entry: _Entry, now: int) -> Payment:
        payment_id = ids.to_text(ids.PAYMENT, entry.payment_id)
        request, state = entry.draft.request, OrderState(entry.draft.state.value)
        lines = zip(entry.order_ids, request.contents, entry.draft.prices, strict=True)
        orders = tuple(
            OrderRecord(
                ids.to_text(ids.ORDER, order_id),
                payment_id,
                request.platform,
                request.learner,
                content,
                _money(price, request.amount.currency, self._decimals),
                state,
            )
            for order_id, content, price in lines
        )
        return Payment(payment_id, request, entry.draft.state, orders, now)

    def _by_key(self, transaction: Transaction, request: PaymentRequest) -> Payment | None:
        row = transaction.row(
            "payment_by_key", platform=request.platform, idempotency_key=request.idempotency_key
        )
        return self._from_row(transaction, row) if row else None

    def _payment(self, transaction: Transaction, number: int) -> Payment:
        row = transaction.row("payment", id=number)
        if row is None:
            raise UnknownPayment(ids.to_text(ids.PAYMENT, number))
        return self._from_row(transaction, row)

    def _from_row(self, transaction: Transaction, row: Row) -> Payment:
        number, platform, learner, amount, currency, provider, provider_payment_id, key = row[:8]
        referrer, state, created_at = row[8:]
        rows = transaction.rows("orders_of", payment_id=number)
        orders = tuple(self._order(each) for each in rows)
        request = PaymentRequest(
            platform,
            learner,
            tuple(order.content for order in orders),
            Money(amount, currency),
            provider,
            provider_payment_id,
            key,
            referrer,
        )
        name = ids.to_text(ids.PAYMENT, number)
        return Payment(name, request, PaymentState(state), orders, created_at)

    def _order(self, row: Row) -> OrderRecord:
        number, payment_id, platform, learner, content, price, currency, state, problem = row[:9]
        batch_id, lane, batch, position = row[9:]
        return OrderRecord(
            ids.to_text(ids.ORDER, number),
            ids.to_text(ids.PAYMENT, payment_id),
            platform,
            learner,
            content,
            _money(price, currency, self._decimals),
            OrderState(state),
            batch_id and BatchPlace(ids.to_text(ids.BATCH, batch_id), lane, batch, position),
            problem and Problem(problem),
        )


def order_number(order_id: str) -> int:
    """The database's number of an order; raises UnknownOrder for what cannot be one."""
    number = ids.from_text(ids.ORDER, order_id)
    if number is None:
        raise UnknownOrder(order_id)
    return number


def _payment_number(payment_id: str) -> int:
    number = ids.from_text(ids.PAYMENT, payment_id)
    if number is None:
        raise UnknownPayment(payment_id)
    return number


def _put_payments(
    transaction: Transaction, entries: Sequence[_Entry], now: int
) -> Sequence[_Entry]:
    rows = [_payment_row(entry, now) for entry in entries]
    if transaction.run_many("put_payment", rows) == len(rows):
        return entries
    return [entry for entry in entries if _is_recorded(transaction, entry)]


def _is_recorded(transaction: Transaction, entry: _Entry) -> bool:
    request = entry.draft.request
    row = transaction.row(
        "payment_by_key", platform=request.platform, idempotency_key=request.idempotency_key
    )
    return row is not None and row[0] == entry.payment_id


def _payment_row(entry: _Entry, now: int) -> dict[str, Any]:
    request = entry.draft.request
    return {
        "id": entry.payment_id,
        "platform": request.platform,
        "learner": request.learner,
        "amount": request.amount.amount,
        "currency": request.amount.currency,
        "provider": request.provider,
        "provider_payment_id": request.provider_payment_id,
        "idempotency_key": request.idempotency_key,
        "referrer": request.referrer,
        "state": entry.draft.state.value,
        "now": now,
    }


def _order_rows(entries: Sequence[_Entry]) -> Iterator[dict[str, Any]]:
    for entry in entries:
        request = entry.draft.request
        lines = zip(entry.order_ids, request.contents, entry.draft.prices, strict=True)
        for order_id, content, price in lines:
            yield {
                "id": order_id,
                "payment_id": entry.payment_id,
                "platform": request.platform,
                "learner": request.learner,
                "content": content,
                "price": price,
            }


def _waiting_rows(entries: Sequence[_Entry]) -> Iterator[dict[str, Any]]:
    for entry in entries:
        if entry.draft.state is PaymentState.PAID:
            for order_id in entry.order_ids:
                yield {"platform": entry.draft.request.platform, "order_id": order_id}


@lru_cache(maxsize=16_384)
def _money(units: int, currency: str, decimals: int) -> Money:
    return Money.from_ledger_units(units, currency, decimals)
