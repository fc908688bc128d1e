"""What the books have of an account at a provider, put in order beside its bills."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from zhifu import ids
from zhifu.billing import CHARGEBACK, PAYMENT, REFUND, Account, Name
from zhifu.spool import Spool
from zhifu.store import Row, Store, Transaction

_PAGE = 2_000

TOLD_LATE_DAYS = 7
"""How much later than it happened the books may learn of something, for its bill to be found."""

TOLD_LATE_SECONDS = TOLD_LATE_DAYS * 86_400

PAID_STATES = ("paid", "refunded", "charged_back")
UNDECIDED_STATES = ("created", "awaiting_payment", "payment_unknown")

#: What goes back or was taken back: the query, the kind, whose ids, and the sign of its amounts.
_RETURNS = (
    ("reconciled_refunds", REFUND, ids.REFUND, -1),
    ("reconciled_paybacks", REFUND, ids.PAYBACK, -1),
    ("reconciled_top_ups", REFUND, ids.TOP_UP, -1),
    ("reconciled_chargebacks", CHARGEBACK, "", 1),
    ("reconciled_reversals", CHARGEBACK, "", 1),
)


class Booked(NamedTuple):
    """What the books have under one name.

    `amount` is signed as a bill's. `day` is when a payment was recorded, or when the books knew
    that something had gone back. `wanted` is what a payment was to bring.
    """

    kind: str
    id: str
    day: int
    payment: str
    amount: int
    fee: int | None
    currency: str
    platform: int
    number: int
    wanted: int = 0
    state: str = ""
    purpose: str = ""

    @property
    def due(self) -> int:
        """What of it belongs to orders or a top-up."""
        return self.wanted if self.state in PAID_STATES else 0


class Bookings:
    """What was recorded of an account in a time (Unix seconds), read at once and then in order."""

    def __init__(self, transaction: Transaction, account: Account, since: int, until: int) -> None:
        self._account = account
        self._spool = Spool(2)
        for row in _paged(transaction, "reconciled_payments", account.name, since, until):
            self._spool.put(self.payment(row))
        for query, kind, prefix, sign in _RETURNS:
            for row in _paged(transaction, query, account.name, since, until):
                self._spool.put(self._returned(kind, prefix, sign, row))

    def __iter__(self) -> Iterator[tuple[Name, Booked]]:
        """Everything by its name, in order."""
        for name, rows in groupby(self._spool, key=lambda row: (row[0], row[1])):
            first, *more = (Booked(*row) for row in rows)
            total = sum(each.amount for each in more)
            yield name, first._replace(amount=first.amount + total) if more else first

    def close(self) -> None:
        """Forget them."""
        self._spool.close()

    def payment(self, row: Row) -> Booked:
        """A payment from its row."""
        at, number, platform, purpose, wanted, currency, name, received, fee, state = row
        day = self._account.day_of(at)
        amount = (received or 0, fee, currency)
        told = (wanted, state, purpose)
        return Booked(PAYMENT, name, day, name, *amount, platform, number, *told)

    def _returned(self, kind: str, prefix: str, sign: int, row: Row) -> Booked:
        at, number, platform, amount, currency, payment, _ = row
        name = ids.to_text(prefix, number) if prefix else payment
        day = self._account.day_of(at)
        return Booked(kind, name, day, payment, sign * amount, None, currency, platform, number)


class Return(NamedTuple):
    """Money that goes back, whatever became of it; `otherwise` says how if by no provider."""

    state: str
    amount: int
    currency: str
    otherwise: str | None
    at: int
    provider: str
    payment: str
    platform: int


class Lookup:
    """Finds what bills name in the books of any day; each question sees them as they are then."""

    def __init__(self, store: Store, account: Account) -> None:
        self._store = store
        self._account = account

    def payments(self, names: Sequence[str]) -> dict[str, Row]:
        """The payments that the account's provider calls so, by that name."""
        given = [[self._account.name, name] for name in names]
        return {row[6]: row for row in self._rows("reconciled_by_names", given)}

    def returns(self, names: Sequence[str]) -> dict[str, Return]:
        """The refunds, paybacks and top-ups by their ids."""
        found: dict[str, Return] = {}
        for prefix, query in _NAMED.items():
            numbers = [ids.from_text(prefix, name) for name in names]
            given = [[number] for number in numbers if number is not None]
            for number, *told in self._rows(query, given):
                found[ids.to_text(prefix, number)] = Return(*told)
        return found

    def chargebacks(self, payments: Sequence[str]) -> dict[str, tuple[int, int, int, int]]:
        """By the provider's name of a payment: its platform, when, what was taken and given."""
        given = [[self._account.name, name] for name in payments]
        rows = self._rows("chargebacks_named", given)
        return {name: (platform, at, took, back) for name, _, platform, at, took, back in rows}

    def surplus(self, numbers: Sequence[int]) -> Mapping[int, tuple[int, int]]:
        """What goes back of payments because it is of no order, and how much is not back yet."""
        rows = self._rows("surplus_returns", [[each] for each in numbers])
        return {number: (total, pending) for number, total, pending in rows}

    def _rows(self, query: str, given: Sequence[Sequence[Any]]) -> list[Row]:
        if not given:
            return []
        with self._store.reading() as transaction:
            return transaction.rows_for(query, given)


_NAMED = {
    ids.REFUND: "refunds_named",
    ids.PAYBACK: "paybacks_named",
    ids.TOP_UP: "top_ups_named",
}


def oldest_return(transaction: Transaction, account: Account, since: int, until: int) -> int:
    """When the oldest was begun of what went back in a time, or the time itself (Unix seconds)."""
    oldest = since
    for query, kind, *_ in _RETURNS:
        for row in _paged(transaction, query, account.name, since, until):
            # A bank takes what is paid at any time later, and tells of it soon.
            soon = 0 if kind == REFUND else row[0] - TOLD_LATE_SECONDS
            oldest = min(oldest, max(soon, row[-1]))
    return oldest


def _paged(
    transaction: Transaction, query: str, provider: str, since: int, until: int
) -> Iterator[Row]:
    """All rows of a query that begins with when and a number, a page at a time."""
    column = "created_at" if query == "reconciled_payments" else "changed_at"
    at, number = since, -1
    while True:
        start: dict[str, Any] = {column: at, "id": number}
        rows = transaction.rows(query, provider=provider, until=until, limit=_PAGE, **start)
        yield from rows
        if len(rows) < _PAGE:
            return
        at, number = rows[-1][0], rows[-1][1]
