"""Callbacks on their way from a simulated provider to the merchant, through the faults.

A provider makes a `Notice`; this posts it, again and again until it is accepted, as often as its
provider would. What goes wrong on the way is decided by `Faults`, once for each notice.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import httpx

from zhifu.sandbox.faults import Fault, Faults

_TIMEOUT_SECONDS = 5.0

#: How many attempts the log remembers.
_KEPT = 100_000


class Signed(NamedTuple):
    """What is posted: headers and body, signed at the time of this attempt."""

    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Notice:
    """An event that a provider tells the merchant.

    `event_id` is the provider's, the same in every attempt. `sign` is called anew for each attempt.
    `is_accepted` reads the merchant's answer: its status and body.
    """

    provider: str
    event_id: str
    url: str
    sign: Callable[[], Signed]
    is_accepted: Callable[[int, bytes], bool]


class Delivered(NamedTuple):
    """One attempt that was made: `status` is None where no answer came."""

    provider: str
    event_id: str
    attempt: int
    tampered: bool
    status: int | None
    accepted: bool


class _Attempt(NamedTuple):
    due: float
    order: int
    notice: Notice
    number: int
    tampered: bool


@dataclass(frozen=True, slots=True)
class Pace:
    """How long things take, in seconds.

    `delays` and `reorders` are how much later a notice goes that is struck so; `retries` the waits
    before each further attempt of one that was not accepted.
    """

    delays: float = 30.0
    reorders: float = 2.0
    retries: tuple[float, ...] = (5.0, 30.0, 120.0, 600.0, 3600.0)


class Deliveries:
    """Posts notices; safe to share between threads.

    `start` posts them in the background when they are due. Without it nothing is sent until
    `flush`, which sends everything in the order in which it is due, without waiting.
    """

    def __init__(
        self,
        faults: Faults,
        *,
        pace: Pace | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._faults = faults
        self._pace = pace or Pace()
        self._clock = clock
        self._order = itertools.count()
        self._waiting: list[_Attempt] = []
        self._changed = threading.Condition()
        self._log: deque[Delivered] = deque(maxlen=_KEPT)
        self._client = httpx.Client(timeout=_TIMEOUT_SECONDS, follow_redirects=False)
        self._thread: threading.Thread | None = None
        self._is_closed = False

    def send(self, notice: Notice) -> None:
        """Put a notice on its way; what goes wrong with it is decided here."""
        struck = {each for each in _ON_THE_WAY if self._faults.strikes(each, notice.provider)}
        if Fault.DROP in struck:
            return
        due = self._clock()
        due += self._pace.delays if Fault.DELAY in struck else 0
        due += self._pace.reorders if Fault.REORDER in struck else 0
        for _ in range(2 if Fault.DUPLICATE in struck else 1):
            self._put(notice, due, 1, tampered=Fault.TAMPER in struck)

    def flush(self) -> int:
        """Send all that waits, and what comes of it, without waiting; how many attempts it took."""
        made = 0
        while (attempt := self._take(float("inf"))) is not None:
            self._make(attempt)
            made += 1
        return made

    def log(self) -> tuple[Delivered, ...]:
        """The latest attempts that were made, the oldest first."""
        with self._changed:
            return tuple(self._log)

    def start(self) -> None:
        """Send what is due in the background, until `close`."""
        self._thread = threading.Thread(target=self._run, name="sandbox-deliveries", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop; what was not sent yet is never sent."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()
        self._client.close()

    # Waiting

    def _put(self, notice: Notice, due: float, number: int, *, tampered: bool = False) -> None:
        with self._changed:
            attempt = _Attempt(due, next(self._order), notice, number, tampered)
            heapq.heappush(self._waiting, attempt)
            self._changed.notify_all()

    def _take(self, now: float) -> _Attempt | None:
        with self._changed:
            if not self._waiting or self._waiting[0].due > now:
                return None
            return heapq.heappop(self._waiting)

    def _run(self) -> None:
        while not self._is_closed:
            attempt = self._take(self._clock())
            if attempt is not None:
                self._make(attempt)
                continue
            with self._changed:
                if not self._is_closed:
                    self._changed.wait(self._until_next())

    def _until_next(self) -> float | None:
        return max(0.0, self._waiting[0].due - self._clock()) if self._waiting else None

    # Posting

    def _make(self, attempt: _Attempt) -> None:
        notice = attempt.notice
        headers, body = notice.sign()
        sent = altered(body) if attempt.tampered else body
        status, answer = self._post(notice.url, headers, sent)
        accepted = status is not None and notice.is_accepted(status, answer)
        entry = (notice.provider, notice.event_id, attempt.number, attempt.tampered)
        with self._changed:
            self._log.append(Delivered(*entry, status, accepted))
        if not accepted:
            self._again(attempt)

    def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int | None, bytes]:
        try:
            response = self._client.post(url, headers=dict(headers), content=body)
        except (httpx.HTTPError, httpx.InvalidURL):
            return None, b""
        return response.status_code, response.content

    def _again(self, attempt: _Attempt) -> None:
        if attempt.number <= len(self._pace.retries):
            due = self._clock() + self._pace.retries[attempt.number - 1]
            self._put(attempt.notice, due, attempt.number + 1)


_ON_THE_WAY = (Fault.DUPLICATE, Fault.DELAY, Fault.REORDER, Fault.DROP, Fault.TAMPER)


def altered(body: bytes) -> bytes:
    """A body that reads like `body` with one digit changed, or one byte where it has no digit."""
    at = next((n for n in reversed(range(len(body))) if body[n : n + 1].isdigit()), 0)
    other = b"%d" % (9 - int(body[at : at + 1])) if body[at : at + 1].isdigit() else b"?"
    return body[:at] + other + body[at + 1 :]
