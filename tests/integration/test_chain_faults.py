"""SUB-10: samples of what `tests.faults.reorganisations` and `tests.faults.lying_rpc` run whole."""

from __future__ import annotations

import pytest

from tests.faults import lying_rpc, reorganisations
from tests.faults.lies import LIES
from tests.faults.reorganisations import DEEPEST, Fairs, Manner

SAMPLE = [
    (1, Manner.DROP, 21),
    (4, Manner.INCLUDE, 22),
    (7, Manner.REORDER, 23),
    (19, Manner.DROP, 24),
    (33, Manner.INCLUDE, 25),
    (DEEPEST, Manner.REORDER, 26),
]


@pytest.fixture(scope="module")
def fairs(tmp_path_factory: pytest.TempPathFactory) -> Fairs:
    return Fairs(tmp_path_factory.mktemp("fairs"))


@pytest.mark.parametrize(("depth", "manner", "seed"), SAMPLE)
def test_books_and_chain_agree_after_a_reorganisation(
    fairs: Fairs, depth: int, manner: Manner, seed: int
) -> None:
    with fairs.open() as fair:
        assert reorganisations.run(fair, depth, manner, seed) == []


#: Runs that were hard: learners are kept back while the index is built anew, and a transaction with
#: too little gas is taken and thrown away.
HARD = [("missing logs", 25), ("gas too low", 36)]


@pytest.mark.parametrize(("lie", "seed"), [*((lie, 21) for lie in LIES), *HARD])
def test_books_and_chain_agree_after_a_lie(fairs: Fairs, lie: str, seed: int) -> None:
    with fairs.open() as fair:
        assert lying_rpc.run(fair, lie, seed) == []
