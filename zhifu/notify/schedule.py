"""When a delivery that failed is tried again."""

from __future__ import annotations

import random
from collections.abc import Sequence

_MINUTE, _HOUR = 60, 3_600

WEBHOOK_DELAYS: Sequence[int] = (
    *(5, 30, 2 * _MINUTE, 10 * _MINUTE, 30 * _MINUTE),
    *(_HOUR, 2 * _HOUR, 4 * _HOUR, 6 * _HOUR, 8 * _HOUR),
    *(12 * _HOUR, 12 * _HOUR, 12 * _HOUR, 15 * _HOUR),
)
"""Seconds from each failed attempt to the next one; together a little more than three days."""

NOTICE_DELAYS: Sequence[int] = (30, 5 * _MINUTE, 30 * _MINUTE, 2 * _HOUR, 6 * _HOUR, 12 * _HOUR)
"""The same for notices to learners, who have no use for one that is days old."""

JITTER_PERCENT = 20
"""By how much a delay is drawn out at most, so that what failed together is not tried together."""


def delay_after(attempt: int, delays: Sequence[int], draw: random.Random) -> int | None:
    """How many seconds to wait after a failed attempt, counted from 1; None to give up."""
    if attempt > len(delays):
        return None
    delay = delays[attempt - 1]
    return delay + draw.randint(0, delay * JITTER_PERCENT // 100)
