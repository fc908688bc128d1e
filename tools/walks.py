"""Long random walks through every verb of the contracts, with the invariants checked on the way.

Runs the invariant campaign of ``tests/forge`` as the profile ``fuzz`` of ``foundry.toml`` has it,
prints how often each verb succeeded, and fails if an invariant broke or a verb was not walked
often enough. A failing walk is shown by forge, which walks it again first in its next run.

    python -m tools.walks [--least 1000] [--seed 0x1234]
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tools import solc
from tools.arguments import index, word

CAMPAIGN = "InvariantsTest"
PROFILE = "fuzz"
LEAST = 1_000


class CampaignFailed(Exception):
    """Forge found a broken invariant, or could not run; carries what it said."""


@dataclass(frozen=True)
class Verb:
    """How often one step of the handler was tried and how often it was made."""

    name: str
    tries: int
    successes: int


def walk(seed: int) -> list[Verb]:
    """Run the campaign and return its verbs by name.

    Raises ``CampaignFailed`` if an invariant broke.
    """
    command = ["forge", "test", "--match-contract", CAMPAIGN, "--fuzz-seed", hex(seed), "--json"]
    settings = os.environ | {"FOUNDRY_PROFILE": PROFILE}
    reply = subprocess.run(command, cwd=solc.ROOT, env=settings, stdout=subprocess.PIPE, text=True)
    tests = list(_tests(json.loads(reply.stdout or "{}")))
    broken = [test for test in tests if test["status"] != "Success"]
    if broken or not tests or reply.returncode:
        raise CampaignFailed(json.dumps(broken, indent=1) if broken else reply.stdout)
    return sorted(
        (verb for test in tests for verb in _verbs(test)), key=lambda verb: verb.successes
    )


def _tests(report: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for suite in report.values():
        yield from suite["test_results"].values()


def _verbs(test: dict[str, Any]) -> Iterator[Verb]:
    for name, metrics in test["kind"]["Invariant"]["metrics"].items():
        failures = metrics["reverts"] + metrics["discards"]
        yield Verb(name.rpartition(".")[2], metrics["calls"], metrics["calls"] - failures)


def main() -> int:
    """Walk and report; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--least", type=index, default=LEAST, help="successes that each verb needs")
    parser.add_argument(
        "--seed", type=word, default=secrets.randbits(64), help="to walk a seed again"
    )
    arguments = parser.parse_args()
    print(f"Walking with seed {arguments.seed:#x}", flush=True)
    try:
        verbs = walk(arguments.seed)
    except CampaignFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    for verb in verbs:
        print(f"{verb.name:<28} {verb.successes:>9,} of {verb.tries:>9,}")
    rare = [verb.name for verb in verbs if verb.successes < arguments.least]
    if rare:
        print(f"Made fewer than {arguments.least:,} times: {', '.join(rare)}", file=sys.stderr)
    return 1 if rare else 0


if __name__ == "__main__":
    sys.exit(main())
