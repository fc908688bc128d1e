"""Settling in a process of its own: what `zhifu.api.apart` runs beside the service."""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from zhifu.api.apart import UNWELL, WELL
from zhifu.config import Settings
from zhifu.deployment import Network
from zhifu.gateway import Gateway
from zhifu.leases import Leases
from zhifu.signing import Signer
from zhifu.store import Store
from zhifu.worker import Worker, settlers_of

_LEAST_SECONDS = 0.01
_TELLING_SECONDS = 1.0


def look_seconds(settings: Settings) -> float:
    """How often is looked whether a batch is due."""
    return max(_LEAST_SECONDS, settings.batches.max_age_milliseconds / 4_000)


def settles_apart(settings: Settings) -> bool:
    """Whether a process of its own is to settle, and can.

    It can ask for no password at the terminal, and sees no database in this one's memory.
    """
    asks = any(platform.password is None for platform in settings.platforms.values())
    in_memory = settings.database_url.rstrip("/") in ("sqlite:", "sqlite:///:memory:")
    return settings.batches.own_process and not asks and not in_memory


def settle_until_told(
    settings: Settings,
    network: Network,
    operators: Mapping[int, Signer],
    log: Any,
    clock: Callable[[], int],
) -> int:
    """Settle what becomes due until standard input ends, or until this process is terminated.

    The exit status: 1 if a defect broke it, which is logged. Raises as `Store.open` and `Gateway`.
    """
    with Store.open(settings.database_url) as store:
        gateway = Gateway(
            store,
            network,
            operators,
            {},
            batch_size=settings.batches.size,
            batch_age_ms=settings.batches.max_age_milliseconds,
            confirmations=settings.chain.confirmations,
            replace_after_seconds=settings.chain.replace_after_seconds,
            clock=clock,
        )
        every = look_seconds(settings)
        parts = settlers_of(gateway, Leases(store), sorted(operators), settle_seconds=every)
        return _run(parts, log, settings.http.grace_seconds)


def _run(parts: Mapping[str, Worker], log: Any, grace_seconds: float) -> int:
    broken, over = list[str](), threading.Event()

    def run(name: str, part: Worker) -> None:
        try:
            part.run()
        except BaseException as error:
            log.error("defect", part=name, exc_info=error)
            broken.append(name)
        over.set()

    _end_when_told(over)
    # Nothing outlives the service with its keys: what hangs ends where it is, as in a crash.
    threads = [threading.Thread(target=run, args=each, daemon=True) for each in parts.items()]
    for thread in threads:
        thread.start()
    _tell_until(over, parts)
    for part in parts.values():
        part.stop()
    ends = time.monotonic() + grace_seconds
    for thread in threads:
        thread.join(max(0.0, ends - time.monotonic()))
    return 1 if broken else 0


def _tell_until(over: threading.Event, parts: Mapping[str, Worker]) -> None:
    """Tell whoever began this process how it is, each time that changes."""
    was_well = True
    while not over.wait(_TELLING_SECONDS):
        is_well = all(part.is_well for part in parts.values())
        if is_well is not was_well:
            sys.stdout.write(WELL if is_well else UNWELL)
            sys.stdout.flush()
        was_well = is_well


def _end_when_told(over: threading.Event) -> None:
    # Whoever interrupts the service at its terminal interrupts this process too, and it tells us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ends, end = os.pipe()
    # Not by the event: a handler may find its lock taken by the very thread that it interrupts.
    signal.signal(signal.SIGTERM, lambda *_: os.write(end, b"."))

    def read() -> None:
        given = sys.stdin.fileno()
        # Not by way of a buffer, whose lock nobody may have when the interpreter ends.
        while select.select([ends, given], [], [])[0] == [given] and os.read(given, 1_024):
            pass
        over.set()

    threading.Thread(target=read, daemon=True).start()
