"""Groups: what comes while the last group is worked on goes into the next one together.

Nobody waits for company: one that comes alone is worked on at once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Generic, NamedTuple, TypeVar

from zhifu.exceptions import GatewayClosed

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


class _Waiting(NamedTuple, Generic[Item, Outcome]):
    """Items that came together and stay so."""

    items: Sequence[Item]
    answer: asyncio.Future[Sequence[Outcome]]


class Groups(Generic[Item, Outcome]):
    """Collects items on one event loop and has one thread `work` on a group at a time.

    `work` answers each item of a group, in their order. A group has at most `batch` items; what
    came together, and is no more than that, stays together. Whoever comes while `queue` items wait
    for their group waits for room. Its thread is called `name`.
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
        self._items_waiting = 0
        self._room: deque[asyncio.Future[None]] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"zhifu-{name}")
        self._running: asyncio.Future[Sequence[Outcome]] | None = None
        self._is_scheduled = self._is_closed = False
        self._drained: asyncio.Event | None = None

    @property
    def waiting(self) -> int:
        """How many items wait for the next group."""
        return self._items_waiting

    async def do(self, item: Item) -> Outcome:
        """Have one item worked on, with whatever else waits.

        A caller that is cancelled before its group began has asked for nothing; one that is
        cancelled later has its item worked on all the same. Raises GatewayClosed, and what was
        raised while its group was worked on.
        """
        (outcome,) = await (await self._enter((item,)))
        return outcome

    async def do_many(self, items: Sequence[Item]) -> list[Outcome]:
        """Have many worked on, in as many groups as it takes; the answers in their order."""
        parts = [items[at : at + self._batch] for at in range(0, len(items), self._batch)]
        answers = [await self._enter(part) for part in parts]
        return [outcome for part in await asyncio.gather(*answers) for outcome in part]

    async def close(self) -> None:
        """Take no more, and return when all that was taken is done."""
        self._is_closed = True
        self._make_room(len(self._room))
        if self._waiting or self._running is not None:
            self._drained = asyncio.Event()
            await self._drained.wait()
        self._thread.shutdown(wait=False)

    async def _enter(self, items: Sequence[Item]) -> asyncio.Future[Sequence[Outcome]]:
        # A future that is not cancelled together with its waiter would need a shield; here it may
        # be: `_next` leaves out what was cancelled, and `_answer` what was cancelled meanwhile.
        while self._items_waiting >= self._queue and not self._is_closed:
            await self._wait_for_room()
        if self._is_closed:
            raise GatewayClosed
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Sequence[Outcome]] = loop.create_future()
        self._waiting.append(_Waiting(items, answer))
        self._items_waiting += len(items)
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
        items = [item for each in taken for item in each.items]
        self._running = loop.run_in_executor(self._thread, self._work, items)
        self._running.add_done_callback(lambda done: self._answer(taken, done))

    def _next(self) -> list[_Waiting[Item, Outcome]]:
        taken: list[_Waiting[Item, Outcome]] = []
        left = self._batch
        while self._waiting and (len(self._waiting[0].items) <= left or self._is_over()):
            each = self._waiting.popleft()
            self._items_waiting -= len(each.items)
            if not each.answer.done():
                left -= len(each.items)
                taken.append(each)
        self._make_room(self._queue - self._items_waiting)
        return taken

    def _is_over(self) -> bool:
        """Whether nobody waits any more for what is next."""
        return self._waiting[0].answer.done()

    def _answer(
        self,
        taken: Sequence[_Waiting[Item, Outcome]],
        done: asyncio.Future[Sequence[Outcome]],
    ) -> None:
        self._running = None
        error = done.exception()
        outcomes = iter(() if error else done.result())
        for each in taken:
            found = list(islice(outcomes, len(each.items)))
            if each.answer.done():
                continue
            if error is None and len(found) < len(each.items):
                error = RuntimeError("a group with another number of answers")
            if error is None:
                each.answer.set_result(found)
            else:
                each.answer.set_exception(error)
        self._begin()
