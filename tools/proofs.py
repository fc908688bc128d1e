"""Proves the arithmetic of the contracts' libraries for every input, and that the proofs can fail.

The proofs are the functions ``check_…`` of ``tests/proofs``. ``tests/proofs/planted.yaml`` has bugs
to plant in a copy of the libraries, at least one for each proof, with the proofs that each breaks.

    python -m tools.proofs               prove everything
    python -m tools.proofs --planted     plant each bug; exactly the proofs named for it must fail
    python -m tools.proofs --planted --of Hold.sol      plant the bugs of one library
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

import yaml

from tools import halmos, solc

PROOFS = Path("tests") / "proofs"
LIBRARIES = Path("contracts") / "libraries"
PLANTED = solc.ROOT / PROOFS / "planted.yaml"
SCRATCH = solc.ROOT / ".cache" / "proofs"
WORKERS = 2

_PROOF = re.compile(r"\bfunction (check_\w+)")
_SETTINGS = {"FOUNDRY_SRC": str(LIBRARIES), "FOUNDRY_TEST": str(PROOFS), "FOUNDRY_OUT": "out"}


class PlantingFailed(Exception):
    """A planted bug does not fit the sources or the proofs as they are."""


@dataclass(frozen=True)
class Bug:
    """A change of one library that the named proofs, and no others, must notice."""

    file: str
    replace: str
    by: str
    breaks: frozenset[str]

    def plant(self, project: Path) -> None:
        """Make the change in a copy; raises ``PlantingFailed`` if its place is not there once."""
        path = project / LIBRARIES / self.file
        text = path.read_text()
        if text.count(self.replace) != 1:
            raise PlantingFailed(f"{self.file} does not have exactly once: {self.replace}")
        path.write_text(text.replace(self.replace, self.by))


def bugs() -> list[Bug]:
    """Return the planted bugs; raises ``PlantingFailed`` if they leave a proof without one."""
    entries = yaml.safe_load(PLANTED.read_text())
    planted = [
        Bug(file, entry["replace"], entry["by"], frozenset(entry["breaks"]))
        for file, changes in entries.items()
        for entry in changes
    ]
    proofs = {name for path in _proof_files() for name in _PROOF.findall(path.read_text())}
    named = frozenset().union(*(bug.breaks for bug in planted))
    if named != proofs:
        raise PlantingFailed(f"Without a bug or a proof: {', '.join(sorted(named ^ proofs))}")
    return planted


def prepare(project: Path) -> None:
    """Make a copy of the libraries and the proofs, in place of what was there."""
    for folder in (LIBRARIES, PROOFS):
        shutil.rmtree(project / folder, ignore_errors=True)
        shutil.copytree(solc.ROOT / folder, project / folder)
    shutil.copy(solc.ROOT / "foundry.toml", project)
    cache = project / ".cache"
    cache.mkdir(exist_ok=True)
    link = cache / "solc"
    if not link.is_symlink():
        link.symlink_to(solc.FOLDER)


def prove() -> list[str]:
    """Prove everything, print the verdicts and return a complaint for each proof that failed."""
    project = SCRATCH / "whole"
    prepare(project)
    verdicts = halmos.prove(project, ".")
    for verdict in verdicts:
        print(
            f"{'proven' if verdict.proven else 'FAILED':<7} {verdict.name} {verdict.seconds:.1f} s"
        )
    print(f"{sum(verdict.proven for verdict in verdicts)} of {len(verdicts)} proofs hold")
    return [f"{verdict.name} does not hold" for verdict in verdicts if not verdict.proven]


def plant(of: str) -> list[str]:
    """Plant the bugs of some libraries and return a complaint for each that was noticed wrongly."""
    projects: SimpleQueue[Path] = SimpleQueue()
    for worker in range(WORKERS):
        projects.put(SCRATCH / f"planted-{worker}")
    with ThreadPoolExecutor(WORKERS) as pool:
        planted = [bug for bug in bugs() if of in bug.file]
        outcomes = pool.map(lambda bug: _broken_by(bug, projects), planted)
        return [
            complaint
            for bug, broken in zip(planted, outcomes, strict=True)
            for complaint in _judge(bug, broken)
        ]


def _broken_by(bug: Bug, projects: SimpleQueue[Path]) -> frozenset[str]:
    """Return the proofs that have a counterexample once the bug is planted."""
    project = projects.get()
    try:
        prepare(project)
        bug.plant(project)
        verdicts = halmos.prove(project, "|".join(_proven_of(bug.file)), one_counterexample=True)
    finally:
        projects.put(project)
    return frozenset(verdict.name for verdict in verdicts if verdict.disproven)


def _judge(bug: Bug, broken: frozenset[str]) -> Iterator[str]:
    found = broken == bug.breaks
    print(f"{'found' if found else 'FAILED':<7} {bug.file}: {' '.join(bug.by.split())}", flush=True)
    for name in sorted(broken):
        print(f"        {name}", flush=True)
    if not found:
        wrong = ", ".join(sorted(broken ^ bug.breaks))
        yield f"{bug.file}, {bug.by}: noticed or not noticed against expectation: {wrong}"


def _proven_of(file: str) -> list[str]:
    """Return the contracts whose proofs speak of a library: those that import it."""
    return [path.name.partition(".")[0] for path in _proof_files() if file in path.read_text()]


def _proof_files() -> list[Path]:
    return sorted((solc.ROOT / PROOFS).glob("*.t.sol"))


def main() -> int:
    """Prove, or plant the bugs; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--planted", action="store_true", help="see that each proof can fail")
    parser.add_argument("--of", default="", help="a part of the names of libraries to plant in")
    asked = parser.parse_args()
    if asked.of and not asked.planted:
        parser.error("argument --of: only together with --planted")
    os.environ.update(_SETTINGS)
    try:
        if asked.planted and not any(asked.of in bug.file for bug in bugs()):
            parser.error("argument --of: no bug is planted in such a library")
        halmos.install()
        complaints = plant(asked.of) if asked.planted else prove()
    except halmos.ProverMissing as missing:
        print(f"Proofs skipped: {missing}")
        return 0
    except (halmos.ProverFailed, PlantingFailed) as failure:
        print(failure, file=sys.stderr)
        return 1
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
