"""What the chain offers and who is on it: following it, and reading what was seen."""

from __future__ import annotations

from collections.abc import Sequence

from zhifu.exceptions import ChainUnreachable
from zhifu.gateway._parts import Parts
from zhifu.index import Content, PlatformRecord
from zhifu.pages import FIRST


class Following(Parts):
    """That part of `Gateway`."""

    def sync(self) -> bool:
        """Follow the chain up to its latest block; whether there was anything new.

        Confirms settled batches that are deep enough, and marks those that were reorganised away,
        and refunds alike: `recover` brings both to the chain again.
        """
        news = self._indexer.sync()
        self.freshness.note()
        cursor = self._index.cursor
        if cursor is not None:
            if not self._watch.follow(cursor.block_number):
                self._indexer.start_over()
            self._refund_book.follow()
            self._dispute_book.follow()
        return news

    def today(self) -> int:
        """The chain's day, since 1970 (UTC): the one whose prices hold now."""
        return self._indexer.today()

    def platforms(self) -> Sequence[PlatformRecord]:
        """The network's platforms as of the last `sync`, on the terms that hold now."""
        return self._index.platforms(self._indexer.now())

    def platform(self, number: int) -> PlatformRecord | None:
        """One platform as of the last `sync`, on the terms that hold now, or None."""
        found = self._index.platform(number)
        return None if found is None else found.at(self._indexer.now())

    def content(self, number: int) -> Content | None:
        """One content as of the last `sync`, or None."""
        return self._index.content(number)

    def contents_page(
        self, *, before: int = FIRST, limit: int = 100, host: int | None = None
    ) -> Sequence[Content]:
        """Contents below a number, of all hosts or of one, as of the last `sync`, newest first."""
        return self._index.page(before, limit, host)

    def contents(self, host: int | None = None) -> Sequence[Content]:
        """All contents, or one host's, as of the last `sync`."""
        return self._index.contents(host)

    def content_by_ref(self, host: int, ref: str) -> Content | None:
        """A host's content by the host's own name for it, as of the last `sync`."""
        return self._index.content_by_ref(host, ref)

    def _look(self) -> None:
        """Look at the chain; where it does not answer, that is not tried again at once."""
        try:
            self.sync()
        except ChainUnreachable:
            self.freshness.note_failure()
            raise
