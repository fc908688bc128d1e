"""The orders of a gateway's books, held against what its platforms sold on chain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from zhifu.audit.batch import RecomputedBatch
from zhifu.audit.recomputation import Place, Recomputation, place_of
from zhifu.audit.records import FROM_LEARNER, Sold
from zhifu.differences import ORDERS, WHOLE_ROW, Difference, fields
from zhifu.store import Row, Transaction

_PAGE = 2_000
_SETTLED = ("settled", "confirmed")

_BATCH = (
    *("orders", "debit", "sale_day", "from_learners", "words"),
    *("transaction_hash", "block_number"),
)
_DISPUTE = ("opener", "amount", "bond", "deadline", "evidence", "state")

_NEVER_SETTLED = "the chain has no such batch: run the gateway, which sends it again, or restore"
_UNRECORDED = "restore the books or take the batch in: zhifu adopt PLATFORM"
_WRONG = "the chain counts: the books were changed by hand or the disk is bad; restore them"
_UNREFUNDED = "the payer is owed the money at the provider: zhifu refund ORDER"
_NOT_BACK = "the chain still has the money: run the gateway and ask again, or restore the books"
_UNHEARD = "run the gateway, which follows disputes; restore the books if it stays"


class AuditedOrders:
    """Compares batch by batch as the chain is read, and refunds and disputes at the end.

    Concerns the lanes that the books have batches of, or whose key they ever settled with. What
    the books have in blocks after `last` is left alone, and counted as `later`; what they have
    sent and not seen included is `under_way`.
    """

    def __init__(self, transaction: Transaction, state: Recomputation, last: int) -> None:
        self._transaction = transaction
        self._state = state
        self._last = last
        self._lanes = set(transaction.rows("audited_lanes"))
        self._operators = {row[0] for row in transaction.rows("audited_operators")}
        self._found: list[Difference] = []
        self.compared = self.under_way = self.later = 0

    def sold(self, orders: Iterable[Sold]) -> None:
        """Compare a batch of the books' own lanes with them."""
        if not isinstance(orders, RecomputedBatch) or not self._is_ours(orders.lot[:2]):
            return
        batch, place = orders, orders.lot[:3]
        found = self._batch(place)
        if found is None:
            self._found.append(
                Difference(ORDERS, f"batch {place}", WHOLE_ROW, None, batch.orders, _UNRECORDED)
            )
            return
        number, state, *row = found
        if state in _SETTLED:
            self._compare_batch(batch, place, row)
        else:
            self.under_way += batch.orders
        self._compare_orders(batch, place, number)

    def differences(self, disputes: Mapping[int, Sequence[Any]]) -> Iterator[Difference]:
        """What differs; `disputes` are those on chain by order id, as the index must have them."""
        yield from self._found
        yield from self._unsettled()
        yield from self._refunds_of_books()
        yield from self._refunds_of_chain()
        yield from self._disputes(disputes)

    def _is_ours(self, lane: tuple[int, int]) -> bool:
        return lane in self._lanes or self._state.members.keys.get(lane) in self._operators

    def _batch(self, place: Place) -> Row | None:
        platform, lane, number = place
        return self._transaction.row(
            "audited_lane_batch", platform=platform, lane=lane, number=number
        )

    def _compare_batch(self, batch: RecomputedBatch, place: Place, row: Sequence[Any]) -> None:
        known = self._state.batches[place]
        chain = (
            *(known.orders, known.debit, known.sale_day, int(bool(batch.state & FROM_LEARNER))),
            *(batch.words, known.transaction_hash, known.block_number),
        )
        books, expected = (dict(zip(_BATCH, each, strict=True)) for each in (row, chain))
        self._found += fields(ORDERS, f"batch {place}", books, expected, _WRONG)

    def _compare_orders(self, batch: RecomputedBatch, place: Place, number: int) -> None:
        rows = self._transaction.rows("audited_orders", batch_id=number)
        books = {position: row for position, *row in rows}
        for position, learner, content, price in batch.sales():
            self.compared += 1
            row = books.pop(position, None)
            if row is None:
                where = f"order at position {position} of batch {place}"
                chain = (learner, content, price)
                self._found.append(Difference(ORDERS, where, WHOLE_ROW, None, chain, _UNRECORDED))
            elif row[1:] != [learner, content, price]:
                self._found += _order_differences(row, learner, content, price)
        for position, row in books.items():
            where = f"order {row[0]} at position {position} of batch {place}"
            self._found.append(Difference(ORDERS, where, WHOLE_ROW, tuple(row), None, _WRONG))

    def _pages(self, query: str, key: str) -> Iterator[Row]:
        """All rows of a query that begins with its key, a page at a time."""
        after = 0
        while page := self._transaction.rows(query, **{key: after}, limit=_PAGE):
            yield from page
            after = page[-1][0]

    def _unsettled(self) -> Iterator[Difference]:
        """Batches that the books call settled and the chain has not."""
        for _, *place, block_number in self._pages("audited_lane_batches", "id"):
            if block_number > self._last:
                self.later += 1
            elif tuple(place) not in self._state.batches:
                row = f"batch {tuple(place)}"
                yield Difference(ORDERS, row, WHOLE_ROW, "settled", None, _NEVER_SETTLED)

    # Refunds

    def _refunds_of_books(self) -> Iterator[Difference]:
        for order, whole, units, block_number in self._pages("audited_order_refunds", "order_id"):
            row = self._transaction.row("audited_order_of", order_id=order)
            chain_id = _order_id(row) if row else None
            if block_number > self._last:
                self.later += 1
            elif chain_id is None:
                yield Difference(
                    ORDERS, f"order {order}", "state", "refunded on chain", "not settled", _NOT_BACK
                )
            elif not self._state.is_refunded(chain_id):
                yield from self._parts(order, chain_id, whole, units)

    def _parts(self, order: int, chain_id: int, whole: int, units: int) -> Iterator[Difference]:
        """Of an order that is not wholly refunded on chain."""
        if whole:
            yield Difference(ORDERS, f"order {order}", "state", "refunded", "paid", _NOT_BACK)
        elif units != self._state.part_refunds[chain_id]:
            on_chain = self._state.part_refunds[chain_id]
            advice = _NOT_BACK if units > on_chain else _UNREFUNDED
            yield Difference(ORDERS, f"order {order}", "given back", units, on_chain, advice)

    def _refunds_of_chain(self) -> Iterator[Difference]:
        for order_id in self._given_back():
            order = self._order_at(order_id)
            if order is None:
                continue
            whole, units, pending = self._transaction.row("audited_refund_of", order_id=order) or (
                0,
                0,
                0,
            )
            if pending:
                self.under_way += 1
            elif self._state.is_refunded(order_id) and not whole:
                yield Difference(ORDERS, f"order {order}", "state", "paid", "refunded", _UNREFUNDED)
            elif not whole and not units:
                on_chain = self._state.part_refunds[order_id]
                yield Difference(ORDERS, f"order {order}", "given back", 0, on_chain, _UNREFUNDED)

    def _given_back(self) -> Iterator[int]:
        """The orders of our lanes of which the chain gave something back."""
        for place, bits in self._state.ended.items():
            if self._is_ours(place[:2]):
                prefix = place[0] << 128 | place[1] << 96 | place[2] << 32
                while bits:
                    lowest = bits & -bits
                    yield prefix | lowest.bit_length() - 1
                    bits ^= lowest
        for order_id in self._state.part_refunds:
            place, _ = place_of(order_id)
            ours = place in self._state.batches and self._is_ours(place[:2])
            if ours and not self._state.is_refunded(order_id):
                yield order_id

    def _order_at(self, order_id: int) -> int | None:
        """The number that an order of a batch has in the books."""
        (platform, lane, number), position = place_of(order_id)
        found: int | None = self._transaction.value(
            "audited_order_at", platform=platform, lane=lane, number=number, position=position
        )
        return found

    # Disputes

    def _disputes(self, chain: Mapping[int, Sequence[Any]]) -> Iterator[Difference]:
        told = set()
        for order, *row in self._pages("audited_order_disputes", "order_id"):
            place = self._transaction.row("audited_order_of", order_id=order)
            expected = chain.get(_order_id(place)) if place else None
            named = f"dispute of order {order}"
            if place is None or expected is None:
                yield Difference(ORDERS, named, WHOLE_ROW, row[-1], None, _UNHEARD)
                continue
            told.add(_order_id(place))
            books = dict(zip(_DISPUTE, row, strict=True))
            on_chain = dict(zip(_DISPUTE, expected, strict=False))
            yield from fields(ORDERS, named, books, on_chain, _UNHEARD)
        for order_id, each in chain.items():
            if order_id not in told and (order := self._order_at(order_id)) is not None:
                named = f"dispute of order {order}"
                yield Difference(ORDERS, named, WHOLE_ROW, None, each[5], _UNHEARD)


def _order_id(row: Row) -> int:
    platform, lane, number, position = row
    return int(platform << 128 | lane << 96 | number << 32 | position)


def _order_differences(
    row: Sequence[int], learner: int, content: int, price: int
) -> Iterator[Difference]:
    order, *books = row
    names = ("learner", "content", "price")
    chain = dict(zip(names, (learner, content, price), strict=True))
    named = dict(zip(names, books, strict=True))
    yield from fields(ORDERS, f"order {order}", named, chain, _WRONG)
