"""Times for people."""

from __future__ import annotations

from datetime import datetime, timezone


def shown_time(seconds: int) -> str:
    """A time (Unix seconds) as people write it, in UTC."""
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%d %H:%M} UTC"
