"""Many rows put in order, of which few are in memory at once."""

from __future__ import annotations

import heapq
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from typing import IO, Any

import orjson

ROWS_AT_ONCE = 50_000
"""How many rows are sorted in memory; the rest waits in temporary files."""

Row = list[Any]


class Spool:
    """Rows of 64-bit numbers, texts and None, put in any order and read by their first columns.

    `key_columns` of them are the key; rows of the same key come as they were put. Read it once,
    and close it: it may have files open.
    """

    def __init__(self, key_columns: int, *, rows_at_once: int = ROWS_AT_ONCE) -> None:
        self._key: Callable[[Row], Row] = lambda row: row[:key_columns]
        self._rows_at_once = rows_at_once
        self._rows: list[Row] = []
        self._runs: list[IO[bytes]] = []
        self._stack = ExitStack()
        self._count = 0

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        return self._count

    def put(self, row: Sequence[Any]) -> None:
        """Add a row."""
        self._count += 1
        self._rows.append(list(row))
        if len(self._rows) >= self._rows_at_once:
            self._write_run()

    def put_all(self, rows: Iterable[Sequence[Any]]) -> Spool:
        """Add rows; the spool itself."""
        for row in rows:
            self.put(row)
        return self

    def __iter__(self) -> Iterator[Row]:
        """All rows in the order of their keys."""
        self._rows.sort(key=self._key)
        if not self._runs:
            return iter(self._rows)
        return heapq.merge(*map(_read, self._runs), self._rows, key=self._key)

    def close(self) -> None:
        """Forget everything."""
        self._rows = []
        self._runs = []
        self._stack.close()

    def _write_run(self) -> None:
        run: IO[bytes] = self._stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
        self._rows.sort(key=self._key)
        run.writelines(orjson.dumps(row) + b"\n" for row in self._rows)
        run.seek(0)
        self._runs.append(run)
        self._rows = []


def _read(run: IO[bytes]) -> Iterator[Row]:
    for line in run:
        yield orjson.loads(line)
