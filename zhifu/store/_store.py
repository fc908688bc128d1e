"""One open database: its connections, its transactions, and its errors in zhifu's words."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import PoolProxiedConnection, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from zhifu import sql
from zhifu.exceptions import CommitUnknown, DatabaseRefused, DatabaseUnreachable, InvalidInput
from zhifu.store._migration import go_to, migrate
from zhifu.store._sqlite import SQLite
from zhifu.store._transaction import Transaction

if TYPE_CHECKING:
    from zhifu.store._postgresql import PostgreSQL


class Store:
    """One open database; safe to share between threads.

    Writers take turns, within a process and between processes; readers wait for nobody. What a
    transaction returned from is on disk.
    """

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        """Open the database at `url`; see `open`."""
        self._database = _database(_checked(url), read_only=read_only)
        self._read_only = read_only
        self._queries = sql.queries(self._database.name)
        self._engine = self._database.engine()
        self._turn = threading.RLock()
        self._closed = False
        event.listen(self._engine, "connect", self._database.set_up)
        event.listen(self._engine, "begin", self._database.begin_migration)

    @classmethod
    def open(cls, url: str) -> Store:
        """Open the database at `url`: `sqlite:///file` or `postgresql://user@host/name`.

        A file is made with its folder if it is missing. Brings an older schema up to date. Raises
        InvalidInput for a URL it cannot use and for a database that a newer zhifu wrote,
        DatabaseRefused for a file that is no database, DatabaseUnreachable.
        """
        store = cls(url)
        try:
            with store._translated():
                migrate(store._engine)
        except BaseException:
            store.close()
            raise
        return store

    @classmethod
    def read_only(cls, url: str) -> Store:
        """Open the database at `url` as it stands, whatever its schema is, for `reading` alone.

        Nothing is made, brought up to date or changed. Raises InvalidInput for a URL it cannot use.
        """
        return cls(url, read_only=True)

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._database.name

    def migrate_to(self, revision: str) -> None:
        """Bring the schema up or down to a revision, `base` being none; for an operator's hands.

        Going down takes away what is in the tables that the later revisions made.
        """
        with self._translated():
            go_to(self._engine, revision)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the database; nothing is lost without it."""
        with self._turn:
            self._closed = True
            self._engine.dispose()

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """A transaction that may change the database: all of it is stored, or none.

        Raises DatabaseRefused for whatever the database will not hold, and DatabaseUnreachable if
        it is gone: nothing is stored then. Raises CommitUnknown if the database took the change
        and was gone before it said whether it is stored. To do the same again is safe and finds
        out, because everything here has a key that is used once.
        """
        if self._read_only:
            raise DatabaseRefused("it is open for reading alone")
        with self._turn, self._transaction(self._database.begin_writing) as transaction:
            yield transaction

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """A transaction whose queries all see the same state."""
        turn = self._database.read_turn(self._turn)
        with turn, self._transaction(self._database.begin_reading) as transaction:
            yield transaction

    @contextmanager
    def _transaction(self, begin: Callable[[Any], None]) -> Iterator[Transaction]:
        with self._translated():
            connection, cursor = self._begin(begin)
            try:
                transaction = Transaction(cursor, self._queries)
                yield transaction
                if transaction.spoiled:
                    raise DatabaseRefused("a statement of the transaction was refused")
                self._commit(cursor)
            except BaseException:
                self._roll_back(connection, cursor)
                raise
            finally:
                connection.close()

    def _begin(self, begin: Callable[[Any], None]) -> tuple[PoolProxiedConnection, Any]:
        """Begin on a connection of the pool, or on a new one if those there were lost."""
        if self._closed:
            raise DatabaseRefused("it is closed")
        try:
            return self._begin_once(begin)
        except self._database.error as error:
            if not self._database.is_lost(error):
                raise
        self._engine.dispose()
        return self._begin_once(begin)

    def _begin_once(self, begin: Callable[[Any], None]) -> tuple[PoolProxiedConnection, Any]:
        connection = self._engine.raw_connection()
        try:
            cursor = connection.cursor()
            begin(cursor)
        except BaseException:
            connection.invalidate()
            raise
        return connection, cursor

    def _commit(self, cursor: Any) -> None:
        try:
            self._database.commit(cursor)
        except self._database.error as error:
            if self._database.is_lost(error):
                raise CommitUnknown(self._database.reason(error)) from error
            raise

    def _roll_back(self, connection: PoolProxiedConnection, cursor: Any) -> None:
        try:
            if self._database.is_open(connection.dbapi_connection):
                cursor.execute("ROLLBACK")
        except self._database.error:
            # Whoever is on the other side rolls back what it hears no more of.
            connection.invalidate()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (self._database.error, OverflowError) as error:
            raise self._told(error) from error
        except DBAPIError as error:
            raise self._told(error.orig or error) from error
        except SQLAlchemyError as error:
            raise DatabaseRefused(str(error)) from error

    def _told(self, error: BaseException) -> DatabaseRefused | DatabaseUnreachable:
        reason = self._database.reason(error)
        if self._database.is_lost(error):
            return DatabaseUnreachable(reason)
        return DatabaseRefused(reason)


def _checked(url: str) -> URL:
    try:
        address = make_url(url)
    except SQLAlchemyError:
        rule = "must be an address such as sqlite:///file or postgresql://user@host/name"
        raise InvalidInput("database", rule) from None
    if address.drivername not in ("sqlite", "postgresql", "postgresql+psycopg"):
        raise InvalidInput("database", "must be sqlite or postgresql", address.drivername)
    return address


def _database(url: URL, *, read_only: bool) -> SQLite | PostgreSQL:
    if url.get_backend_name() == "sqlite":
        return SQLite(url, read_only=read_only)
    # Imported here because its driver is an extra.
    from zhifu.store._postgresql import PostgreSQL

    return PostgreSQL(url, read_only=read_only)
