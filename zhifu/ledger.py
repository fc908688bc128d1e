"""Reading the ledger: what accounts have and had, and what moved, one by one or in bulk.

Amounts are ledger units on the chain's accounts, minor units of their currency on those of books.
Everything streams: pages are read as they are used, each from a state of its own, and what was
added meanwhile comes at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from heapq import merge
from itertools import groupby
from typing import Any, NamedTuple

from zhifu import chart, ids
from zhifu.models import OrderPlace
from zhifu.store import Row, Store
from zhifu.transfers import Transfer

EVER = 2**62
"""A time (Unix seconds) after all others."""

#: What tells accounts apart, and what of that transfers do not say themselves.
_ACCOUNTS = ("account", "learner", "content", "creator", "platform")
_ALONE = ("account", "creator", "platform")

_PAGE = 2_000
_LEAST_PAGE = 50
_BEFORE = {"source": -1, "height": -1, "place": -1, "leg": -1}


class Line(NamedTuple):
    """What an account had, what went out of it and into it in a time, and what it has."""

    account: str
    opening: int
    debits: int
    credits: int

    @property
    def closing(self) -> int:
        """What it has at the end."""
        return self.opening - self.debits + self.credits


class Of(NamedTuple):
    """What is asked about; all that is given must hold, and without any it is everything.

    `account` and `order` are names, and an order has two: its id in the books and its place on
    chain, each of which stands for both. `payment` is an id, or `provider/` and what that calls
    it, and stands for its orders on chain too. `platform` stands for its accounts, its learners'
    and its contents' revenue, `creator` for all accounts of an address.
    """

    account: str | None = None
    order: str | None = None
    learner: int | None = None
    content: int | None = None
    creator: str | None = None
    platform: int | None = None
    payment: str | None = None


EVERYTHING = Of()


class _Account(NamedTuple):
    number: int
    name: str
    debits: int
    credits: int


class Ledger:
    """The ledger in `store`; safe to share between threads."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def balance(self, account: str, at: int | None = None) -> int:
        """What an account has, or had after all that happened up to `at` (Unix seconds).

        Credits less debits; 0 for one that never had anything.
        """
        return sum(line.closing for line in self.lines(Of(account=account), until=_after(at)))

    def lines(
        self, of: Of = EVERYTHING, since: int | None = None, until: int | None = None
    ) -> Iterator[Line]:
        """Accounts by name with opening and closing balance, from `since` to before `until`.

        Without `since` the opening is nothing. Those to which nothing happened are left out. Orders
        have no accounts: see `movements`.
        """
        narrow = [{each.name for each in self._accounts(one)} for one in _by_account(of)[1:]]
        for whole in self._pages(of):
            page = [each for each in whole if all(each.name in some for some in narrow)]
            if since is None and until is None:
                found = [Line(each.name, 0, each.debits, each.credits) for each in page]
            else:
                found = self._moved(page, since or 0, EVER if until is None else until)
            yield from (line for line in found if any(line[1:]))

    def movements(
        self, of: Of = EVERYTHING, since: int | None = None, until: int | None = None
    ) -> Iterator[Transfer]:
        """What moved from `since` to before `until` (Unix seconds), in the order it happened."""
        end = EVER if until is None else until
        found, wanted = self._driven(of, since or 0, end)
        return (each for each in found if wanted(each))

    def _driven(
        self, of: Of, since: int, until: int
    ) -> tuple[Iterator[Transfer], Callable[[Transfer], bool]]:
        """The shortest stream that has all that is asked for, and what to take of it."""
        by_account = _by_account(of, _ALONE)
        names = [{each.name for each in self._accounts(one)} for one in by_account]
        orders = None if of.order is None else self._names_of(of.order)
        payment, sales = None, None
        if of.payment is not None:
            payment, sales = self._payment(of.payment)

        def wanted(each: Transfer) -> bool:
            return (
                (orders is None or each.order in orders)
                and (sales is None or each.payment == payment or each.order in sales)
                and of.learner in (None, each.learner)
                and of.content in (None, each.content)
                and all(each.debit in some or each.credit in some for some in names)
            )

        about = partial(self._stream, since=since, until=until)
        if orders is not None or sales is not None:
            streams = [about("movements_of_order", key=each) for each in orders or sales or ()]
            if orders is None:
                streams.append(about("movements_of_payment", key=payment))
            return merge(*streams, key=_place), wanted
        for field in ("learner", "content"):
            key = getattr(of, field)
            if key is not None:
                return about(f"movements_of_{field}", key=key), wanted
        if by_account:
            return self._of_accounts(list(self._accounts(by_account[0])), since, until), wanted
        return about("movements"), wanted

    def _names_of(self, order: str) -> list[str]:
        """Both names of an order, by either; an order that has one alone by that."""
        number, place = ids.from_text(ids.ORDER, order), chart.place_of(order)
        with self._store.reading() as transaction:
            if place is not None:
                row = transaction.row("order_at", **place._asdict())
                return [order, *(ids.to_text(ids.ORDER, each) for each in row or ())]
            row = None if number is None else transaction.row("order_place", order_id=number)
        return [order] if row is None else [order, chart.order_name(OrderPlace(*row).order_id)]

    def _payment(self, name: str) -> tuple[str, list[str]]:
        """A payment's id, and where its orders are on chain."""
        provider, _, named = name.partition("/")
        with self._store.reading() as transaction:
            number = ids.from_text(ids.PAYMENT, name)
            if named:
                at = {"provider": provider, "provider_payment_id": named}
                number, *_ = transaction.row("payment_by_provider", **at) or (None,)
            orders = [] if number is None else transaction.rows_for("entry_orders", [[number]])
            found = [transaction.row("order_place", order_id=each[1]) for each in orders]
        places = [chart.order_name(OrderPlace(*row).order_id) for row in found if row is not None]
        return name if number is None else ids.to_text(ids.PAYMENT, number), places

    def _of_accounts(self, accounts: list[_Account], since: int, until: int) -> Iterator[Transfer]:
        page = max(_LEAST_PAGE, _PAGE // max(1, len(accounts)))
        streams = [
            self._stream(query, since, until, page=page, account=each.number)
            for each in accounts
            for query in ("movements_out", "movements_in")
        ]
        # A transfer between two of the accounts comes twice.
        for _, same in groupby(merge(*streams, key=_place), key=_place):
            yield next(same)

    def _stream(
        self, query: str, since: int, until: int, *, page: int = _PAGE, **key: Any
    ) -> Iterator[Transfer]:
        after: dict[str, int] = {"at": since, **_BEFORE}
        while True:
            with self._store.reading() as transaction:
                rows = transaction.rows(query, **after, until=until, limit=page, **key)
            found = [Transfer(*row) for row in rows]
            yield from found
            if len(found) < page:
                return
            last = found[-1]
            after = {each: getattr(last, each) for each in after}

    def _accounts(self, of: Of) -> Iterator[_Account]:
        for page in self._pages(of):
            yield from page

    def _pages(self, of: Of) -> Iterator[list[_Account]]:
        query, key = "ledger_accounts_after", {}
        given = ((field, getattr(of, field)) for field in _ACCOUNTS)
        for field, value in given:
            if value is not None:
                query, key = f"ledger_accounts_of_{field}", {field: value}
                break
        after = ""
        while True:
            with self._store.reading() as transaction:
                rows = transaction.rows(query, **key, name=after, limit=_PAGE)
            yield [_Account(*row) for row in rows]
            if len(rows) < _PAGE:
                return
            after = rows[-1][1]

    def _moved(self, page: list[_Account], since: int, until: int) -> list[Line]:
        asked = [[each.number] for each in page]
        with self._store.reading() as transaction:
            before: dict[int, Row] = {}
            if since:
                rows = transaction.rows_for("moved_of", asked, since=0, until=since)
                before = {row[0]: row for row in rows}
            rows = transaction.rows_for("moved_of", asked, since=since, until=until)
            moved = {row[0]: row for row in rows}
        lines = []
        for each in page:
            _, out, into = before.get(each.number, (0, 0, 0))
            lines.append(Line(each.name, into - out, *moved[each.number][1:]))
        return lines


def _after(at: int | None) -> int | None:
    return None if at is None else at + 1


def _by_account(of: Of, fields: Sequence[str] = _ACCOUNTS) -> list[Of]:
    """What is asked about by accounts, one thing at a time."""
    return [Of(**{each: getattr(of, each)}) for each in fields if getattr(of, each) is not None]


def _place(each: Transfer) -> tuple[int, int, int, int, int]:
    return (each.at, each.source, each.height, each.place, each.leg)
