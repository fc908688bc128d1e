"""Reading a part of the configuration: every value by its rule, every mistake noted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import NamedTuple, TypeVar

from zhifu.config._kinds import Kind, Refusal
from zhifu.config._mistake import Mistake, variable_of
from zhifu.config._tree import Given, Tree

T = TypeVar("T")

_ALIKE = 0.5


class Reading(NamedTuple):
    """A setting as it was read; ``shown`` is its value for people, ``origin`` None by default."""

    field: str
    shown: str
    origin: str | None


class Record:
    """What was read and what was wrong, of a whole configuration.

    ``environment`` is where secrets are looked up that are given by the name of a variable.
    """

    def __init__(self, environment: Mapping[str, str], mistakes: Iterable[Mistake] = ()) -> None:
        self.environment = environment
        self.mistakes = list(mistakes)
        self.readings: list[Reading] = []


class Section:
    """One table of settings, called ``name``; to be left with ``close`` when all was read.

    Where a value breaks its rule the mistake is noted and reading goes on, so that one reading
    finds every mistake.
    """

    def __init__(self, name: str, tree: Tree, record: Record) -> None:
        self.name = name
        self._tree = tree
        self._record = record
        self._known: list[str] = []

    def __contains__(self, key: str) -> bool:
        return key in self._tree

    def get(self, key: str, kind: Kind[T], default: T) -> T:
        """A setting, or its default."""
        self._known.append(key)
        if key in self:
            return self._read(key, kind, default)
        self._note(key, kind.shown(default), None)
        return default

    def find(self, key: str, kind: Kind[T]) -> T | None:
        """A setting, or None."""
        self._known.append(key)
        if key in self:
            return self._read(key, kind, kind.blank)
        self._note(key, "", None)
        return None

    def need(self, key: str, kind: Kind[T]) -> T:
        """A setting that must be there."""
        self._known.append(key)
        if key in self:
            return self._read(key, kind, kind.blank)
        self.miss(key)
        return kind.blank

    def is_sound(self, key: str) -> bool:
        """Whether a setting is there and kept its rule."""
        wrong = any(each.field == self._field(key) for each in self._record.mistakes)
        return key in self and not wrong

    def section(self, key: str) -> Section:
        """A table in this one, empty where it is missing."""
        self._known.append(key)
        found = self._tree.get(key, {})
        if isinstance(found, Given):
            self.refuse(key, "must be a table of settings")
            found = {}
        return Section(self._field(key), found, self._record)

    def sections(self, pattern: str, rule: str) -> Iterator[tuple[str, Section]]:
        """The tables in this one by name, each of which ``pattern`` must match."""
        for key in self._tree:
            if re.fullmatch(pattern, key):
                yield key, self.section(key)
            else:
                self._known.append(key)
                self.refuse(key, rule)

    def close(self) -> None:
        """Note every key that nobody asked for, with what was probably meant."""
        for key in [each for each in self._tree if each not in self._known]:
            alike = get_close_matches(key, self._known, n=1, cutoff=_ALIKE)
            meant = f"{alike[0]}?" if alike else ", ".join(self._known)
            self.refuse(key, f"must be the name of a setting: {meant}")

    def miss(self, key: str) -> None:
        """Note that a setting is missing."""
        rule = f"must be set, in a file or by {variable_of(self._field(key))}"
        self._record.mistakes.append(Mistake(self._field(key), rule))

    def refuse(self, key: str, rule: str) -> None:
        """Note that a setting breaks a rule."""
        found = self._tree.get(key)
        origin = None if found is None else _origin(found)
        self._record.mistakes.append(Mistake(self._field(key), rule, origin))

    def _read(self, key: str, kind: Kind[T], fallback: T) -> T:
        try:
            value = kind.read(self._tree[key], self._record.environment)
        except Refusal as refusal:
            self.refuse(key, str(refusal))
        except (ValueError, TypeError):
            self.refuse(key, kind.rule)
        else:
            self._note(key, kind.shown(value), _origin(self._tree[key]))
            return value
        return fallback

    def _note(self, key: str, shown: str, origin: str | None) -> None:
        self._record.readings.append(Reading(self._field(key), shown, origin))

    def _field(self, key: str) -> str:
        return f"{self.name}.{key}" if self.name else key


def _origin(found: Given | Tree) -> str | None:
    while not isinstance(found, Given):
        if not found:
            return None
        found = next(iter(found.values()))
    return found.origin
