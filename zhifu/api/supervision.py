"""What runs beside the requests: each part in a thread of its own, begun again if it breaks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 20.0

#: For so long after a defect a part does not count as alive: longer than any pause, so that one
#: that breaks each time it is begun never does.
_CONVALESCENCE_SECONDS = 30.0


class Background(Protocol):
    """Something that runs in a thread of its own for as long as the service does.

    It is run again if it breaks, so `run` begins anew.
    """

    def run(self) -> None:
        """Run until it is stopped."""

    def stop(self) -> None:
        """End `run` soon."""


@runtime_checkable
class Attentive(Protocol):
    """A part that knows by itself whether what it is there for gets done."""

    @property
    def is_well(self) -> bool:
        """Whether it does; asks nobody, and may be asked by any thread."""


class Supervision:
    """Runs named `parts`, and logs what breaks them to `log`; `clock` tells seconds.

    A part that breaks, or ends without being told to, is begun again after a pause that grows.
    """

    def __init__(
        self,
        parts: Mapping[str, Background],
        log: Any,
        clock: Callable[[], float] = time.monotonic,
        *,
        first_pause_seconds: float = _FIRST_PAUSE_SECONDS,
    ) -> None:
        self._clock = clock
        self._attended = {
            name: _Attended(name, part, log, clock, first_pause_seconds)
            for name, part in parts.items()
        }

    def start(self) -> None:
        """Begin every part."""
        for each in self._attended.values():
            each.start()

    def stop(self, seconds: float) -> list[str]:
        """Tell every part to end, and wait for so long at most; the names of those that did not."""
        until = self._clock() + seconds
        for each in self._attended.values():
            each.stop()
        return [
            name
            for name, each in self._attended.items()
            if not each.has_ended(max(0.0, until - self._clock()))
        ]

    def alive(self) -> dict[str, bool]:
        """Of each part, whether it runs, is well, and nothing broke it lately; asks nobody."""
        return {name: each.is_alive for name, each in self._attended.items()}


class _Attended:
    def __init__(
        self,
        name: str,
        part: Background,
        log: Any,
        clock: Callable[[], float],
        first_pause_seconds: float,
    ) -> None:
        self._name = name
        self._part = part
        self._log = log
        self._clock = clock
        self._first_pause_seconds = first_pause_seconds
        self._broken_at: float | None = None
        self._stopped = threading.Event()
        # What hangs must not keep the process from ending.
        self._thread = threading.Thread(target=self._run, name=f"zhifu {name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._part.stop()

    def has_ended(self, seconds: float) -> bool:
        if self._thread.ident is not None:
            self._thread.join(seconds)
        return not self._thread.is_alive()

    @property
    def is_alive(self) -> bool:
        broken_at = self._broken_at
        is_well = broken_at is None or self._clock() - broken_at >= _CONVALESCENCE_SECONDS
        if isinstance(self._part, Attentive):
            is_well = is_well and self._part.is_well
        return is_well and self._thread.is_alive()

    def _run(self) -> None:
        pause = self._first_pause_seconds
        while not self._stopped.is_set():
            began = self._clock()
            self._run_once()
            if self._clock() - began > _CONVALESCENCE_SECONDS:
                pause = self._first_pause_seconds
            self._stopped.wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    def _run_once(self) -> None:
        try:
            self._part.run()
        except Exception as error:
            self._broken(exc_info=error)
        else:
            if not self._stopped.is_set():
                self._broken(detail="it ended without being told to")

    def _broken(self, **told: Any) -> None:
        self._broken_at = self._clock()
        self._log.error("defect", part=self._name, **told)
