"""Everything that can go wrong, in full counts: `make faults`.

Two parts at a time, the first of them in two processes, because each waits for its node or its
database now and then. Goes on where it was interrupted, and ends with one line, and a status that
is not 0 if any part missed what it is to reach.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.faults.progress import FOLDER, Progress

#: Modules of this folder whose last line of output says what they came to, the longest first.
PARTS: Mapping[str, tuple[str, ...]] = {
    "crashes": ("crashes",),
    "callbacks": ("callbacks",),
    "reorganisations": ("reorganisations",),
    "lying node": ("lying_rpc",),
    "dropped transactions": ("dropped",),
    "webhooks": ("webhooks",),
    "kills": ("kills",),
    "idempotency": ("idempotency",),
}
_AT_ONCE = 2


def run(part: str) -> tuple[int, str, float]:
    """Run a part; its status, its line, and how many seconds it took."""
    module, *arguments = PARTS[part]
    started = time.monotonic()
    command = [sys.executable, "-m", f"tests.faults.{module}", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    lines = done.stdout.strip().splitlines()
    line = lines[-1] if lines else f"{part}: FAILED: without a word"
    return done.returncode, line, time.monotonic() - started


def run_or_recall(part: str, progress: Progress) -> Sequence[Any]:
    """What a part came to, now or before the run was interrupted; tells its line."""
    kept: Sequence[Any] | None = progress.result(part)
    if kept is None:
        kept = run(part)
        progress.keep(part, list(kept))
    print(kept[1], flush=True)
    return kept


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all parts that are not done yet; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--part", choices=PARTS, action="append", help="some parts (default: all)")
    parts = parser.parse_args(arguments).part or list(PARTS)
    progress = Progress(FOLDER / "all.jsonl", {"parts": parts})
    with ThreadPoolExecutor(_AT_ONCE) as workers:
        done = list(workers.map(lambda part: run_or_recall(part, progress), parts))
    missed = [part for part, (status, _, _) in zip(parts, done, strict=True) if status]
    progress.finish()
    told = f"missed by {', '.join(missed)}" if missed else "all reached"
    minutes = sum(seconds for _, _, seconds in done) / 60
    print(f"faults: {len(parts)} parts, {told}; {minutes:.0f} minutes of work", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
