"""Groups: what comes while the last group is worked on goes into the next one together.

Nobody waits for company: one that comes alone is worked on at once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, NamedTuple, TypeVar

from zhifu.exceptions import GatewayClosed

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


class _Waiting(NamedTuple, Generic[Item, Outcome]):
    item: Item
    answer: asyncio.Future[Outcome]


class Groups(Generic[Item, Outcome]):
    """Collects items on one event loop and has one thread `work` on a group at a time.

    `work` answers each item of a group, in their order. A group has at most `batch` items; at most
    `queue` wait for one, and whoever comes then waits for room. Its thread is called `name`.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[Sequence[Item]], Sequence[Outcome]],
        *,
        batch: int,
        queue: int,
    ) -> None:
        self._work = work
        self._batch = batch
        self._queue = queue
        self._waiting: deque[_Waiting[Item, Outcome]] = deque()
        self._room: deque[asyncio.Future[None]] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"zhifu-{name}")
        self._running: asyncio.Future[Sequence[Outcome]] | None = None
        self._is_scheduled = self._is_closed = False
        self._drained: asyncio.Event | None = None

    @property
    def waiting(self) -> int:
        """How many items wait for the next group."""
        return len(self._waiting)

    async def do(self, item: Item) -> Outcome:
        """Have one item worked on, with whatever else waits.

        A caller that is cancelled before its group began has asked for nothing; one that is
        cancelled later has its item worked on all the same. Raises GatewayClosed, and what was
        raised while its group was worked on.
        """
        return await (await self._enter(item))

    async def do_many(self, items: Sequence[Item]) -> list[Outcome]:
        """Have many worked on, in as many groups as it takes; the answers in their order."""
        answers = [await self._enter(item) for item in items]
        return list(await asyncio.gather(*answers))

    async def close(self) -> None:
        """Take no more, and return when all that was taken is done."""
        self._is_closed = True
        self._make_room(len(self._room))
        if self._waiting or self._running is not None:
            self._drained = asyncio.Event()
            await self._drained.wait()
        self._thread.shutdown(wait=False)

    async def _enter(self, item: Item) -> asyncio.Future[Outcome]:
        # A future that is not cancelled together with its waiter would need a shield; here it may
        # be: `_next` leaves out what was cancelled, and `_answer` what was cancelled meanwhile.
        while len(self._waiting) >= self._queue and not self._is_closed:
            await self._wait_for_room()
        if self._is_closed:
            raise GatewayClosed
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Outcome] = loop.create_future()
        self._waiting.append(_Waiting(item, answer))
        if self._running is None and not self._is_scheduled:
            # What else becomes ready in this turn of the loop goes along.
            self._is_scheduled = True
            loop.call_soon(self._begin)
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

    def _begin(self) -> None:
        self._is_scheduled = False
        taken = self._next()
        if not taken:
            if self._drained is not None:
                self._drained.set()
            return
        loop = asyncio.get_running_loop()
        items = [each.item for each in taken]
        self._running = loop.run_in_executor(self._thread, self._work, items)
        self._running.add_done_callback(lambda done: self._answer(taken, done))

    def _next(self) -> list[_Waiting[Item, Outcome]]:
        taken: list[_Waiting[Item, Outcome]] = []
        while self._waiting and len(taken) < self._batch:
            each = self._waiting.popleft()
            if not each.answer.done():
                taken.append(each)
        self._make_room(self._queue - len(self._waiting))
        return taken

    def _answer(
        self, taken: Sequence[_Waiting[Item, Outcome]], done: asyncio.Future[Sequence[Outcome]]
    ) -> None:
        self._running = None
        error = done.exception()
        if error is None and len(done.result()) != len(taken):
            error = RuntimeError("a group with another number of answers")
        for at, each in enumerate(taken):
            if each.answer.done():
                continue
            if error is not None:
                each.answer.set_exception(error)
            else:
                each.answer.set_result(done.result()[at])
        self._begin()
