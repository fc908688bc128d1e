"""Whose turn it is to work for an operator key: one thread of one process at a time.

Nothing is correct only because of it: a process that was held up for longer than its lease may find
another one at the same work.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from types import TracebackType

from zhifu.exceptions import LaneBusy, ZhifuError
from zhifu.leases import Leases

#: How long a process may be silent until another one takes its turn.
LEASE_SECONDS = 3.0

_POLL_SECONDS = 0.02


class Turn:
    """The turn at `operator`'s lane: `with turn:` takes it, and waits for whoever has it.

    Raises LaneBusy if somebody else keeps it for `patience_seconds`. One thread may take it again
    within its own turn.
    """

    def __init__(
        self,
        leases: Leases,
        operator: str,
        *,
        lease_seconds: float = LEASE_SECONDS,
        patience_seconds: float = 120.0,
    ) -> None:
        self._leases = leases
        self._operator = operator
        self._name = f"lane/{operator}"
        self._lease_seconds = lease_seconds
        self._patience_seconds = patience_seconds
        self._lock = threading.RLock()
        self._depth = 0
        self._over = threading.Event()

    def __enter__(self) -> None:
        deadline = time.monotonic() + self._patience_seconds
        if not self._lock.acquire(timeout=self._patience_seconds):
            raise LaneBusy(self._operator, self._leases.holder_of(self._name) or "")
        try:
            if self._depth == 0:
                self._take(deadline)
            self._depth += 1
        except BaseException:
            self._lock.release()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            self._depth -= 1
            if self._depth == 0:
                self._give_up()
        finally:
            self._lock.release()

    def _take(self, deadline: float) -> None:
        while not self._leases.take(self._name, self._lease_seconds):
            if time.monotonic() >= deadline:
                holder = self._leases.holder_of(self._name)
                raise LaneBusy(self._operator, holder or "")
            time.sleep(_POLL_SECONDS)
        self._over = threading.Event()
        threading.Thread(target=self._keep, args=(self._over,), daemon=True).start()

    def _keep(self, over: threading.Event) -> None:
        """Renew the lease until the turn is over; what cannot be renewed runs out."""
        while not over.wait(self._lease_seconds / 3):
            with suppress(ZhifuError):
                self._leases.renew(self._name, self._lease_seconds)

    def _give_up(self) -> None:
        self._over.set()
        self._leases.release(self._name)
