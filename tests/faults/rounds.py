"""One round: some sales, a process that dies on the way, and what the next ones make of it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.faults.fuse import ANYWHERE, Fuse, Killed
from tests.faults.judgement import start_of, unfinished, wrong
from tests.faults.sales import STORIES, Sale, Step, sale_of
from tests.faults.town import Process, Town
from zhifu import ids
from zhifu.payments import Payment

#: Enough for every delay between two attempts that a round can come to.
_TURNS = 20
#: How often the process that recovers dies too.
_DIES_AGAIN = 0.1
_BYSTANDERS: Sequence[tuple[str, ...]] = ((), ("by_name",), ("by_callback",))


@dataclass
class Outcome:
    """How a round ended: everything `wrong`, how often a process died, and what it had reached."""

    wrong: list[str] = field(default_factory=list)
    deaths: int = 0
    trail: list[str] = field(default_factory=list)


@dataclass
class Round:
    """Plays a story in a town; the first process has `fuse`, a later one another now and then."""

    town: Town
    story: str
    fuse: Fuse
    draw: random.Random
    outcome: Outcome = field(default_factory=Outcome)
    _process: Process | None = None

    def play(self) -> Outcome:
        """Play it to its end, and judge."""
        self.town.begin()
        start = start_of(self.town)
        stories = [self.story, *self.draw.choice(_BYSTANDERS)]
        sales: list[Sale] = []
        try:
            for story in stories:
                sales.append(sale_of(self.town, self.draw))
                self._tell(sales[-1], story)
            self._finish(sales)
            payments = self._recorded(sales)
            gateway = self._alive().gateway
            self.outcome.wrong += unfinished(gateway, payments)
            self.outcome.wrong += wrong(self.town, gateway, payments, start)
        finally:
            self._end()
        self.outcome.trail += self.fuse.trail
        return self.outcome

    def _tell(self, sale: Sale, story: str) -> None:
        """Take a story's steps; who asked a gateway that died may never come back."""
        for step in STORIES[story](sale):
            while not self._take(step):
                if step in (sale.checkout, sale.withdraw) and self.draw.random() < 0.25:
                    return

    def _take(self, step: Step) -> bool:
        """Take a step; False if the process died."""
        try:
            step(self._alive())
        except Killed:
            self._bury()
            return False
        return True

    def _finish(self, sales: Sequence[Sale]) -> None:
        """Turn the worker until nothing is left."""
        for _ in range(_TURNS):
            if self._take(Process.turn) and self._is_finished(sales):
                return

    def _is_finished(self, sales: Sequence[Sale]) -> bool:
        payments = self._recorded(sales)
        return next(unfinished(self._alive().gateway, payments), None) is None

    def _recorded(self, sales: Sequence[Sale]) -> list[Payment]:
        keys = ", ".join(f"'{key}'" for sale in sales for key in sale.keys)
        rows = self.town.rows(f"SELECT id FROM payments WHERE idempotency_key IN ({keys})")
        gateway = self._alive().gateway
        return [gateway.payment(ids.to_text(ids.PAYMENT, number)) for (number,) in rows]

    # Life and death

    def _alive(self) -> Process:
        while self._process is None:
            self._process = self._born()
        return self._process

    def _born(self) -> Process | None:
        try:
            return self.town.start(self.fuse)
        except Killed:
            self._bury()
            return None

    def _bury(self) -> None:
        self._end()
        self.town.outlast_turns()
        self.outcome.deaths += 1
        self.outcome.trail += self.fuse.trail
        self.fuse = Fuse()
        if self.draw.random() < _DIES_AGAIN:
            self.fuse = Fuse(ANYWHERE, self.draw.randint(1, 40))

    def _end(self) -> None:
        if self._process is not None:
            self._process.end()
        self._process = None
