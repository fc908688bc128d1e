"""Two shops on one street with accounts at two providers, and three days on which all happens."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, timezone
from itertools import count
from pathlib import Path
from typing import ClassVar

from tests.databases import Databases
from tests.integration.fair import PRICES, Fair
from tests.integration.lawless import lift_rules
from zhifu import ids
from zhifu.anvil import dev_signer
from zhifu.deployment import DAY_SECONDS
from zhifu.gateway import Gateway
from zhifu.models import Role
from zhifu.money import Money
from zhifu.payments import CheckoutTerms, Payment, PaymentRequest, Purpose
from zhifu.providers import BillLine, HintKind
from zhifu.providers.sandbox import SandboxProvider
from zhifu.signing import LocalSigner

BEIJING = timezone(timedelta(hours=8))
HOUR = 3_600
CARDS, WALLET = "cards", "wallet"
ACCOUNTS = {CARDS: (1,), WALLET: (2,)}

Change = Callable[[date, list[BillLine]], list[BillLine]]


class Account(SandboxProvider):
    """An account at a provider, whose bills `change` alters on their way."""

    change: Change | None = None

    def transactions(self, day: date) -> Iterator[BillLine]:
        lines = super().transactions(day)
        return lines if self.change is None else iter(self.change(day, list(lines)))


def open_accounts(folder: Path, clock: Callable[[], int]) -> dict[str, Account]:
    """The shops' accounts, which are remembered in a folder."""
    return {
        CARDS: Account(folder / CARDS, name=CARDS, fee_bps=60, clock=clock),
        WALLET: Account(folder / WALLET, name=WALLET, zone=BEIJING, clock=clock),
    }


@dataclass
class Street:
    """The shops' gateway, its accounts, and the time, which the test sets."""

    arbiter: ClassVar[LocalSigner] = dev_signer(8)

    fair: Fair
    folder: Path
    start: int
    now: int = 0
    database: str = "gateway"
    accounts: dict[str, Account] = field(default_factory=dict)
    keys: Iterator[int] = field(default_factory=lambda: count(1))
    sold: dict[str, Payment] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.accounts = open_accounts(self.folder, lambda: self.now)

    def copy(self, folder: Path, database: str) -> Street:
        """The same street with books and accounts of its own, to be broken."""
        assert self.fair.databases is not None
        self.fair.databases.copy(self.database, database)
        for name in ACCOUNTS:
            shutil.copy(self.folder / name, folder / name)
        return replace(self, folder=folder, database=database, sold=dict(self.sold))

    def change(self, *statements: str) -> None:
        """Change the books behind all their rules."""
        assert self.fair.databases is not None
        with closing(self.fair.databases.connect(self.database)) as connection:
            lift_rules(connection, self.fair.url(self.database))
            for each in statements:
                assert connection.execute(each).rowcount != 0, each

    def day(self, number: int = 1) -> date:
        """The street's first day, its second …"""
        return datetime.fromtimestamp(self.start, timezone.utc).date() + timedelta(number - 1)

    def open(self) -> Gateway:
        """The shops' gateway."""
        return Gateway.open(
            self.fair.url(self.database),
            self.fair.network,
            {each: self.fair.operators[each] for each in (1, 2)},
            self.accounts,
            accounts=ACCOUNTS,
            clock=lambda: self.now,
        )

    def at(self, day: int, hour: float) -> None:
        """Go to an hour (UTC) of a day; the chain's next block is of then."""
        self.now = self.start + (day - 1) * DAY_SECONDS + int(hour * HOUR)
        if self.fair.network.chain.timestamp() < self.now:
            self.fair.anvil.set_next_block_timestamp(self.now)

    def asks(self, account: str, learner: int, contents: tuple[int, ...]) -> PaymentRequest:
        amount = Money(sum(PRICES[each] for each in contents), "USD")
        platform = ACCOUNTS[account][0]
        return PaymentRequest(
            platform, learner, contents, amount, account, "", f"key-{next(self.keys)}"
        )

    def checkout(self, gateway: Gateway, request: PaymentRequest) -> Payment:
        terms = CheckoutTerms(self.now + HOUR, "card", "a content")
        return gateway.checkout(request, terms).payment

    def buy(
        self,
        gateway: Gateway,
        name: str,
        account: str,
        learner: int,
        *contents: int,
        pays: int | None = None,
    ) -> Payment:
        """A learner opens a checkout and pays it, or another amount, and the gateway asks."""
        made = self.checkout(gateway, self.asks(account, learner, contents))
        return self.pay(gateway, name, made, pays)

    def pay(self, gateway: Gateway, name: str, made: Payment, pays: int | None = None) -> Payment:
        provider, named = self.accounts[made.request.provider], made.provider_payment_id or ""
        provider.confirm(named, None if pays is None else Money(pays, "USD"))
        gateway.take_callback(made.request.provider, provider.callback(named))
        gateway.process_callbacks()
        self.sold[name] = gateway.payment(made.id)
        return self.sold[name]

    def top_up(self, gateway: Gateway, name: str, learner: int, cents: int) -> Payment:
        request = replace(
            self.asks(CARDS, learner, ()),
            amount=Money(cents, "USD"),
            purpose=Purpose.TOP_UP,
        )
        return self.pay(gateway, name, self.checkout(gateway, request))

    def hear(self, gateway: Gateway, name: str) -> None:
        """A bank took a payment or gave it back, and the gateway is told."""
        payment = self.sold[name]
        provider = self.accounts[payment.request.provider]
        told = provider.callback(payment.provider_payment_id or "", HintKind.CHARGEBACK)
        gateway.take_callback(payment.request.provider, told)
        gateway.process_callbacks()

    def order(self, name: str, at: int = 0) -> str:
        """The id of an order of what was sold under a name."""
        return self.sold[name].orders[at].id

    def number(self, name: str) -> int:
        """The number of the payment that was sold under a name."""
        return ids.from_text(ids.PAYMENT, self.sold[name].id) or 0

    def named(self, name: str) -> str:
        """What its provider calls the payment that was sold under a name."""
        return self.sold[name].provider_payment_id or ""

    def settle(self, gateway: Gateway) -> None:
        for platform in (1, 2):
            while gateway.settle(platform) is not None:
                pass
        gateway.sync()


def open_street(fair: Fair, databases: Databases, folder: Path) -> Street:
    """The street before its first day."""
    opened = replace(fair, databases=databases, keys=count(1))
    registry = fair.network.registry
    fair.network.settlement.set_top_up_limit(fair.operators[1], 1, 10**12)
    registry.nominate(fair.admin, Role.ARBITER, Street.arbiter.address)
    fair.pass_days(3)
    registry.accept_role(Street.arbiter, Role.ARBITER)
    start = (fair.network.chain.timestamp() // DAY_SECONDS + 1) * DAY_SECONDS
    return Street(opened, folder, start, start)


def trade(street: Street, gateway: Gateway) -> None:
    """Everything that can happen to a payment, over three days."""
    street.at(1, 9)
    gateway.sync()
    for learner in range(1, 6):
        street.buy(gateway, f"book {learner}", CARDS, learner, 1, 3)
    for learner in (6, 7):
        street.buy(gateway, f"film {learner}", WALLET, learner, 3, 4)
    street.buy(gateway, "overpaid", CARDS, 8, 1, pays=PRICES[1] + 100)
    street.buy(gateway, "underpaid", CARDS, 9, 1, pays=PRICES[1] - 100)
    street.top_up(gateway, "top-up", 1, 10_000)
    street.at(1, 10)
    street.settle(gateway)
    gateway.follow_top_ups(1)
    gateway.sync()
    street.at(1, 11)
    spend(street, gateway)
    give_back(street, gateway)
    midnight(street, gateway)
    street.at(2, 12)
    gateway.refund(street.order("book 3"))
    street.buy(gateway, "later", CARDS, 4, 5)
    street.settle(gateway)
    street.at(3, 12)
    gateway.recover()
    gateway.sync()


def spend(street: Street, gateway: Gateway) -> None:
    """A learner's balance is spent, and a part of it is paid out."""
    request = replace(street.asks(CARDS, 1, (5,)), provider="balance", provider_payment_id="")
    street.sold["from balance"] = gateway.pay(request)
    street.settle(gateway)
    gateway.pay_out(1, 1, Money(2_000, "USD"), "out-1")


def give_back(street: Street, gateway: Gateway) -> None:
    """Refunds, a part, one to a balance; banks take back, and give back."""
    street.at(1, 12)
    gateway.refund(street.order("book 1"))
    gateway.refund_part(street.order("book 2", 1), Money(1_000, "USD"), "a part")
    gateway.refund(street.order("book 2"), to="balance")
    gateway.refund(street.order("film 6"))
    street.buy(gateway, "changed mind", WALLET, 6, 4)
    gateway.refund(street.order("changed mind"))
    for name in ("book 4", "book 5"):
        provider = street.accounts[CARDS]
        amount = Money(500, "USD") if name == "book 5" else None
        provider.charge_back(street.named(name), amount)
        street.hear(gateway, name)
    gateway.follow_chargebacks()
    gateway.recover()
    gateway.follow_pay_outs(1)
    gateway.pay_back()
    gateway.sync()


def midnight(street: Street, gateway: Gateway) -> None:
    """Paid before and after midnight, here and in Beijing, and settled after it."""
    street.at(1, 16.5)
    street.buy(gateway, "tomorrow in Beijing", WALLET, 8, 4)
    street.at(1, 23.9)
    street.buy(gateway, "last of the day", CARDS, 9, 5)
    made = street.checkout(gateway, street.asks(CARDS, 10, (5,)))
    street.at(2, 0.1)
    street.pay(gateway, "over midnight", made)
    provider = street.accounts[CARDS]
    provider.return_chargeback(street.named("book 5"))
    street.hear(gateway, "book 5")
    gateway.pay_back()
    street.settle(gateway)
