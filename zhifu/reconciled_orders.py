"""The orders of paid payments held against the chain: settled at the price, or still under way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from zhifu import ids, reasons
from zhifu.billing import Account
from zhifu.chart import order_name
from zhifu.currencies import decimals_of
from zhifu.index import Index
from zhifu.ingest import licenses
from zhifu.models import OrderPlace
from zhifu.money import Money
from zhifu.reasons import Reason, Route
from zhifu.reconciled_bills import Paid
from zhifu.reconciliation import Sums, Tally
from zhifu.scope import Scope
from zhifu.spool import Spool
from zhifu.store import Row, Transaction

_AT_ONCE = 500
_BATCHES_AT_ONCE = 20

_ON_CHAIN = ("settled", "confirmed")
_GONE_BACK = ("refund_pending", "refunded")


class Ordered(NamedTuple):
    """An order of a paid payment, as the books have it; None where it is not, or has not, that.

    `parts` are the ledger units that part refunds gave back on chain.
    """

    number: int
    payment: int
    learner: int
    content: int
    price: int
    is_waiting: int
    problem: str | None
    platform: int | None
    lane: int | None
    batch: int | None
    position: int | None
    batch_state: str | None
    batch_block: int | None
    refund_state: str | None
    refund_on_chain: str | None
    refund_block: int | None
    dispute_lost: int
    payment_state: str
    parts: int
    parts_pending: int

    @property
    def place(self) -> tuple[int, int, int]:
        """Its batch, by platform, lane and number."""
        return self.platform or 0, self.lane or 0, self.batch or 0


class _Back(NamedTuple):
    """What the chain gave back of an order: all of it, or so many ledger units."""

    is_whole: bool
    parts: int


class _Sold(NamedTuple):
    """A batch on chain: its time, and learner, content and price by position."""

    timestamp: int
    orders: dict[int, tuple[int, int, int]]


class ReconciledOrders:
    """Follows paid payments to the chain, as the index has it, and notes in `tally` what differs.

    `accounts` are by name, for their days.
    """

    def __init__(
        self,
        transaction: Transaction,
        index: Index,
        decimals: int,
        accounts: dict[str, Account],
        scope: Scope,
        tally: Tally,
    ) -> None:
        self._transaction = transaction
        self._index = index
        self._decimals = decimals
        self._accounts = accounts
        self._scope = scope
        self._tally = tally
        self._settled = Spool(4)

    def close(self) -> None:
        """Forget everything."""
        self._settled.close()

    def follow(self, payments: Spool) -> None:
        """Compare the orders of payments, rows of `Paid`, with where they stand by the books."""
        chunk: list[Paid] = []
        for row in payments:
            chunk.append(Paid(*row))
            if len(chunk) == _AT_ONCE:
                self._follow(chunk)
                chunk = []
        self._follow(chunk)

    def compare(self) -> None:
        """Compare those that are settled with the chain."""
        batches = groupby(self._settled, key=lambda row: (row[0], row[1], row[2]))
        chunk: list[tuple[tuple[int, int, int], list[Row]]] = []
        for place, rows in batches:
            chunk.append((place, [tuple(row) for row in rows]))
            if len(chunk) == _BATCHES_AT_ONCE:
                self._compare(chunk)
                chunk = []
        self._compare(chunk)

    # By the books

    def _follow(self, payments: Sequence[Paid]) -> None:
        of_orders = [each for each in payments if each.purpose != "top_up"]
        self._top_ups([each for each in payments if each.purpose == "top_up"])
        rows = self._transaction.rows_for(
            "reconciled_orders", [[each.number] for each in of_orders]
        )
        by_payment: dict[int, list[Ordered]] = {}
        for row in rows:
            order = Ordered(*row)
            by_payment.setdefault(order.payment, []).append(order)
        for payment in of_orders:
            self._orders_of(payment, by_payment.get(payment.number, []))

    def _orders_of(self, payment: Paid, orders: Sequence[Ordered]) -> None:
        once = {order.number: order for order in orders}
        amount = sum(self._minor(order.price) for order in once.values())
        if amount != payment.amount:
            differs = payment.amount - amount
            reason = reasons.PRICES if orders else reasons.NO_ORDERS
            detail = f"{self._money(payment.amount)} paid, orders of {self._money(amount)}"
            subject = f"payment {ids.to_text(ids.PAYMENT, payment.number)}"
            self._differs(reason, subject, payment, differs, detail)
        if len(once) < len(orders):
            for number in once:
                if sum(order.number == number for order in orders) > 1:
                    self._differs(reasons.ORDER_TWICE, _order(number), payment, 0, "")
        for order in once.values():
            self._place(payment, order)

    def _place(self, payment: Paid, order: Ordered) -> None:
        sums, price = self._sums(payment), self._minor(order.price)
        if order.batch is not None:
            is_later = (order.batch_block or 0) > self._scope.block
            if order.batch_state not in _ON_CHAIN or is_later:
                sums.under_way += price
                self._note(reasons.IN_BATCH, order, payment, price)
                return
            self._settled.put((*order.place, order.position, *order, *payment))
        elif order.is_waiting:
            sums.under_way += price
            reason = reasons.LEFT_OUT if order.problem else reasons.WAITING
            self._note(reason, order, payment, price, order.problem or "")
        elif order.refund_state in _GONE_BACK or order.payment_state == "charged_back":
            sums.void += price
            if order.refund_state == "refund_pending":
                self._note(reasons.REFUND_PENDING, order, payment, price)
        else:
            self._differs(reasons.ORDER_LOST, _order(order.number), payment, price, "")

    def _top_ups(self, payments: Sequence[Paid]) -> None:
        numbers = [[each.number] for each in payments]
        states: dict[int, str] = dict(self._transaction.rows_for("top_ups_of", numbers))
        for payment in payments:
            state = states.get(payment.number)
            subject = f"payment {ids.to_text(ids.PAYMENT, payment.number)}"
            if state is None:
                self._item(reasons.TOP_UP_LOST, subject, payment, payment.amount, "")
            elif state in _ON_CHAIN or state == "refunded":
                self._tally.matched[Route.CHAIN] += 1
            else:
                self._item(reasons.TOP_UP_UNDER_WAY, subject, payment, payment.amount, state)

    # By the chain

    def _compare(self, chunk: Sequence[tuple[tuple[int, int, int], list[Row]]]) -> None:
        if not chunk:
            return
        sold = self._sold([place for place, _ in chunk])
        refunded, parts = self._refunded(chunk), self._parts(chunk)
        for place, rows in chunk:
            batch = sold.get(place)
            orders = [_stored(row) for row in rows]
            if batch is None:
                self._no_batch(place, orders)
                continue
            for order, payment in orders:
                where = OrderPlace(*place, order.position or 0)
                back = _Back(where.order_id in refunded, parts.get(order_name(where.order_id), 0))
                self._settle(order, payment, batch, back)

    def _settle(self, order: Ordered, payment: Paid, batch: _Sold, back: _Back) -> None:
        sums, price = self._sums(payment), self._minor(order.price)
        found = batch.orders.get(order.position or 0)
        subject, before = _order(order.number), self._tally.counts.total()
        if found is None:
            self._differs(reasons.ORDER_DIFFERS, subject, payment, price, "none at its position")
            return
        learner, content, chain_price = found
        debited = self._minor(chain_price)
        sums.debited += debited
        if found != (order.learner, order.content, order.price):
            self._differs(
                reasons.ORDER_DIFFERS,
                subject,
                payment,
                price - debited,
                f"learner {order.learner}, content {order.content}, {self._money(price)} in the"
                f" books; learner {learner}, content {content}, {self._money(debited)} on chain",
            )
        day = self._accounts[payment.provider].day_of(batch.timestamp)
        if day > payment.day:
            sums.settled_later += debited
            self._note(reasons.SETTLED_LATER, order, payment, debited, _on(day))
        self._compare_refund(sums, order, payment, price, debited, back)
        if self._tally.counts.total() == before:
            self._tally.matched[Route.CHAIN] += 1

    def _compare_refund(
        self,
        sums: Sums,
        order: Ordered,
        payment: Paid,
        price: int,
        debited: int,
        back: _Back,
    ) -> None:
        by_books = order.refund_on_chain == "done"
        later = by_books and (order.refund_block or 0) > self._scope.block
        if later or order.refund_on_chain == "pending" or order.parts_pending:
            # Neither side counts it before both do.
            self._note(reasons.REFUND_PENDING, order, payment, price)
            return
        refunded = price if by_books else self._minor(order.parts)
        on_chain = debited if back.is_whole else self._minor(back.parts)
        sums.refunded += refunded
        sums.refunded_on_chain += on_chain
        sums.chain_differs += on_chain - refunded
        differs, subject = on_chain - refunded, _order(order.number)
        if by_books and not back.is_whole:
            self._item(reasons.REFUND_NOT_ON_CHAIN, subject, payment, differs, "")
        elif back.is_whole and not by_books:
            is_known = order.dispute_lost
            reason = reasons.REFUND_PENDING if is_known else reasons.REFUNDED_ON_CHAIN_ALONE
            self._item(reason, subject, payment, differs, "")
        elif by_books and order.refund_state == "refund_pending":
            self._note(reasons.REFUND_PENDING, order, payment, price, "the money is to return")
        elif not by_books and order.parts != back.parts:
            detail = f"{self._money(refunded)} in the books and {self._money(on_chain)} on chain"
            self._item(reasons.PARTS, subject, payment, differs, detail)

    def _no_batch(
        self, place: tuple[int, int, int], orders: Sequence[tuple[Ordered, Paid]]
    ) -> None:
        for order, payment in orders:
            price = self._minor(order.price)
            subject = f"{_order(order.number)} of batch {place}"
            self._differs(reasons.BATCH_NOT_ON_CHAIN, subject, payment, price, "")

    def _sold(self, places: Sequence[tuple[int, int, int]]) -> dict[tuple[int, int, int], _Sold]:
        rows = self._transaction.rows_for(
            "reconciled_chain_batches", [list(place) for place in places]
        )
        return {
            (platform, lane, number): _Sold(at, dict(sold_in(self._index, sale_day, bytes(words))))
            for platform, lane, number, sale_day, words, at in rows
        }

    def _refunded(self, chunk: Sequence[tuple[tuple[int, int, int], list[Row]]]) -> set[bytes]:
        """The orders of some batches, the first to the last, that are refunded on chain."""
        first, last = OrderPlace(*chunk[0][0], 0), OrderPlace(*chunk[-1][0], 2**32 - 1)
        rows = self._transaction.rows("refunds_between", first=first.order_id, last=last.order_id)
        return {bytes(order_id) for (order_id,) in rows}

    def _parts(self, chunk: Sequence[tuple[tuple[int, int, int], list[Row]]]) -> dict[str, int]:
        """What the chain gave back of orders in parts, by their names in the ledger."""
        names = [
            [order_name(OrderPlace(*place, row[3]).order_id)]
            for place, rows in chunk
            for row in rows
        ]
        return dict(self._transaction.rows_for("parts_on_chain", names))

    # Sums and items

    def _minor(self, units: int) -> int:
        return minor(units, self._tally.currency, self._decimals)

    def _money(self, amount: int) -> str:
        return str(Money(amount, self._tally.currency))

    def _sums(self, payment: Paid) -> Sums:
        return self._tally.of(payment.provider, payment.day, payment.currency)

    def _note(
        self, reason: Reason, order: Ordered, payment: Paid, amount: int, detail: str = ""
    ) -> None:
        """An item about an order, whose amount is in the sums already."""
        self._item(reason, _order(order.number), payment, amount, detail)

    def _differs(
        self, reason: Reason, subject: str, payment: Paid, amount: int, detail: str
    ) -> None:
        self._sums(payment).chain_differs += amount
        self._item(reason, subject, payment, amount, detail)

    def _item(self, reason: Reason, subject: str, payment: Paid, amount: int, detail: str) -> None:
        self._tally.note(
            reason,
            subject,
            payment.day,
            provider=payment.provider,
            platform=payment.platform,
            amount=amount,
            currency=payment.currency,
            detail=detail,
        )


def sold_in(
    index: Index, sale_day: int, words: bytes
) -> Iterator[tuple[int, tuple[int, int, int]]]:
    """What a batch sold by position: learner, content, and the price of its day, 0 for unknown."""
    prices: dict[int, int] = {}
    for each in licenses(0, words):
        content = each["content"]
        price = prices.get(content)
        if price is None:
            known = index.content(content)
            price = prices[content] = known.price_on(sale_day) if known else 0
        yield each["position"], (each["learner"], content, price)


@lru_cache(maxsize=16_384)
def minor(units: int, currency: str, decimals: int) -> int:
    """Ledger units in minor units, without what is finer: no price that was paid has that."""
    return int(units * 10 ** decimals_of(currency) // 10**decimals)


def _stored(row: Row) -> tuple[Ordered, Paid]:
    order = row[4 : 4 + len(Ordered._fields)]
    return Ordered(*order), Paid(*row[4 + len(Ordered._fields) :])


def _order(number: int) -> str:
    return f"order {ids.to_text(ids.ORDER, number)}"


def _on(day: int) -> str:
    return f"on {date.fromordinal(day).isoformat()}"
