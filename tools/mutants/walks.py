"""The differential walk as a judge: a mutant that does other than the model is noticed."""

from __future__ import annotations

import signal
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from tests.differential import machine, world
from tests.differential.walk import Walk

SHORT = ((0, 250), (1, 500))
LONG = ((2, 800), (3, 1_200), (4, 2_500))
"""Walks as (number, steps). Most mutants do not get far, so the short ones judge first."""

COMPARE_ALL_EVERY = 100
SHOWN = 300
SECONDS = 300
"""More than any walk takes: a mutant that makes one longer is noticed by that."""

# Code that is not optimized, with all mutants in it, is larger than a chain would take.
machine.CODE_LIMIT = 1 << 24


def notices(
    artifacts: Mapping[str, str], folder: Path, which: Iterable[tuple[int, int]]
) -> str | None:
    """Return what the first walk that noticed says in its first line; None if none did."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in artifacts.items():
        (folder / f"{name}.json").write_text(text)
    world._artifact.cache_clear()
    said = (_walk(folder, number, steps) for number, steps in which)
    return next((each for each in said if each), None)


def _walk(folder: Path, number: int, steps: int) -> str | None:
    try:
        with _at_most(SECONDS):
            Walk(f"mutants/{number}", folder, COMPARE_ALL_EVERY).run(steps)
    except Exception as noticed:
        return f"walk {number}: {noticed}".partition("\n")[0][:SHOWN]
    return None


@contextmanager
def _at_most(seconds: int) -> Iterator[None]:
    def stop(_: int, __: FrameType | None) -> None:
        raise TimeoutError(f"more than {seconds} s")

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
