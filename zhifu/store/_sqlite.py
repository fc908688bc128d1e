"""SQLite: WAL, so that readers wait for nobody, and synchronous FULL."""

from __future__ import annotations

import sqlite3
import time
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.engine import URL
from sqlalchemy.pool import QueuePool, StaticPool

_BUSY_MILLISECONDS = 30_000
_CONNECTIONS = 8
_POLL_SECONDS = 0.0005
_PATIENT = f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}"
_SETTINGS = (
    _PATIENT,
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA wal_autocheckpoint = 4000",
)
_OWNER_ALONE = 0o600


class SQLite:
    """What is particular to SQLite."""

    name = "sqlite"
    error: type[Exception] = sqlite3.Error

    def __init__(self, url: URL, *, read_only: bool = False) -> None:
        self._url = url
        self._read_only = read_only
        self._in_memory = not url.database or url.database == ":memory:"

    def engine(self) -> Engine:
        """An engine whose connections keep their statements prepared; makes the file in its folder.

        The file is its owner's alone, and so are those that SQLite puts beside it.

        Last in, first out: one thread alone stays on one connection, whose cache stays good.
        """
        arguments: dict[str, Any] = {"check_same_thread": False, "cached_statements": 512}
        if self._in_memory:
            return create_engine(self._url, poolclass=StaticPool, connect_args=arguments)
        file = Path(self._url.database or "")
        if self._read_only:
            address = f"{file.resolve().as_uri()}?mode=ro"
            return create_engine(
                self._url,
                creator=lambda: sqlite3.connect(address, uri=True, **arguments),
                poolclass=StaticPool,
            )
        file.parent.mkdir(parents=True, exist_ok=True)
        # Where that cannot be, SQLite tells why.
        with suppress(OSError):
            file.touch(_OWNER_ALONE)
        return create_engine(
            self._url,
            poolclass=QueuePool,
            pool_size=_CONNECTIONS,
            max_overflow=0,
            pool_use_lifo=True,
            pool_reset_on_return=None,
            connect_args=arguments,
        )

    def read_turn(
        self, write_turn: AbstractContextManager[bool]
    ) -> AbstractContextManager[bool | None]:
        """What a reader waits for: its turn where the database is one connection."""
        return write_turn if self._in_memory else nullcontext()

    def set_up(self, connection: Any, _: object) -> None:
        """Prepare a new connection."""
        connection.isolation_level = None
        for setting in (_PATIENT,) if self._read_only else _SETTINGS:
            connection.execute(setting).close()

    def begin_migration(self, connection: Connection) -> None:
        """Begin a transaction that no other process migrates or writes beside."""
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    def begin_writing(self, cursor: Any) -> None:
        """Begin a transaction as the only writer.

        SQLite itself would look again more and more rarely, and one process that writes all the
        time would leave others no turn.
        """
        until = time.monotonic() + _BUSY_MILLISECONDS / 1_000
        cursor.execute("PRAGMA busy_timeout = 0")
        try:
            while not self._has_begun(cursor, until):
                time.sleep(_POLL_SECONDS)
        finally:
            cursor.execute(_PATIENT)

    def _has_begun(self, cursor: Any, until: float) -> bool:
        try:
            cursor.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() >= until:
                raise
            return False
        return True

    def begin_reading(self, cursor: Any) -> None:
        """Begin a transaction on one snapshot."""
        cursor.execute("BEGIN DEFERRED")

    def commit(self, cursor: Any) -> None:
        """Commit; raises the driver's error if nothing was stored."""
        cursor.execute("COMMIT")

    def is_open(self, connection: Any) -> bool:
        """Whether a transaction is begun; after some errors SQLite has rolled back by itself."""
        return bool(connection.in_transaction)

    def is_lost(self, _: BaseException) -> bool:
        """Whether an error means that the connection is gone; SQLite has none to lose."""
        return False

    def reason(self, error: BaseException) -> str:
        """Which rule the database refuses to break, or what else it says."""
        return str(error)
