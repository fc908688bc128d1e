"""What became of mutants, kept between runs: one that was interrupted goes on where it was.

That a mutant was noticed is remembered as long as its source stays as it is; that none did, until
the tests or anything in the contracts changes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from tools import solc
from tools.mutants.mutant import Mutant
from tools.mutants.sources import digest, sources

FOLDER = solc.ROOT / ".cache" / "mutants"
OUTCOMES = FOLDER / "outcomes.jsonl"
TESTS = ("tests/differential", "tests/forge", "tools/mutants")


@dataclass(frozen=True)
class Outcome:
    """Who noticed a mutant and how, or that nobody did: then `by` is empty."""

    key: str
    by: str
    says: str = ""

    @property
    def survived(self) -> bool:
        """Whether no test noticed."""
        return not self.by


class Book:
    """The outcomes that are known of some mutants."""

    def __init__(self, mutants: Iterable[Mutant], path: Path = OUTCOMES) -> None:
        self._path = path
        self._files = {each.key: each.file for each in mutants}
        self.known = {each.key: each for each in self._read()}

    def note(self, outcome: Outcome) -> None:
        """Keep an outcome."""
        self.known[outcome.key] = outcome
        self._path.parent.mkdir(parents=True, exist_ok=True)
        line = asdict(outcome) | {"of": self._of(outcome)}
        with self._path.open("a") as file:
            file.write(json.dumps(line) + "\n")

    def _read(self) -> Iterable[Outcome]:
        for text in self._path.read_text().splitlines() if self._path.is_file() else ():
            line = json.loads(text)
            of = line.pop("of")
            outcome = Outcome(**line)
            if outcome.key in self._files and of == self._of(outcome):
                yield outcome

    def _of(self, outcome: Outcome) -> str:
        """Return what has to stay as it is for an outcome to stay."""
        if outcome.survived:
            return digest() + _tests_digest()
        return hashlib.sha256(sources()[self._files[outcome.key]]).hexdigest()


@cache
def _tests_digest() -> str:
    files = (path for folder in TESTS for path in sorted((solc.ROOT / folder).rglob("*.*")))
    read = (path.read_bytes() for path in files if path.suffix in (".py", ".sol"))
    return hashlib.sha256(b"\0".join(read)).hexdigest()
