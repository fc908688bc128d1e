"""A merchant, its provider, and the WeChat Pay that it speaks to, over HTTP."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import pytest

from tests.integration.merchant import Merchant, Switch
from zhifu.money import Money
from zhifu.providers import Intent, ProviderPayment, ProviderStatus
from zhifu.providers.wechatpay import WeChatPayProvider
from zhifu.providers.wechatpay._wire import BEIJING
from zhifu.sandbox.books import Books
from zhifu.sandbox.faults import Fault
from zhifu.sandbox.keys import Keys, WeChatPayKeys, public_half
from zhifu.sandbox.server import Sandbox
from zhifu.sandbox.serving import Serving
from zhifu.sandbox.wechatpay import WeChatPaySandbox

AMOUNT = Money(4900, "CNY")
PENDING = ProviderPayment(ProviderStatus.PENDING, AMOUNT)
PAID = ProviderPayment(ProviderStatus.PAID, AMOUNT)
FAILED = ProviderPayment(ProviderStatus.FAILED)
OPENID = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
DAY = 86_400


class Clock:
    """The books' clock: the true one, `shift` seconds off."""

    def __init__(self) -> None:
        self.shift = 0

    def __call__(self) -> float:
        return time.time() + self.shift

    def to_a_past_noon(self) -> date:
        """Go to noon in Beijing, three days ago; the day."""
        day = datetime.now(BEIJING).date() - timedelta(days=3)
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=BEIJING)
        self.shift = int(noon.timestamp() - time.time())
        return day

    def back(self) -> None:
        self.shift = 0


@dataclass
class Scene:
    """A merchant, its provider, and the WeChat Pay that it speaks to."""

    wechat: WeChatPayProvider
    merchant: Merchant
    sandbox: Sandbox
    books: Books
    clock: Clock
    keys: WeChatPayKeys
    settings: dict[str, Any]
    numbers: Iterator[int]

    def intent(self, **others: Any) -> Intent:
        name = f"pay_{next(self.numbers):016x}"
        return Intent(name, AMOUNT, "课程 甲", int(self.clock()) + 900, "native")._replace(**others)

    def opened(self, **others: Any) -> str:
        return self.wechat.create(self.intent(**others)).provider_payment_id

    def paid(self, **others: Any) -> str:
        number = self.opened(**others)
        self.pay(number)
        return number

    def pay(self, number: str) -> None:
        self.books.pay(self.books.payment_by_reference(number).id)

    def returned(self, number: str) -> Money:
        return self.books.returned(self.books.payment_by_reference(number).id)

    def time_out(self) -> None:
        self.sandbox.faults.force(Fault.TIME_OUT, "wechatpay")

    def provider(self, **others: Any) -> WeChatPayProvider:
        return WeChatPayProvider(**{**self.settings, **others})


@pytest.fixture(scope="module")
def keys() -> WeChatPayKeys:
    return Keys.generate().wechatpay


@pytest.fixture(scope="module")
def public_key(keys: WeChatPayKeys) -> str:
    return public_half(keys.platform_key)


class Stage(NamedTuple):
    """Two servers, and what they serve."""

    wechat: Switch
    wechat_url: str
    merchant: Switch
    merchant_url: str


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    wechat, merchant = Switch(), Switch()
    with Serving(wechat) as first, Serving(merchant) as second:
        yield Stage(wechat, first.url, merchant, second.url)


Staged = Callable[..., Scene]


@pytest.fixture
def staged(keys: WeChatPayKeys, public_key: str, stage: Stage) -> Iterator[Staged]:
    sandboxes: list[Sandbox] = []

    def build(**options: Any) -> Scene:
        clock = Clock()
        simulated = WeChatPaySandbox(keys, fee_bps=60, clock=clock, **options)
        sandbox, merchant = Sandbox([simulated], hang_seconds=0.0), Merchant()
        sandboxes.append(sandbox)
        stage.wechat.app, stage.merchant.app = sandbox.app, merchant.app
        settings: dict[str, Any] = {
            "mchid": keys.mchid,
            "appid": keys.appid,
            "private_key": keys.merchant_key,
            "certificate_serial": keys.merchant_serial,
            "apiv3_key": keys.apiv3_key,
            "public_key": public_key,
            "public_key_id": keys.public_key_id,
            "notify_url": f"{stage.merchant_url}/callbacks",
            "base_url": f"{stage.wechat_url}/wechatpay",
            "timeout_seconds": 5.0,
        }
        merchant.provider = wechat = WeChatPayProvider(**settings)
        numbers = itertools.count(1)
        return Scene(wechat, merchant, sandbox, simulated.books, clock, keys, settings, numbers)

    yield build
    for sandbox in sandboxes:
        sandbox.deliveries.close()


@pytest.fixture
def scene(staged: Staged) -> Scene:
    return staged()
