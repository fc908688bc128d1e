"""Taking payments in on an event loop: the steps of `Intake`, each where it holds up nobody else.

Requests are checked, and recorded, in group commits. In between each waits for nobody but its own
provider, or the chain if it alone needs that.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from zhifu.asking import Answer, Asking, Question
from zhifu.books import Draft
from zhifu.exceptions import GatewayClosed, ZhifuError
from zhifu.freshness import STALE_SECONDS, Freshness
from zhifu.groups import Groups
from zhifu.intake import Intake, Outcome, Refused, Step, Unasked, ended, moved, of_kind
from zhifu.payments import PaymentRequest

T = TypeVar("T")

_LOG = logging.getLogger(__name__)

_NO_ANSWER = "a question without an answer"

#: How long payments wait for a chain that does not answer, before they are taken in without it.
_PATIENCE_SECONDS = 2.0

#: The index is brought up to date while it is still fresh enough that nobody has to wait for that.
_REFRESHED_AFTER_SECONDS = 0.5


class AsyncIntake:
    """Takes payments in by the steps of `intake`; for one event loop.

    A group has at most `batch` requests, and at most `queue` wait for each step.
    """

    def __init__(
        self, intake: Intake, asking: Asking, freshness: Freshness, *, batch: int, queue: int
    ) -> None:
        self._asking = asking
        self._batch = batch
        self._refreshes = _Refreshes(freshness)
        self._second_looks = Groups("looks", intake.look_again, batch=batch, queue=queue)
        self._commits = Groups("commits", intake.advance, batch=batch, queue=queue)
        self._answers = _Answers()
        self._under_way = 0
        self._idle: asyncio.Event | None = None

    @property
    def waiting(self) -> int:
        """How many payments wait for the next commit."""
        return self._commits.waiting

    async def take(self, request: PaymentRequest) -> Outcome:
        """Record one payment; the error it was rejected with instead. Raises GatewayClosed."""
        self._begin()
        try:
            await self._refreshes.wait()
            step = await self._commits.do(request)
            if isinstance(step, Refused):
                step = await self._second_looks.do(step)
            if isinstance(step, Unasked):
                step = _come(await self._ask(step))
            if isinstance(step, Draft):
                step = await self._commits.do(step)
        finally:
            self._end()
        (outcome,) = ended([step])
        return outcome

    async def take_many(self, requests: Sequence[PaymentRequest]) -> list[Outcome]:
        """Record many, a batch at a time; the errors of those that were rejected in their places.

        What was recorded stays so if the caller is cancelled. Raises GatewayClosed.
        """
        outcomes: list[Outcome] = []
        self._begin()
        try:
            for first in range(0, len(requests), self._batch):
                outcomes += await self._take_batch(requests[first : first + self._batch])
        finally:
            self._end()
        return outcomes

    async def ask(self, provider: str, ask: Callable[[], T]) -> T:
        """Have something asked in one of a provider's threads.

        Raises UnknownProvider, ProviderBusy and GatewayClosed, and what `ask` raises.
        """
        self._begin()
        try:
            answer = await self._put(provider, ask)
        finally:
            self._end()
        if answer.error is not None:
            raise answer.error
        if isinstance(answer.outcome, ZhifuError):
            raise answer.outcome
        if answer.outcome is None:
            raise RuntimeError(_NO_ANSWER)
        return answer.outcome

    async def close(self) -> None:
        """Take no more, and return when all that was taken is done."""
        self._idle = asyncio.Event()
        if self._under_way:
            await self._idle.wait()
        for group in (self._second_looks, self._commits):
            await group.close()
        self._refreshes.close()

    async def _take_batch(self, requests: Sequence[PaymentRequest]) -> list[Outcome]:
        await self._refreshes.wait()
        steps = await self._commits.do_many(requests)
        looked = await self._second_looks.do_many(of_kind(steps, Refused))
        steps = moved(steps, Refused, looked)
        steps = moved(steps, Unasked, await self._ask_all(of_kind(steps, Unasked)))
        return ended(moved(steps, Draft, await self._commits.do_many(of_kind(steps, Draft))))

    async def _ask_all(self, unasked: Sequence[Unasked]) -> list[Step]:
        """Ask for many, never for so many at once that others have no turn."""
        asked: list[asyncio.Future[Answer[Step]]] = []
        try:
            for at, each in enumerate(unasked):
                if at >= self._asking.share:
                    await asked[at - self._asking.share]
                asked.append(self._ask(each))
            return [_come(await answer) for answer in asked]
        finally:
            for answer in asked:
                answer.cancel()

    def _ask(self, unasked: Unasked) -> asyncio.Future[Answer[Step]]:
        return self._put(unasked.provider, unasked.ask)

    def _put(self, provider: str, ask: Callable[[], T | ZhifuError]) -> asyncio.Future[Answer[T]]:
        loop = asyncio.get_running_loop()
        asked: asyncio.Future[Answer[T]] = loop.create_future()
        tell = partial(self._answers.bring, loop, asked)
        try:
            self._asking.put(provider, Question(ask, tell, asked.cancelled))
        except ZhifuError as error:
            asked.set_result(Answer(error))
        return asked

    def _begin(self) -> None:
        if self._idle is not None:
            raise GatewayClosed
        self._under_way += 1

    def _end(self) -> None:
        self._under_way -= 1
        if self._idle is not None and not self._under_way:
            self._idle.set()


class _Answers:
    """Brings what threads found out to an event loop, as much as there is in one go."""

    def __init__(self) -> None:
        self._brought: deque[tuple[asyncio.Future[Answer[Any]], Answer[Any]]] = deque()
        self._is_called = False

    def bring(
        self,
        loop: asyncio.AbstractEventLoop,
        asked: asyncio.Future[Answer[Any]],
        answer: Answer[Any],
    ) -> None:
        """Answer a future of the loop's; from any thread."""
        self._brought.append((asked, answer))
        if not self._is_called:
            self._is_called = True
            with suppress(RuntimeError):
                # The loop is closed: nobody waits.
                loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        # First, so that what is brought from now on calls again.
        self._is_called = False
        while self._brought:
            asked, answer = self._brought.popleft()
            if not asked.done():
                asked.set_result(answer)


class _Refreshes:
    """Looks at the chain in a thread of its own while payments need it to be looked at."""

    def __init__(self, freshness: Freshness) -> None:
        self._freshness = freshness
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="zhifu-refresh")
        self._running: asyncio.Future[None] | None = None
        self._began_at = 0.0

    async def wait(self) -> None:
        """Return when the index is fresh, or the chain has been silent for too long."""
        age, loop = self._freshness.age_seconds, asyncio.get_running_loop()
        if age < _REFRESHED_AFTER_SECONDS:
            return
        if self._running is None:
            self._began_at = loop.time()
            self._running = loop.run_in_executor(self._thread, self._freshness.refresh)
            self._running.add_done_callback(self._done)
        left = self._began_at + _PATIENCE_SECONDS - loop.time()
        if age > STALE_SECONDS and left > 0:
            await asyncio.wait([self._running], timeout=left)

    def close(self) -> None:
        """Look no more; does not wait for a chain that is being looked at."""
        self._thread.shutdown(wait=False)

    def _done(self, running: asyncio.Future[None]) -> None:
        self._running = None
        if not running.cancelled() and (error := running.exception()) is not None:
            _LOG.error("the chain could not be looked at", exc_info=error)


def _come(answer: Answer[Step]) -> Step:
    if answer.error is not None:
        raise answer.error
    if answer.outcome is None:
        raise RuntimeError(_NO_ANSWER)
    return answer.outcome
