"""What the file and the environment give, as one tree that remembers where each value stands."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from zhifu.config._mistake import Mistake

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

DEFAULT_FILE = Path("zhifu.toml")

_PREFIX = "ZHIFU_"
_NESTED = re.compile(r"ZHIFU_[A-Z0-9]+(_[A-Z0-9]+)*(__[A-Z0-9]+(_[A-Z0-9]+)*)+")

#: Variables with a name of their own, and what they set.
_NAMED = {
    "ZHIFU_HOME": ("home",),
    "ZHIFU_RPC": ("chain", "rpc"),
    "ZHIFU_DATABASE": ("database", "url"),
    "ZHIFU_KEY": ("key",),
    "ZHIFU_KEYSTORE": ("keystore",),
    "ZHIFU_PASSWORD": ("password",),
}

#: Variables that are not settings, and are read where they are used.
_ELSEWHERE = ("ZHIFU_CONFIG", "ZHIFU_ANVIL", "ZHIFU_DEBUG")

#: How much like a setting's name the name of a variable must be to count as misspelt. Others may
#: be another program's: Kubernetes gives every container some for a service that is called zhifu.
_ALIKE = 0.8


class Given(NamedTuple):
    """A value as it was given. ``origin`` is a variable or a file; ``file`` None for a variable."""

    value: Any
    origin: str
    file: Path | None

    @property
    def folder(self) -> Path:
        """What a relative path is relative to: the file's folder, or the current one."""
        return self.file.parent if self.file else Path()


Tree: TypeAlias = "dict[str, Given | Tree]"


def gather(environment: Mapping[str, str]) -> tuple[Tree, list[Mistake]]:
    """Everything that is set, and what cannot be read at all.

    The file is ``ZHIFU_CONFIG``, else ``zhifu.toml`` in the current folder if there is one; the
    environment wins over it. An empty variable counts as unset.
    """
    given = {name: value for name, value in environment.items() if value}
    tree, mistakes = _read_file(given.get("ZHIFU_CONFIG"))
    for name, path in sorted(_NAMED.items()):
        if name in given:
            mistakes += _put(tree, path, Given(given[name], name, None))
    for name in sorted(each for each in given if each.startswith(_PREFIX)):
        mistakes += _take(tree, name, given[name])
    return tree, mistakes


def _take(tree: Tree, name: str, value: str) -> list[Mistake]:
    """Put what a variable sets into the tree."""
    if name in _NAMED or name in _ELSEWHERE:
        return []
    if _NESTED.fullmatch(name):
        path = tuple(name.removeprefix(_PREFIX).lower().split("__"))
        return _put(tree, path, Given(value, name, None))
    alike = get_close_matches(name, [*_NAMED, *_ELSEWHERE], n=1, cutoff=_ALIKE)
    if "__" in name or alike:
        meant = f": {alike[0]}?" if alike else ", such as ZHIFU_HTTP__PORT"
        return [Mistake(name, f"must be the name of a setting{meant}", name)]
    return []


def _put(tree: Tree, path: tuple[str, ...], given: Given) -> list[Mistake]:
    """Set a value, in place of whatever the file has there or below it."""
    *parents, key = path
    for parent in parents:
        below = tree.get(parent)
        if isinstance(below, Given) and below.file is None:
            return [_clash(path, given, below)]
        if not isinstance(below, dict):
            below = tree[parent] = {}
        tree = below
    found = tree.get(key)
    if isinstance(found, Given) and found.file is None:
        return [_clash(path, given, found)]
    tree[key] = given
    return []


def _clash(path: tuple[str, ...], given: Given, other: Given) -> Mistake:
    rule = f"must not be set together with {other.origin}"
    return Mistake(".".join(path), rule, given.origin)


def _read_file(chosen: str | None) -> tuple[Tree, list[Mistake]]:
    path = Path(chosen).expanduser() if chosen else DEFAULT_FILE
    if not chosen and not path.exists():
        return {}, []
    origin = "ZHIFU_CONFIG" if chosen else str(path)
    try:
        return _located(tomllib.loads(path.read_text(encoding="utf-8")), path), []
    except OSError as error:
        rule = f"must name a file that can be read ({error.strerror or type(error).__name__})"
    except UnicodeDecodeError:
        rule = "must be a file in UTF-8"
    except tomllib.TOMLDecodeError as error:
        rule = f"must be a TOML file{_place(error)}"
    return {}, [Mistake("configuration", rule, origin)]


def _place(error: Exception) -> str:
    # Only the place: the rest of the message may quote what stands there.
    place = re.search(r"\(at (line \d+, column \d+|end of document)\)", str(error))
    return f", and is none at {place.group(1)}" if place else ""


def _located(table: Mapping[str, Any], file: Path) -> Tree:
    return {
        key: _located(value, file) if isinstance(value, Mapping) else Given(value, str(file), file)
        for key, value in table.items()
    }
