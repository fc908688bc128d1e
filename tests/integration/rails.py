"""Every payment provider on a stage of its own, with the same handles on its learners and bank."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date, datetime, timedelta, timezone
from typing import Any, Protocol, TypeAlias

import httpx

from tests.integration.merchant import Merchant, Switch
from zhifu.money import Money
from zhifu.providers import Callback, Checkout, HintKind, Intent, Provider
from zhifu.providers.alipay import AlipayProvider
from zhifu.providers.sandbox import SandboxProvider
from zhifu.providers.stripe import StripeProvider
from zhifu.providers.wechatpay import WeChatPayProvider
from zhifu.sandbox.alipay import AlipaySandbox
from zhifu.sandbox.books import Books
from zhifu.sandbox.deliveries import altered
from zhifu.sandbox.faults import Fault
from zhifu.sandbox.keys import Keys, public_half
from zhifu.sandbox.server import Sandbox, SimulatedProvider
from zhifu.sandbox.stripe import StripeSandbox
from zhifu.sandbox.wechatpay import WeChatPaySandbox

DAY = 86_400
BEIJING = timezone(timedelta(hours=8))
BROWSER = httpx.Client(verify=False)

#: A simulation, and what builds the provider of a merchant that has keys.
_Built: TypeAlias = "tuple[SimulatedProvider, Callable[[Keys], Provider]]"

_numbers = itertools.count(time.time_ns())


class Clock:
    """The true time, `shift` seconds off: signatures are as fresh as they are."""

    def __init__(self) -> None:
        self.shift = 0

    def __call__(self) -> float:
        return time.time() + self.shift


class Rail(Protocol):
    """A provider, and what its learners, their bank and the network do.

    `charges_back` says whether money can be taken back here.
    """

    provider: Provider
    currency: str
    method: str
    zone: timezone
    clock: Clock
    charges_back: bool

    def stranger(self) -> Provider:
        """The same provider for another merchant."""

    def reach(self, checkout: Checkout) -> None:
        """The learner opens or scans what it was given."""

    def pay(self, number: str) -> None:
        """The learner pays."""

    def charge_back(self, number: str, amount: Money) -> None:
        """The bank takes money back."""

    def silence(self, fault: Fault) -> AbstractContextManager[None]:
        """The next request is not answered: carried out (TIME_OUT) or not (SILENCE)."""

    def callbacks(self, number: str) -> list[Callback]:
        """What arrived of a payment's being paid, each delivery by itself: at least two."""

    def told(self, number: str, kind: HintKind) -> list[Callback]:
        """What the provider tells of a payment now, or has told since it was asked last."""

    def returned(self, number: str) -> Money:
        """How much went back by refunds and chargebacks."""

    def created(self) -> int:
        """How many payments there are."""


def intent(rail: Rail, amount: int = 4900, **others: Any) -> Intent:
    """A payment to be created, unlike any other."""
    name = f"pay_{next(_numbers):016x}"
    expires_at = int(rail.clock()) + 900
    money = Money(amount, rail.currency)
    return Intent(name, money, "课程 甲", expires_at, rail.method)._replace(**others)


def opened(rail: Rail, amount: int = 4900) -> str:
    """A payment that its learner has before them."""
    checkout = rail.provider.create(intent(rail, amount))
    rail.reach(checkout)
    return checkout.provider_payment_id


def paid(rail: Rail, amount: int = 4900) -> str:
    """A payment that its learner has paid."""
    number = opened(rail, amount)
    rail.pay(number)
    return number


def today(rail: Rail) -> date:
    """The provider's own day."""
    return datetime.fromtimestamp(rail.clock(), rail.zone).date()


class InProcess:
    """The sandbox that lives in this process."""

    currency, method, zone = "USD", "any", timezone.utc
    charges_back = True

    def __init__(self) -> None:
        self.clock = Clock()
        self._sandbox = SandboxProvider(clock=self.clock)
        self.provider: Provider = self._sandbox

    def stranger(self) -> Provider:
        return SandboxProvider(clock=self.clock)

    def reach(self, checkout: Checkout) -> None:
        pass

    def pay(self, number: str) -> None:
        self._sandbox.confirm(number)

    def charge_back(self, number: str, amount: Money) -> None:
        self._sandbox.charge_back(number, amount)

    def silence(self, fault: Fault) -> AbstractContextManager[None]:
        return self._sandbox.silence()

    def callbacks(self, number: str) -> list[Callback]:
        return [self._sandbox.callback(number, HintKind.PAYMENT) for _ in range(2)]

    def told(self, number: str, kind: HintKind) -> list[Callback]:
        return [self._sandbox.callback(number, kind)]

    def returned(self, number: str) -> Money:
        taken = self._sandbox.query(number).charged_back or Money.zero(self.currency)
        return self._sandbox.refunded(number) + taken

    def created(self) -> int:
        return len(self._sandbox._payments)


class Served:
    """A real provider's interface, spoken over HTTP to its simulation."""

    def __init__(
        self,
        build: Callable[[Stage, Clock], _Built],
        stage: Stage,
        *,
        currency: str = "CNY",
        method: str,
        zone: timezone = BEIJING,
        charges_back: bool = True,
    ) -> None:
        self.currency, self.method, self.zone = currency, method, zone
        self.charges_back = charges_back
        self.clock = Clock()
        simulated, provider = build(stage, self.clock)
        self.provider = provider(stage.keys)
        self.stranger = lambda: provider(stage.strangers)
        self._books: Books = simulated.books
        self._name = simulated.name
        self.sandbox = Sandbox([simulated], hang_seconds=0.0)
        self._merchant = Merchant()
        self._merchant.provider = self.provider
        stage.provider.app, stage.merchant.app = self.sandbox.app, self._merchant.app

    def reach(self, checkout: Checkout) -> None:
        for address in checkout.action.values():
            if address.startswith("http"):
                BROWSER.get(address, follow_redirects=True)

    def pay(self, number: str) -> None:
        self._books.pay(self._id(number))

    def charge_back(self, number: str, amount: Money) -> None:
        self._books.charge_back(self._id(number), amount)

    @contextmanager
    def silence(self, fault: Fault) -> Iterator[None]:
        self.sandbox.faults.force(fault, self._name)
        yield

    def callbacks(self, number: str) -> list[Callback]:
        self.sandbox.faults.force(Fault.DUPLICATE, self._name)
        self.pay(number)
        self.sandbox.deliveries.flush()
        return list(self._merchant.arrived)

    def told(self, number: str, kind: HintKind) -> list[Callback]:
        self.sandbox.deliveries.flush()
        told, self._merchant.arrived = self._merchant.arrived, []
        return told

    def returned(self, number: str) -> Money:
        return self._books.returned(self._id(number))

    def created(self) -> int:
        return len(self._books.payments())

    def _id(self, number: str) -> str:
        named = (each.id for each in self._books.payments() if number in (each.id, each.reference))
        return next(named)


class Stage:
    """Where a provider and a merchant are served."""

    def __init__(self, keys: Keys, strangers: Keys) -> None:
        self.keys, self.strangers = keys, strangers
        self.provider, self.merchant = Switch(), Switch()
        self.provider_url = self.merchant_url = ""


def _stripe(stage: Stage, clock: Clock) -> _Built:
    def provider(keys: Keys) -> Provider:
        return StripeProvider(
            secret_key=keys.stripe.secret_key,
            webhook_secret=keys.stripe.webhook_secret,
            account=keys.stripe.account,
            base_url=f"{stage.provider_url}/stripe",
            timeout_seconds=5.0,
            clock=clock,
        )

    url = f"{stage.merchant_url}/stripe"
    simulated = StripeSandbox(stage.keys.stripe, webhook_url=url, fee_bps=60, clock=clock)
    return simulated, provider


def _wechatpay(stage: Stage, clock: Clock) -> _Built:
    def provider(keys: Keys) -> Provider:
        ours = keys.wechatpay
        return WeChatPayProvider(
            mchid=ours.mchid,
            appid=ours.appid,
            private_key=ours.merchant_key,
            certificate_serial=ours.merchant_serial,
            apiv3_key=ours.apiv3_key,
            public_key=public_half(ours.platform_key),
            public_key_id=ours.public_key_id,
            notify_url=f"{stage.merchant_url}/wechatpay",
            base_url=f"{stage.provider_url}/wechatpay",
            timeout_seconds=5.0,
        )

    simulated = WeChatPaySandbox(stage.keys.wechatpay, fee_bps=60, clock=clock)
    return simulated, provider


def _alipay(stage: Stage, clock: Clock) -> _Built:
    def provider(keys: Keys) -> Provider:
        ours = keys.alipay
        return AlipayProvider(
            app_id=ours.app_id,
            seller_id=ours.seller_id,
            private_key=ours.app_key,
            alipay_public_key=public_half(ours.alipay_key),
            notify_url=f"{stage.merchant_url}/alipay",
            base_url=f"{stage.provider_url}/alipay/gateway.do",
            timeout_seconds=5.0,
            clock=clock,
        )

    simulated = AlipaySandbox(stage.keys.alipay, fee_bps=60, clock=clock)
    return simulated, provider


#: Every provider there is, by name.
RAILS: dict[str, Callable[[Stage], Rail]] = {
    "sandbox": lambda stage: InProcess(),
    "stripe": lambda stage: Served(
        _stripe, stage, currency="USD", method="card", zone=timezone.utc
    ),
    "wechatpay": lambda stage: Served(_wechatpay, stage, method="native", charges_back=False),
    "alipay": lambda stage: Served(_alipay, stage, method="precreate"),
}

#: What a thief may do to a callback on its way.
FORGERIES: dict[str, Callable[[Callback], Callback]] = {
    "a digit changed": lambda it: it._replace(body=altered(it.body)),
    "one byte more": lambda it: it._replace(body=it.body + b"1"),
    "cut in half": lambda it: it._replace(body=it.body[: len(it.body) // 2]),
    "emptied": lambda it: it._replace(body=b""),
    "no text": lambda it: it._replace(body=b"\xff\xfe" + it.body),
    "a month late": lambda it: it._replace(received_at=it.received_at + 30 * DAY),
    "a day early": lambda it: it._replace(received_at=it.received_at - DAY),
}
