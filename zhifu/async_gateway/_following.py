"""What the chain offers and who is on it: following it, and reading what was seen."""

from __future__ import annotations

from collections.abc import Sequence

from zhifu.async_gateway._threads import Threads
from zhifu.index import Content, PlatformRecord
from zhifu.pages import FIRST


class Following(Threads):
    """That part of `AsyncGateway`."""

    async def sync(self) -> bool:
        """Follow the chain up to its latest block; whether there was anything new."""
        return await self.run(self.gateway.sync)

    def today(self) -> int:
        """The chain's day, since 1970 (UTC); from memory."""
        return self.gateway.today()

    def platforms(self) -> Sequence[PlatformRecord]:
        """The network's platforms as of the last `sync`; from memory."""
        return self.gateway.platforms()

    def platform(self, number: int) -> PlatformRecord | None:
        """One platform as of the last `sync`, or None; from memory."""
        return self.gateway.platform(number)

    def content(self, number: int) -> Content | None:
        """One content as of the last `sync`, or None; from memory."""
        return self.gateway.content(number)

    def contents_page(
        self, *, before: int = FIRST, limit: int = 100, host: int | None = None
    ) -> Sequence[Content]:
        """Contents below a number, as of the last `sync`, the newest first; from memory."""
        return self.gateway.contents_page(before=before, limit=limit, host=host)

    def contents(self, host: int | None = None) -> Sequence[Content]:
        """All contents, or one host's, as of the last `sync`; from memory."""
        return self.gateway.contents(host)

    def content_by_ref(self, host: int, ref: str) -> Content | None:
        """A host's content by the host's own name for it, as of the last `sync`; from memory."""
        return self.gateway.content_by_ref(host, ref)
