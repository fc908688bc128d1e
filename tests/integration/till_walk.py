"""A walk through all that moves a platform's fiat money, and what others say of that money.

What a provider's own lines, the chain and the orders that wait come to is set against the ledger:
none of the three knows of an entry.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from itertools import count
from random import Random

from tests.integration.counter import Counter, hear_of_chargeback, name
from tests.integration.fair import DEPOSIT, PRICES
from tests.integration.lawless import lift_rules
from tests.integration.purse import CENT, on_account, request
from tests.integration.test_returns import REFUSED, Stingy
from zhifu.checkouts import OpenCheckout
from zhifu.exceptions import ZhifuError
from zhifu.money import Money
from zhifu.providers import LineKind
from zhifu.transfers import Transfer

LEARNERS = (1, 2)
CONFIRMATIONS = 1
PROVIDER, FEES = "provider:1/sandbox/USD", "fees:1/sandbox/USD"
SOLD, PREPAID, HAND = "sold:1/USD", "prepaid:1/USD", "by_hand:1/USD"

#: What orders were paid that the chain has not, or no more; those from a balance apart.
_UNSETTLED = """
SELECT coalesce(sum(orders.price), 0) FROM orders JOIN payments ON payments.id = orders.payment_id
WHERE payments.state IN ('paid', 'charged_back') AND payments.provider {} 'balance' AND NOT EXISTS (
    SELECT 1 FROM batch_orders WHERE order_id = orders.id AND released = 0)
AND NOT EXISTS (SELECT 1 FROM refunds WHERE order_id = orders.id)"""
_GOING_BACK = """
SELECT coalesce(sum(refunds.amount), 0) FROM refunds JOIN orders ON orders.id = refunds.order_id
JOIN payments ON payments.id = orders.payment_id
WHERE refunds.state = 'refund_pending' AND provider {} 'balance'"""
#: What learners paid for their accounts that the chain has not, or no more.
_TOP_UPS = """
SELECT coalesce(sum(amount), 0) FROM payments JOIN top_ups ON top_ups.payment_id = payments.id
WHERE top_ups.state IN ('waiting', 'refund_pending')"""
_PAYBACKS = """
SELECT coalesce(sum(amount), 0) FROM paybacks WHERE reason = 'paid_out' AND state <> 'paid_back'"""
_BY_HAND = "SELECT coalesce(sum(by_hand), 0) FROM payouts WHERE by_hand > 0 AND detail IS NULL"


@dataclass
class TillWalk:
    """Every public method but `check` and `rest` is a step; what is refused is part of it."""

    counter: Counter
    random: Random
    made: list[OpenCheckout] = field(default_factory=list)
    top_ups: list[OpenCheckout] = field(default_factory=list)
    keys: Iterator[int] = field(default_factory=lambda: count(1))
    done: Tally[str] = field(default_factory=Tally)

    def step(self) -> None:
        verb = self.random.choice(_VERBS) if self.made else "buy"
        with suppress(ZhifuError):
            getattr(self, verb)()
            self.done[verb] += 1

    # What learners do

    def buy(self) -> None:
        contents = tuple(self.random.sample(sorted(PRICES), self.random.randint(1, 3)))
        made = self.counter.checkout(learner=self.random.choice(LEARNERS), contents=contents)
        self.made.append(made)
        asked = made.payment.request.amount.amount
        paid = self.random.choice([asked, asked, asked, asked + 1_000, max(1, asked - 1)])
        self._pay(made, paid)

    def top_up(self) -> None:
        amount = Money(self.random.randint(1, 20_000), "USD")
        asked = request(self.counter, learner=self.random.choice(LEARNERS), amount=amount)
        made = self.counter.gateway.checkout(asked, self.counter.terms())
        self.top_ups.append(made)
        self._pay(made, amount.amount)

    def spend(self) -> None:
        learner, content = self.random.choice(LEARNERS), self.random.choice(sorted(PRICES))
        self.counter.gateway.pay(
            self.counter.fair.request(
                1, learner, (content,), provider="balance", provider_payment_id=""
            )
        )

    # What the platform does

    def settle(self) -> None:
        self.counter.gateway.settle(1, limit=self.random.randint(1, 3))

    def refund(self) -> None:
        order = self.random.choice(self._orders())
        self.counter.gateway.refund(order, to=self.random.choice([None, None, "balance"]))

    def refund_part(self) -> None:
        order, cents = self.random.choice(self._orders()), self.random.randint(1, 3_000)
        self.counter.gateway.refund_part(order, Money(cents, "USD"), f"part {next(self.keys)}")

    def refund_top_up(self) -> None:
        self.counter.gateway.refund_top_up(self._any(self.top_ups).payment.id)

    def pay_out(self) -> None:
        amount = Money(self.random.randint(1, 5_000), "USD")
        learner = self.random.choice(LEARNERS)
        self.counter.gateway.pay_out(1, learner, amount, f"out {next(self.keys)}")

    def by_hand(self) -> None:
        """A person gives back whatever waits for one."""
        gateway, told = self.counter.gateway, "by transfer"
        for order in self._orders():
            with suppress(ZhifuError):
                gateway.returned(gateway.refund_of(order).id, told)
        for top_up in self.top_ups:
            with suppress(ZhifuError):
                gateway.top_up_returned(top_up.payment.id, told)
        for made in (*self.made, *self.top_ups):
            for payback in gateway.paybacks(made.payment.id):
                with suppress(ZhifuError):
                    gateway.paid_back_by_hand(1, payback.id, told)
        for pay_out in gateway.pay_outs(1):
            with suppress(ZhifuError):
                gateway.paid_out_by_hand(1, pay_out.id, told)

    # What providers and banks do

    def refuse(self) -> None:
        """The provider returns nothing for some steps."""
        with self._refusing():
            for _ in range(4):
                self.random.choice([self.refund, self.refund_part, self.refund_top_up])()

    def charge_back(self) -> None:
        made = self._any([*self.made, *self.top_ups])
        amount = self.random.choice([None, None, Money(self.random.randint(1, 3_000), "USD")])
        self.counter.provider.charge_back(name(made), amount)
        hear_of_chargeback(self.counter, made)

    def give_back(self) -> None:
        made = self._any([*self.made, *self.top_ups])
        amount = self.random.choice([None, None, Money(self.random.randint(1, 3_000), "USD")])
        self.counter.provider.return_chargeback(name(made), amount)
        hear_of_chargeback(self.counter, made)

    # What goes on by itself

    def follow(self) -> None:
        gateway = self.counter.gateway
        gateway.sync()
        gateway.recover(1)
        gateway.follow_top_ups(1)
        gateway.follow_pay_outs(1)
        gateway.follow_chargebacks()
        gateway.pay_back()

    def follow_books(self) -> None:
        self.counter.gateway.follow_books()

    def rest(self) -> None:
        """Let everything come to where it stays."""
        gateway = self.counter.gateway
        for _ in range(3):
            self.follow()
            while gateway.settle(1) is not None:
                pass
            self.counter.fair.anvil.mine(CONFIRMATIONS + 1)
            self.counter.now += 4_000
        self.follow()

    # What must be

    def check(self) -> None:
        assert list(self.counter.gateway.check_ledger()) == []
        lines = self.counter.gateway.ledger_lines()
        balances = Tally({each.account: each.closing for each in lines if "USD" in each.account})
        assert sum(balances.values()) == 0
        owed, kept = self._provider()
        assert (balances[PROVIDER], balances[FEES]) == (kept - owed, -kept)
        saved = sum(on_account(self.counter.fair, learner) for learner in LEARNERS)
        spending = self._sum(_UNSETTLED.format("=")) // CENT + self._sum(_GOING_BACK.format("="))
        assert balances[PREPAID] == saved - spending + self._sum(_TOP_UPS, _PAYBACKS, _BY_HAND)
        # What left the platform's account on chain is on learners' accounts, or paid for orders.
        captured = (DEPOSIT - self.counter.fair.available(1)) // CENT - saved
        beside = self._sum(_UNSETTLED.format("<>")) // CENT + self._sum(_GOING_BACK.format("<>"))
        assert balances[SOLD] == captured + beside + spending
        assert balances[HAND] >= 0

    def anew(self) -> tuple[list[Transfer], list[Transfer]]:
        """The movements of the books, and what a ledger of them has that is built from nothing."""
        running, databases = self._of_books(), self.counter.fair.databases
        assert databases is not None
        with closing(databases.connect()) as connection:
            lift_rules(connection, databases.url())
            of_books = "IN (SELECT id FROM ledger_accounts WHERE source <> 0)"
            connection.execute(f"DELETE FROM ledger_balances WHERE account {of_books}")
            for table in ("ledger_transfers", "ledger_accounts", "ledger_cursors"):
                connection.execute(f"DELETE FROM {table} WHERE source <> 0")
        return running, self._of_books()

    def _of_books(self) -> list[Transfer]:
        self.follow_books()
        return [each for each in self.counter.gateway.movements() if each.source]

    def _pay(self, made: OpenCheckout, cents: int) -> None:
        self.counter.provider.confirm(name(made), Money(cents, "USD"))
        self.counter.now += 10
        self.counter.gateway.inquire()

    def _provider(self) -> tuple[int, int]:
        """What the provider's lines add up to, and what it keeps of that."""
        owed = kept = 0
        for day in range(int(self.counter.now) // 86_400 - 40, self.counter.now // 86_400 + 1):
            date = datetime.fromtimestamp(day * 86_400, timezone.utc).date()
            for line in self.counter.provider.transactions(date):
                owed += line.amount.amount
                if line.kind is LineKind.PAYMENT and line.fee is not None:
                    kept += line.fee.amount
        return owed, kept

    def _sum(self, *queries: str) -> int:
        return sum(int(self.counter.fair.rows(each)[0][0]) for each in queries)

    def _orders(self) -> list[str]:
        return [
            order.id for payment in self.counter.gateway.payments(1) for order in payment.orders
        ]

    def _any(self, made: list[OpenCheckout]) -> OpenCheckout:
        return self.random.choice(made) if made else self.made[0]

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        assert isinstance(self.counter.provider, Stingy)
        self.counter.provider.fault = REFUSED
        try:
            yield
        finally:
            self.counter.provider.fault = None


_VERBS = (
    *["buy"] * 5,
    *["top_up", "spend", "settle", "refund", "refund_part", "charge_back"] * 3,
    *["refund_top_up", "pay_out", "by_hand", "refuse", "give_back", "follow", "follow_books"] * 2,
)
