"""A provider's bill held against the books: what came in, what went back, what it cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from zhifu import ids, reasons
from zhifu.billing import CHARGEBACK, PAYMENT, REFUND, Account, Billed, Bills
from zhifu.booking import PAID_STATES, UNDECIDED_STATES, Booked, Bookings, Lookup, Return
from zhifu.differences import paired
from zhifu.money import Money
from zhifu.providers import ProviderStatus
from zhifu.reasons import Reason
from zhifu.reconciliation import Sums, Tally
from zhifu.scope import Scope
from zhifu.spool import Spool

_AT_ONCE = 500
_MOST_ASKED = 100

#: A payment is asked about at least as often, with some time for the answer.
_ASKED_WITHIN_SECONDS = 900

_NOT_ON_BILL = {
    PAYMENT: reasons.NOT_ON_BILL,
    REFUND: reasons.REFUND_NOT_ON_BILL,
    CHARGEBACK: reasons.CHARGEBACK_NOT_ON_BILL,
}

_DONE = ("refunded", "paid_back")
_PENDING = ("refund_pending", "payback_pending")


class Paid(NamedTuple):
    """A payment that is paid by the books, with the day that it belongs to."""

    number: int
    platform: int
    provider: str
    day: int
    amount: int
    currency: str
    purpose: str


class ReconciledBills:
    """One account's bills beside its bookings; `bills` is None where it makes none.

    Notes in `tally` whatever is not matched; what its provider is to be asked about, `ask` does.
    What is paid by the books goes into `paid`.
    """

    def __init__(
        self,
        account: Account,
        bills: Bills | None,
        bookings: Bookings,
        lookup: Lookup,
        scope: Scope,
        tally: Tally,
        paid: Spool,
    ) -> None:
        self.paid = paid
        self._account = account
        self._bills = bills
        self._bookings = bookings
        self._lookup = lookup
        self._scope = scope
        self._tally = tally
        self._doubted: list[Booked] = []

    def compare(self) -> None:
        """Compare everything; leaves in `paid` the payments that are paid by the books."""
        billed: list[Billed] = []
        booked: list[tuple[int, Booked]] = []
        for _, bill, book in paired(iter(self._bills or ()), iter(self._bookings)):
            if bill is not None and book is not None:
                if self._scope.has(bill.day, book.platform):
                    booked += self._both(bill, book)
            elif bill is not None:
                if self._scope.has(bill.day, None) and bill.day >= self._scope.began:
                    billed.append(bill)
            elif book is not None and self._scope.has(book.day, book.platform):
                booked += self._booked_alone(book)
            if len(billed) >= _AT_ONCE:
                booked += self._billed_alone(billed)
                billed = []
            if len(booked) >= _AT_ONCE:
                self._take_paid(booked)
                booked = []
        self._take_paid([*booked, *self._billed_alone(billed)])
        self._costs()

    def ask(self) -> None:
        """Ask the provider about payments that are on no bill, and act on what it says.

        One that it calls paid is on a bill of another day, and belongs to that.
        """
        for book in self._doubted:
            reason, detail = reasons.NOT_ON_BILL, ""
            found = self._account.provider.query(book.payment)
            if found.status is ProviderStatus.PAID:
                reason = reasons.ON_LATER_BILL
            elif found.status is ProviderStatus.UNKNOWN:
                detail = "the provider does not answer about it"
            if reason is reasons.NOT_ON_BILL or self._scope.is_whole:
                self._take_paid(self._unbilled(reason, book, detail))
            else:
                self._note(reason, subject_of(book), book.day, book, 0, detail)
        self._doubted = []

    # What both have

    def _both(self, bill: Billed, book: Booked) -> list[tuple[int, Booked]]:
        self._add_bill(bill)
        self._add_books(bill.day, book)
        subject, day = subject_of(book), bill.day
        before = self._tally.counts.total()
        if bill.currency != book.currency:
            detail = f"{book.currency} in the books and {bill.currency} on the bill"
            self._differs(reasons.CURRENCY, subject, day, book, bill.amount, bill.currency, detail)
            self._sums(day, book.currency).bill_differs -= book.amount
        elif bill.amount != book.amount:
            twice = bill.lines > 1 and bill.amount == bill.lines * book.amount
            reason = reasons.PAID_TWICE if twice else reasons.AMOUNT
            self._amount_differs(reason, subject, day, book, bill.amount)
        if bill.kind == REFUND and bill.payment and bill.payment != book.payment:
            detail = f"of {book.payment} in the books and of {bill.payment} on the bill"
            self._note(reasons.OTHER_PAYMENT, subject, day, book, 0, detail)
        if bill.kind == PAYMENT:
            self._compare_payment(subject, bill, book)
        if self._tally.counts.total() == before:
            self._tally.matched[reasons.Route.BILL] += 1
        return [(day, book)] if bill.kind == PAYMENT else []

    def _compare_payment(self, subject: str, bill: Billed, book: Booked) -> None:
        if not self._account.is_of(book.platform):
            self._note(
                reasons.WRONG_ACCOUNT,
                subject,
                bill.day,
                book,
                0,
                f"platform {book.platform}, account {self._account.name}",
            )
        if book.fee is not None and bill.fee is not None and book.fee != bill.fee:
            currency = book.currency
            detail = f"{_money(book.fee, currency)} in the books and {_money(bill.fee, currency)}"
            self._note(reasons.FEE, subject, bill.day, book, 0, f"{detail} on the bill")

    # What the books alone have

    def _booked_alone(self, book: Booked) -> list[tuple[int, Booked]]:
        if self._bills is None:
            return self._without_bills(book)
        if book.kind == CHARGEBACK and not book.amount:
            # A bank gave back what it had taken, all within these days.
            return []
        if book.day in self._bills.missing:
            return self._unbilled(reasons.BILL_TO_COME, book)
        if book.kind == PAYMENT and len(self._doubted) < _MOST_ASKED:
            self._doubted.append(book)
            return []
        is_over = book.day < self._scope.today or book.kind == PAYMENT
        return self._unbilled(_NOT_ON_BILL[book.kind] if is_over else reasons.BILL_TO_COME, book)

    def _without_bills(self, book: Booked) -> list[tuple[int, Booked]]:
        """What balances paid and got back: nobody else tells of it."""
        self._add_books(book.day, book)
        sums = self._sums(book.day, book.currency)
        if book.kind != PAYMENT:
            sums.given_back -= book.amount
            return []
        sums.taken += book.amount
        self._tally.matched[reasons.Route.BILL] += 1
        return [(book.day, book)]

    def _unbilled(self, reason: Reason, book: Booked, detail: str = "") -> list[tuple[int, Booked]]:
        self._add_books(book.day, book)
        self._sums(book.day, book.currency).bill_differs -= book.amount
        self._note(reason, subject_of(book), book.day, book, -book.amount, detail)
        return [(book.day, book)] if book.kind == PAYMENT else []

    # What the bill alone has

    def _billed_alone(self, billed: Sequence[Billed]) -> list[tuple[int, Booked]]:
        payments = [each for each in billed if each.kind == PAYMENT]
        returns = [each for each in billed if each.kind == REFUND]
        banks = [each for each in billed if each.kind not in (PAYMENT, REFUND)]
        self._returned_alone(returns)
        self._banks_alone(banks)
        known = self._lookup.payments([each.id for each in payments])
        found: list[tuple[int, Booked]] = []
        for bill in payments:
            row = known.get(bill.id)
            found += self._paid_alone(bill, self._bookings.payment(row) if row else None)
        return found

    def _paid_alone(self, bill: Billed, book: Booked | None) -> list[tuple[int, Booked]]:
        if book is not None and not self._scope.has(bill.day, book.platform):
            return []
        if book is not None and book.amount:
            found = self._both(bill, book)
            late = reasons.BOOKED_LATER
            self._note(late, subject_of(book), bill.day, book, 0, _days(bill.day, book.day))
            return found
        if not bill.amount:
            return []
        self._add_bill(bill)
        if book is None:
            subject = f"payment {bill.id}"
            self._bill_differs(reasons.PAYMENT_NOT_IN_BOOKS, subject, bill, None)
            return []
        reason = reasons.CALLED_UNPAID
        if book.state in UNDECIDED_STATES:
            fresh = self._scope.now - bill.at < _ASKED_WITHIN_SECONDS
            reason = reasons.BEING_ASKED if fresh else reasons.CALLBACK_MISSING
        self._bill_differs(reason, subject_of(book), bill, book, f"{book.state} in the books")
        return []

    def _returned_alone(self, returns: Sequence[Billed]) -> None:
        known = self._lookup.returns([each.id for each in returns])
        for bill in returns:
            book = known.get(bill.id)
            if not bill.amount or (book and not self._scope.has(bill.day, book.platform)):
                continue
            self._add_bill(bill)
            if book is None:
                subject = f"refund {bill.id} of payment {bill.payment}"
                self._bill_differs(reasons.REFUND_NOT_IN_BOOKS, subject, bill, None)
            else:
                self._returned_another_day(bill, book)

    def _returned_another_day(self, bill: Billed, book: Return) -> None:
        subject, name = f"refund {bill.id}", self._account.name
        told = Booked(
            *(REFUND, bill.id, self._account.day_of(book.at), book.payment, -book.amount, None),
            *(book.currency, book.platform, 0),
        )
        if (book.provider, book.payment) != (name, bill.payment or book.payment):
            detail = f"of {book.payment} at {book.provider} in the books"
            detail = f"{detail} and of {bill.payment} at {name} on the bill"
            self._bill_differs(reasons.OTHER_PAYMENT, subject, bill, told, detail)
        elif book.state in _PENDING:
            self._bill_differs(reasons.REFUND_UNDER_WAY, subject, bill, told)
        elif book.state not in _DONE or book.otherwise is not None:
            self._bill_differs(reasons.RETURNED_TWICE, subject, bill, told, book.otherwise or "")
        else:
            self._add_books(bill.day, told)
            if told.amount != bill.amount:
                self._amount_differs(reasons.AMOUNT, subject, bill.day, told, bill.amount)
            late = reasons.BOOKED_LATER
            self._note(late, subject, bill.day, told, 0, _days(bill.day, told.day))

    def _banks_alone(self, banks: Sequence[Billed]) -> None:
        known = self._lookup.chargebacks([each.id for each in banks])
        for bill in banks:
            platform, at, took, back = known.get(bill.id, (None, 0, 0, 0))
            if not bill.amount or not self._scope.has(bill.day, platform):
                continue
            self._add_bill(bill)
            subject = f"{bill.kind} of payment {bill.id}"
            in_books = took if bill.amount < 0 else back
            if platform is None or abs(bill.amount) > in_books:
                self._bill_differs(reasons.CHARGEBACK_NOT_IN_BOOKS, subject, bill, None)
                continue
            day = self._account.day_of(at)
            told = Booked(
                *(bill.kind, bill.id, day, bill.payment, bill.amount, None),
                *(bill.currency, platform, 0),
            )
            self._add_books(bill.day, told)
            late = reasons.BOOKED_LATER
            self._note(late, subject, bill.day, told, 0, _days(bill.day, day))

    # Payments that are paid

    def _take_paid(self, booked: Sequence[tuple[int, Booked]]) -> None:
        self._surplus([(day, book) for day, book in booked if book.amount != book.due])
        for day, book in booked:
            if book.state not in PAID_STATES:
                continue
            sums = self._sums(day, book.currency)
            if book.purpose == "top_up":
                sums.top_ups += book.wanted
            else:
                sums.orders += book.wanted
            whose = (book.number, book.platform, self._account.name, day)
            self.paid.put((*whose, book.wanted, book.currency, book.purpose))

    def _surplus(self, booked: Sequence[tuple[int, Booked]]) -> None:
        known = self._lookup.surplus([book.number for _, book in booked])
        for day, book in booked:
            surplus = book.amount - book.due
            self._sums(day, book.currency).surplus += surplus
            total, pending = known.get(book.number, (0, 0))
            detail = _money(surplus, book.currency)
            if total != surplus:
                detail = f"{detail}, of which {_money(total, book.currency)} goes back"
                self._note(reasons.SURPLUS_LOST, subject_of(book), day, book, 0, detail)
            elif pending:
                self._note(reasons.SURPLUS_UNDER_WAY, subject_of(book), day, book, 0, detail)

    # Sums and items

    def _costs(self) -> None:
        platforms = self._account.platforms
        alone = self._scope.platform is None or platforms is None or len(platforms) == 1
        if self._bills is None or not alone:
            return
        for (day, currency), amount in self._bills.costs.items():
            if self._scope.has(day, None):
                self._sums(day, currency).fees += amount
        for (day, currency), amount in self._bills.others.items():
            if self._scope.has(day, None):
                self._sums(day, currency).other += amount

    def _sums(self, day: int, currency: str | None = None) -> Sums:
        return self._tally.of(self._account.name, day, currency)

    def _add_bill(self, bill: Billed) -> None:
        sums = self._sums(bill.day, bill.currency)
        sums.fees += bill.fee or 0
        if bill.kind == PAYMENT:
            sums.taken += bill.amount
        elif bill.kind == REFUND:
            sums.given_back -= bill.amount
        else:
            sums.taken_back -= bill.amount

    def _add_books(self, day: int, book: Booked) -> None:
        sums = self._sums(day, book.currency)
        if book.kind == PAYMENT:
            sums.received += book.amount
        elif book.kind == REFUND:
            sums.returned -= book.amount
        else:
            sums.charged_back -= book.amount

    def _bill_differs(
        self, reason: Reason, subject: str, bill: Billed, book: Booked | None, detail: str = ""
    ) -> None:
        said = f"{_money(bill.amount, bill.currency)}{f', {detail}' if detail else ''}"
        self._differs(reason, subject, bill.day, book, bill.amount, bill.currency, said)

    def _amount_differs(
        self, reason: Reason, subject: str, day: int, book: Booked, billed: int
    ) -> None:
        currency = book.currency
        detail = f"{_money(billed, currency)} on the bill and {_money(book.amount, currency)}"
        detail = f"{detail} in the books"
        self._differs(reason, subject, day, book, billed - book.amount, currency, detail)

    def _differs(
        self,
        reason: Reason,
        subject: str,
        day: int,
        book: Booked | None,
        amount: int,
        currency: str,
        detail: str,
    ) -> None:
        self._sums(day, currency).bill_differs += amount
        platform = book.platform if book else None
        self._tally.note(
            reason,
            subject,
            day,
            provider=self._account.name,
            platform=platform,
            amount=amount,
            currency=currency,
            detail=detail,
        )

    def _note(
        self, reason: Reason, subject: str, day: int, book: Booked, amount: int, detail: str
    ) -> None:
        """An item whose amount is in the sums already."""
        self._tally.note(
            reason,
            subject,
            day,
            provider=self._account.name,
            platform=book.platform,
            amount=amount,
            currency=book.currency,
            detail=detail,
        )


def subject_of(book: Booked) -> str:
    """What something of the books is called."""
    if book.kind == PAYMENT:
        return f"payment {ids.to_text(ids.PAYMENT, book.number)} ({book.payment})"
    if book.kind == REFUND:
        return f"refund {book.id} of payment {book.payment}"
    return f"{book.kind} of payment {book.payment}"


def _money(amount: int, currency: str) -> str:
    return str(Money(amount, currency))


def _days(billed: int, booked: int) -> str:
    count = booked - billed
    return f"{abs(count)} day{'s' if abs(count) != 1 else ''} {'later' if count > 0 else 'earlier'}"
