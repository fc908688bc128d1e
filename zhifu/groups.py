"""Groups: what comes while the last group is worked on goes into the next one together.

Nobody waits for company: one that comes alone is worked on at once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import islice
from threading import Lock
from typing import Generic, NamedTuple, TypeVar

from zhifu.exceptions import GatewayClosed

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


class _Waiting(NamedTuple, Generic[Item, Outcome]):
    """Items that came together and stay so."""

    items: Sequence[Item]
    answer: asyncio.Future[Sequence[Outcome]]


class _Done(NamedTuple, Generic[Item, Outcome]):
    """A group that was worked on: the answers of its items, or the error it ended with."""

    taken: Sequence[_Waiting[Item, Outcome]]
    outcomes: Sequence[Outcome]
    error: BaseException | None


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
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"zhifu-{name}")
        self._room: deque[asyncio.Future[None]] = deque()
        self._is_closed = False
        self._drained: asyncio.Event | None = None
        #: Of what both threads change: who waits, how many items those are, and whether the thread
        #: is at work or called to it.
        self._lock = Lock()
        self._waiting: deque[_Waiting[Item, Outcome]] = deque()
        self._items_waiting = 0
        self._is_working = False
        self._done: deque[_Done[Item, Outcome]] = deque()

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
        if self._is_working or self._done:
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
        with self._lock:
            self._waiting.append(_Waiting(items, answer))
            self._items_waiting += len(items)
            was_idle, self._is_working = not self._is_working, True
        if was_idle:
            # What else becomes ready in this turn of the loop goes along.
            loop.call_soon(self._begin, loop)
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

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        taken = self._next()
        self._deliver()
        if taken:
            self._thread.submit(self._work_on, taken, loop)

    def _work_on(
        self, taken: Sequence[_Waiting[Item, Outcome]], loop: asyncio.AbstractEventLoop
    ) -> None:
        """Work on one group after another, in the thread: it need not wait for the loop's turn."""
        while taken:
            self._done.append(self._worked(taken))
            taken = self._next()
            with suppress(RuntimeError):
                # The loop is closed: nobody waits.
                loop.call_soon_threadsafe(self._deliver)

    def _worked(self, taken: Sequence[_Waiting[Item, Outcome]]) -> _Done[Item, Outcome]:
        items = [item for each in taken for item in each.items]
        try:
            outcomes = self._work(items)
        except BaseException as error:
            return _Done(taken, (), error)
        if len(outcomes) != len(items):
            return _Done(taken, (), RuntimeError("a group with another number of answers"))
        return _Done(taken, outcomes, None)

    def _next(self) -> list[_Waiting[Item, Outcome]]:
        """Who is in the next group; if nobody waits, the thread's work is over."""
        taken: list[_Waiting[Item, Outcome]] = []
        left = self._batch
        with self._lock:
            while self._waiting and (len(self._waiting[0].items) <= left or self._is_over()):
                each = self._waiting.popleft()
                self._items_waiting -= len(each.items)
                if not each.answer.done():
                    left -= len(each.items)
                    taken.append(each)
            self._is_working = bool(taken)
        return taken

    def _is_over(self) -> bool:
        """Whether nobody waits any more for what is next."""
        return self._waiting[0].answer.done()

    def _deliver(self) -> None:
        """Answer for the groups that are done, on the loop; there is room for others then."""
        while self._done:
            _answer(self._done.popleft())
        self._make_room(self._queue - self._items_waiting)
        if self._drained is not None and not self._is_working:
            self._drained.set()


def _answer(done: _Done[Item, Outcome]) -> None:
    outcomes = iter(done.outcomes)
    for each in done.taken:
        found = list(islice(outcomes, len(each.items)))
        if each.answer.done():
            continue
        if done.error is None:
            each.answer.set_result(found)
        else:
            each.answer.set_exception(done.error)
