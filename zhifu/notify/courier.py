"""The worker that delivers webhooks; any number of them may share one database."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from zhifu.exceptions import ChainUnreachable, CommitUnknown, DatabaseUnreachable
from zhifu.notify.outbox import Message, Outbox, Result, Turn
from zhifu.notify.sender import Outcome, Sender
from zhifu.notify.signature import headers

_log = logging.getLogger(__name__)

_POLL_SECONDS = 0.5
#: Answers that come in while others are stored are stored together with the next ones.
_GATHER_SECONDS = 0.005
#: Slow name servers of some hosts must not keep the others waiting.
_RESOLVING_THREADS = 32
#: What was to be stored is stored later; to store it twice is harmless.
_PASSING = (DatabaseUnreachable, CommitUnknown, ChainUnreachable)


def _wall_clock() -> int:
    return int(time.time())


class Courier:
    """Sends what `outbox` gives, through a sender that `open_sender` makes.

    `clock` dates the signatures (Unix seconds). `told` hears of every attempt. To be stopped from
    any thread.
    """

    def __init__(
        self,
        outbox: Outbox,
        open_sender: Callable[[], Sender] = Sender,
        *,
        clock: Callable[[], int] = _wall_clock,
        told: Callable[[Message, Outcome], None] | None = None,
    ) -> None:
        self._outbox = outbox
        self._open_sender = open_sender
        self._clock = clock
        self._told = told
        self._stopped = threading.Event()

    def run(self) -> None:
        """Deliver until stopped; what is under way then is finished first."""
        asyncio.run(self._run(until_idle=False))

    def run_until_idle(self) -> None:
        """Deliver what is due now, and come back when nothing more is."""
        asyncio.run(self._run(until_idle=True))

    def stop(self) -> None:
        """Make `run` come back."""
        self._stopped.set()

    async def _run(self, *, until_idle: bool) -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(_RESOLVING_THREADS))
        # The database has a thread of its own: its turns are taken one after the other.
        with ThreadPoolExecutor(1) as books:
            async with self._open_sender() as sender:
                under_way = _UnderWay(sender, self._clock, self._told)
                while not self._stopped.is_set() or under_way:
                    await sender.sweep()
                    results, counts = under_way.collect()
                    try:
                        turn = await loop.run_in_executor(books, self._turn, results, counts)
                    except _PASSING as error:
                        if until_idle or self._stopped.is_set():
                            raise
                        _log.warning("webhooks wait: %s", error)
                        under_way.keep(results)
                        await asyncio.sleep(_POLL_SECONDS)
                        continue
                    under_way.begin(turn)
                    if not (turn.more or turn.unsendable):
                        if until_idle and not under_way:
                            return
                        await under_way.wait(_POLL_SECONDS)

    def _turn(self, results: Sequence[Result], under_way: Mapping[int, int]) -> Turn:
        if self._stopped.is_set():
            self._outbox.record(results)
            return Turn((), (), more=False)
        return self._outbox.turn(results, under_way)


class _UnderWay:
    """The deliveries under way, and what became of those that ended and are not stored yet."""

    def __init__(
        self,
        sender: Sender,
        clock: Callable[[], int],
        told: Callable[[Message, Outcome], None] | None,
    ) -> None:
        self._sender = sender
        self._clock = clock
        self._told = told
        self._tasks: set[asyncio.Task[None]] = set()
        self._counts: Counter[int] = Counter()
        self._results: list[Result] = []
        self._news = asyncio.Event()

    def __bool__(self) -> bool:
        return bool(self._tasks or self._results)

    def begin(self, turn: Turn) -> None:
        """Send."""
        self._results += turn.unsendable
        for message in turn.messages:
            self._counts[message.claim.endpoint] += 1
            task = asyncio.create_task(self._send(message))
            self._tasks.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # Nobody has heard what became of it: it is due again when its time is over.
            _log.error("a webhook was not sent", exc_info=error)

    def collect(self) -> tuple[Sequence[Result], Mapping[int, int]]:
        """What ended since, and how many of each endpoint are under way."""
        results, self._results = self._results, []
        self._news.clear()
        return results, dict(self._counts)

    def keep(self, results: Sequence[Result]) -> None:
        """They could not be stored: they are collected again."""
        self._results += results

    async def wait(self, seconds: float) -> None:
        """Wait until something ends, and a little for what ends with it."""
        try:
            await asyncio.wait_for(self._news.wait(), seconds)
        except asyncio.TimeoutError:
            return
        await asyncio.sleep(_GATHER_SECONDS)

    async def _send(self, message: Message) -> None:
        """Send one; whatever happens, its endpoint is free for another then."""
        try:
            result = await self._attempt(message)
        finally:
            self._counts[message.claim.endpoint] -= 1
        self._results.append(result)
        self._news.set()
        if self._told is not None:
            self._told(message, result.outcome)

    async def _attempt(self, message: Message) -> Result:
        now = self._clock()
        signed = headers(message.event_id, message.body, now, message.secrets)
        outcome = await self._sender.post(message.claim.url, signed, message.body.encode())
        return Result(message.claim, outcome, now)
