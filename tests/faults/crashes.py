"""Let a gateway die at every point of a payment's way, and see that nothing is lost or done twice.

python -m tests.faults.crashes --each 400               as `make faults` does, on both databases: so
                                            often up to confirmation, a quarter as often afterwards
python -m tests.faults.crashes --point "batch settled" --first 17 --each 1         one round again

Ends with one line, and a status that is not 0 if anything was lost or done twice, or if a point was
not reached.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from multiprocessing import get_context
from multiprocessing.util import Finalize
from pathlib import Path
from typing import NamedTuple

from tests.databases import place
from tests.faults.fuse import Fuse
from tests.faults.points import AFTERWARDS, POINTS, Point
from tests.faults.progress import FOLDER, Progress
from tests.faults.rounds import Outcome, Round
from tests.faults.town import Town
from tests.integration.fair import Fair, open_fair
from zhifu.anvil import Anvil
from zhifu.audit import audit
from zhifu.chain import Chain
from zhifu.exceptions import ZhifuError

DATABASES = ("sqlite", "postgresql")
GENESIS = 1_750_000_000
#: Rounds in one town: chain and database grow, as they would.
_CHUNK = 50
#: A story may take another turn and not come to a point; not often.
_ATTEMPTS = 20


@dataclass
class Report:
    """What recoveries came to; `wrong` names the round of each fault."""

    recoveries: int = 0
    deaths: int = 0
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)

    def add(self, other: Report) -> None:
        """Count another one in."""
        self.recoveries += other.recoveries
        self.deaths += other.deaths
        self.seconds += other.seconds
        self.wrong += other.wrong


@dataclass(frozen=True)
class Plan:
    """So many recoveries of each point up to confirmation, from the `first` round on.

    Points after it get as many divided by `thinned`, one at least.
    """

    points: tuple[Point, ...] = POINTS
    each: int = 10
    first: int = 0
    seed: int = 1
    thinned: int = 4

    def rounds(self, point: Point) -> range:
        """The numbers of a point's rounds."""
        each = max(1, self.each // self.thinned) if point in AFTERWARDS else self.each
        return range(self.first, self.first + each)


def recover(town: Town, point: Point, plan: Plan, number: int) -> Outcome:
    """One round in which the process dies at a point."""
    for attempt in range(_ATTEMPTS):
        draw = random.Random(f"{plan.seed}/{point.name}/{number}/{attempt}")
        fuse = Fuse(point.place, draw.randint(1, point.times))
        outcome = _played(Round(town, point.story, fuse, draw))
        if outcome.deaths or outcome.wrong:
            return outcome
    return Outcome(wrong=[f"{point.place} was not reached"])


def _played(each: Round) -> Outcome:
    """How a round ended; an error that nobody expected is a fault, and holds up no other round."""
    try:
        return each.play()
    except ZhifuError as error:
        return Outcome(wrong=[f"{type(error).__name__}: {error}"])


def run_chunk(town: Town, point: Point, plan: Plan, numbers: Sequence[int]) -> Report:
    """Some rounds of a point in one town, and an audit of its chain."""
    report, started = Report(), time.monotonic()
    for number in numbers:
        outcome = recover(town, point, plan, number)
        report.recoveries += 1
        report.deaths += outcome.deaths
        where = f"{point.name!r} --first {number} --seed {plan.seed}"
        report.wrong += [f"{where}: {each}" for each in outcome.wrong]
    found = audit(town.fair.network)
    report.wrong += [f"{point.name!r}: audit: {each}" for each in found.findings]
    report.seconds = time.monotonic() - started
    return report


class Chunk(NamedTuple):
    """Rounds of a point that are played in one town, with an empty database of its own."""

    database: str
    point: Point
    numbers: range

    @property
    def key(self) -> str:
        """What its report is kept under."""
        return f"{self.database}/{self.point.name}/{self.numbers.start}"


def chunks_of(plan: Plan, databases: Sequence[str]) -> Iterator[Chunk]:
    """All rounds of a plan; those on the slower database first."""
    for database in sorted(databases):
        for point in plan.points:
            rounds = plan.rounds(point)
            for start in rounds[::_CHUNK]:
                numbers = range(start, min(start + _CHUNK, rounds.stop))
                yield Chunk(database, point, numbers)


def run(plan: Plan, databases: Sequence[str], at_once: int, progress: Progress) -> Report:
    """Play all rounds that are not kept yet, so many chunks at once."""
    report, waiting = Report(), []
    for chunk in chunks_of(plan, databases):
        kept = progress.result(chunk.key)
        if kept is None:
            waiting.append(chunk)
        else:
            report.add(Report(**kept))
    with ProcessPoolExecutor(at_once, get_context("spawn"), _open_fair) as workers:
        playing = {workers.submit(_play, each, plan): each for each in waiting}
        for done in as_completed(playing):
            progress.keep(playing[done].key, vars(done.result()))
            report.add(done.result())
    return report


#: The fair of a process that plays chunks, which ends with it.
_FAIRS: list[Fair] = []


def _open_fair() -> None:
    # What dies here is a process and no machine: nothing has to reach a disk.
    if Path("/dev/shm").is_dir():
        tempfile.tempdir = "/dev/shm"
    stack = ExitStack()
    anvil = stack.enter_context(Anvil(genesis_timestamp=GENESIS))
    chain = stack.enter_context(Chain(anvil.rpc_url))
    Finalize(None, stack.close, exitpriority=0)
    _FAIRS.append(open_fair(anvil, chain))


def _play(chunk: Chunk, plan: Plan) -> Report:
    with town_of(_FAIRS[0], chunk.database) as town:
        return run_chunk(town, chunk.point, plan, chunk.numbers)


@contextmanager
def town_of(fair: Fair, database: str) -> Iterator[Town]:
    """A town with an empty database; the chain is as before, afterwards."""
    snapshot = fair.anvil.snapshot()
    with place(database) as databases:
        town = Town(replace(fair, databases=databases, keys=count(1)), databases.url())
        try:
            yield town
        finally:
            town.end()
    fair.anvil.revert(snapshot)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--each", type=int, default=400, help="recoveries of each point")
    parser.add_argument("--database", choices=DATABASES, action="append")
    parser.add_argument("--at-once", type=int, default=2, help="processes that play")
    parser.add_argument("--point", choices=[point.name for point in POINTS], action="append")
    parser.add_argument("--first", type=int, default=0, help="the first round's number")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    points = tuple(each for each in POINTS if asked.point is None or each.name in asked.point)
    # What is asked for by name is asked for in full, and again.
    thinned = Plan.thinned if asked.point is None else 1
    plan = Plan(points, asked.each, asked.first, asked.seed, thinned)
    databases = asked.database or DATABASES
    path = FOLDER / "crashes.jsonl" if asked.point is None else None
    told = {name: getattr(asked, name) for name in ("each", "first", "seed")}
    progress = Progress(path, {**told, "databases": list(databases)})
    report = run(plan, databases, asked.at_once, progress)
    progress.finish()
    for line in report.wrong:
        print(line, file=sys.stderr)
    print(
        f"crashes: {'FAILED' if report.wrong else 'ok'}: {len(points)} points,"
        f" {report.recoveries} recoveries on {' and '.join(databases)}, {report.deaths} deaths,"
        f" {len(report.wrong)} faults; {report.seconds:.0f} s of work",
        flush=True,
    )
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
