"""A merchant, its provider, and the Alipay that it speaks to, over HTTP."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timezone
from typing import Any, NamedTuple

import httpx
import pytest

from tests.integration.merchant import Merchant, Switch
from zhifu.money import Money
from zhifu.providers import (
    Checkout,
    Intent,
    ProviderPayment,
    ProviderStatus,
)
from zhifu.providers.alipay import AlipayProvider
from zhifu.sandbox.alipay import AlipaySandbox
from zhifu.sandbox.books import Books
from zhifu.sandbox.faults import Fault
from zhifu.sandbox.keys import AlipayKeys, Keys, public_half
from zhifu.sandbox.server import Sandbox
from zhifu.sandbox.serving import Serving

NOON = int(datetime(2026, 3, 27, 4, tzinfo=timezone.utc).timestamp())
TODAY = date(2026, 3, 27)
DAY = 86_400
AMOUNT = Money(4900, "CNY")
PAID = ProviderPayment(ProviderStatus.PAID, AMOUNT)
BROWSER = httpx.Client(verify=False)


class Clock:
    def __init__(self) -> None:
        self.now = float(NOON)

    def __call__(self) -> float:
        return self.now


@dataclass
class Scene:
    """A merchant, its provider, and the Alipay that it speaks to."""

    alipay: AlipayProvider
    merchant: Merchant
    sandbox: Sandbox
    books: Books
    clock: Clock
    keys: AlipayKeys
    settings: dict[str, Any]
    numbers: Iterator[int]

    def intent(self, **others: Any) -> Intent:
        name = f"pay_{next(self.numbers):016x}"
        intent = Intent(name, AMOUNT, "课程/甲", int(self.clock.now) + 900, "precreate")
        return intent._replace(**others)

    def opened(self, **others: Any) -> str:
        """A payment whose code its learner has scanned."""
        checkout = self.alipay.create(self.intent(**others))
        scan(checkout)
        return checkout.provider_payment_id

    def pay(self, number: str) -> None:
        self.books.pay(self.books.payment_by_reference(number).id)

    def paid(self, **others: Any) -> str:
        number = self.opened(**others)
        self.pay(number)
        return number

    def time_out(self) -> None:
        self.sandbox.faults.force(Fault.TIME_OUT, "alipay")

    def deliver(self) -> None:
        self.sandbox.deliveries.flush()

    def provider(self, **others: Any) -> AlipayProvider:
        settings = self.settings | others
        return AlipayProvider(**settings)


def scan(checkout: Checkout) -> httpx.Response:
    """The learner opens the page or scans the code."""
    (address,) = checkout.action.values()
    return BROWSER.get(address, follow_redirects=True)


@pytest.fixture(scope="module")
def keys() -> AlipayKeys:
    return Keys.generate().alipay


class Stage(NamedTuple):
    """Two servers, and what they serve."""

    alipay: Switch
    alipay_url: str
    merchant: Switch
    merchant_url: str


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    alipay, merchant = Switch(), Switch()
    with Serving(alipay) as first, Serving(merchant) as second:
        yield Stage(alipay, first.url, merchant, second.url)


@pytest.fixture
def scene(keys: AlipayKeys, stage: Stage) -> Iterator[Scene]:
    with open_scene(keys, stage) as opened:
        yield opened


@contextmanager
def open_scene(keys: AlipayKeys, stage: Stage) -> Iterator[Scene]:
    clock = Clock()
    simulated = AlipaySandbox(keys, fee_bps=60, clock=clock)
    sandbox, merchant = Sandbox([simulated], hang_seconds=0.0), Merchant(clock)
    stage.alipay.app, stage.merchant.app = sandbox.app, merchant.app
    settings: dict[str, Any] = {
        "app_id": keys.app_id,
        "seller_id": keys.seller_id,
        "private_key": keys.app_key,
        "alipay_public_key": public_half(keys.alipay_key),
        "notify_url": f"{stage.merchant_url}/notify",
        "base_url": f"{stage.alipay_url}/alipay/gateway.do",
        "timeout_seconds": 5.0,
        "clock": clock,
    }
    merchant.provider = alipay = AlipayProvider(**settings)
    yield Scene(
        alipay, merchant, sandbox, simulated.books, clock, keys, settings, itertools.count(1)
    )
    sandbox.deliveries.close()
