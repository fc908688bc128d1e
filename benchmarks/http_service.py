"""The service that is measured: a market on a local chain, and the API over it."""

from __future__ import annotations

import cProfile
import pstats
import signal
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from zhifu.anvil import dev_signer
from zhifu.api.api_keys import ApiKeys, Mode
from zhifu.api.app import create_app
from zhifu.api.logs import open_log
from zhifu.api.scopes import Scope
from zhifu.api.server import listen, server
from zhifu.chain import Chain
from zhifu.deployment import Deployment, Network, deploy
from zhifu.gateway import Gateway
from zhifu.models import Publication, Share, SplitPlan
from zhifu.money import Money
from zhifu.notify.endpoints import Endpoints
from zhifu.notify.feed import Feed
from zhifu.notify.payload import Ledger, Payloads
from zhifu.notify.vault import Vault, new_key
from zhifu.operators import appoint
from zhifu.providers import ProviderPayment, ProviderStatus
from zhifu.providers.sandbox import SandboxProvider
from zhifu.store import Store

PLATFORM = 1
LEARNERS = 10_000
PRICE_MINOR = 4_900

_UNITS = 10_000
_PROFILED = 45


class PaidProvider(SandboxProvider):
    """A sandbox that says of every payment that it is paid."""

    def query(self, provider_payment_id: str) -> ProviderPayment:
        """Paid, at the price of everything here, unless it has no name."""
        status = ProviderStatus.PAID if provider_payment_id else ProviderStatus.FAILED
        return ProviderPayment(status, Money(PRICE_MINOR, "USD"))


class NoDatabase:
    """A store that keeps nothing: what is left of the service without its database."""

    @contextmanager
    def writing(self) -> Iterator[NoTransaction]:
        """A transaction that keeps nothing."""
        yield NoTransaction()

    reading = writing


class NoTransaction:
    """Statements that change whatever they are asked to, and find nothing."""

    def rows(self, *_: str, **__: Any) -> list[Any]:
        """None."""
        return []

    def row(self, *_: str, **__: Any) -> None:
        """None."""

    def value(self, *_: str, **__: Any) -> int:
        """Nothing is anywhere."""
        return 0

    def run(self, *_: str, **__: Any) -> int:
        """As if it were done."""
        return 1

    def rows_for(self, *_: object) -> list[Any]:
        """None."""
        return []

    def run_for(self, _: str, given: Sequence[object], **__: Any) -> int:
        """As if it were done."""
        return len(given)

    def run_many(self, _: str, rows: Iterable[Any]) -> int:
        """As if they were done."""
        return len(list(rows))


def open_market(rpc_url: str, folder: Path, contents: int) -> None:
    """Deploy, admit a platform, register learners and publish contents at one price."""
    with Chain(rpc_url) as chain:
        admin, operator = dev_signer(0), dev_signer(PLATFORM)
        deployment = deploy(chain, admin)
        deployment.save(folder / "deployment.json")
        network = Network(chain, deployment)
        network.registry.admit(admin, "shop", operator.address, operator.address, 100, 1_000)
        appoint(network.registry, operator, PLATFORM, operator)
        network.registry.register_learners(operator, LEARNERS)
        plan = SplitPlan(1_500, 500, 1_000, 200, (Share(operator.address, 6_800),))
        published = [
            Publication(f"content {n}", PRICE_MINOR * _UNITS, 0, plan) for n in range(contents)
        ]
        network.license.publish(operator, published)


def serve(folder: Path, rpc_url: str, *, recording: bool, profile: bool) -> None:
    """Serve until a signal; says its port and an API key first."""
    deployment = Deployment.load(folder / "deployment.json")
    store = Store.open(f"sqlite:///{folder / 'books.sqlite3'}")
    network = Network(Chain(rpc_url), deployment)
    operators = {PLATFORM: dev_signer(PLATFORM)}
    gateway = Gateway(store, network, operators, {"sandbox": PaidProvider()})
    if not recording:
        gateway._books._store = NoDatabase()  # type: ignore[assignment]
    keys = ApiKeys(store, lambda: int(time.time()))
    _, key = keys.create(PLATFORM, "benchmark", Mode.TEST, frozenset({Scope.ORDERS_WRITE}))
    hooks = Endpoints(store, Vault.from_text(new_key()), lambda: int(time.time()))
    ledger = Ledger(deployment.currency, deployment.ledger_decimals)
    feed = Feed(store, Payloads(ledger), lambda: int(time.time()))
    with (folder / "log").open("wb") as written:
        log = open_log(stream=written)
        app = create_app(gateway, store, hooks, feed, log=log)
        socket = listen("127.0.0.1", 0)
        print(socket.getsockname()[1], key, flush=True)
        serving = server(app, log)
        # The server hands the signal on once it has ended; this process has more to say then.
        signal.signal(signal.SIGTERM, lambda *_: None)
        if profile:
            _profiled(lambda: serving.run(sockets=[socket]))
        else:
            serving.run(sockets=[socket])


def _profiled(work: object) -> None:
    profiler = cProfile.Profile()
    profiler.runcall(work)  # type: ignore[arg-type]
    pstats.Stats(profiler, stream=sys.stdout).sort_stats("tottime").print_stats(_PROFILED)
