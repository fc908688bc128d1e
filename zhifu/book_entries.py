"""What a platform's books say in double entry: events of its payments, as transfers.

An event that moves no money makes none. Whatever is read beside an event is a fact by then, so
the same events make the same transfers whenever they are read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from zhifu import chart, ids
from zhifu.bookrows import price_of
from zhifu.payments import Destination, Purpose
from zhifu.providers.balance import BALANCE
from zhifu.store import Row, Transaction
from zhifu.transfers import Transfer

_UNDECIDED = (None, "created", "awaiting_payment", "payment_unknown")


class Event(NamedTuple):
    """The `change`th of the `history` of a subject; `at` is in Unix seconds."""

    number: int
    history: str
    subject: int
    change: int
    state: str
    at: int

    @property
    def moves(self) -> bool:
        """Whether money may have moved with it."""
        match self.history, self.state:
            case (
                ("payment", _) | ("refund", "refunded" | "part_refunded") | ("payback", "paid_back")
            ):
                return True
            case ("chargeback", state):
                # One that is opened again was not taken again.
                return state == "reversed" or self.change == 1
            case ("top_up", "refunded") | ("pay_out", "returned_by_hand" | "paid_out"):
                return True
        return False


class _About(NamedTuple):
    """What the transfers of an event are about."""

    event: Event
    cause: str
    payment: str | None
    learner: int
    currency: str
    order: str | None = None
    content: int | None = None


class BookEntries:
    """Makes transfers of a platform's events, with what `transaction` has of them.

    `decimals` are those of the ledger's unit, in which prices are.
    """

    def __init__(self, transaction: Transaction, platform: int, decimals: int) -> None:
        self._transaction = transaction
        self._platform = platform
        self._decimals = decimals
        self._found: list[Transfer] = []
        self._orders: Mapping[int, list[Row]] = {}
        self._takers: Mapping[str, Callable[[Event, Row], None]] = {
            "payment": self._payment,
            "refund": self._refund,
            "payback": self._payback,
            "chargeback": self._chargeback,
            "top_up": self._top_up,
            "pay_out": self._pay_out,
        }

    def of(self, events: Sequence[Event]) -> list[Transfer]:
        """The transfers of events, in their order."""
        self._found = []
        moving = [each for each in events if each.moves]
        facts = {
            (history, row[0], row[1]): row
            for history in self._takers
            for row in self._facts(history, moving)
        }
        self._orders = self._lines([key[1] for key in facts if key[0] == "payment"])
        for event in moving:
            row = facts.get((event.history, event.subject, event.change))
            if row is not None:
                self._takers[event.history](event, row)
        return self._found

    def _facts(self, history: str, events: Sequence[Event]) -> list[Row]:
        asked = [[each.subject, each.change] for each in events if each.history == history]
        return self._transaction.rows_for(f"entry_{history}s", asked) if asked else []

    def _lines(self, payments: Sequence[int]) -> Mapping[int, list[Row]]:
        """The orders of payments."""
        found: dict[int, list[Row]] = defaultdict(list)
        asked = [[each] for each in dict.fromkeys(payments)]
        for payment, *line in self._transaction.rows_for("entry_orders", asked) if asked else ():
            found[payment].append(tuple(line))
        return found

    # What comes in

    def _payment(self, event: Event, row: Row) -> None:
        _, _, state, before, came, fee, provider, purpose, amount, currency, learner = row
        name = ids.to_text(ids.PAYMENT, event.subject)
        about = _About(event, name, name, learner, currency)
        at_provider = self._where(provider, currency)
        if state == "paid" and before in _UNDECIDED:
            came -= amount
            kind = "spent" if provider == BALANCE else "paid"
            if purpose == Purpose.TOP_UP.value:
                self._move(about, kind, at_provider, self._prepaid(about), amount)
            else:
                self._sale(about, kind, at_provider, amount)
        self._move(about, "surplus", at_provider, chart.surplus(self._platform, currency), came)
        fees = chart.fees(self._platform, provider, currency)
        self._move(about, "fee", fees, at_provider, fee)

    def _sale(self, about: _About, kind: str, at_provider: str, amount: int) -> None:
        """Each order's price; what a payment was of no order would stand alone."""
        sold = self._sold(about)
        for number, content, units in self._orders[about.event.subject]:
            price = price_of(units, about.currency, self._decimals).amount
            order = ids.to_text(ids.ORDER, number)
            of_order = about._replace(order=order, content=content)
            self._move(of_order, kind, at_provider, sold, price)
            amount -= price
        self._move(about, kind, at_provider, sold, amount)

    # What goes back

    def _refund(self, event: Event, row: Row) -> None:
        (_, _, payment, learner, provider, currency, amount, lost, detail, *more) = row
        order, content, destination, returned_by = more
        about = _About(
            event,
            ids.to_text(ids.REFUND, event.subject),
            ids.to_text(ids.PAYMENT, payment),
            learner,
            currency,
            ids.to_text(ids.ORDER, order),
            content,
        )
        sold = self._sold(about)
        if returned_by == "chargeback":
            lost = amount
        self._move(about, "taken_back", sold, self._chargebacks(about), lost)
        back = amount - lost
        if detail is not None:
            self._move(about, "refunded_by_hand", sold, self._by_hand(about), back)
        elif provider == BALANCE or destination == Destination.BALANCE.value:
            self._move(about, "credited", sold, self._prepaid(about), back)
        else:
            self._move(about, "refunded", sold, self._where(provider, currency), back)

    def _payback(self, event: Event, row: Row) -> None:
        _, _, payment, learner, provider, currency, amount, reason, detail = row
        name = ids.to_text(ids.PAYMENT, payment)
        about = _About(event, ids.to_text(ids.PAYBACK, event.subject), name, learner, currency)
        debit = {"paid_out": self._prepaid(about), "reversed": self._chargebacks(about)}.get(
            reason, chart.surplus(self._platform, currency)
        )
        kind = "paid_out" if reason == "paid_out" else "paid_back"
        if detail is not None:
            self._move(about, f"{kind}_by_hand", debit, self._by_hand(about), amount)
        else:
            self._move(about, kind, debit, self._where(provider, currency), amount)

    def _chargeback(self, event: Event, row: Row) -> None:
        _, _, payment, learner, provider, currency, amount = row
        name = ids.to_text(ids.PAYMENT, payment)
        about = _About(event, ids.to_text(ids.CHARGEBACK, event.subject), name, learner, currency)
        at_provider, taken = self._where(provider, currency), self._chargebacks(about)
        if event.state == "reversed":
            self._move(about, "charged_back_returned", at_provider, taken, amount)
        else:
            self._move(about, "charged_back", taken, at_provider, amount)

    def _top_up(self, event: Event, row: Row) -> None:
        _, _, payment, learner, provider, currency, amount, lost, detail = row
        name = ids.to_text(ids.PAYMENT, payment)
        about = _About(event, ids.to_text(ids.TOP_UP, payment), name, learner, currency)
        prepaid = self._prepaid(about)
        self._move(about, "taken_back", prepaid, self._chargebacks(about), lost)
        if detail is not None:
            back = self._by_hand(about)
            self._move(about, "refunded_by_hand", prepaid, back, amount - lost)
        else:
            self._move(about, "refunded", prepaid, self._where(provider, currency), amount - lost)

    def _pay_out(self, event: Event, row: Row) -> None:
        _, _, learner, currency, amount = row
        about = _About(event, ids.to_text(ids.PAY_OUT, event.subject), None, learner, currency)
        self._move(about, "paid_out_by_hand", self._prepaid(about), self._by_hand(about), amount)

    # Accounts and moves

    def _where(self, provider: str, currency: str) -> str:
        """Where a payment's money is: a learner's balance is money that was paid before."""
        if provider == BALANCE:
            return chart.prepaid(self._platform, currency)
        return chart.at_provider(self._platform, provider, currency)

    def _sold(self, about: _About) -> str:
        return chart.sold(self._platform, about.currency)

    def _prepaid(self, about: _About) -> str:
        return chart.prepaid(self._platform, about.currency)

    def _chargebacks(self, about: _About) -> str:
        return chart.chargebacks(self._platform, about.currency)

    def _by_hand(self, about: _About) -> str:
        return chart.by_hand(self._platform, about.currency)

    def _move(self, about: _About, kind: str, debit: str, credit: str, amount: int) -> None:
        """Move an amount, the other way if it is below zero."""
        if amount < 0:
            debit, credit, amount = credit, debit, -amount
        if not amount:
            return
        last = self._found[-1] if self._found else None
        leg = last.leg + 1 if last is not None and last.height == about.event.number else 0
        self._found.append(
            Transfer(
                self._platform,
                about.event.number,
                0,
                leg,
                about.event.at,
                kind,
                debit,
                credit,
                amount,
                about.order,
                about.content,
                about.learner,
                self._platform,
                about.payment,
                about.cause,
            )
        )
