"""Whether what the service needs answers, asked so that asking costs nobody anything.

Anyone may ask how the service is, as often as they like. So each question has a thread of its own,
is asked once for all who want to know, and its answer holds for a moment.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from zhifu.chain import Chain
from zhifu.exceptions import ZhifuError
from zhifu.store import Store

_LOG = logging.getLogger(__name__)

GOOD = "ok"
"""What is told of something that answers."""

SILENT = "timed_out"
"""What is told of something that does not answer in time."""

BROKEN = "broken"
"""What is told of something that ended, or failed lately, and is begun again."""

_PATIENCE_SECONDS = 3.0
_KEPT_SECONDS = 1.0


class Probe:
    """One question; it answers `ok`, the code of an error, `timed_out`, or `broken`.

    `ask` may block, and is never under way twice. An asker waits `patience_seconds` at most since
    it began. An answer holds for `kept_seconds`.
    """

    def __init__(
        self,
        ask: Callable[[], object],
        *,
        patience_seconds: float = _PATIENCE_SECONDS,
        kept_seconds: float = _KEPT_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask = ask
        self._patience_seconds = patience_seconds
        self._kept_seconds = kept_seconds
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="zhifu-probe")
        self._asking: asyncio.Task[str] | None = None
        self._began_at = 0.0
        self._told = SILENT
        self._good_until = float("-inf")

    async def answer(self) -> str:
        """What is the matter, or `ok`."""
        if self._clock() < self._good_until:
            return self._told
        asking = self._asking or self._begin()
        left = self._patience_seconds - (self._clock() - self._began_at)
        try:
            return await asyncio.wait_for(asyncio.shield(asking), left)
        except (TimeoutError, asyncio.TimeoutError):
            return SILENT

    def close(self) -> None:
        """Ask no more; what hangs is not waited for."""
        if self._asking is not None:
            self._asking.cancel()
        self._thread.shutdown(wait=False)

    def _begin(self) -> asyncio.Task[str]:
        self._began_at = self._clock()
        self._asking = asyncio.ensure_future(self._look())
        self._asking.add_done_callback(self._ended)
        return self._asking

    def _ended(self, task: asyncio.Task[str]) -> None:
        self._asking = None
        if not task.cancelled():
            # Whoever waits is told; where nobody does, the next one asks anew.
            task.exception()

    async def _look(self) -> str:
        told = GOOD
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._ask)
        except ZhifuError as error:
            told = error.code
        except Exception:
            _LOG.exception("a probe failed")
            told = BROKEN
        self._told, self._good_until = told, self._clock() + self._kept_seconds
        return told


def probes_of(store: Store, chain: Chain) -> Mapping[str, Probe]:
    """What every service needs: its database and its chain."""
    return {"database": Probe(lambda: _look_at(store)), "chain": Probe(chain.block_number)}


def _look_at(store: Store) -> None:
    with store.reading() as transaction:
        transaction.row("deployment")
