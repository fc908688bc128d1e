"""A platform's orders and refunds, page by page, the newest first.

A page begins below a number, so that what is added meanwhile moves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from zhifu import ids
from zhifu.books import Books
from zhifu.exceptions import UnknownRefund
from zhifu.money import Money
from zhifu.payments import Destination, OrderRecord
from zhifu.store import Row, Store

FIRST = 2**63 - 1
"""Above every number of `zhifu.ids`: where the first page begins."""


class Refund(NamedTuple):
    """A refund of an order: `state` is the money's, `on_chain` the order's on chain.

    `to` is `provider` for money that the payer has back the way it was paid, or `balance` for what
    is on the learner's balance. Times are Unix seconds. `detail` says why it is as it is, where
    that is known. `is_part` if the order's licence goes on.
    """

    id: str
    order_id: str
    amount: Money
    to: Destination
    state: str
    on_chain: str
    transaction_hash: str | None
    created_at: int
    detail: str | None
    is_part: bool


class Pages:
    """What the books in `store` have of one platform."""

    def __init__(self, store: Store, books: Books) -> None:
        self._store = store
        self._books = books

    def orders(self, platform: int, before: int, limit: int) -> Sequence[OrderRecord]:
        """Orders whose numbers are below `before`."""
        return self._books.page(platform, before, limit)

    def refunds(self, platform: int, before: int, limit: int) -> Sequence[Refund]:
        """Refunds whose numbers are below `before`."""
        with self._store.reading() as transaction:
            rows = transaction.rows("refunds_page", platform=platform, before=before, limit=limit)
        return [refund_of_row(row) for row in rows]

    def refund(self, platform: int, refund_id: str) -> Refund:
        """One refund; raises UnknownRefund, also if it is another platform's."""
        number = ids.from_text(ids.REFUND, refund_id)
        if number is not None:
            with self._store.reading() as transaction:
                row = transaction.row("refund_shown", id=number, platform=platform)
            if row is not None:
                return refund_of_row(row)
        raise UnknownRefund(refund_id)

    def refund_of(self, order_id: str) -> Refund:
        """The latest refund of all that was left of an order, or else of a part of it.

        Raises UnknownRefund if none was begun.
        """
        with self._store.reading() as transaction:
            number = ids.from_text(ids.ORDER, order_id)
            row = transaction.row("latest_refund", order_id=number)
        if row is None:
            raise UnknownRefund(order_id)
        return refund_of_row(row)


def refund_of_row(row: Row) -> Refund:
    """A refund as the queries for `Refund` have it."""
    number, order, amount, currency, to, *rest, is_part = row
    return Refund._make(
        (
            ids.to_text(ids.REFUND, number),
            ids.to_text(ids.ORDER, order),
            Money(amount, currency),
            Destination(to),
            *rest,
            bool(is_part),
        )
    )
