"""Whether jobs that come round get done: told by the thread that does them, asked by any other."""

from __future__ import annotations

import math
from collections.abc import Callable

from zhifu.exceptions import ZhifuError


class Condition:
    """How the jobs of one worker fare; `clock` tells seconds, from any beginning.

    They are not well once one of them lasts for `longest_seconds`, or has failed each time for
    `failing_seconds`, or broke as nobody expected when it was last done.
    """

    def __init__(
        self, clock: Callable[[], float], *, longest_seconds: float, failing_seconds: float
    ) -> None:
        self._clock = clock
        self._longest_seconds = longest_seconds
        self._failing_seconds = failing_seconds
        self._began_at: float | None = None
        self._failing_since: dict[str, float] = {}

    def began(self) -> None:
        """A job is being done from now on."""
        self._began_at = self._clock()

    def ended(self, job: str, error: Exception | None) -> None:
        """That job is over; `error` is what it failed with, if it did."""
        self._began_at = None
        if error is None:
            self._failing_since.pop(job, None)
        elif isinstance(error, ZhifuError):
            self._failing_since.setdefault(job, self._clock())
        else:
            self._failing_since[job] = -math.inf

    @property
    def is_well(self) -> bool:
        """Whether they get done; asks nobody, and may be asked by any thread."""
        now, began_at = self._clock(), self._began_at
        if began_at is not None and now - began_at >= self._longest_seconds:
            return False
        return all(now - since < self._failing_seconds for since in [*self._failing_since.values()])
