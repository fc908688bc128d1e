"""INV-1, 7, 8: whatever is loaded, spent, refunded, charged back and reorganised, in whatever
order, balances are what a count made apart says (TOPUP-5, 7 to 9, SPEND-1 to 4, CREDIT-1)."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from tests.databases import DIALECTS, place
from tests.integration.counter import Counter, open_counter
from tests.integration.fair import PRICES, Fair
from tests.integration.purse import allow
from tests.integration.purse_walk import CONFIRMATIONS, LEARNERS, PurseWalk

_STEPS = 60
_CHECKED_EVERY = 20

#: How often each step is drawn, among all.
_WEIGHTS = {
    "top_up": 5,
    "follow": 4,
    "spend": 6,
    "settle": 3,
    "buy": 2,
    "refund": 3,
    "refund_top_up": 2,
    "return_by_hand": 1,
    "charge_back": 2,
    "give_back": 1,
    "reorganise": 2,
}


def script(seed: int) -> Iterator[tuple[str, list[Any]]]:
    """Steps of a walk with what they are about, the same for the same seed."""
    draw = random.Random(seed)
    about = {
        "top_up": lambda: [draw.choice(LEARNERS), draw.randint(1, 30_000)],
        "spend": lambda: [draw.choice(LEARNERS), draw.choice(sorted(PRICES))],
        "buy": lambda: [draw.choice(LEARNERS), draw.choice(sorted(PRICES))],
        "refund": lambda: [draw.randrange(1_000), draw.random() < 0.5],
        "refund_top_up": lambda: [draw.randrange(1_000)],
        "return_by_hand": lambda: [draw.randrange(1_000)],
        "charge_back": lambda: [draw.randrange(1_000), draw.choice((1, 40, 100))],
        "give_back": lambda: [draw.randrange(1_000)],
        "reorganise": lambda: [draw.randint(1, CONFIRMATIONS - 1)],
    }
    for verb in draw.choices([*_WEIGHTS], [*_WEIGHTS.values()], k=_STEPS):
        yield verb, about.get(verb, list)()


@pytest.fixture(params=DIALECTS)
def counter(opened_fair: Fair, request: pytest.FixtureRequest) -> Iterator[Counter]:
    """A counter at which blocks become final late, on each kind of database."""
    snapshot = opened_fair.anvil.snapshot()
    with place(request.param) as databases:
        fair = replace(opened_fair, databases=databases, keys=count(1))
        allow(fair)
        fair.anvil.mine(CONFIRMATIONS)
        with open_counter(fair, confirmations=CONFIRMATIONS) as opened:
            yield opened
    opened_fair.anvil.revert(snapshot)


@pytest.mark.parametrize("seed", range(4))
def test_balances_add_up_whatever_is_done(counter: Counter, seed: int) -> None:
    walk = PurseWalk(counter, counter.fair.network.chain.block_number())
    for at, (verb, about) in enumerate(script(seed), 1):
        getattr(walk, verb)(*about)
        if at % _CHECKED_EVERY == 0:
            walk.rest()
            walk.check()
