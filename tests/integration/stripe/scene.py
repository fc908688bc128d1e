"""A Stripe account, simulated over HTTP, and the provider that speaks to it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.integration.merchant import Switch
from zhifu.money import Money
from zhifu.providers import Intent, ProviderStatus
from zhifu.providers.stripe import StripeProvider
from zhifu.sandbox.books import Books
from zhifu.sandbox.faults import Fault
from zhifu.sandbox.keys import StripeKeys
from zhifu.sandbox.server import Sandbox
from zhifu.sandbox.serving import Serving
from zhifu.sandbox.stripe import StripeSandbox

KEYS = StripeKeys("sk_test_4eC39HqLyjWDarjtT1zdp7dc", "whsec_5WbX5kEWLlfzsGNjH64I8lOO", "acct_1")
AMOUNT = Money(4900, "USD")
NOON = 1_750_075_200  # 16 June 2025, 12:00 UTC
DAY = 86_400
UNKNOWN = ProviderStatus.UNKNOWN


@dataclass
class Scene:
    """A Stripe account, and the provider that speaks to it."""

    url: str
    sandbox: Sandbox
    books: Books
    stripe: StripeProvider
    now: list[float]
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def intent(self, **others: Any) -> Intent:
        name = f"pay_{next(self.numbers)}"
        expiry = int(self.now[0]) + 3600
        return Intent(name, AMOUNT, "课程 A & B", expiry, "card")._replace(**others)

    def paid(self, **others: Any) -> str:
        payment = self.stripe.create(self.intent(**others)).provider_payment_id
        self.books.pay(payment)
        return payment

    def time_out(self, *, after: int = 0) -> None:
        self.sandbox.faults.force(Fault.TIME_OUT, "stripe", after=after)

    def post(self, path: str, key: str | None, **form: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {KEYS.secret_key}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        return httpx.post(f"{self.url}/stripe{path}", data=form, headers=headers)


@pytest.fixture(scope="module")
def switch() -> Switch:
    return Switch()


@pytest.fixture(scope="module")
def url(switch: Switch) -> Iterator[str]:
    with Serving(switch) as serving:
        yield serving.url


@pytest.fixture
def staged(switch: Switch, url: str) -> Callable[..., Scene]:
    def stage(**options: Any) -> Scene:
        now = [float(NOON)]
        simulated = StripeSandbox(KEYS, clock=lambda: now[0], **options)
        sandbox = Sandbox([simulated], hang_seconds=0)
        switch.app = sandbox.app
        return Scene(url, sandbox, simulated.books, provider(url, now), now)

    return stage


@pytest.fixture
def scene(staged: Callable[..., Scene]) -> Scene:
    return staged()


def provider(url: str, now: list[float], **others: Any) -> StripeProvider:
    settings = {
        "secret_key": KEYS.secret_key,
        "webhook_secret": KEYS.webhook_secret,
        "base_url": f"{url}/stripe",
        "timeout_seconds": 10,
        "clock": lambda: now[0],
    }
    return StripeProvider(**{**settings, **others})
