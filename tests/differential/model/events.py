"""What a call announces."""

from __future__ import annotations

from typing import Any, NamedTuple


class Event(NamedTuple):
    """One event; indexed values come first."""

    contract: str
    name: str
    values: tuple[Any, ...]
