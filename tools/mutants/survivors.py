"""Why some mutants survive, as ``tests/mutants/survivors.yaml`` explains it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

from tools import solc

FILE = solc.ROOT / "tests" / "mutants" / "survivors.yaml"


@dataclass(frozen=True)
class Explanation:
    """A reason, and whether it is that nobody could tell the mutant from the contract."""

    why: str
    same: bool


def explanations() -> dict[str, Explanation]:
    """Return the explanations by the mutants' keys; raises ValueError if one has two."""
    entries: list[dict[str, Any]] = yaml.safe_load(FILE.read_text()) or []
    explained: dict[str, Explanation] = {}
    for entry in entries:
        reason = Explanation(entry["why"], bool(entry.get("same")))
        for key in entry["mutants"]:
            if key in explained:
                raise ValueError(f"{FILE.name} explains twice: {key}")
            explained[key] = reason
    return explained
