"""How old the gateway's picture of the chain is, and taking a new one."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from zhifu.exceptions import ChainError

STALE_SECONDS = 1.0
"""What is older than this is brought up to date before anything is done by it."""

_LOG = logging.getLogger(__name__)


class Freshness:
    """The age of the picture that `sync` takes; safe to share between threads."""

    def __init__(self, sync: Callable[[], object]) -> None:
        self._sync = sync
        self._looking = threading.Lock()
        self._looked_at = float("-inf")
        self._seen_at = float("-inf")

    @property
    def age_seconds(self) -> float:
        """How long ago somebody looked at the chain, whether it could be seen or not."""
        return time.monotonic() - self._looked_at

    def note(self) -> None:
        """The chain was seen just now."""
        self._looked_at = self._seen_at = time.monotonic()

    def note_failure(self) -> None:
        """The chain was looked at just now, and could not be seen."""
        self._looked_at = time.monotonic()

    def require_seen(self) -> None:
        """Look at the chain if it was seen too long ago; raises as `Gateway.sync`."""
        if time.monotonic() - self._seen_at > STALE_SECONDS:
            self._sync()

    def require(self) -> None:
        """Look at the chain if that is too long ago; it need not be seen."""
        if self.age_seconds > STALE_SECONDS:
            with self._looking:
                # Whoever waited for another one's look has no need of one more.
                if self.age_seconds > STALE_SECONDS:
                    self.refresh()

    def refresh(self) -> None:
        """Look at the chain; where it cannot be used, what was last known goes on to hold."""
        try:
            self._sync()
        except ChainError as error:
            _LOG.warning("%s", error, extra={"code": error.code})
            self.note_failure()
