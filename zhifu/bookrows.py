"""Between the rows of the books and the values at the gateway's edge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from zhifu import ids
from zhifu.money import Money
from zhifu.payments import (
    BatchPlace,
    OrderRecord,
    OrderState,
    Payment,
    PaymentRequest,
    PaymentState,
    Problem,
    Purpose,
)
from zhifu.store import Row

if TYPE_CHECKING:
    from zhifu.books import Draft

#: What its payment's state says of an order that has only just been recorded.
_ORDER_STATES = {
    state: OrderState(state.value)
    for state in (PaymentState.CREATED, PaymentState.PAYMENT_UNKNOWN, PaymentState.PAID)
}


class Entry(NamedTuple):
    """A draft with the numbers of its payment and its orders."""

    payment_id: int
    order_ids: Sequence[int]
    draft: Draft


class PaymentRow(NamedTuple):
    """A payment as the queries of `books.sql` give it."""

    id: int
    platform: int
    learner: int
    purpose: str
    amount: int
    currency: str
    provider: str
    provider_payment_id: str | None
    idempotency_key: str
    referrer: str | None
    expires_at: int | None
    received: int | None
    fee: int | None
    state: str
    created_at: int

    def payment(self, lines: tuple[OrderRecord, ...]) -> Payment:
        """The payment with its orders."""
        return Payment(
            ids.to_text(ids.PAYMENT, self.id),
            self._request(tuple(line.content for line in lines)),
            PaymentState(self.state),
            lines,
            self.created_at,
            self.provider_payment_id,
            self.expires_at,
            self._money(self.received),
            self._money(self.fee),
        )

    def _request(self, contents: tuple[int, ...]) -> PaymentRequest:
        # What the gateway makes at the provider was asked for without a name.
        asked = self.provider_payment_id if self.expires_at is None else None
        return PaymentRequest(
            self.platform,
            self.learner,
            contents,
            Money(self.amount, self.currency),
            self.provider,
            asked or "",
            self.idempotency_key,
            self.referrer,
            Purpose(self.purpose),
        )

    def _money(self, amount: int | None) -> Money | None:
        return None if amount is None else Money(amount, self.currency)


def order(row: Row, decimals: int) -> OrderRecord:
    """An order from its row in `order_states`."""
    number, payment_id, platform, learner, content, price, currency, state, problem = row[:9]
    batch_id, lane, batch, position = row[9:]
    return OrderRecord(
        ids.to_text(ids.ORDER, number),
        ids.to_text(ids.PAYMENT, payment_id),
        platform,
        learner,
        content,
        price_of(price, currency, decimals),
        OrderState(state),
        batch_id and BatchPlace(ids.to_text(ids.BATCH, batch_id), lane, batch, position),
        problem and Problem(problem),
    )


def recorded(entry: Entry, now: int, decimals: int) -> Payment:
    """The payment that an entry has become."""
    draft, request = entry.draft, entry.draft.request
    payment_id = ids.to_text(ids.PAYMENT, entry.payment_id)
    lines = zip(entry.order_ids, request.contents, draft.prices, strict=True)
    currency, state = request.amount.currency, _ORDER_STATES[draft.state]
    orders = tuple(
        [
            OrderRecord(
                ids.to_text(ids.ORDER, order_id),
                payment_id,
                request.platform,
                request.learner,
                content,
                price_of(price, currency, decimals),
                state,
            )
            for order_id, content, price in lines
        ]
    )
    expires_at = draft.checkout.expires_at if draft.checkout else None
    money = draft.received
    if money is None and draft.state is PaymentState.PAID:
        money = request.amount
    name = request.provider_payment_id or None
    return Payment(
        payment_id, request, draft.state, orders, now, name, expires_at, money or None, draft.fee
    )


def received(draft: Draft) -> int:
    """What has come in by a payment, in minor units; 0 if nothing is known of."""
    if draft.received is not None:
        return draft.received.amount
    return draft.request.amount.amount if draft.state is PaymentState.PAID else 0


def payment(entry: Entry) -> tuple[int | str | None, ...]:
    """The row of a payment, as `put_payments` takes it."""
    draft, request = entry.draft, entry.draft.request
    return (
        entry.payment_id,
        request.platform,
        request.learner,
        request.purpose.value,
        request.amount.amount,
        request.amount.currency,
        request.provider,
        request.provider_payment_id or None,
        request.idempotency_key,
        request.referrer,
        draft.checkout.expires_at if draft.checkout else None,
        received(draft) or None,
        None if draft.fee is None else draft.fee.amount,
        draft.state.value,
    )


def orders(entries: Sequence[Entry]) -> list[tuple[int, ...]]:
    """The rows of the entries' orders, as `put_orders` takes them."""
    return [
        (
            order_id,
            entry.payment_id,
            entry.draft.request.platform,
            entry.draft.request.learner,
            content,
            price,
        )
        for entry in entries
        for order_id, content, price in zip(
            entry.order_ids, entry.draft.request.contents, entry.draft.prices, strict=True
        )
    ]


def checkouts(entries: Sequence[Entry]) -> Iterator[dict[str, Any]]:
    """The rows of what the gateway makes at providers."""
    for entry in entries:
        terms = entry.draft.checkout
        if terms is not None:
            yield {
                "payment_id": entry.payment_id,
                "method": terms.method,
                "description": terms.description,
                "return_url": terms.return_url,
                "payer": terms.payer,
            }


@lru_cache(maxsize=16_384)
def price_of(units: int, currency: str, decimals: int) -> Money:
    """A price in ledger units as money, remembered: few prices are of many orders.

    Raises InexactAmount rather than round.
    """
    return Money.from_ledger_units(units, currency, decimals)
