"""The SQL of zhifu: named statements, one file per concern, and the schema's migrations.

A file is a sequence of blocks: a line `-- name --`, comment lines that say what it is for, and one
statement with `:name` parameters.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import resources

HEAD = "0002"
"""The schema version this code works with: the last file in `migrations/versions`."""

_HEADING = re.compile(r"^-- ([a-z0-9_]+) --\n((?:--.*\n)*)", re.MULTILINE)


def parse(text: str) -> dict[str, str]:
    """The statements of a file by name, in its order."""
    _, *parts = _HEADING.split(text)
    return {
        name: body.strip().rstrip(";") for name, body in zip(parts[::3], parts[2::3], strict=True)
    }


@lru_cache(maxsize=1)
def queries() -> dict[str, str]:
    """Every named statement that the gateway runs."""
    found: dict[str, str] = {}
    for name in ("books.sql", "index.sql"):
        found.update(parse(read(name)))
    return found


def read(name: str) -> str:
    """The text of one of this package's files."""
    return resources.files(__name__).joinpath(name).read_text(encoding="utf-8")
