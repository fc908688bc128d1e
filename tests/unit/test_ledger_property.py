"""LEDGER-1, 3, 4: no sequence of what can happen unbalances the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.ledger_market import WINDOW, Market
from zhifu.chain_ledger import ChainLedger
from zhifu.exceptions import LedgerMismatch
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


@pytest.mark.parametrize("verb", ["do_refund", "do_dispute", "do_release", "do_release_commission"])
def test_a_chain_that_contradicts_it_is_refused(verb: str) -> None:
    """LEDGER-3: an event has the amount that all before it lead to, or nothing is taken in."""
    market, draw = Market(), Random(7)
    with following(market) as followed:
        market.open()
        for at in range(60):
            (market.do_wait if at % 10 == 9 else market.do_settle)(draw)
        followed.take(market.stretch())
        before = followed.balances()
        while not market.said:
            getattr(market, verb)(draw)
        event = market.said.pop()
        told = {**event.arguments, "amount": event.arguments["amount"] + 1}
        market.said.append(event._replace(arguments=told))
        with pytest.raises(LedgerMismatch):
            followed.take(market.stretch())
        assert followed.balances() == before


def test_a_release_takes_from_the_oldest_epoch_first() -> None:
    """LEDGER-4: creators, named first, are paid out of what was captured first."""
    market, draw = Market(), Random(3)
    with following(market) as followed:
        market.open()
        for windows in (1, 1, 2):
            for _ in range(5):
                market.do_settle(draw)
            market.state.time += windows * WINDOW
            market.state.block += 1
        while not market.said or market.said[-1].name != "Released":
            market.do_release(draw)
        followed.take(market.stretch())
        released = [each for each in followed.ledger.movements() if each.kind == "release"]
        epochs = [int(each.debit.rpartition("/")[2]) for each in released]
        assert len(set(epochs)) > 1
        assert epochs == sorted(epochs)


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
