"""What became of mutants, kept between runs: one that was interrupted goes on where it was."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from tools import solc
from tools.mutants.sources import digest

FOLDER = solc.ROOT / ".cache" / "mutants"
TESTS = ("tests/differential", "tests/forge", "tools/mutants")


@dataclass(frozen=True)
class Outcome:
    """Who noticed a mutant and how, or that nobody did (`by` is empty), or that it is none."""

    key: str
    by: str
    says: str = ""

    @property
    def survived(self) -> bool:
        """Whether no test noticed."""
        return not self.by


class Book:
    """The outcomes for these contracts. What survived is forgotten once the tests change."""

    def __init__(self) -> None:
        FOLDER.mkdir(parents=True, exist_ok=True)
        self._noticed = FOLDER / f"{digest()[:16]}.noticed.jsonl"
        self._survived = FOLDER / f"{digest()[:16]}.{_tests_digest()[:16]}.survived.jsonl"
        self.known = {each.key: each for each in (*_read(self._noticed), *_read(self._survived))}

    def note(self, outcome: Outcome) -> None:
        """Keep an outcome."""
        self.known[outcome.key] = outcome
        path = self._survived if outcome.survived else self._noticed
        with path.open("a") as file:
            file.write(json.dumps(asdict(outcome)) + "\n")


def _read(path: Path) -> list[Outcome]:
    if not path.is_file():
        return []
    return [Outcome(**json.loads(line)) for line in path.read_text().splitlines()]


def _tests_digest() -> str:
    files = (path for folder in TESTS for path in sorted((solc.ROOT / folder).rglob("*.*")))
    read = (path.read_bytes() for path in files if path.suffix in (".py", ".sol"))
    return hashlib.sha256(b"\0".join(read)).hexdigest()
