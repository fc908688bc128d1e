"""Whether the ledger follows from what it is made of: balances, entries of books, and their orders.

Everything is read again, page by page, each from a state of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from zhifu import chart, ids
from zhifu.book_ledger import BookLedger
from zhifu.ledger_days import WrongDay
from zhifu.models import OrderPlace
from zhifu.money import Money
from zhifu.store import Row, Store
from zhifu.transfers import Transfer

_PAGE = 5_000
_ORDERS = 1_000

#: What brings an order money in the books, and what takes it away again; and so on chain.
_PAID = ("paid", "spent")
_GIVEN_BACK = ("refunded", "refunded_by_hand", "credited", "taken_back")
_CAPTURED = ("sale", "commission", "referral")
_RETURNED = ("refund", "part_refund", "dispute_refund")


class WrongBalance(NamedTuple):
    """An account whose balance is not the sum of its transfers, in its units."""

    account: str
    balance: int
    transfers: int

    @property
    def subject(self) -> str:
        """What is wrong: the account."""
        return self.account


class WrongEntry(NamedTuple):
    """A transfer of books that is not what its event comes to; None where there is none."""

    platform: int
    event: int
    stored: Transfer | None
    found: Transfer | None

    @property
    def subject(self) -> str:
        """What is wrong: which transfer."""
        return f"event {self.platform}/{self.event}"


class UntiedOrder(NamedTuple):
    """A settled order of which the books have kept another amount than the chain (ledger units)."""

    order: str
    place: str
    in_books: int
    on_chain: int

    @property
    def subject(self) -> str:
        """What is wrong: the order."""
        return self.order


Wrong = WrongBalance | WrongEntry | UntiedOrder | WrongDay
"""Whatever does not follow."""


class LedgerCheck:
    """Checks the ledger in `store`; `decimals` are those of its unit, in `currency`."""

    def __init__(self, store: Store, books: BookLedger, currency: str, decimals: int) -> None:
        self._store = store
        self._books = books
        self._currency = currency
        self._decimals = decimals

    def balances(self) -> Iterator[WrongBalance]:
        """Balances that are not the sums of transfers."""
        name = ""
        while True:
            with self._store.reading() as transaction:
                rows = transaction.rows("summed_balances", name=name, limit=_PAGE)
            for account, debits, credits_, out, into in rows:
                if (debits, credits_) != (out, into):
                    yield WrongBalance(account, credits_ - debits, into - out)
            if len(rows) < _PAGE:
                return
            name = rows[-1][0]

    def entries(self) -> Iterator[WrongEntry]:
        """Transfers of books that are missing, too many, or other than their events make."""
        for platform in self._books.platforms():
            for after, last, found in self._books.pages(platform):
                with self._store.reading() as transaction:
                    rows = transaction.rows("entries", source=platform, after=after, last=last)
                yield from _compared(platform, [Transfer(*row) for row in rows], found)

    def orders(self) -> Iterator[UntiedOrder]:
        """Confirmed orders whose two sides differ while nothing of them is on its way."""
        last = 0
        while True:
            with self._store.reading() as transaction:
                rows = transaction.rows("tied_orders", id=last, limit=_ORDERS)
                names = [name for row in rows for name in _names(row)]
                sums = transaction.rows_for("moved_of_orders", [[name] for name in names])
            yield from self._untied(rows, sums)
            if len(rows) < _ORDERS:
                return
            last = rows[-1][0]

    def _untied(self, rows: Sequence[Row], sums: Sequence[Row]) -> Iterator[UntiedOrder]:
        moved: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for name, kind, amount in sums:
            moved[name][kind] = amount
        for row in rows:
            order, place = _names(row)
            minor = _kept(moved[order], _PAID, _GIVEN_BACK)
            in_books = Money(minor, self._currency).to_ledger_units(self._decimals)
            on_chain = _kept(moved[place], _CAPTURED, _RETURNED)
            if in_books != on_chain:
                yield UntiedOrder(order, place, in_books, on_chain)


def _compared(
    platform: int, stored: Sequence[Transfer], found: Sequence[Transfer]
) -> Iterator[WrongEntry]:
    there, wanted = (
        {(each.height, each.place, each.leg): each for each in some} for some in (stored, found)
    )
    for key in sorted(there.keys() | wanted.keys()):
        if there.get(key) != wanted.get(key):
            yield WrongEntry(platform, key[0], there.get(key), wanted.get(key))


def _names(row: Row) -> tuple[str, str]:
    number, *place = row
    return ids.to_text(ids.ORDER, number), chart.order_name(OrderPlace(*place).order_id)


def _kept(moved: Mapping[str, int], into: Sequence[str], out: Sequence[str]) -> int:
    return sum(moved.get(each, 0) for each in into) - sum(moved.get(each, 0) for each in out)
