"""All real providers, served by their simulations under our keys; callbacks are held back."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from zhifu.config import Settings, make_providers
from zhifu.money import Money
from zhifu.providers import Callback, Checkout, Intent, Provider
from zhifu.sandbox.alipay import AlipaySandbox
from zhifu.sandbox.books import Books
from zhifu.sandbox.deliveries import Deliveries, Notice
from zhifu.sandbox.faults import Faults
from zhifu.sandbox.keys import Keys
from zhifu.sandbox.records import Refused
from zhifu.sandbox.server import Sandbox, SimulatedProvider
from zhifu.sandbox.serving import Serving
from zhifu.sandbox.stripe import StripeSandbox
from zhifu.sandbox.wechatpay import WeChatPaySandbox

#: Where callbacks would go, if they were not held back.
_CALLBACKS_URL = "https://merchant.example/v1/callbacks"
LIFETIME_SECONDS = 7_200
METHODS = {"stripe": "card", "wechatpay": "native", "alipay": "precreate"}


class Held(Deliveries):
    """Callbacks that wait for whoever delivers them."""

    def __init__(self, faults: Faults) -> None:
        super().__init__(faults)
        self.notices: list[Notice] = []

    def send(self, notice: Notice) -> None:
        self.notices.append(notice)


class RailYard:
    """The providers of one merchant, and what learners do there."""

    def __init__(self, keys: Keys) -> None:
        faults = Faults()
        self._deliveries = Held(faults)
        simulated: list[SimulatedProvider] = [
            StripeSandbox(keys.stripe, webhook_url=f"{_CALLBACKS_URL}/stripe"),
            WeChatPaySandbox(keys.wechatpay),
            AlipaySandbox(keys.alipay),
        ]
        sandbox = Sandbox(simulated, faults, self._deliveries)
        self._books: dict[str, Books] = {each.name: each.books for each in simulated}
        self._browser = httpx.Client(trust_env=False)
        self._serving = Serving(sandbox.app)
        self.providers: Mapping[str, Provider] = _providers(keys, self._serving.url)

    def pay(self, provider: str, checkout: Checkout) -> list[Notice]:
        """The learner opens what they were given and pays; what the provider tells of it."""
        for address in checkout.action.values():
            if address.startswith("http"):
                self._browser.get(address, follow_redirects=True)
        books, held = self._books[provider], self._deliveries.notices
        before = len(held)
        books.pay(_id(books, checkout.provider_payment_id))
        return held[before:]

    def sell(self, provider: str, amount: Money) -> list[Notice]:
        """A payment that no gateway knows of, paid at once; what its provider tells of it."""
        intent = Intent(
            f"pay_{time.time_ns():016x}",
            amount,
            "a cart",
            int(time.time()) + LIFETIME_SECONDS,
            METHODS[provider],
        )
        return self.pay(provider, self.providers[provider].create(intent))

    @contextmanager
    def open(self) -> Iterator[RailYard]:
        """Serve the providers until the block ends."""
        with self._serving, self._browser:
            yield self


def delivered(notice: Notice) -> Callback:
    """A callback as it arrives: signed now."""
    headers, body = notice.sign()
    lower = {name.lower(): value for name, value in headers.items()}
    return Callback(lower, body, int(time.time()))


def _id(books: Books, number: str) -> str:
    """The books' own name for what the merchant knows by a number."""
    try:
        return books.payment(number).id
    except Refused:
        return books.payment_by_reference(number).id


def _providers(keys: Keys, url: str) -> dict[str, Provider]:
    """What a gateway makes of the settings that `zhifu sandbox` writes."""
    with TemporaryDirectory() as folder:
        path = keys.write_settings(Path(folder), url, _CALLBACKS_URL)
        return make_providers(Settings.load({"ZHIFU_CONFIG": str(path)}))
