"""A process that delivers webhooks until it is killed, by a clock that runs ahead.

Its standard input is one line of JSON, the fields of `Task`.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from tests.shop import LEDGER
from zhifu.notify.courier import Courier
from zhifu.notify.destination import Rules
from zhifu.notify.endpoints import Endpoints
from zhifu.notify.outbox import Outbox
from zhifu.notify.payload import Payloads
from zhifu.notify.sender import Sender
from zhifu.notify.vault import Vault
from zhifu.store import Store

RULES = Rules(development_hosts=frozenset({"127.0.0.1"}))
TIMEOUT_SECONDS = 1.0
#: By the real time, as everything that the network takes.
_LEASE_SECONDS, _PATIENCE_SECONDS = 10, 60


class Task(NamedTuple):
    """Which database, sealed by which key, and a clock that from `start` on runs `speed` times."""

    database_url: str
    key: str
    start: float
    speed: int


def clock(start: float, speed: int) -> Callable[[], int]:
    """Seconds since 1970 that pass `speed` times as fast from `start` on."""
    return lambda: int(start + (time.time() - start) * speed)


def main() -> None:
    """Deliver."""
    task = Task(**json.loads(sys.stdin.readline()))
    hurried = clock(task.start, task.speed)
    store = Store.open(task.database_url)
    endpoints = Endpoints(store, Vault.from_text(task.key), hurried, RULES)
    outbox = Outbox(
        store,
        endpoints,
        Payloads(LEDGER),
        hurried,
        lease_seconds=_LEASE_SECONDS * task.speed,
        patience_seconds=_PATIENCE_SECONDS * task.speed,
    )
    # Receivers check that a signature is not old, by the real time.
    Courier(outbox, partial(Sender, RULES, timeout=TIMEOUT_SECONDS)).run()


if __name__ == "__main__":
    main()
