"""The threads in which the use-cases of a gateway run, by what they wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from zhifu.async_intake import AsyncIntake
from zhifu.exceptions import GatewayClosed, InvalidInput
from zhifu.gateway import Gateway
from zhifu.places import Places
from zhifu.waits import wait_for_all

P = ParamSpec("P")
R = TypeVar("R")


#: What asks the database alone is over in a moment; it must not wait for what is not.
_BRIEF_THREADS = 8
_CALLBACK_THREADS = 4


class Threads:
    """Runs what blocks in the threads that are meant for it; see `AsyncGateway`."""

    def __init__(
        self, gateway: Gateway, *, threads: int = 8, batch: int = 256, queue: int = 4_096
    ) -> None:
        for name, value in (("threads", threads), ("batch", batch), ("queue", queue)):
            if type(value) is not int or value < 1:
                raise InvalidInput(name, "must be an integer of at least 1", value)
        self.gateway = gateway
        self._workers = ThreadPoolExecutor(threads, thread_name_prefix="zhifu-gateway")
        self._brief = ThreadPoolExecutor(_BRIEF_THREADS, thread_name_prefix="zhifu-brief")
        self._places = Places()
        self._callbacks = ThreadPoolExecutor(_CALLBACK_THREADS, thread_name_prefix="zhifu-callback")
        self._intake = AsyncIntake(
            gateway.intake, gateway.asking, gateway.freshness, batch=batch, queue=queue
        )
        self._is_closed = False

    async def close(self) -> None:
        """Finish what was begun, take nothing new, and close the gateway.

        What still waits for its provider to be asked raises GatewayClosed.
        """
        if self._is_closed:
            return
        self._is_closed = True
        self.gateway.asking.close()
        await self._intake.close()
        pools = (self._callbacks, self._brief, self._workers)
        shut = (partial(pool.shutdown, wait=True) for pool in pools)
        # The loop's own threads would keep it from ending for as long as anything hangs.
        await wait_for_all(self._places.close, *shut, self.gateway.close)

    async def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run something that blocks in one of the gateway's threads; it ends if it is cancelled."""
        return await self._in(self._workers, function, *args, **kwargs)

    async def run_brief(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """The same for what asks the database alone."""
        return await self._in(self._brief, function, *args, **kwargs)

    async def run_in_turn(
        self, platform: int, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """The same for what waits for a platform's lane; raises PlatformBusy if too much does."""
        if self._is_closed:
            raise GatewayClosed
        return await asyncio.wrap_future(
            self._places.call(platform, partial(function, *args, **kwargs))
        )

    async def _in(
        self, pool: ThreadPoolExecutor, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        if self._is_closed:
            raise GatewayClosed
        call = partial(function, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(pool, call)
