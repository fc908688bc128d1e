"""Deadlines of many tasks with one timer: a timer for each request would cost more than the rest.

Tasks are watched for the same time each, so the first that came is the first whose time is over.
"""

from __future__ import annotations

import asyncio
from typing import Any

#: How late a task may be ended.
_GRAIN_SECONDS = 0.1


class Deadline:
    """When a task is to be ended, by the loop's clock."""

    __slots__ = ("at", "has_passed", "task")

    def __init__(self, task: asyncio.Task[Any], at: float) -> None:
        self.task = task
        self.at = at
        self.has_passed = False


class Deadlines:
    """The deadlines of one event loop's tasks."""

    def __init__(self) -> None:
        self._open: dict[Deadline, None] = {}
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, task: asyncio.Task[Any], seconds: float) -> Deadline:
        """Cancel a task in so many seconds, unless its deadline is forgotten before."""
        loop = asyncio.get_running_loop()
        deadline = Deadline(task, loop.time() + seconds)
        self._open[deadline] = None
        if self._timer is None:
            self._timer = loop.call_later(_GRAIN_SECONDS, self._look, loop)
        return deadline

    def forget(self, deadline: Deadline) -> None:
        """The task has ended by itself."""
        self._open.pop(deadline, None)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for deadline in list(self._open):
            if deadline.at > now:
                break
            del self._open[deadline]
            deadline.has_passed = True
            deadline.task.cancel()
        again = loop.call_later(_GRAIN_SECONDS, self._look, loop) if self._open else None
        self._timer = again
