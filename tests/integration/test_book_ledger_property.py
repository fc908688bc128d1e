"""LEDGER-8, 10, 11: whatever happens to payments, the ledger has what all others say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from random import Random

import pytest

from tests.databases import DIALECTS, place
from tests.integration.counter import open_counter
from tests.integration.fair import Fair
from tests.integration.purse import allow
from tests.integration.test_returns import Stingy
from tests.integration.till_walk import CONFIRMATIONS, TillWalk

_STEPS, _CHECKED_EVERY = 60, 30


@pytest.fixture(params=DIALECTS)
def walk(opened_fair: Fair, request: pytest.FixtureRequest) -> Iterator[TillWalk]:
    """A till on each kind of database."""
    snapshot = opened_fair.anvil.snapshot()
    with place(request.param) as databases:
        fair = replace(opened_fair, databases=databases, keys=count(1))
        allow(fair)
        with open_counter(fair, Kept, confirmations=CONFIRMATIONS) as counter:
            yield TillWalk(counter, Random())
    opened_fair.anvil.revert(snapshot)


class Kept(Stingy):
    """It keeps a fee."""

    def __init__(self, **options: object) -> None:
        super().__init__(fee_bps=60, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(2))
def test_the_ledger_has_what_provider_and_chain_say(walk: TillWalk, seed: int) -> None:
    """LEDGER-8, LEDGER-10, LEDGER-11; and built from nothing it is the same, row by row."""
    walk.random.seed(seed)
    for at in range(1, _STEPS + 1):
        walk.step()
        if at % _CHECKED_EVERY == 0:
            walk.rest()
            walk.check()
    running, anew = walk.anew()
    assert anew == running
    assert len({each.kind for each in running}) >= 8, walk.done
    walk.check()
