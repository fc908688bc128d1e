"""Threads for what waits for the lanes of platforms: places of its own for each platform.

A lane does one thing at a time, and its transactions may take long to be included: what waits for
one platform's lane takes no thread, and no room, from another's.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Any, TypeVar

from zhifu.exceptions import GatewayClosed, InvalidInput, PlatformBusy

R = TypeVar("R")


class Places:
    """At most `places` calls of a platform at once, `threads` of them in a thread.

    A platform of which nothing is called has no threads.
    """

    def __init__(self, *, threads: int = 4, places: int = 16) -> None:
        for name, value in (("threads", threads), ("places", places)):
            if type(value) is not int or value < 1:
                raise InvalidInput(name, "must be an integer of at least 1", value)
        self._threads = threads
        self._places = places
        self._taken: dict[int, tuple[ThreadPoolExecutor, set[Future[Any]]]] = {}
        self._is_closed = False
        self._lock = Lock()

    def call(self, platform: int, function: Callable[[], R]) -> Future[R]:
        """Call a function in one of the platform's threads, as soon as one is free.

        Raises PlatformBusy if the platform has no place left; GatewayClosed.
        """
        with self._lock:
            if self._is_closed:
                raise GatewayClosed
            pool, calls = self._taken.get(platform) or (self._pool(platform), set())
            if len(calls) >= self._places:
                raise PlatformBusy(platform)
            called = pool.submit(function)
            calls.add(called)
            self._taken[platform] = pool, calls
        called.add_done_callback(lambda done: self._leave(platform, done))
        return called

    def close(self) -> None:
        """Take nothing more, and return when all that was taken is done."""
        with self._lock:
            self._is_closed = True
            pools = [pool for pool, _ in self._taken.values()]
        for pool in pools:
            pool.shutdown(wait=True)

    def _pool(self, platform: int) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self._threads, thread_name_prefix=f"zhifu-platform-{platform}")

    def _leave(self, platform: int, done: Future[Any]) -> None:
        with self._lock:
            pool, calls = self._taken[platform]
            calls.discard(done)
            if not calls:
                del self._taken[platform]
                pool.shutdown(wait=False)
