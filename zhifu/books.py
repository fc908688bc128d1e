"""The gateway's books of payments and orders, as the database keeps them.

Every method is one transaction; its history rows are written in the same one by the database.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from zhifu import bookrows, ids
from zhifu.accounts import name_of, of_learner
from zhifu.bookrows import Entry
from zhifu.exceptions import DuplicatePayment, InsufficientBalance, UnknownOrder, UnknownPayment
from zhifu.money import Money
from zhifu.paybackbook import Reason
from zhifu.payments import (
    Change,
    CheckoutTerms,
    OrderRecord,
    Payment,
    PaymentRequest,
    PaymentState,
)
from zhifu.store import Row, Store, Transaction

_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Draft:
    """A checked request, ready to be recorded.

    `prices` are its contents' in ledger units. `state` is what its provider's answer comes to, and
    `received` what has come in by it, the amount if nothing else is said of a payment that is paid.
    `checkout` is set for a payment that the gateway makes at its provider: its state is created.
    `funds` is set for one from the learner's balance.
    """

    request: PaymentRequest
    prices: tuple[int, ...]
    state: PaymentState
    received: Money | None = None
    fee: Money | None = None
    checkout: CheckoutTerms | None = None
    funds: Funds | None = None


class Funds(NamedTuple):
    """What a learner's account had on chain in a block, in ledger units."""

    units: int
    block_number: int


class StoredCheckout(NamedTuple):
    """What a provider is told of a payment, and what the learner's client needs once it was."""

    terms: CheckoutTerms
    action: Mapping[str, str] | None


class DuePayment(NamedTuple):
    """A payment to ask the provider about again; `tries` counts how often that was done."""

    payment: Payment
    tries: int

    @property
    def id(self) -> str:
        """The payment's."""
        return self.payment.id


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
            keys = list({_key(request) for request in requests})
            rows = transaction.rows_for("payments_by_keys", keys)
            found = [self._from_row(transaction, row) for row in rows]
        payments = {_key(payment.request): payment for payment in found}
        return [payments.get(_key(request)) for request in requests]

    def record(self, drafts: Sequence[Draft]) -> list[Payment | None]:
        """Record payments; None where the key, or the provider's payment, was known before."""
        now = self._clock()
        entries = self._entries(drafts)
        with self._store.writing() as transaction:
            added = _put_payments(transaction, entries, now)
            transaction.run_for("put_orders", bookrows.orders(added))
            for row in bookrows.checkouts(added):
                transaction.run("put_checkout", **row)
            for entry in added:
                if bookrows.received(entry.draft) > entry.draft.request.amount.amount:
                    self._put_surplus(transaction, entry.payment_id, None)
        new = {entry.payment_id for entry in added}
        return [
            bookrows.recorded(entry, now, self._decimals) if entry.payment_id in new else None
            for entry in entries
        ]

    def spend(self, draft: Draft, funds: Funds) -> Payment | None:
        """Record a payment from a learner's balance; None where its key was known before.

        Raises InsufficientBalance, and records nothing, if `funds` do not cover it beside what was
        bought from them and was not on chain in their block.
        """
        now, request = self._clock(), draft.request
        entries = self._entries([draft])
        with self._store.writing() as transaction:
            if not _put_payments(transaction, entries, now):
                return None
            transaction.run_for("put_orders", bookrows.orders(entries))
            reserved = transaction.value(
                "reserved",
                platform=request.platform,
                learner=request.learner,
                block=funds.block_number,
            )
            if reserved > funds.units:
                required = sum(draft.prices)
                account = name_of(of_learner(request.platform, request.learner))
                left = max(0, funds.units - (reserved - required))
                raise InsufficientBalance(left, required, account)
        return bookrows.recorded(entries[0], now, self._decimals)

    def reserved(self, platform: int, learner: int, block_number: int) -> int:
        """What a learner bought from a balance that was not on chain in a block; ledger units."""
        with self._store.reading() as transaction:
            return int(
                transaction.value(
                    "reserved", platform=platform, learner=learner, block=block_number
                )
            )

    def checkout(self, payment_id: str) -> StoredCheckout:
        """How a payment is made at its provider; raises UnknownPayment if the gateway does not."""
        number = _payment_number(payment_id)
        with self._store.reading() as transaction:
            row = transaction.row("payment", id=number)
            stored = transaction.row("checkout", payment_id=number)
        if row is None or stored is None:
            raise UnknownPayment(payment_id)
        method, description, return_url, payer, action = stored
        expires_at = bookrows.PaymentRow(*row).expires_at or 0
        terms = CheckoutTerms(expires_at, method, description, return_url, payer)
        return StoredCheckout(terms, json.loads(action) if action else None)

    def made(self, payment_id: str, provider_payment_id: str, action: Mapping[str, str]) -> Payment:
        """The provider has made a payment: the learner can pay it, if it still was to be made.

        Raises DuplicatePayment if the provider calls another payment the same.
        """
        number, now = _payment_number(payment_id), self._clock()
        with self._store.writing() as transaction:
            found = self._payment(transaction, number)
            provider, name = found.request.provider, provider_payment_id
            row = transaction.row(
                "payment_by_provider", provider=provider, provider_payment_id=name
            )
            if row is not None and row[0] != number:
                raise DuplicatePayment(provider, name)
            transaction.run("name_payment", id=number, provider_payment_id=name, now=now)
            transaction.run("set_checkout_action", payment_id=number, action=json.dumps({**action}))
            if found.state is PaymentState.CREATED:
                self._resolve(transaction, number, PaymentState.AWAITING_PAYMENT, None, None)
            return self._payment(transaction, number)

    def not_made(self, payment_id: str) -> Payment:
        """The provider refuses to make a payment: it is cancelled, if it still was to be made."""
        number = _payment_number(payment_id)
        with self._store.writing() as transaction:
            if self._payment(transaction, number).provider_payment_id is None:
                self._resolve(transaction, number, PaymentState.CANCELLED, None, None)
            return self._payment(transaction, number)

    def resolve(
        self,
        payment_id: str,
        state: PaymentState,
        *,
        received: Money | None = None,
        fee: Money | None = None,
        reason: Reason | None = None,
    ) -> Payment:
        """Record what the provider says of a payment that is not decided; as `receive` if it was.

        Paid orders then wait. What has come in and belongs to no order is to be paid back: what is
        more than the amount, or all if the payment is cancelled or expired; `reason` says why if
        it is neither that nor late. Raises DatabaseRefused for a state that cannot follow.
        """
        number = _payment_number(payment_id)
        with self._store.writing() as transaction:
            if self._resolve(transaction, number, state, received, fee):
                if state is PaymentState.PAID:
                    transaction.run("wait_for_payment", payment_id=number)
            elif received is not None:
                self._receive(transaction, number, received, fee)
            self._put_surplus(transaction, number, reason)
            return self._payment(transaction, number)

    def receive(
        self,
        payment_id: str,
        received: Money,
        *,
        fee: Money | None = None,
        reason: Reason | None = None,
    ) -> Payment:
        """Record that more than was known has come in by a payment that was decided before.

        `received` is all there is now. It changes no order, so it is to be paid back.
        """
        number = _payment_number(payment_id)
        with self._store.writing() as transaction:
            self._receive(transaction, number, received, fee)
            self._put_surplus(transaction, number, reason)
            return self._payment(transaction, number)

    def due(self, provider: str | None = None, *, limit: int = _PAGE) -> list[DuePayment]:
        """Payments that are not decided and whose time to be asked about has come, oldest first.

        Those at a provider, or at all.
        """
        of = {} if provider is None else {"provider": provider}
        query = "due_payments_of" if of else "due_payments"
        with self._store.reading() as transaction:
            rows = transaction.rows(query, now=self._clock(), limit=limit, **of)
            return [DuePayment(self._from_row(transaction, row[:-1]), row[-1]) for row in rows]

    def postpone(self, payment_id: str, due_at: int) -> None:
        """A payment was asked about in vain; it is to be asked about again at a time."""
        number = _payment_number(payment_id)
        with self._store.writing() as transaction:
            transaction.run("postpone_payment", payment_id=number, due_at=due_at)

    def by_provider(self, provider: str, provider_payment_id: str) -> Payment | None:
        """The payment that a provider calls so, or None."""
        with self._store.reading() as transaction:
            row = transaction.row(
                "payment_by_provider", provider=provider, provider_payment_id=provider_payment_id
            )
            return self._from_row(transaction, row) if row else None

    def forget(self, platform: int, learner: int) -> None:
        """Erase what providers told, or were told, of a learner; the books stay as they are.

        Payments that are not decided yet keep what they need until they are.
        """
        with self._store.writing() as transaction:
            transaction.run("forget_checkouts", platform=platform, learner=learner)
            transaction.run("forget_callbacks", platform=platform, learner=learner)

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

    def left_out(self, platform: int, since: int | None = None) -> list[OrderRecord]:
        """A platform's paid orders that batches leave out, each with its `problem`.

        `since` keeps to those that have had it from then on, or for longer (Unix seconds).
        """
        with self._store.reading() as transaction:
            if since is None:
                rows = transaction.rows("orders_left_out", platform=platform)
            else:
                rows = transaction.rows("orders_left_out_since", platform=platform, since=since)
        return [self._order(row) for row in rows]

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

    def _entries(self, drafts: Sequence[Draft]) -> list[Entry]:
        # A payment's orders take the numbers after its own: the schema finds them by that.
        numbers = self._ids.take(sum(1 + len(draft.prices) for draft in drafts))
        entries, at = [], 0
        for draft in drafts:
            end = at + 1 + len(draft.prices)
            entries.append(Entry(numbers[at], numbers[at + 1 : end], draft))
            at = end
        return entries

    def _resolve(
        self,
        transaction: Transaction,
        number: int,
        state: PaymentState,
        received: Money | None,
        fee: Money | None,
    ) -> bool:
        if state is PaymentState.PAID and received is None:
            received = self._payment(transaction, number).request.amount
        changed = transaction.run(
            "resolve_payment",
            id=number,
            state=state.value,
            received=None if received is None else received.amount,
            fee=None if fee is None else fee.amount,
            now=self._clock(),
        )
        return changed > 0

    def _receive(
        self, transaction: Transaction, number: int, received: Money, fee: Money | None
    ) -> None:
        transaction.run(
            "receive_payment",
            id=number,
            received=received.amount,
            fee=None if fee is None else fee.amount,
            now=self._clock(),
        )

    def _put_surplus(self, transaction: Transaction, number: int, reason: Reason | None) -> None:
        (payback,) = self._ids.take()
        transaction.run(
            "put_surplus",
            id=payback,
            payment_id=number,
            reason=reason and reason.value,
            now=self._clock(),
        )

    def _payment(self, transaction: Transaction, number: int) -> Payment:
        row = transaction.row("payment", id=number)
        if row is None:
            raise UnknownPayment(ids.to_text(ids.PAYMENT, number))
        return self._from_row(transaction, row)

    def _from_row(self, transaction: Transaction, row: Row) -> Payment:
        found = bookrows.PaymentRow(*row)
        rows = transaction.rows("orders_of", payment_id=found.id)
        return found.payment(tuple(self._order(each) for each in rows))

    def _order(self, row: Row) -> OrderRecord:
        return bookrows.order(row, self._decimals)


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


def _put_payments(transaction: Transaction, entries: Sequence[Entry], now: int) -> list[Entry]:
    """Put what is not known yet; those put."""
    added: list[Entry] = []
    while entries:
        entries, alike = _told_apart(entries)
        rows = [bookrows.payment(entry) for entry in entries]
        if transaction.run_for("put_payments", rows, now=now) < len(rows):
            keys = [_key(entry.draft.request) for entry in entries]
            known = {row[0] for row in transaction.rows_for("payments_by_keys", keys)}
            entries = [entry for entry in entries if entry.payment_id in known]
        added += entries
        entries = alike
    return added


def _told_apart(entries: Sequence[Entry]) -> tuple[list[Entry], list[Entry]]:
    """Entries of which no two have the same key or name at a provider, and those left over."""
    seen: set[tuple[int | str, str]] = set()
    apart: list[Entry] = []
    alike: list[Entry] = []
    for entry in entries:
        request = entry.draft.request
        names = {_key(request)}
        if request.provider_payment_id:
            names.add((request.provider, request.provider_payment_id))
        if seen.isdisjoint(names):
            seen |= names
            apart.append(entry)
        else:
            alike.append(entry)
    return apart, alike


def _key(request: PaymentRequest) -> tuple[int | str, str]:
    return request.platform, request.idempotency_key
