"""The database, behind one seam: named statements inside transactions.

SQLite by default, in WAL mode and synchronous FULL: what a transaction returned from is on disk.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool

from zhifu import sql
from zhifu.exceptions import DatabaseRefused, InvalidInput

Row = tuple[Any, ...]

_BUSY_MILLISECONDS = 30_000
_SETTINGS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}",
    "PRAGMA wal_autocheckpoint = 4000",
)


class Transaction:
    """Runs named statements; what it did holds once the transaction is left without an error."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor
        self._queries = sql.queries()

    def rows(self, query: str, **parameters: Any) -> list[Row]:
        """Every row of a query."""
        found: list[Row] = self._cursor.execute(self._queries[query], parameters).fetchall()
        return found

    def row(self, query: str, **parameters: Any) -> Row | None:
        """The first row of a query, or None."""
        found: Row | None = self._cursor.execute(self._queries[query], parameters).fetchone()
        return found

    def value(self, query: str, **parameters: Any) -> Any:
        """The first column of the first row of a query, or None."""
        found = self.row(query, **parameters)
        return found[0] if found else None

    def run(self, query: str, **parameters: Any) -> int:
        """Run a statement; how many rows it changed."""
        return int(self._cursor.execute(self._queries[query], parameters).rowcount)

    def run_many(self, query: str, rows: Iterable[Mapping[str, Any]]) -> int:
        """Run a statement for each of many rows; how many rows changed altogether."""
        return max(0, int(self._cursor.executemany(self._queries[query], rows).rowcount))


class Store:
    """One open database; safe to share between threads, which take turns."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.RLock()
        self._driver_error: type[Exception] = engine.dialect.loaded_dbapi.Error
        with self._translated():
            _migrate(engine)
            self._connection = engine.raw_connection()
            self._cursor = self._connection.cursor()

    @classmethod
    def open(cls, url: str) -> Store:
        """Open the database at `url` (`sqlite:///file`), made with its folder if it is missing.

        Brings an older schema up to date. Raises InvalidInput for a URL it cannot use and for a
        database that a newer zhifu wrote, DatabaseRefused for a file that is no database.
        """
        address = _checked(url)
        if address.database and address.database != ":memory:":
            Path(address.database).parent.mkdir(parents=True, exist_ok=True)
        return cls(_engine(address))

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the database; nothing is lost without it."""
        with self._lock:
            self._cursor.close()
            self._connection.close()
            self._engine.dispose()

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """A transaction that may change the database: all of it is stored, or none.

        Raises DatabaseRefused for whatever the database will not hold.
        """
        with self._transaction("BEGIN IMMEDIATE") as transaction:
            yield transaction

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """A transaction whose queries all see the same state."""
        with self._transaction("BEGIN DEFERRED") as transaction:
            yield transaction

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Transaction]:
        with self._lock, self._translated():
            self._cursor.execute(begin)
            try:
                yield Transaction(self._cursor)
                self._cursor.execute("COMMIT")
            except BaseException:
                self._roll_back()
                raise

    def _roll_back(self) -> None:
        # SQLite has rolled back by itself after some errors.
        if self._connection.dbapi_connection.in_transaction:  # type: ignore[union-attr]
            self._cursor.execute("ROLLBACK")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except self._driver_error as error:
            raise DatabaseRefused(str(error)) from error
        except SQLAlchemyError as error:
            raise DatabaseRefused(str(error.__cause__ or error)) from error


def _checked(url: str) -> URL:
    try:
        address = make_url(url)
    except SQLAlchemyError:
        raise InvalidInput("database", "must be an address such as sqlite:///file") from None
    if address.get_backend_name() != "sqlite":
        raise InvalidInput("database", "must be sqlite", address.get_backend_name())
    return address


def _engine(url: URL) -> Engine:
    # One connection for everything: SQLite has one writer anyway, and its statements stay prepared.
    engine = create_engine(
        url,
        poolclass=StaticPool,
        connect_args={"check_same_thread": False, "cached_statements": 512},
    )
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", lambda each: each.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _set_up(connection: Any, _: object) -> None:
    connection.isolation_level = None
    for setting in _SETTINGS:
        connection.execute(setting).close()


def _migrate(engine: Engine) -> None:
    with engine.begin() as connection:
        found = _version(connection.exec_driver_sql)
    if found == sql.HEAD:
        return
    if found is not None and found > sql.HEAD:
        raise InvalidInput("database", "must not be newer than this zhifu", found)
    _upgrade(engine)


def _version(execute: Any) -> str | None:
    tables = execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").all()
    found: Sequence[Row] = (
        execute("SELECT version_num FROM alembic_version").all() if tables else ()
    )
    return str(found[0][0]) if found else None


def _upgrade(engine: Engine, revision: str = "head") -> None:
    # Imported here because a database that is up to date, the usual case, needs none of it.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(sql.__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
