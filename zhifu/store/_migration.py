"""Bringing a database up to the schema that this code works with."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect

from zhifu import sql
from zhifu.exceptions import InvalidInput


def migrate(engine: Engine) -> None:
    """Bring an older schema up to date; raises InvalidInput for one that a newer zhifu wrote."""
    with engine.begin() as connection:
        found = _version(connection)
    if found == sql.HEAD:
        return
    if found is not None and found > sql.HEAD:
        raise InvalidInput("database", "must not be newer than this zhifu", found)
    go_to(engine, sql.HEAD)


def go_to(engine: Engine, revision: str) -> None:
    """Bring the schema up, or down, to a revision; `base` is none at all."""
    # Imported here because a database that is up to date, the usual case, needs none of it.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(sql.__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        found = _version(connection)
        down = found is not None and (revision == "base" or revision < found)
        (command.downgrade if down else command.upgrade)(config, revision)


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
