"""What the specification refuses, and with which errors."""

from __future__ import annotations

from types import EllipsisType
from typing import Any, NamedTuple


class Error(NamedTuple):
    """A typed error; `...` as values stands for values that the rules leave open."""

    name: str
    values: tuple[Any, ...] | EllipsisType


class Refused(Exception):
    """A call that breaks one or more rules: any of the errors is a right answer."""

    def __init__(self, errors: list[Error]) -> None:
        super().__init__(", ".join(sorted({error.name for error in errors})))
        self.errors = errors


class Rules:
    """The rules that one call must keep: all are looked at before the call is refused."""

    def __init__(self) -> None:
        self.broken: list[Error] = []

    def require(self, holds: bool, error: str, *values: Any) -> bool:
        """Note a rule that may be broken, by its error; tell whether it holds."""
        if not holds:
            self.broken.append(Error(error, values))
        return holds

    def require_any(self, holds: bool, error: str) -> bool:
        """Do the same for an error whose values the rules leave open."""
        if not holds:
            self.broken.append(Error(error, ...))
        return holds

    def enforce(self) -> None:
        """Refuse the call if a rule is broken."""
        if self.broken:
            raise Refused(self.broken)
