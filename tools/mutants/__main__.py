"""Try mutants of the contracts, and fail if one survives that should not, or nobody explained.

python -m tools.mutants                  every mutant
python -m tools.mutants --sample 400     every guard, modifier and payment, and others up to 400
python -m tools.mutants --of Hold.take   those whose name has this in it
python -m tools.mutants --show KEY       what one mutant changes, as a patch

A run goes on where the last one was interrupted.
"""

from __future__ import annotations

import argparse
import difflib
import hashlib
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing

from tools.arguments import count, index
from tools.mutants.book import Book, Outcome
from tools.mutants.compiler import Compiler
from tools.mutants.mutant import Kind, Mutant
from tools.mutants.run import STILLBORN, FailsWithoutMutant, outcomes
from tools.mutants.sites import all_mutants
from tools.mutants.sources import sources
from tools.mutants.survivors import explanations
from tools.mutants.weave import weave

LEAST_NOTICED = 0.95
STRICT = (Kind.GUARD, Kind.MODIFIER, Kind.MONEY)


def chosen(mutants: list[Mutant], sample: int | None, seed: int) -> list[Mutant]:
    """Return all mutants, or the strict kinds and as many others as the sample has room for."""
    if sample is None:
        return mutants
    strict = [each for each in mutants if each.kind in STRICT]
    others = [each for each in mutants if each.kind not in STRICT]
    others.sort(key=lambda each: hashlib.sha256(f"{seed}{each.key}".encode()).digest())
    return strict + others[: max(0, sample - len(strict))]


def main() -> int:
    """Do what the command line asks for; return the exit status."""
    parser = _parser()
    asked = parser.parse_args()
    with closing(Compiler()) as compiler:
        trees = compiler.trees()
        mutants = all_mutants(trees)
        shown = [each for each in mutants if each.key == asked.show]
        some = [each for each in chosen(mutants, asked.sample, asked.seed) if asked.of in each.key]
        if asked.show and not shown:
            parser.error("argument --show: no mutant has this name")
        if not some:
            parser.error("argument --of: no mutant that would be tried has this in its name")
        if shown:
            return _show(shown)
        book = Book(mutants)
        left = [each for each in some if each.key not in book.known]
        print(f"{len(some)} of {len(mutants)} mutants, {len(left)} to try", flush=True)
        try:
            if left:
                woven = weave(compiler, trees, mutants)
                print(f"{len(woven.numbers)} compiled at once", flush=True)
                _try(book, outcomes(woven, left, asked.jobs), len(left))
        except FailsWithoutMutant as noted:
            print(f"A test fails without any mutant: {noted}", file=sys.stderr)
            return 1
    return _judge({each.key: each for each in mutants}, some, book)


def _try(book: Book, tried: Iterator[Outcome], count: int) -> None:
    began = time.monotonic()
    for done, outcome in enumerate(tried, start=1):
        book.note(outcome)
        if outcome.survived:
            print(f"survived: {outcome.key}", flush=True)
        if done % 50 == 0:
            print(f"{done} of {count} in {time.monotonic() - began:.0f} s", flush=True)


def _judge(known: dict[str, Mutant], some: list[Mutant], book: Book) -> int:
    """Report, and complain of what survived or was explained and should not have."""
    tried = {each.key: book.known[each.key] for each in some}
    living = {key: each for key, each in tried.items() if each.by != STILLBORN}
    survived = {key: known[key] for key, each in living.items() if each.survived}
    explained = explanations()
    complaints = [f"not explained: {key}" for key in survived if key not in explained]
    complaints += [f"explained, but no mutant: {key}" for key in explained if key not in known]
    complaints += [f"explained, but noticed: {key}" for key in explained if _noticed(living, key)]
    complaints += [
        f"a {each.kind.value} survives: {key}"
        for key, each in survived.items()
        if each.kind in STRICT and not (key in explained and explained[key].same)
    ]
    share = 1 - len(survived) / max(1, len(living))
    _report(known, living, share)
    if share < LEAST_NOTICED:
        complaints.append(f"fewer than {LEAST_NOTICED:.0%} were noticed")
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    return 1 if complaints else 0


def _noticed(living: dict[str, Outcome], key: str) -> bool:
    return key in living and not living[key].survived


def _report(known: dict[str, Mutant], living: dict[str, Outcome], share: float) -> None:
    total = Counter(known[key].kind for key in living)
    noticed = Counter(known[key].kind for key, each in living.items() if not each.survived)
    for kind in Kind:
        print(f"{kind.value:<10} {noticed[kind]:>5} of {total[kind]:>5} noticed")
    for judge, found in Counter(each.by or "nobody" for each in living.values()).most_common():
        print(f"{judge:<12} {found:>5}")
    print(f"{len(living)} mutants, {share:.2%} noticed")


def _show(mutants: list[Mutant]) -> int:
    for each in mutants:
        before = sources()[each.file].decode().splitlines(keepends=True)
        after = each.source().splitlines(keepends=True)
        sys.stdout.writelines(difflib.unified_diff(before, after, each.file, each.file))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sample", type=count, help="how many to try, at least the strict ones")
    parser.add_argument("--seed", type=index, default=0, help="which sample")
    parser.add_argument("--of", default="", help="a part of the names of those to try")
    parser.add_argument("--jobs", type=count, default=2, help="how many processes")
    parser.add_argument("--show", metavar="KEY", help="print one mutant")
    return parser


if __name__ == "__main__":
    sys.exit(main())
