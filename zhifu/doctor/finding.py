"""What a check found, and what to do about it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any


class Verdict(str, Enum):
    """How a check ended; SKIPPED is one that needs what another check found broken."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's outcome: what was looked at, what it saw, and what to do unless it is fine."""

    check: str
    verdict: Verdict
    saw: str
    advice: str = ""

    def to_dict(self) -> dict[str, Any]:
        """For programs."""
        return {**asdict(self), "verdict": self.verdict.value}


def fine(check: str, saw: str) -> Finding:
    """Nothing to do."""
    return Finding(check, Verdict.OK, saw)


def warning(check: str, saw: str, advice: str) -> Finding:
    """It works, and may not go on to."""
    return Finding(check, Verdict.WARNING, saw, advice)


def failure(check: str, saw: str, advice: str) -> Finding:
    """It does not work."""
    return Finding(check, Verdict.FAILURE, saw, advice)
