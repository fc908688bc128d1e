"""One seed's walk: the same calls on the machine and in the model, compared after each."""

from __future__ import annotations

from collections import Counter, deque
from itertools import islice
from pathlib import Path
from random import Random

from tests.differential import draws
from tests.differential.draws import founding
from tests.differential.draws.draw import Draw
from tests.differential.machine import Log, Reverted
from tests.differential.model import Call
from tests.differential.model.conservation import covered, held, owed
from tests.differential.model.events import Event
from tests.differential.model.refusal import Refused
from tests.differential.model.words import of_address
from tests.differential.views import Key, Views
from tests.differential.world import found

SHOWN = 12


class Diverged(AssertionError):
    """The machine and the model did not do the same."""


class Walk:
    """A network of its own, and the calls that a seed makes of it."""

    def __init__(self, seed: str, folder: Path, compare_all_every: int) -> None:
        random = Random(seed)
        self.seed, self._every = seed, compare_all_every
        self._world = found(random, folder)
        self._draw = Draw(random, self._world.model)
        self._views = Views(self._world)
        self._told: deque[str] = deque(maxlen=SHOWN)
        self.succeeded: Counter[tuple[str, str]] = Counter()
        self.refused: Counter[str] = Counter()
        self.steps = 0
        self._known = 0

    def run(self, steps: int) -> None:
        """Found a network and take so many steps; raises Diverged."""
        try:
            for call in founding.calls(self._draw):
                self._take(call)
                self._require(call.verb in self.succeeded, "the founding was refused")
            self.succeeded.clear()
            for _ in range(steps):
                self._step()
            self._compare_all()
        except Diverged:
            raise
        except Exception as error:
            raise self._diverged(repr(error)) from error

    def _step(self) -> None:
        model = self._world.model
        model.now = draws.next_time(self._draw)
        self._take(draws.next_call(self._draw))
        if self.steps % self._every == 0:
            self._compare_all()

    def _take(self, call: Call) -> None:
        self.steps += 1
        self._world.machine.travel_to(self._world.model.now)
        self._told.append(f"{self.steps}: at {self._world.model.now} {call}")
        try:
            events = self._world.model.perform(call)
        except Refused as refusal:
            self._expect_refusal(call, refusal)
            return
        self._expect_success(call, events)

    # Outcomes

    def _expect_refusal(self, call: Call, refusal: Refused) -> None:
        errors, expected = self._world.errors, f"{refusal.errors}"
        try:
            self._send(call)
        except Reverted as reverted:
            matching = [e for e in refusal.errors if errors.matches(reverted.output, *e)]
            seen = errors.describe(reverted.output)
            self._require(bool(matching), f"expected {expected}, the machine refused with {seen}")
            self._told[-1] += f"\n    refused: {matching[0]}"
            self.refused[matching[0].name] += 1
        else:
            self._require(False, f"expected {expected}, the machine did it")
        self._compare(set(), call.caller)

    def _expect_success(self, call: Call, events: list[Event]) -> None:
        try:
            logs = self._send(call)
        except Reverted as reverted:
            seen = self._world.errors.describe(reverted.output)
            raise self._diverged(f"the machine refused with {seen}") from None
        self._require_events(logs, events)
        self._compare(self._world.model.touched, call.caller)
        self.succeeded[call.verb] += 1
        self._remember()

    def _send(self, call: Call) -> list[Log]:
        contract = self._world.contracts[call.contract]
        data = contract.calldata(call.function, call.arguments)
        return self._world.machine.call(call.caller, contract.address, data)

    def _require_events(self, logs: list[Log], events: list[Event]) -> None:
        contracts = self._world.contracts
        expected = [contracts[each.contract].log(each.name, each.values) for each in events]
        same = sorted(logs) == sorted(expected)
        self._require(same, f"expected the events {events}, the machine has {logs}")

    def _remember(self) -> None:
        """Let later calls find the orders that were paid by this one."""
        known = self._world.model.sales.known
        for sale in islice(known.values(), self._known, None):
            if sale:
                self._draw.remember(sale)
        self._known = len(known)

    # State

    def _compare(self, touched: set[Key], caller: str) -> None:
        settlement = self._world.model.addresses.settlement
        always = {("balance", settlement), ("balance", caller), ("available", of_address(caller))}
        self._require_same(touched | always)

    def _compare_all(self) -> None:
        self._require_same(self._views.all_keys())
        model = self._world.model
        balance, needed = model.tokens.balances[model.addresses.settlement], covered(model)
        self._require(balance == needed, f"INV-1: {balance} tokens for {needed}")
        differ = held(model) - owed(model) | owed(model) - held(model)
        self._require(not differ, f"INV-2: holds and orders differ by {differ}")

    def _require_same(self, keys: set[Key]) -> None:
        found = self._views.differences(keys)
        self._require(not found, "\n".join(found))

    def _require(self, holds: bool, complaint: str) -> None:
        if not holds:
            raise self._diverged(complaint)

    def _diverged(self, complaint: str) -> Diverged:
        told = "\n  ".join(self._told)
        return Diverged(f"seed {self.seed}, step {self.steps}: {complaint}\nlast steps:\n  {told}")
