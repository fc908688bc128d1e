"""Threads of the service's own, so that letting somebody in never waits for something slow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any


class Desk:
    """Asks the database about keys and replies, while the gateway's threads wait for a chain."""

    def __init__(self, threads: int = 2) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="zhifu-api")

    async def run(self, function: Callable[..., Any], *args: Any) -> Any:
        """Await what a function answers that blocks for a moment."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, partial(function, *args))

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False)
