"""State that the chain can be asked about."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

Touched = set[tuple[str, Any]]


class Table(dict[K, V]):
    """Values by key, with a default; every key that is written is noted in `touched`."""

    def __init__(self, kind: str, touched: Touched, default: V) -> None:
        super().__init__()
        self.kind, self.default, self._touched = kind, default, touched

    def __missing__(self, key: K) -> V:
        return self.default

    def __setitem__(self, key: K, value: V) -> None:
        self._touched.add((self.kind, key))
        super().__setitem__(key, value)

    def put(self, key: K, value: V) -> None:
        """Write a key without noting it."""
        super().__setitem__(key, value)

    def touch(self, key: K) -> None:
        """Note a key without writing it."""
        self._touched.add((self.kind, key))
