"""The books in the ledger: follows each platform's events, with a cursor of its own.

It comes behind, so that nobody who sells waits for it. A page of events and the cursor behind it
are stored together: after a crash it goes on where it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from zhifu import rounds
from zhifu.book_entries import BookEntries, Event
from zhifu.store import Store, Transaction
from zhifu.transfers import Transfer, post

_PAGE = 200


class BookLedger:
    """Takes the events in `store` into its ledger; safe to share between threads and processes.

    `decimals` are those of the ledger's unit.
    """

    def __init__(self, store: Store, decimals: int) -> None:
        self._store = store
        self._decimals = decimals

    def follow(self) -> int:
        """Take in what the books have said since, or as much as the round has time for.

        How many events that was.
        """
        return sum(
            taken
            for platform in self.platforms()
            for taken in rounds.in_time(iter(partial(self._take, platform), 0))
        )

    def platforms(self) -> list[int]:
        """The platforms whose books tell anything."""
        with self._store.reading() as transaction:
            return list(_platforms(transaction))

    def pages(self, platform: int) -> Iterator[tuple[int, int, list[Transfer]]]:
        """What the events that were taken in come to, read again.

        Page by page with the number before the first event and that of the last.
        """
        after = 0
        while True:
            with self._store.reading() as transaction:
                end = _cursor(transaction, platform)
                events, found = self._read(transaction, platform, after)
            last = min(end, events[-1].number) if events else end
            if last <= after:
                return
            yield after, last, [each for each in found if each.height <= last]
            after = last

    def _take(self, platform: int) -> int:
        """Take in the next page; how many events it has."""
        with self._store.reading() as transaction:
            cursor = _cursor(transaction, platform)
            events, found = self._read(transaction, platform, cursor)
        if not events:
            return 0
        with self._store.writing() as transaction:
            # Another process may have come as far meanwhile.
            if _cursor(transaction, platform) == cursor:
                post(transaction, found, _host_of)
                last = events[-1].number
                transaction.run("put_ledger_cursor", source=platform, height=last)
        return len(events)

    def _read(
        self, transaction: Transaction, platform: int, after: int
    ) -> tuple[list[Event], list[Transfer]]:
        rows = transaction.rows("book_events", platform=platform, after=after, limit=_PAGE)
        events = [Event(*row) for row in rows]
        return events, BookEntries(transaction, platform, self._decimals).of(events)


def _platforms(transaction: Transaction) -> Iterator[int]:
    found = transaction.value("next_book", platform=0)
    while found is not None:
        yield found
        found = transaction.value("next_book", platform=found)


def _cursor(transaction: Transaction, platform: int) -> int:
    return int(transaction.value("ledger_cursor", source=platform) or 0)


def _host_of(_: int) -> int:
    """No account of books is a content's."""
    return 0
