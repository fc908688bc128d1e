"""A gateway's process that others kill: it answers a shop and does its jobs."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from tests.faults.town import CONFIRMATIONS, PLATFORM
from zhifu.anvil import dev_signer
from zhifu.chain import Chain
from zhifu.deployment import Deployment, Network
from zhifu.gateway import Gateway
from zhifu.leases import Leases
from zhifu.providers.sandbox import SandboxProvider
from zhifu.store import Store
from zhifu.worker import Worker, jobs_of

#: So many times as fast as the true time do leases and delays pass.
SPEED = 30
#: Often enough for a lease of a minute of that time.
_RENEW_SECONDS = 0.5


@dataclass(frozen=True)
class Place:
    """What outlives a process; `started` is the true time (Unix seconds) at which its own began."""

    deployment: Deployment
    rpc_url: str
    database_url: str
    ledger: Path
    secret: bytes
    started: float

    def now(self) -> int:
        """Unix seconds by the place's own clock."""
        return int(self.started + (time.time() - self.started) * SPEED)

    def provider(self) -> SandboxProvider:
        """The one provider, as any process sees it."""
        return SandboxProvider(self.ledger, secret=self.secret, clock=self.now)

    def gateway(self, chain: Chain) -> Gateway:
        """A gateway on the one database."""
        return Gateway.open(
            self.database_url,
            Network(chain, self.deployment),
            {PLATFORM: dev_signer(PLATFORM)},
            {"sandbox": self.provider()},
            batch_age_ms=50,
            confirmations=CONFIRMATIONS,
            clock=self.now,
        )


def live(place: Place, shop: Connection) -> None:
    """Do jobs, and for a shop what it asks for: a method's name and its arguments."""
    with working(place) as gateway:
        while True:
            method, arguments = shop.recv()
            shop.send(getattr(gateway, method)(*arguments))


@contextmanager
def working(place: Place) -> Iterator[Gateway]:
    """A gateway that does each of its jobs in a thread of its own, until the process dies."""
    store = Store.open(place.database_url)
    with Chain(place.rpc_url) as chain, place.gateway(chain) as gateway:
        leases = Leases(store, clock=lambda: place.now() * 1_000)
        for job in jobs_of(gateway, [PLATFORM], settle_seconds=0.05):
            worker = Worker(leases, [job], renew_seconds=_RENEW_SECONDS)
            threading.Thread(target=worker.run, daemon=True).start()
        yield gateway
