"""Ask the running HTTP service at random, whatever its description allows and forbids.

python -m tests.fuzz_api --cases 100000         as `make fuzz-api` does
python -m tests.fuzz_api --seed 5               the same cases again
python -m tests.fuzz_api --database postgresql  over PostgreSQL
"""

from __future__ import annotations

import argparse
import secrets
import sys
import time
from collections.abc import Sequence
from functools import partial

from tests.fuzz_api.campaign import Failed, Plan, run
from tools.arguments import count, index

tell = partial(print, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; return the exit status."""
    asked = _parser().parse_args(arguments)
    begun = time.monotonic()
    try:
        tried = run(Plan(asked.seed, asked.cases, asked.database), tell)
    except Failed as failure:
        tell(failure)
        tell(f"seed {asked.seed}: a case failed")
        return 1
    seconds = time.monotonic() - begun
    tell(f"seed {asked.seed}: {tried} cases, no bad answer, in {seconds:.0f} s")
    return 0 if tried >= asked.cases else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cases", type=count, default=10_000, help="at least")
    parser.add_argument("--seed", type=index, default=secrets.randbelow(10**9))
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    return parser


if __name__ == "__main__":
    sys.exit(main())
