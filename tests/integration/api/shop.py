"""The API as it is served: uvicorn on a port of its own, over a gateway of the fair."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson

from tests.integration.fair import Fair
from zhifu.api.api_keys import ApiKeys, Mode
from zhifu.api.app import create_app
from zhifu.api.logs import open_log
from zhifu.api.scopes import ALL, Scope
from zhifu.api.server import listen, server
from zhifu.api.service import Options
from zhifu.api.supervision import Background
from zhifu.deployment import Network
from zhifu.gateway import Gateway
from zhifu.leases import Leases
from zhifu.money import Money
from zhifu.notify.endpoints import Endpoints
from zhifu.notify.feed import Feed
from zhifu.notify.payload import Ledger, Payloads
from zhifu.notify.vault import Vault, new_key
from zhifu.payments import CheckoutTerms, Payment, PaymentRequest, Purpose
from zhifu.providers import HintKind, Provider
from zhifu.store import Store
from zhifu.worker import workers_of

PATIENCE_SECONDS = 120.0


@dataclass
class Shop:
    """A running service, and what is needed to ask it."""

    fair: Fair
    url: str
    gateway: Gateway
    store: Store
    keys: ApiKeys
    written: io.BytesIO
    vault: Vault
    texts: dict[int, str] = field(default_factory=dict)

    def key(
        self,
        platform: int = 1,
        scopes: frozenset[Scope] = ALL,
        mode: Mode = Mode.TEST,
        expires_at: int | None = None,
    ) -> str:
        """The text of a new API key."""
        _, text = self.keys.create(platform, "a test", mode, scopes, expires_at)
        return text

    @contextmanager
    def asking(self, platform: int = 1, key: str | None = None) -> Iterator[httpx.Client]:
        """A client of a platform."""
        if key is None and platform not in self.texts:
            self.texts[platform] = self.key(platform)
        text = key or self.texts[platform]
        headers = {"Authorization": f"Bearer {text}"}
        with httpx.Client(base_url=self.url, headers=headers, timeout=PATIENCE_SECONDS) as client:
            yield client

    def log(self) -> list[dict[str, Any]]:
        """What was logged so far."""
        return [orjson.loads(line) for line in self.written.getvalue().splitlines()]


def eventually(is_so: Callable[[], bool]) -> None:
    """Wait for what happens by itself."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def order_body(request: PaymentRequest) -> dict[str, Any]:
    """What a client sends for a payment."""
    return {
        "learner": request.learner,
        "contents": list(request.contents),
        "amount": {"amount": request.amount.amount, "currency": request.amount.currency},
        "provider": request.provider,
        "provider_payment_id": request.provider_payment_id,
        **({"referrer": request.referrer} if request.referrer else {}),
    }


def checkout_body(request: PaymentRequest) -> dict[str, Any]:
    """What a client sends to have a payment made."""
    body = {**order_body(request), "method": "card", "description": "A course"}
    del body["provider_payment_id"]
    return body


def top_up_body(cents: int = 1_000, learner: int = 1) -> dict[str, Any]:
    """What a client sends to have a top-up made."""
    amount, terms = {"amount": cents, "currency": "USD"}, {"method": "card", "description": "Money"}
    return {"learner": learner, "amount": amount, "provider": "sandbox", **terms}


def topped_up(shop: Shop, cents: int = 1_000, learner: int = 1) -> Payment:
    """A top-up that is paid, on platform 1."""
    amount = Money(cents, "USD")
    changes = {"amount": amount, "provider_payment_id": shop.fair.provider.pay(amount)}
    request = shop.fair.request(1, learner, (), purpose=Purpose.TOP_UP, **changes)
    return shop.gateway.pay(request)


def taken_back(shop: Shop, platform: int = 1) -> Payment:
    """A payment of 7 cents too much that the payer's bank took back before they were paid back."""
    provider, terms = shop.fair.provider, CheckoutTerms(int(time.time()) + 900, "card", "A course")
    request = shop.fair.request(platform, provider_payment_id="")
    made = shop.gateway.checkout(request, terms).payment
    name = made.provider_payment_id or ""
    provider.confirm(name, request.amount + Money(7, "USD"))
    _hear(shop, name, HintKind.PAYMENT)
    provider.charge_back(name)
    _hear(shop, name, HintKind.CHARGEBACK)
    shop.gateway.pay_back()
    return shop.gateway.payment(made.id)


def _hear(shop: Shop, name: str, kind: HintKind) -> None:
    shop.gateway.take_callback("sandbox", shop.fair.provider.callback(name, kind))
    assert shop.gateway.process_callbacks() == 1


@contextmanager
def open_shop(
    fair: Fair,
    options: Options | None = None,
    *,
    network: Network | None = None,
    providers: Mapping[str, Provider] | None = None,
    is_busy: bool = False,
    beside: Mapping[str, Background] | None = None,
) -> Iterator[Shop]:
    """Serve until the block ends; what was begun is finished then.

    A busy one does by itself what a gateway has to do. What is `beside` runs with it.
    """
    store, written = Store.open(fair.url()), io.BytesIO()
    network, rails = network or fair.network, providers or {"sandbox": fair.provider}
    gateway = Gateway(store, network, fair.operators, rails)
    log, clock = open_log(stream=written), lambda: int(time.time())
    vault = Vault.from_text(new_key())
    hooks = Endpoints(store, vault, clock)
    deployment = network.deployment
    ledger = Ledger(deployment.currency, deployment.ledger_decimals)
    feed = Feed(store, Payloads(ledger), clock)
    workers = workers_of(gateway, Leases(store), [*fair.operators], settle_seconds=0.1)
    background = {**(workers if is_busy else {}), **(beside or {})}
    app = create_app(gateway, store, hooks, feed, options, log, background=background)
    socket = listen("127.0.0.1", 0)
    host, port = socket.getsockname()
    serving = server(app, log, grace_seconds=(options or Options()).grace_seconds)
    thread = threading.Thread(target=serving.run, kwargs={"sockets": [socket]})
    thread.start()
    try:
        keys = ApiKeys(store, clock)
        yield Shop(fair, f"http://{host}:{port}", gateway, store, keys, written, vault)
    finally:
        serving.should_exit = True
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive()
