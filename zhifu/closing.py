"""When a batch closes by itself: with enough orders, or once the first has waited long enough."""

from __future__ import annotations

import time
from dataclasses import dataclass

from zhifu import ids
from zhifu.exceptions import InvalidInput
from zhifu.lanebook import Queue


def wall_milliseconds() -> int:
    """Unix milliseconds."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Closing:
    """A batch closes at `size` orders, or `age_ms` milliseconds after its first came.

    Raises InvalidInput for less than one order, or than no time.
    """

    size: int = 1_000
    age_ms: int = 1_000

    def __post_init__(self) -> None:
        for field, least in (("size", 1), ("age_ms", 0)):
            value = getattr(self, field)
            if type(value) is not int or value < least:
                raise InvalidInput(field, f"must be an integer of at least {least}", value)

    def is_due(self, queue: Queue, now_ms: int) -> bool:
        """Whether the orders that wait should go into a batch now; `now_ms` is Unix time."""
        if queue.oldest is None:
            return False
        return queue.orders >= self.size or now_ms - ids.made_at(queue.oldest) >= self.age_ms
