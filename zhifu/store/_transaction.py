"""Named statements on a driver's cursor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

Row = tuple[Any, ...]


class Transaction:
    """Runs named statements; what it did holds once the transaction is left without an error.

    One statement that the database refuses spoils the whole transaction.
    """

    def __init__(self, cursor: Any, queries: Mapping[str, str]) -> None:
        self.spoiled = False
        self._cursor = cursor
        self._queries = queries

    def rows(self, query: str, **parameters: Any) -> list[Row]:
        """Every row of a query."""
        found: list[Row] = self._execute(query, parameters).fetchall()
        return found

    def row(self, query: str, **parameters: Any) -> Row | None:
        """The first row of a query, or None."""
        found: Row | None = self._execute(query, parameters).fetchone()
        return found

    def value(self, query: str, **parameters: Any) -> Any:
        """The first column of the first row of a query, or None."""
        found = self.row(query, **parameters)
        return found[0] if found else None

    def run(self, query: str, **parameters: Any) -> int:
        """Run a statement; how many rows it changed."""
        return int(self._execute(query, parameters).rowcount)

    def rows_for(self, query: str, given: Sequence[Sequence[Any]], **parameters: Any) -> list[Row]:
        """Every row of a query about many `rows`, which it reads by `json_each(:rows)`."""
        return self.rows(query, rows=_array(given), **parameters) if given else []

    def run_for(self, query: str, given: Sequence[Sequence[Any]], **parameters: Any) -> int:
        """Run one statement for many `rows`, which it reads so; how many rows it changed.

        Many times faster than one by one, and another thread may work meanwhile.
        """
        return self.run(query, rows=_array(given), **parameters) if given else 0

    def run_many(self, query: str, rows: Iterable[Mapping[str, Any]]) -> int:
        """Run a statement for each of many rows; how many rows changed altogether."""
        try:
            self._cursor.executemany(self._queries[query], rows)
        except BaseException:
            self.spoiled = True
            raise
        return max(0, int(self._cursor.rowcount))

    def _execute(self, query: str, parameters: Mapping[str, Any]) -> Any:
        try:
            return self._cursor.execute(self._queries[query], parameters)
        except BaseException:
            self.spoiled = True
            raise


def _array(rows: Sequence[Sequence[Any]]) -> str:
    return orjson.dumps(rows).decode()
