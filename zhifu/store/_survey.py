"""Looking at a database without changing anything in it, not even its schema."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import URL
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from zhifu import sql
from zhifu.exceptions import DatabaseRefused, DatabaseUnreachable, InvalidInput

#: What a statement of the survey answers: the first column of its first row, or None.
Ask = Callable[[str], Any]

_BUSY_SECONDS = 2.0

#: What of PostgreSQL's settings lets a committed transaction survive a power cut.
_SETTINGS = ("fsync", "full_page_writes", "synchronous_commit")
_REPLICA = "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on'"
_MAY_CREATE = "SELECT has_schema_privilege(current_schema(), 'CREATE')"
_HAS_TABLES = "SELECT to_regclass('alembic_version') IS NOT NULL"
_HAS_TABLES_SQLITE = "SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'"


class Survey(NamedTuple):
    """What a database is, as it stands.

    ``revision`` is that of its schema, None if it has none yet. ``deployment`` is the chain id,
    Settlement and block of the deployment that its books belong to, None unless they do. What keeps
    it from being written, if anything does, is its ``obstacle``. ``settings`` are those that decide
    whether what was committed survives a power cut. ``file`` is that of SQLite. ``vault_check`` is
    what the key opens that its secrets are sealed by, None before the first is. ``mode`` is what
    services on it are for, test or live, None before the first.
    """

    server: str
    revision: str | None
    deployment: tuple[int, str, str] | None
    obstacle: str | None
    settings: Mapping[str, str]
    file: Path | None = None
    vault_check: bytes | None = None
    mode: str | None = None


def survey(url: str) -> Survey:
    """Look at the database at `url`, which need not exist yet if it is a file.

    Raises InvalidInput for a URL that it cannot use, DatabaseUnreachable and DatabaseRefused.
    """
    try:
        address = make_url(url)
    except SQLAlchemyError:
        raise InvalidInput("database", "must be a database address") from None
    if address.get_backend_name() == "sqlite":
        return _survey_file(Path(address.database or ":memory:"))
    return _survey_server(address)


def _survey_file(file: Path) -> Survey:
    server = f"SQLite {sqlite3.sqlite_version}"
    if not file.exists():
        return Survey(server, None, None, None, {}, file)
    try:
        with closing(_open(file)) as connection:

            def ask(statement: str) -> Any:
                row = connection.execute(statement).fetchone()
                return row[0] if row else None

            revision = _revision(ask, has_tables=bool(ask(_HAS_TABLES_SQLITE)))
            settings = {"journal_mode": str(ask("PRAGMA journal_mode"))}
            deployment = _deployment(connection.execute, "sqlite", revision)
            check = _vault_check(connection.execute, "sqlite", revision)
            mode = _value(connection.execute, "sqlite", revision, "books_mode")
            obstacle = _obstacle(connection)
            return Survey(server, revision, deployment, obstacle, settings, file, check, mode)
    except sqlite3.Error as error:
        raise DatabaseRefused(str(error)) from error


def _open(file: Path) -> sqlite3.Connection:
    # Opened by any other mode than `rw`, a file that is removed meanwhile would be made.
    address = f"{file.resolve().as_uri()}?mode=rw"
    return sqlite3.connect(address, uri=True, timeout=_BUSY_SECONDS, isolation_level=None)


def _obstacle(connection: sqlite3.Connection) -> str | None:
    """Why the file cannot be written now; a transaction is begun and given up to find out."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        return str(error)
    return None


def _survey_server(address: URL) -> Survey:
    # Imported here because its driver is an extra.
    from zhifu.store._postgresql import PostgreSQL

    database = PostgreSQL(address)
    engine = database.engine()
    try:
        with closing(engine.raw_connection()) as connection:
            cursor = connection.cursor()

            def ask(statement: str) -> Any:
                row = cursor.execute(statement).fetchone()
                return row[0] if row else None

            revision = _revision(ask, has_tables=bool(ask(_HAS_TABLES)))
            settings = {each: str(ask(f"SHOW {each}")) for each in _SETTINGS}
            deployment = _deployment(cursor.execute, "postgresql", revision)
            server = f"PostgreSQL {ask('SHOW server_version')}"
            check = _vault_check(cursor.execute, "postgresql", revision)
            mode = _value(cursor.execute, "postgresql", revision, "books_mode")
            obstacle = _refusal(ask)
            return Survey(server, revision, deployment, obstacle, settings, None, check, mode)
    except database.error as error:
        reason = database.reason(error)
        lost = database.is_lost(error)
        raise (DatabaseUnreachable if lost else DatabaseRefused)(reason) from error
    finally:
        engine.dispose()


def _refusal(ask: Ask) -> str | None:
    """Why a server cannot be written."""
    if ask(_REPLICA):
        return "it is a replica, or read-only"
    return None if ask(_MAY_CREATE) else "its user may not make tables"


def _revision(ask: Ask, *, has_tables: bool) -> str | None:
    return ask("SELECT version_num FROM alembic_version") if has_tables else None


def _deployment(
    execute: Callable[[str], Any], dialect: str, revision: str | None
) -> tuple[int, str, str] | None:
    """Which deployment books of this zhifu's own schema belong to."""
    if revision != sql.HEAD:
        return None
    row = execute(sql.queries(dialect)["deployment"]).fetchone()
    return (int(row[0]), str(row[1]), str(row[2])) if row else None


def _vault_check(execute: Callable[[str], Any], dialect: str, revision: str | None) -> bytes | None:
    """What a database of this zhifu's own schema has to tell the key by."""
    found = _value(execute, dialect, revision, "vault_check")
    return None if found is None else bytes(found)


def _value(
    execute: Callable[[str], Any], dialect: str, revision: str | None, query: str
) -> Any | None:
    """The one value that a database of this zhifu's own schema answers, if it has one."""
    if revision != sql.HEAD:
        return None
    row = execute(sql.queries(dialect)[query]).fetchone()
    return row[0] if row else None
