"""Group commit: requests that arrive while the last commit runs go into the next one together.

Nobody waits for company: an idle gateway commits a single request at once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from zhifu.exceptions import GatewayClosed, ZhifuError
from zhifu.payments import Payment, PaymentRequest

Outcome = Payment | ZhifuError


class _Waiting(NamedTuple):
    request: PaymentRequest
    answer: asyncio.Future[Outcome]


class Commits:
    """Collects payment requests on one event loop and records them in one thread.

    `record` is Gateway.pay_many. A commit takes at most `batch` requests; at most `queue` wait for
    one, and whoever comes then waits for room.
    """

    def __init__(
        self,
        record: Callable[[Sequence[PaymentRequest]], list[Outcome]],
        *,
        batch: int,
        queue: int,
    ) -> None:
        self._record = record
        self._batch = batch
        self._queue = queue
        self._waiting: deque[_Waiting] = deque()
        self._room: deque[asyncio.Future[None]] = deque()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="zhifu-commits")
        self._running: asyncio.Future[list[Outcome]] | None = None
        self._is_scheduled = self._is_closed = False
        self._drained: asyncio.Event | None = None

    @property
    def waiting(self) -> int:
        """How many requests wait for the next commit."""
        return len(self._waiting)

    async def record(self, request: PaymentRequest) -> Outcome:
        """Record one request with whatever else waits.

        A caller that is cancelled before the commit began has asked for nothing; one that is
        cancelled later has its payment recorded all the same. Raises GatewayClosed.
        """
        return await (await self._enter(request))

    async def record_many(self, requests: Sequence[PaymentRequest]) -> list[Outcome]:
        """Record many, in as many commits as their number asks for; answers in their order."""
        answers = [await self._enter(request) for request in requests]
        return list(await asyncio.gather(*answers))

    async def close(self) -> None:
        """Take no more, and return when all that was taken is recorded."""
        self._is_closed = True
        self._make_room(len(self._room))
        if self._waiting or self._running is not None:
            self._drained = asyncio.Event()
            await self._drained.wait()
        self._writer.shutdown(wait=False)

    async def _enter(self, request: PaymentRequest) -> asyncio.Future[Outcome]:
        # A future that is not cancelled together with its waiter would need a shield; here it may
        # be: `_next` leaves out what was cancelled, and `_answer` what was cancelled meanwhile.
        while len(self._waiting) >= self._queue and not self._is_closed:
            await self._wait_for_room()
        if self._is_closed:
            raise GatewayClosed
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Outcome] = loop.create_future()
        self._waiting.append(_Waiting(request, answer))
        if self._running is None and not self._is_scheduled:
            # What else becomes ready in this turn of the loop goes along.
            self._is_scheduled = True
            loop.call_soon(self._commit)
        return answer

    async def _wait_for_room(self) -> None:
        room = asyncio.get_running_loop().create_future()
        self._room.append(room)
        try:
            await room
        except asyncio.CancelledError:
            if room.done() and not room.cancelled():
                self._make_room(1)
            raise

    def _make_room(self, count: int) -> None:
        while count and self._room:
            room = self._room.popleft()
            if not room.done():
                room.set_result(None)
                count -= 1

    def _commit(self) -> None:
        self._is_scheduled = False
        taken = self._next()
        if not taken:
            if self._drained is not None:
                self._drained.set()
            return
        loop = asyncio.get_running_loop()
        requests = [each.request for each in taken]
        self._running = loop.run_in_executor(self._writer, self._record, requests)
        self._running.add_done_callback(lambda done: self._answer(taken, done))

    def _next(self) -> list[_Waiting]:
        taken: list[_Waiting] = []
        while self._waiting and len(taken) < self._batch:
            each = self._waiting.popleft()
            if not each.answer.done():
                taken.append(each)
        self._make_room(self._queue - len(self._waiting))
        return taken

    def _answer(self, taken: Sequence[_Waiting], done: asyncio.Future[list[Outcome]]) -> None:
        self._running = None
        error = done.exception()
        outcomes = [None] * len(taken) if error else done.result()
        for each, outcome in zip(taken, outcomes, strict=True):
            if each.answer.done():
                continue
            if outcome is None:
                each.answer.set_exception(error or RuntimeError("a request without an outcome"))
            else:
                each.answer.set_result(outcome)
        self._commit()
