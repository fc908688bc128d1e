"""What happened, in order."""

from __future__ import annotations

from typing import Any

from zhifu.api.schemas.fields import Number, Out, Time


class EventOut(Out):
    """Something that happened; `data` is what it happened to, as webhooks tell it."""

    id: str
    type: str
    version: str
    sequence: int
    created_at: Time
    test: bool
    platform: Number
    data: dict[str, Any]


class EventsOut(Out):
    """Events in order; `next_after` leads on, and is null if there are none yet."""

    data: list[EventOut]
    next_after: int | None
