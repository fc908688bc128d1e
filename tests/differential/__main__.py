"""Run the compiled contracts against the model, from a seed.

python -m tests.differential --steps 1000000            as `make fuzz` does
python -m tests.differential --seed 5 --first 200 …     go on from the 200th walk
python -m tests.differential --seed 5 --walk 17         one walk again; --every 1 compares all at
                                                        every step
"""

from __future__ import annotations

import argparse
import secrets
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from tests.differential.model import VERBS
from tests.differential.run import ARTIFACTS, WALK_STEPS, Plan, Tally, run, walk
from tests.differential.walk import Diverged
from tools.arguments import count, folder, index

tell = partial(print, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; return the exit status."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    plan = Plan(asked.seed, asked.steps, asked.first, artifacts=asked.artifacts)
    if not any(plan.walks()):
        parser.error(f"argument --first: so many steps have no walk {asked.first}")
    try:
        if asked.walk is not None:
            walk(replace(plan, compare_all_every=asked.every), asked.walk, WALK_STEPS)
            tell(f"seed {asked.seed}: walk {asked.walk} agrees")
            return 0
        tally = run(plan, tell)
    except Diverged as divergence:
        tell(divergence)
        return 1
    tell(tally.table())
    return _judge(tally, asked.least)


def _judge(tally: Tally, least: int) -> int:
    """Complain of verbs that succeeded too seldom."""
    seldom = [verb for verb in VERBS if tally.succeeded[verb] < least]
    for contract, name in seldom:
        tell(f"{contract}.{name} succeeded {tally.succeeded[contract, name]} times, not {least}")
    return 1 if seldom else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=index, default=secrets.randbelow(10**9))
    parser.add_argument("--steps", type=count, default=20_000)
    parser.add_argument("--first", type=index, default=0, help="the walk to begin with")
    parser.add_argument("--walk", type=index, help="take this walk only")
    parser.add_argument("--every", type=count, default=20, help="steps until all is compared")
    parser.add_argument("--least", type=index, default=1, help="successes asked of every verb")
    parser.add_argument("--artifacts", type=folder, default=ARTIFACTS, help="compiled contracts")
    return parser


if __name__ == "__main__":
    sys.exit(main())
