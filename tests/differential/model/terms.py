"""A value, and the one that takes its place from a time on (FEE, TREASURY)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

DELAY = 172_800


@dataclass(frozen=True)
class Term(Generic[T]):
    """A value before the time `since`, and from then on."""

    before: T
    after: T
    since: int = 0

    def at(self, now: int) -> T:
        """Return the value of a time."""
        return self.after if now >= self.since else self.before

    def changed(self, value: T, now: int, *, at_once: bool) -> Term[T]:
        """Return the term after a change, which replaces one that does not hold yet."""
        return Term(self.at(now), value, now if at_once else now + DELAY)

    def announced(self, nothing: T, now: int) -> tuple[T, int]:
        """Return what will hold and from when; `nothing` and 0 if it does already."""
        return (nothing, 0) if now >= self.since else (self.after, self.since)


def always(value: T) -> Term[T]:
    """Return a term that was never changed."""
    return Term(value, value)
