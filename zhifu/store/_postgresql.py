"""PostgreSQL through psycopg: writers take turns by an advisory lock, readers see a snapshot."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.engine import URL

from zhifu.exceptions import InvalidInput

try:
    import psycopg
    from psycopg.abc import Buffer
    from psycopg.adapt import Loader
    from psycopg.pq import TransactionStatus
    from psycopg.types.numeric import Int8Dumper
except ImportError as missing:
    raise InvalidInput("database", "must be sqlite without the extra `postgresql`") from missing

_CONNECTIONS = 8
_CONNECT_SECONDS = 10
_DEAD_MILLISECONDS = 30_000

#: One number for all that write to a database of zhifu.
_WRITERS = int.from_bytes(b"zhifu", "big")

#: `off` would lose what a transaction returned from; other values promise as much as `on` or more.
#: Plans are kept, and one made while a table was empty would read all of it for ever after.
_SETTINGS = """
    SET lock_timeout = '30s';
    SET idle_in_transaction_session_timeout = '60s';
    SET enable_seqscan = off;
    SELECT set_config('synchronous_commit', 'on', false)
    WHERE current_setting('synchronous_commit') = 'off'
"""

#: A reader alone holds nobody up, however long its transaction rests.
_READER = "SET default_transaction_read_only = on; SET idle_in_transaction_session_timeout = 0"

#: No connection; the server shuts down; the session was idle inside a transaction for too long.
_LOST_STATES = ("08", "57P", "25P03")


class _NumberOfBool(Int8Dumper):
    def dump(self, obj: Any) -> Buffer | None:
        return super().dump(int(obj))


class _IntegerLoader(Loader):
    """A sum of integers is an integer, as in SQLite; anything else is a mistake and raises."""

    def load(self, data: Buffer) -> int:
        return int(bytes(data))


class _BoolLoader(Loader):
    def load(self, data: Buffer) -> int:
        return int(bytes(data) == b"t")


class PostgreSQL:
    """What is particular to PostgreSQL."""

    name = "postgresql"
    error: type[Exception] = psycopg.Error

    def __init__(self, url: URL, *, read_only: bool = False) -> None:
        self._url = url.set(drivername="postgresql+psycopg")
        self._read_only = read_only

    def engine(self) -> Engine:
        """An engine that gives up on a server that does not answer."""
        arguments = {
            "autocommit": True,
            "application_name": "zhifu",
            "connect_timeout": _CONNECT_SECONDS,
            "tcp_user_timeout": _DEAD_MILLISECONDS,
        }
        return create_engine(
            self._url,
            pool_size=_CONNECTIONS,
            max_overflow=0,
            pool_use_lifo=True,
            pool_reset_on_return=None,
            connect_args={k: v for k, v in arguments.items() if k not in self._url.query},
        )

    def read_turn(self, _: object) -> AbstractContextManager[bool | None]:
        """What a reader waits for: nothing."""
        return nullcontext()

    def set_up(self, connection: Any, _: object) -> None:
        """Prepare a new connection: numbers as SQLite takes and gives them."""
        connection.adapters.register_dumper(int, Int8Dumper)
        connection.adapters.register_dumper(bool, _NumberOfBool)
        connection.adapters.register_loader("numeric", _IntegerLoader)
        connection.adapters.register_loader("bool", _BoolLoader)
        connection.execute(_SETTINGS, prepare=False)
        if self._read_only:
            connection.execute(_READER, prepare=False)

    def begin_migration(self, connection: Connection) -> None:
        """Begin a transaction that no other process migrates or writes beside."""
        connection.exec_driver_sql("BEGIN")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS})")

    def begin_writing(self, cursor: Any) -> None:
        """Begin a transaction as the only writer.

        Read committed: a snapshot would be taken before the lock is, and be too old.
        """
        begin = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
        cursor.execute(f"{begin}; SELECT pg_advisory_xact_lock({_WRITERS})", prepare=False)

    def begin_reading(self, cursor: Any) -> None:
        """Begin a transaction on one snapshot."""
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", prepare=False)

    def commit(self, cursor: Any) -> None:
        """Commit; raises the driver's error if nothing was stored."""
        cursor.execute("COMMIT", prepare=False)
        if cursor.statusmessage != "COMMIT":
            raise psycopg.errors.InFailedSqlTransaction("a statement of the transaction failed")

    def is_open(self, connection: Any) -> bool:
        """Whether a transaction is begun."""
        return not connection.closed and (
            connection.info.transaction_status is not TransactionStatus.IDLE
        )

    def is_lost(self, error: BaseException) -> bool:
        """Whether an error means that the server is gone, or has ended the session."""
        if not isinstance(error, psycopg.Error):
            return False
        if error.sqlstate is None:
            return isinstance(error, psycopg.OperationalError)
        return error.sqlstate.startswith(_LOST_STATES)

    def reason(self, error: BaseException) -> str:
        """Which rule the database refuses to break, or what else it says."""
        said = error.diag.message_primary if isinstance(error, psycopg.Error) else None
        return said or str(error)
