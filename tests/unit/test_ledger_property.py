"""LEDGER-1, 3, 4: no sequence of what can happen unbalances the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.ledger_market import Market
from zhifu.chain_ledger import ChainLedger
from zhifu.index import Index
from zhifu.ingest import Ingest
from zhifu.ledger import Ledger
from zhifu.store import Store
from zhifu.stretch import Stretch
from zhifu.transfers import take_back

_STEPS, _GOES_ON, _GOES_BACK, _DEEPEST = 250, 0.85, 0.1, 4


class Followed:
    """A ledger in memory that follows a market."""

    def __init__(self, store: Store, market: Market) -> None:
        self._store, self._index = store, Index()
        self.ledger = Ledger(store)
        with store.writing() as transaction:
            Ingest(transaction, self._index).take(market.terms())
            self._index.load(transaction)

    def take(self, stretch: Stretch) -> None:
        with self._store.writing() as transaction:
            ChainLedger(transaction, self._index).take(stretch)

    def take_back(self, block: int) -> None:
        with self._store.writing() as transaction:
            take_back(transaction, block)

    def balances(self) -> dict[str, int]:
        return {line.account: line.closing for line in self.ledger.lines() if line.closing}


@contextmanager
def following(market: Market) -> Iterator[Followed]:
    with Store.open("sqlite://") as store:
        yield Followed(store, market)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32))
def test_nothing_that_can_happen_unbalances_it(seed: int) -> None:
    """After each stretch it has what an independent model has, also after reorganisations."""
    market, draw = Market(), Random(seed)
    with following(market) as followed:
        market.open()
        taken: list[Stretch] = [market.stretch()]
        states = [market.copy()]
        followed.take(taken[0])
        for _ in range(_STEPS):
            market.step(draw)
            if draw.random() < _GOES_ON:
                continue
            taken.append(market.stretch())
            states.append(market.copy())
            followed.take(taken[-1])
            if draw.random() < _GOES_BACK:
                kept = max(1, len(taken) - draw.randint(1, _DEEPEST))
                del taken[kept:], states[kept:]
                followed.take_back(taken[-1].end.block_number)
                market.state = states[-1]
                states[-1] = market.copy()
            expected = {name: amount for name, amount in states[-1].held.items() if amount}
            assert followed.balances() == expected
            assert sum(expected.values()) == 0
        movements = list(followed.ledger.movements())
    with following(Market()) as anew:
        for stretch in taken:
            anew.take(stretch)
        assert list(anew.ledger.movements()) == movements
