"""Room for those that nobody vouches for: so many at a time, and so many more that wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from zhifu.api.problems import BUSY, Refused


class Room:
    """Holds `inside` at a time; `waiting` more wait for one of their places."""

    def __init__(self, inside: int, waiting: int = 0) -> None:
        self._places = asyncio.Semaphore(inside)
        self._left = inside + waiting

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """A place for as long as the block takes; raises Refused if too many wait already."""
        if not self._left:
            raise Refused(BUSY)
        self._left -= 1
        try:
            async with self._places:
                yield
        finally:
            self._left += 1
