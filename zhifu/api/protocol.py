"""HTTP as uvicorn speaks it, but the head of a request is bounded in size and in time.

A server that keeps whatever comes until a head is complete can be filled, or kept busy, by anybody
who never completes one.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES = 65_536
"""How much of a head may have come without completing it."""

HEAD_SECONDS = 20.0
"""How long a head may take to come, once a connection is made or its first byte has come.

What comes behind a request that is still being answered has as long as that takes.
"""


class BoundedProtocol(HttpToolsProtocol):
    """One connection; it is closed when a head is too large or takes too long."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_head = True
        self._head_bytes = 0
        self._requests = 0
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Expect a request soon."""
        super().connection_made(transport)
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect nothing more."""
        self._expect_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came, unless there is too much of a head."""
        before = self._requests
        super().data_received(data)
        if not self._in_head or self._requests > before or self.transport.is_closing():
            # What came behind the end of a request is idle until more comes.
            return
        self._head_bytes += len(data)
        if self._head_bytes > HEAD_BYTES:
            self._refuse()
        elif self._head_timer is None and not self._is_answering:
            # Behind a request that is being answered, its own time bounds the wait.
            self._expect()

    def on_headers_complete(self) -> None:
        """Begin to answer."""
        self._in_head, self._head_bytes = False, 0
        self._expect_no_more()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """What comes next is another head."""
        self._in_head = True
        self._requests += 1
        super().on_message_complete()

    @property
    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _expect(self) -> None:
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self._refuse)

    def _expect_no_more(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _refuse(self) -> None:
        """Close: there is nobody to tell who would read it."""
        self._expect_no_more()
        self.transport.close()
