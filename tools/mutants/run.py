"""Trying mutants in several processes."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.mutants import forge, walks
from tools.mutants.book import FOLDER, Outcome
from tools.mutants.compiler import Compiler, DoesNotCompile
from tools.mutants.forge import Tree, Trees
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
    trees: Trees
    artifacts: Path
    compiler: Compiler | None = None

    def outcome(self, mutant: Mutant) -> Outcome:
        """Try a mutant on one test after the other, the fastest first."""
        try:
            artifacts = self._artifacts(mutant)
        except DoesNotCompile as refusal:
            return Outcome(mutant.key, STILLBORN, str(refusal).partition("\n")[0])
        with self.trees.at_work(mutant, self.weave) as tree:
            if says := tree.failing(*forge.NO_WALKS):
                return Outcome(mutant.key, "forge", says)
            if says := walks.notices(artifacts, self.artifacts):
                return Outcome(mutant.key, "differential", says)
            if says := tree.failing(*forge.WALKS):
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
    woven = Tree.make(FOLDER / "woven", weave.texts)
    plain = Tree.make(FOLDER / "plain", {})
    _check(weave, woven, plain)
    context = multiprocessing.get_context("fork")
    with context.Pool(jobs, _begin, (weave, woven, plain)) as pool:
        yield from pool.imap_unordered(_try, mutants)


def _check(weave: Weave, woven: Tree, plain: Tree) -> None:
    says = woven.failing() or plain.failing()
    says = says or walks.notices(weave.artifacts_of(None), FOLDER / "artifacts")
    if says:
        raise FailsWithoutMutant(says)


def _begin(weave: Weave, woven: Tree, plain: Tree) -> None:
    folder = FOLDER / multiprocessing.current_process().name
    trees = Trees(woven, woven.copy(folder / "woven"), plain.copy(folder / "plain"))
    _worker.append(Worker(weave, trees, folder / "artifacts"))


def _try(mutant: Mutant) -> Outcome:
    return _worker[0].outcome(mutant)
