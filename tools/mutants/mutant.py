"""One small change of one source."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from tools.mutants.sources import sources


class Kind(enum.Enum):
    """What a change takes away; of the first three no test may miss any."""

    GUARD = "guard"
    MODIFIER = "modifier"
    MONEY = "money"
    OTHER = "other"


@dataclass(frozen=True)
class Mutant:
    """A change: `was`, at byte `start` of the file, becomes `by`.

    `scope` is the contract and function it is in, `turn` which of the same changes there.
    """

    file: str
    scope: str
    kind: Kind
    start: int
    was: str
    by: str
    turn: int = 1

    @property
    def key(self) -> str:
        """The name of the change, which stays when lines move."""
        turn = f" #{self.turn}" if self.turn > 1 else ""
        return f"{self.scope}: {_line(self.was)} -> {_line(self.by) or '{}'}{turn}"

    def source(self) -> str:
        """Return the text of the file with the change made."""
        text = sources()[self.file]
        end = self.start + len(self.was.encode())
        return (text[: self.start] + self.by.encode() + text[end:]).decode()


def _line(text: str) -> str:
    return " ".join(text.split())
