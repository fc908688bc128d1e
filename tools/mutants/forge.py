"""The tests of forge as a judge, in a copy of the tree that is compiled once for all mutants.

The copy has the woven sources. What forge makes of them has the marker that says which mutant is at
work, and is patched in place, so that nothing is compiled again. A mutant that was not woven in is
compiled alone, and the tests are given its code to deploy.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools import solc
from tools.mutants.sources import sources
from tools.mutants.weave import MARKER

SEED = "0x6d7574616e7473"
SECONDS = 300
"""More than all tests take: a mutant that makes them longer is noticed by that."""

SHOWN = 300
WALKS = ("--match-contract", "Invariants")
NO_WALKS = ("--no-match-contract", "Invariants")

_MADE = "made"
_OUT = Path(".cache") / "forge" / "out"
_COPIED = ("contracts", "tests/forge", "foundry.toml")
_SETTINGS = {
    "FOUNDRY_OPTIMIZER": "false",
    "FOUNDRY_CODE_SIZE_LIMIT": str(1 << 24),
    "FOUNDRY_GAS_LIMIT": str(1 << 31),
    "FOUNDRY_FUZZ_RUNS": "24",
    "FOUNDRY_INVARIANT_RUNS": "8",
    "FOUNDRY_INVARIANT_DEPTH": "64",
}


class BuildFailed(Exception):
    """Forge could not compile the tests; carries what it said."""


@dataclass(frozen=True)
class Tree:
    """A copy of what forge needs, below a folder."""

    folder: Path

    @classmethod
    def make(cls, folder: Path, texts: Mapping[str, str]) -> Tree:
        """Copy the tree, with some sources in place of the project's, and compile it.

        What was made of the same before is taken again. Raises ``BuildFailed``.
        """
        made, tree = _digest(texts), cls(folder)
        if (folder / _MADE).is_file() and (folder / _MADE).read_text() == made:
            return tree
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for path in _COPIED:
            copy = shutil.copytree if (solc.ROOT / path).is_dir() else shutil.copy
            copy(solc.ROOT / path, folder / path)
        (folder / "node_modules").symlink_to(solc.ROOT / "node_modules")
        (folder / ".cache").mkdir()
        (folder / ".cache" / "solc").symlink_to(solc.FOLDER)
        tree.write({path: text.decode() for path, text in sources().items()} | dict(texts))
        built = tree.run("build")
        if built.returncode:
            raise BuildFailed(built.stdout + built.stderr)
        (folder / _MADE).write_text(made)
        return tree

    def copy(self, folder: Path) -> Tree:
        """Return another such tree, compiled as this one is."""
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.folder, folder, symlinks=True)
        return Tree(folder)

    def write(self, texts: Mapping[str, str]) -> None:
        """Put sources in place."""
        for path, text in texts.items():
            (self.folder / path).write_text(text)

    def patch(self, woven: Tree, number: int) -> None:
        """Put a mutant of a woven tree to work in this copy of it."""
        for path, text in woven.marked():
            (self.folder / path).write_text(text.replace(MARKER, f"{number:064x}"))

    def deploy(self, artifacts: Mapping[str, str]) -> None:
        """Have the tests deploy other code, by the contracts' names."""
        for name, text in artifacts.items():
            path = self.folder / _OUT / f"{name}.sol" / f"{name}.json"
            compiled = json.loads(path.read_text())
            compiled["bytecode"]["object"] = json.loads(text)["bytecode"]
            path.write_text(json.dumps(compiled))

    def marked(self) -> Iterator[tuple[Path, str]]:
        """Yield what forge made that has the marker, by its path in the tree."""
        for path in sorted((self.folder / _OUT).rglob("*.json")):
            text = path.read_text()
            if MARKER in text:
                yield path.relative_to(self.folder), text

    def failing(self, *which: str) -> str | None:
        """Return the first of some tests that fails, and how."""
        try:
            done = self.run("test", "--fail-fast", "--json", "--fuzz-seed", SEED, *which)
        except subprocess.TimeoutExpired:
            return f"more than {SECONDS} s"
        if done.returncode == 0:
            return None
        try:
            return _first_failure(json.loads(done.stdout)) or done.stderr[:SHOWN]
        except json.JSONDecodeError:
            return (done.stderr or done.stdout)[:SHOWN]

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run forge here."""
        return subprocess.run(
            ["forge", *command],
            cwd=self.folder,
            env=os.environ | _SETTINGS,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )


def _digest(texts: Mapping[str, str]) -> str:
    """Return what tells the copy that would be made from others."""
    parts = [text.encode() for text in texts.values()]
    for folder in _COPIED:
        files = sorted((solc.ROOT / folder).rglob("*.sol")) or [solc.ROOT / folder]
        parts += [path.read_bytes() for path in files]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _first_failure(report: dict[str, Any]) -> str | None:
    for suite in report.values():
        for name, test in suite["test_results"].items():
            if test["status"] == "Failure":
                return f"{name}: {test['reason']}"
    return None
