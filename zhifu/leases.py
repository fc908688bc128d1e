"""Work that one process should do at a time.

A lease keeps processes from doing the same twice at once. It runs out by itself, so that a process
that died holds nobody up; nothing is correct only because of it.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from zhifu.exceptions import ZhifuError
from zhifu.store import Store

_LOG = logging.getLogger(__name__)


def _wall_milliseconds() -> int:
    return time.time_ns() // 1_000_000


class Leases:
    """The leases in `store`, taken for one holder: this process, unless it is named.

    `clock` tells Unix milliseconds; the clocks of all holders should agree to within a second.
    """

    def __init__(
        self,
        store: Store,
        holder: str | None = None,
        clock: Callable[[], int] = _wall_milliseconds,
    ) -> None:
        self.holder = holder or f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"
        self._store = store
        self._clock = clock

    def take(self, name: str, seconds: float) -> bool:
        """Take a lease for a time, or longer if it is ours; False if somebody else has it."""
        now = self._clock()
        with self._store.writing() as transaction:
            taken = transaction.run(
                "take_lease",
                name=name,
                holder=self.holder,
                now=now,
                until=now + round(seconds * 1_000),
            )
        return taken > 0

    def renew(self, name: str, seconds: float) -> bool:
        """Keep a lease for a time from now on; False if it ran out, whoever has it now."""
        now = self._clock()
        with self._store.writing() as transaction:
            renewed = transaction.run(
                "renew_lease",
                name=name,
                holder=self.holder,
                now=now,
                until=now + round(seconds * 1_000),
            )
        return renewed > 0

    def release(self, name: str) -> None:
        """Let others have a lease at once; nothing happens if it is not ours."""
        with self._store.writing() as transaction:
            transaction.run("release_lease", name=name, holder=self.holder)

    def holder_of(self, name: str) -> str | None:
        """Who has a lease now, or None."""
        with self._store.reading() as transaction:
            found = transaction.row("lease", name=name, now=self._clock())
        return str(found[0]) if found else None


@contextmanager
def kept(
    leases: Leases, name: str, seconds: float, *, every_seconds: float, longest_seconds: float
) -> Iterator[None]:
    """Renew a lease that is ours while the block lasts, and release it after.

    One that cannot be renewed runs out, and is told of; the block goes on. So does one of a block
    that lasts for `longest_seconds`: what hangs is another's to do.
    """
    over = threading.Event()

    def renew() -> None:
        for _ in range(round(longest_seconds / every_seconds)):
            if over.wait(every_seconds):
                return
            if not _renewed(leases, name, seconds) and not over.is_set():
                _LOG.warning("the lease %s was not renewed", name)
        _LOG.error("the lease %s is renewed no more: it was kept too long", name)

    threading.Thread(target=renew, name=f"zhifu-lease {name}", daemon=True).start()
    try:
        yield
    finally:
        over.set()
        leases.release(name)


def _renewed(leases: Leases, name: str, seconds: float) -> bool:
    try:
        return leases.renew(name, seconds)
    except ZhifuError:
        return False
