"""Four accounts of the same money held against each other: bill, orders, chain, licences.

Bills are fetched first, so that the books are not older than what is on them; then what the books
have beside them; then the orders and the index of the chain, as of one moment. Everything goes by
in order, so that memory does not grow with what is compared (decision 25).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack, closing
from datetime import date, datetime, timezone
from typing import NamedTuple

from zhifu import reasons
from zhifu.billing import Account, Bills
from zhifu.booking import TOLD_LATE_DAYS, Bookings, Lookup, oldest_return
from zhifu.exceptions import InvalidInput, UnknownPlatform
from zhifu.index import Index
from zhifu.providers import Provider
from zhifu.providers.balance import BALANCE
from zhifu.reconciled_bills import ReconciledBills
from zhifu.reconciled_licenses import ReconciledLicenses
from zhifu.reconciled_orders import ReconciledOrders
from zhifu.reconciliation import Reconciliation, Tally
from zhifu.scope import Scope
from zhifu.spool import Spool
from zhifu.store import Store, Transaction

_END = 2**62


class Reconciler:
    """Reconciles the books in `store` with the bills of `providers` and with the index in it.

    `accounts` says whose account a provider is, anybody's where it does not.
    """

    def __init__(
        self,
        store: Store,
        index: Index,
        providers: Mapping[str, Provider],
        accounts: Mapping[str, Collection[int]],
        currency: str,
        decimals: int,
    ) -> None:
        self._store = store
        self._index = index
        self._currency = currency
        self._decimals = decimals
        self._accounts = [
            Account(name, provider, accounts.get(name)) for name, provider in providers.items()
        ]

    def reconcile(self, now: int, day: date | None, platform: int | None) -> Reconciliation:
        """Reconcile a day, or all up to `now` (Unix seconds); see `Gateway.reconcile`."""
        if platform is not None and self._index.platform(platform) is None:
            raise UnknownPlatform(platform)
        if day is not None and day.toordinal() > max(each.day_of(now) for each in self._accounts):
            raise InvalidInput("day", "must not be later than today", day.isoformat())
        tally = Tally(self._currency)
        cursor = self._index.cursor
        asked = _Asked(now, day, platform, cursor.block_number if cursor else 0)
        with ExitStack() as stack:
            billed = [
                _Billed(account, scope, self._bills(account, scope, oldest, stack))
                for account, scope, oldest in self._scopes(asked)
            ]
            paid = stack.enter_context(Spool(1))
            self._compare_bills(billed, tally, paid, stack)
            accounts = {each.account.name: each.account for each in billed}
            with self._store.reading() as transaction:
                self._compare_chain(transaction, asked.scope, accounts, paid, tally)
        scopes = [each.scope for each in billed]
        return Reconciliation(
            date.fromordinal(min(each.began for each in scopes)),
            date.fromordinal(max(each.last for each in scopes)),
            platform,
            asked.block,
            dict(tally.matched),
            dict(tally.counts),
            tuple(tally.items),
            tally.sums,
        )

    # What is read

    def _scopes(self, asked: _Asked) -> list[tuple[Account, Scope, int]]:
        """Each account with its days, and when the oldest began of what went back on them."""
        with self._store.reading() as transaction:
            return [
                (each, *self._scope(transaction, each, asked))
                for each in self._accounts
                if asked.platform is None or each.is_of(asked.platform)
            ]

    def _scope(
        self, transaction: Transaction, account: Account, asked: _Asked
    ) -> tuple[Scope, int]:
        today = account.day_of(asked.now)
        when = (asked.platform, today, asked.now, asked.block)
        if asked.day is not None:
            day = asked.day.toordinal()
            oldest = oldest_return(transaction, account, *_window(account, day))
            return Scope(day, day, day, False, *when), oldest
        at = transaction.value("first_payment")
        began = today if at is None else min(today, account.day_of(at))
        first = began - TOLD_LATE_DAYS
        return Scope(first, began, today, True, *when), account.start_of(first)

    def _bills(self, account: Account, scope: Scope, oldest: int, stack: ExitStack) -> Bills | None:
        if account.name == BALANCE:
            return None
        first = min(scope.first - 1, account.day_of(oldest))
        last = min(scope.last + 1, scope.today)
        return stack.enter_context(
            closing(Bills(account, first, last, scope.today, scope.first - 1))
        )

    # What is compared

    def _compare_bills(
        self, billed: Sequence[_Billed], tally: Tally, paid: Spool, stack: ExitStack
    ) -> None:
        bookings = []
        with self._store.reading() as transaction:
            for account, scope, _ in billed:
                window = (0, _END) if scope.is_whole else _window(account, scope.first)
                read = Bookings(transaction, account, *window)
                bookings.append(stack.enter_context(closing(read)))
            self._strangers(transaction, billed, tally)
        for (account, scope, bills), booked in zip(billed, bookings, strict=True):
            lookup = Lookup(self._store, account)
            compared = ReconciledBills(account, bills, booked, lookup, scope, tally, paid)
            compared.compare()
            compared.ask()

    def _compare_chain(
        self,
        transaction: Transaction,
        scope: Scope,
        accounts: dict[str, Account],
        paid: Spool,
        tally: Tally,
    ) -> None:
        read = (transaction, self._index, self._decimals)
        with closing(ReconciledOrders(*read, accounts, scope, tally)) as orders:
            orders.follow(paid)
            orders.compare()
        with closing(ReconciledLicenses(*read, scope, tally)) as licenses:
            licenses.compare()

    def _strangers(self, transaction: Transaction, billed: Sequence[_Billed], tally: Tally) -> None:
        """Providers of the books that are none of this gateway's."""
        known, name = {each.name for each in self._accounts}, ""
        while (name := transaction.value("next_provider", provider=name)) is not None:
            if name not in known:
                day = max(each.scope.last for each in billed)
                tally.note(reasons.NO_ACCOUNT, f"provider {name}", day, provider=name)


class _Asked(NamedTuple):
    """What is to be reconciled, when, and the last block that the index knows."""

    now: int
    day: date | None
    platform: int | None
    block: int

    @property
    def scope(self) -> Scope:
        """By the chain's days."""
        today = datetime.fromtimestamp(self.now, timezone.utc).toordinal()
        day = self.day.toordinal() if self.day else today
        when = (self.platform, today, self.now, self.block)
        return Scope(day, day, day, self.day is None, *when)


class _Billed(NamedTuple):
    account: Account
    scope: Scope
    bills: Bills | None


def _window(account: Account, day: int) -> tuple[int, int]:
    """A day and those around it: what is told about midnight may be of either side."""
    return account.start_of(day - 1), account.start_of(day + 2)
