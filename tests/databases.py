"""Databases for tests: a file of SQLite, or a database of a real PostgreSQL server of our own.

A test that takes `databases` or `database_url` runs once on each.
"""

from __future__ import annotations

import atexit
import importlib
import importlib.util
import json
import os
import shutil
import signal
import sqlite3
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import pytest

from zhifu.store import Store

NO_SERVER = "pgserver, a PostgreSQL server from PyPI, has no wheel for this Python"

#: A test's databases are thrown away, so nothing in them needs to survive a power cut.
_SETTINGS = ("fsync = off", "full_page_writes = off", "autovacuum = off")


_PREFIX = "zhifu-postgresql-"


class Databases(Protocol):
    """The databases of one test, by name."""

    def url(self, name: str = "gateway") -> str:
        """Where the database of that name is; made, up to date and empty, if it is new."""

    def connect(self, name: str = "gateway") -> Any:
        """The driver's own connection to it, which commits every statement by itself."""

    def copy(self, name: str, to: str) -> str:
        """Copy a database that nobody has open, as a back-up does; where the copy is."""


class SQLiteDatabases:
    """Files in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def url(self, name: str = "gateway") -> str:
        return f"sqlite:///{self._file(name)}"

    def connect(self, name: str = "gateway") -> Any:
        connection = sqlite3.connect(self._file(name), isolation_level=None)
        connection.execute("PRAGMA foreign_keys = ON")
        return connection

    def copy(self, name: str, to: str) -> str:
        with closing(self.connect(name)) as books:
            books.execute("VACUUM INTO ?", (str(self._file(to)),))
        return self.url(to)

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}.sqlite3"


class Server:
    """A PostgreSQL server of our own; its databases are copies of one that is up to date."""

    def __init__(self) -> None:
        # The test session's own folder is closed to the user the server runs as.
        self._folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        self._folder.chmod(0o755)
        self._server = self._start()
        self._names = count(1)
        self._admin: Any = self.connect("postgres")
        for setting in _SETTINGS:
            self._admin.execute(f"ALTER SYSTEM SET {setting}")
        self._admin.execute("SELECT pg_reload_conf()")
        self._template = self.create("template1")
        Store.open(self.url(self._template)).close()

    def create(self, template: str | None = None) -> str:
        """A new database, like the template; up to date if none is named."""
        name = f"test_{next(self._names)}"
        self._admin.execute(f"CREATE DATABASE {name} TEMPLATE {template or self._template}")
        return name

    def drop(self, name: str) -> None:
        """Throw a database away, whoever uses it."""
        self._admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def url(self, name: str) -> str:
        """The address of a database."""
        address: str = self._server.get_uri(name)
        return address

    def connect(self, name: str) -> Any:
        """The driver's own connection to a database, without transactions."""
        return importlib.import_module("psycopg").connect(self.url(name), autocommit=True)

    def stop(self) -> None:
        """Stop the server and throw everything away."""
        self._admin.close()
        self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a folder that it can do without
            pgserver = importlib.import_module("pgserver")
        return pgserver.get_server(self._folder / "data", cleanup_mode="delete")


class PostgreSQLDatabases:
    """Databases of a server."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._names: dict[str, str] = {}

    def url(self, name: str = "gateway") -> str:
        if name not in self._names:
            self._names[name] = self._server.create()
        return self._server.url(self._names[name])

    def connect(self, name: str = "gateway") -> Any:
        self.url(name)
        return self._server.connect(self._names[name])

    def copy(self, name: str, to: str) -> str:
        self._names[to] = self._server.create(self._names[name])
        return self._server.url(self._names[to])

    def drop(self) -> None:
        for name in self._names.values():
            self._server.drop(name)


def stop_abandoned() -> None:
    """Stop servers whose sessions were killed before they could."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError, ValueError):
            sessions = json.loads((folder / "data" / ".handle_pids.json").read_text())
            if not sessions or any(Path(f"/proc/{pid}").exists() for pid in sessions):
                continue
            postmaster, *_ = (folder / "data" / "postmaster.pid").read_text().split()
            if str(folder) in Path(f"/proc/{postmaster}/cmdline").read_text():
                os.kill(int(postmaster), signal.SIGQUIT)
            shutil.rmtree(folder, ignore_errors=True)


@lru_cache(maxsize=1)
def server() -> Server:
    """The server of this session, started when it is first needed."""
    if Path("/proc").exists():
        stop_abandoned()
    started = Server()
    atexit.register(started.stop)
    return started


_without_server = pytest.mark.skipif(importlib.util.find_spec("pgserver") is None, reason=NO_SERVER)


DIALECTS = ("sqlite", pytest.param("postgresql", marks=_without_server))
"""What a test is parametrised with that runs on each kind of database."""


@contextmanager
def place(dialect: str) -> Iterator[Databases]:
    """A place for databases of one kind; they are thrown away at its end."""
    if dialect == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield SQLiteDatabases(Path(folder))
        return
    found = PostgreSQLDatabases(server())
    try:
        yield found
    finally:
        found.drop()


@pytest.fixture(params=DIALECTS)
def databases(request: pytest.FixtureRequest) -> Iterator[Databases]:
    """A place for databases, of each kind in turn."""
    with place(request.param) as found:
        yield found


@pytest.fixture
def database_url(databases: Databases) -> str:
    """A database, of each kind in turn."""
    return databases.url()
