"""Trying mutants in several processes."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.mutants import forge, walks
from tools.mutants.book import FOLDER, Outcome
from tools.mutants.compiler import Compiler, DoesNotCompile
from tools.mutants.forge import Tree
from tools.mutants.mutant import Mutant
from tools.mutants.weave import Weave

STILLBORN = "the compiler"
"""Who notices what does not compile; that is no mutant."""


class FailsWithoutMutant(Exception):
    """A test fails on the contracts as they are, so it says nothing of mutants."""


@dataclass
class Worker:
    """One process's compiler and folders. The compiler starts when it is first needed."""

    weave: Weave
    tree: Tree
    mine: Tree
    artifacts: Path
    compiler: Compiler | None = None

    def outcome(self, mutant: Mutant) -> Outcome:
        """Try a mutant on one test after the other, the fastest first."""
        try:
            artifacts = self._artifacts(mutant)
        except DoesNotCompile as refusal:
            return Outcome(mutant.key, STILLBORN, str(refusal).partition("\n")[0])
        if says := walks.notices(artifacts, self.artifacts, walks.SHORT):
            return Outcome(mutant.key, "differential", says)
        self.mine.patch(self.tree, self.weave.numbers.get(mutant.key, 0))
        if mutant.key not in self.weave.numbers:
            self.mine.deploy(artifacts)
        if says := self.mine.failing(*forge.NO_WALKS):
            return Outcome(mutant.key, "forge", says)
        if says := walks.notices(artifacts, self.artifacts, walks.LONG):
            return Outcome(mutant.key, "long differential", says)
        if says := self.mine.failing(*forge.WALKS):
            return Outcome(mutant.key, "forge's walks", says)
        return Outcome(mutant.key, "")

    def _artifacts(self, mutant: Mutant) -> dict[str, str]:
        if mutant.key in self.weave.numbers:
            return self.weave.artifacts_of(mutant)
        self.compiler = self.compiler or Compiler()
        changed = self.compiler.artifacts({mutant.file: mutant.source()})
        return self.weave.artifacts_of(None) | changed


_worker: list[Worker] = []


def outcomes(weave: Weave, mutants: list[Mutant], jobs: int) -> Iterator[Outcome]:
    """Yield what becomes of each mutant.

    Raises ``FailsWithoutMutant`` first, if a test fails while none is at work.
    """
    says = walks.notices(weave.artifacts_of(None), FOLDER / "artifacts", walks.SHORT + walks.LONG)
    tree = Tree.make(FOLDER / "woven", weave.texts)
    says = says or tree.failing()
    if says:
        raise FailsWithoutMutant(says)
    context = multiprocessing.get_context("fork")
    with context.Pool(jobs, _begin, (weave, tree)) as pool:
        yield from pool.imap_unordered(_try, mutants)


def _begin(weave: Weave, tree: Tree) -> None:
    folder = FOLDER / multiprocessing.current_process().name
    _worker.append(Worker(weave, tree, tree.copy(folder / "tree"), folder / "artifacts"))


def _try(mutant: Mutant) -> Outcome:
    return _worker[0].outcome(mutant)
