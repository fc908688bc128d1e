"""The SQL of zhifu: named statements, one file per concern, and the schema's migrations.

A file is a sequence of blocks: a line `-- name --`, comment lines that say what it is for, and one
statement with `:name` parameters. It is written once for both databases; `zhifu.sql.postgresql`
says what may be in it. To add a concern: its file in `FILES`, its revision in
`migrations/versions` (a pair of scripts and the file that names them), and `HEAD`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import resources

from zhifu.sql import postgresql

HEAD = "0005"
"""The schema version this code works with: the last file in `migrations/versions`."""

FILES = (
    "books.sql",
    "operations.sql",
    "acts.sql",
    "deeds.sql",
    "disputes.sql",
    "topups.sql",
    "paybacks.sql",
    "payouts.sql",
    "returns.sql",
    "inbox.sql",
    "index.sql",
    "notify.sql",
    "pruning.sql",
    "api.sql",
    "audit.sql",
    "reconcile.sql",
    "report.sql",
    "ledger.sql",
)
"""The files of named statements; no two statements have the same name."""

_HEADING = re.compile(r"^-- ([a-z0-9_]+) --\n((?:--.*\n)*)", re.MULTILINE)


def parse(text: str) -> dict[str, str]:
    """The statements of a file by name, in its order."""
    _, *parts = _HEADING.split(text)
    return {
        name: body.strip().rstrip(";") for name, body in zip(parts[::3], parts[2::3], strict=True)
    }


@lru_cache(maxsize=2)
def queries(dialect: str) -> dict[str, str]:
    """Every named statement that the gateway runs, for `sqlite` or `postgresql`."""
    found: dict[str, str] = {}
    for name in FILES:
        for query, statement in parse(read(name)).items():
            if found.setdefault(query, statement) is not statement:
                raise ValueError(f"{name}: {query} is the name of another statement")
    if dialect == "postgresql":
        return {name: postgresql.query(statement) for name, statement in found.items()}
    return found


def script(name: str, dialect: str) -> list[str]:
    """The statements of a script of `migrations/versions`, in order, for one of the databases."""
    statements = list(parse(read(f"migrations/versions/{name}")).values())
    if dialect == "postgresql":
        return [each for statement in statements for each in postgresql.schema(statement)]
    return statements


def read(name: str) -> str:
    """The text of one of this package's files."""
    return resources.files(__name__).joinpath(name).read_text(encoding="utf-8")
