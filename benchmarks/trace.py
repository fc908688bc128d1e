"""Books the gas of a traced transaction to the source lines that spent it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain as chained
from itertools import pairwise
from typing import Any, NamedTuple

from benchmarks.source_map import NOWHERE, Compiled, Line
from zhifu.chain import Chain

Step = Mapping[str, Any]
"""One executed instruction, as `debug_traceTransaction` tells it."""


class Spent(NamedTuple):
    """What one line cost: gas, how much of that for storage, and in how many steps."""

    line: Line
    gas: int
    storage: int
    steps: int


@dataclass(slots=True)
class _Frame:
    """A call under way: whose code runs, the step that called it, and the gas used inside."""

    code: Compiled | None
    called_by: Step
    line: Line = NOWHERE
    used: int = 0


class LineLedger:
    """Gas by source line; what the compiler added by itself is part of the line before it.

    A call's own line is charged what the call costs beyond what is used inside of it.
    """

    def __init__(self, chain: Chain, contracts: Sequence[Compiled]) -> None:
        self._chain = chain
        self._contracts = contracts
        self._codes: dict[str, Compiled | None] = {}
        self._frames: list[_Frame] = []
        self._gas: Counter[Line] = Counter()
        self._storage: Counter[Line] = Counter()
        self._steps: Counter[Line] = Counter()

    def book(self, steps: Iterable[Step], to: str) -> None:
        """Book the steps of a transaction that called `to`."""
        end: Step = {"depth": 0}
        self._frames = [_Frame(self._code(to), end)]
        for step, following in pairwise(chained(steps, [end])):
            frame = self._frames[-1]
            self._find_line(frame, step)
            if following["depth"] > step["depth"]:
                self._frames.append(_Frame(self._code(_callee(step)), step))
            elif following["depth"] == step["depth"]:
                self._spend(frame, step, step["gas"] - following["gas"])
            else:
                self._spend(frame, step, step["gasCost"])
                self._close(following)

    def total(self) -> int:
        """All gas that was booked."""
        return self._gas.total()

    def lines(self) -> Iterator[Spent]:
        """What every line cost, the dearest first."""
        for line, gas in self._gas.most_common():
            yield Spent(line, gas, self._storage[line], self._steps[line])

    def _close(self, following: Step) -> None:
        frame = self._frames.pop()
        if self._frames:
            call = frame.called_by
            self._frames[-1].used += frame.used
            own = call["gas"] - following["gas"] - frame.used
            self._spend(self._frames[-1], call, own)

    def _spend(self, frame: _Frame, step: Step, gas: int) -> None:
        frame.used += gas
        self._gas[frame.line] += gas
        self._steps[frame.line] += 1
        if step["op"] in ("SLOAD", "SSTORE"):
            self._storage[frame.line] += gas

    def _find_line(self, frame: _Frame, step: Step) -> None:
        if frame.code is not None:
            found = frame.code.lines.get(step["pc"], NOWHERE)
            frame.line = frame.line if found == NOWHERE else found

    def _code(self, address: str) -> Compiled | None:
        if address not in self._codes:
            code = self._chain.code(address)
            found = (each for each in self._contracts if each.is_deployed_as(code))
            self._codes[address] = next(found, None)
        return self._codes[address]


def _callee(step: Step) -> str:
    """Whom a call instruction calls: the second value on its stack."""
    return f"0x{int(step['stack'][-2], 16):040x}"
