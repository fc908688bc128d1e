"""Many walks, each in a world of its own, over the cores of the machine."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from tests.differential.model import Verb
from tests.differential.walk import Diverged, Walk

ROOT = Path(__file__).resolve().parents[2]
ARTIFACTS = ROOT / "zhifu" / "abi"
WALK_STEPS = 2_500
COMPARE_ALL_EVERY = 1_250


@dataclass(frozen=True)
class Plan:
    """Which walks to take: those numbered from `first` on, until there were `steps`."""

    seed: int
    steps: int
    first: int = 0
    jobs: int = field(default_factory=lambda: os.cpu_count() or 1)
    artifacts: Path = ARTIFACTS
    compare_all_every: int = COMPARE_ALL_EVERY

    def walks(self) -> Iterator[tuple[int, int]]:
        """Yield the walks as (number, steps)."""
        for number, taken in enumerate(range(0, self.steps, WALK_STEPS)):
            if number >= self.first:
                yield number, min(WALK_STEPS, self.steps - taken)


@dataclass
class Tally:
    """What came of some walks."""

    steps: int = 0
    succeeded: Counter[Verb] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        """Add what came of others."""
        self.steps += other.steps
        self.succeeded += other.succeeded
        self.refused += other.refused

    def table(self) -> str:
        """Return successes by verb and refusals by error as text."""
        verbs = [f"  {count:>9,} {contract}.{name}" for (contract, name), count in self._verbs()]
        errors = [f"  {count:>9,} {name}" for name, count in self.refused.most_common()]
        return "\n".join(["successes by verb:", *verbs, "refusals by error:", *errors])

    def _verbs(self) -> list[tuple[Verb, int]]:
        return self.succeeded.most_common()


def walk(plan: Plan, number: int, steps: int) -> Tally:
    """Take one walk; raises Diverged with how to take it again."""
    one = Walk(f"{plan.seed}/{number}", plan.artifacts, plan.compare_all_every)
    try:
        one.run(steps)
    except Diverged as divergence:
        command = f"python -m tests.differential --seed {plan.seed} --walk {number}"
        raise Diverged(f"{divergence}\nagain: {command}") from None
    return Tally(steps, one.succeeded, one.refused)


def run(plan: Plan, tell: Callable[[str], None]) -> Tally:
    """Take all walks of a plan; raises Diverged at the first that diverges."""
    total, began, walks = Tally(), time.monotonic(), list(plan.walks())
    tell(f"seed {plan.seed}: {len(walks)} walks on {plan.jobs} cores")
    with ProcessPoolExecutor(plan.jobs) as pool:
        taken = [pool.submit(walk, plan, *each) for each in walks]
        try:
            for done, one in enumerate(as_completed(taken), start=1):
                total.add(one.result())
                if done % 20 == 0:
                    tell(_progress(done, total.steps, time.monotonic() - began))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    tell(_progress(len(walks), total.steps, time.monotonic() - began))
    return total


def _progress(walks: int, steps: int, seconds: float) -> str:
    return f"{walks} walks, {steps:,} steps agree, {steps / max(seconds, 1e-9):,.0f} steps/s"
