"""The sources as they were when the run began, whoever works on them meanwhile."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from functools import cache

from tools import solc

CONTRACTS = solc.ROOT / "contracts"
_IMPORT = re.compile(r'\bimport\b[^;]*?"(\.[^"]+)";')


@cache
def sources() -> dict[str, bytes]:
    """Return the project's own sources by path, without those that only tests deploy."""
    testing = CONTRACTS / "testing"
    paths = (path for path in sorted(CONTRACTS.rglob("*.sol")) if testing not in path.parents)
    return {str(path.relative_to(solc.ROOT)): path.read_bytes() for path in paths}


def mutable() -> list[str]:
    """Return the sources in which something runs."""
    return [path for path in sources() if not path.startswith("contracts/interfaces/")]


def deployed() -> list[str]:
    """Return the sources of the contracts that are deployed."""
    return [path for path in sources() if path.count("/") == 1]


@cache
def reached_from(path: str) -> frozenset[str]:
    """Return a source and every source of ours that it imports, directly or not."""
    return frozenset([path]).union(*(reached_from(found) for found in _imports(path)))


def _imports(path: str) -> Iterator[str]:
    for found in _IMPORT.findall(sources()[path].decode()):
        target = (solc.ROOT / path).parent.joinpath(found).resolve()
        yield str(target.relative_to(solc.ROOT))


def digest() -> str:
    """Return what tells these sources from others."""
    joined = b"\0".join(path.encode() + b"\0" + text for path, text in sources().items())
    return hashlib.sha256(joined).hexdigest()
