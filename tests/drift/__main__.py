"""Look for drift in a million random tradings: `make fuzz-money`.

In turn in currencies with 0, 2 and 3 decimals, in rounds with a seed of their own, on every
processor. Ends with status 1 if anything drifts, and tells the smallest trading that shows it.

    python -m tests.drift --examples 1000000
    python -m tests.drift --seed 7            the same tradings again
"""

from __future__ import annotations

import argparse
import secrets
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import count as counting
from typing import NamedTuple

from hypothesis import HealthCheck, given, seed, settings

from tests.drift.trading import Trading, check, tradings
from tools.arguments import count, index

_DECIMALS = (0, 2, 3)
#: A round forgets what it tried when it ends, so that memory stays flat.
_ROUND = 5_000


class Round(NamedTuple):
    """Random tradings in currencies with so many decimals."""

    decimals: int
    seed: int
    examples: int


class Tried(NamedTuple):
    """How many tradings a round tried, and what it found, if anything."""

    examples: int
    drift: str | None


def run(asked: Round) -> Tried:
    """Try a round."""
    tried = 0

    @seed(asked.seed)
    @settings(
        max_examples=asked.examples,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(tradings(asked.decimals))
    def holds(trading: Trading) -> None:
        nonlocal tried
        tried += 1
        check(trading)

    try:
        holds()
    except Exception as error:
        notes = "; ".join(getattr(error, "__notes__", ()))
        return Tried(tried, f"{type(error).__name__}: {error} {notes}")
    return Tried(tried, None)


def rounds(examples: int, first_seed: int) -> Iterator[Round]:
    """So many examples in all, in rounds."""
    for number in counting():
        left = examples - number * _ROUND
        if left <= 0:
            return
        yield Round(_DECIMALS[number % 3], first_seed + number, min(_ROUND, left))


def main(arguments: Sequence[str] | None = None) -> int:
    """Try what the command line asks for; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--examples", type=count, default=1_000_000, help="at least")
    parser.add_argument("--seed", type=index, default=secrets.randbelow(10**9))
    asked = parser.parse_args(arguments)
    begun, tried = time.monotonic(), 0
    print(f"seed {asked.seed}", flush=True)
    with ProcessPoolExecutor() as workers:
        for done in workers.map(run, rounds(asked.examples, asked.seed)):
            tried += done.examples
            if done.drift is not None:
                workers.shutdown(cancel_futures=True)
                print(f"seed {asked.seed}: money drifts: {done.drift}")
                return 1
    seconds = time.monotonic() - begun
    print(f"seed {asked.seed}: {tried:,} tradings, no drift, in {seconds:.0f} s")
    return 0 if tried >= asked.examples else 1


if __name__ == "__main__":
    sys.exit(main())
