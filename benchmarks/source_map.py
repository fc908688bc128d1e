"""Which line of which source each instruction of a deployed contract came from."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import tokens
from tools.artifacts import CONTRACTS, compile_sources

_OUTPUT = (
    "evm.deployedBytecode.object",
    "evm.deployedBytecode.sourceMap",
    "evm.deployedBytecode.immutableReferences",
)
_PUSH1, _PUSH32 = 0x60, 0x7F


class Line(NamedTuple):
    """A line of a source, counted from 1; `NOWHERE` for code of which no source is known."""

    source: str
    number: int
    text: str


NOWHERE = Line("unknown", 0, "")


@dataclass(frozen=True)
class Compiled:
    """A contract's code as compiled: zero where immutables will be."""

    name: str
    code: bytes
    immutables: Sequence[tuple[int, int]]
    lines: Mapping[int, Line]

    def is_deployed_as(self, code: bytes) -> bool:
        """Whether `code` is this contract with its immutables filled in."""
        if len(code) != len(self.code):
            return False
        blank = bytearray(code)
        for start, length in self.immutables:
            blank[start : start + length] = bytes(length)
        return bytes(blank) == self.code


def compiled() -> list[Compiled]:
    """Every contract that a row can run, compiled with its source map."""
    found: list[Compiled] = []
    # Compiled apart, as they are for deployment: what else is compiled may change the code.
    for paths in (sorted(CONTRACTS.glob("*.sol")), tokens.SOURCES):
        output = compile_sources(paths, _OUTPUT)
        sources = _Sources(output["sources"])
        for contracts in output["contracts"].values():
            found += (_compiled(name, each, sources) for name, each in contracts.items())
    return [each for each in found if each.code]


class _Sources:
    """The sources of one compilation, by the numbers that its source maps use."""

    def __init__(self, sources: Mapping[str, Any]) -> None:
        self._names = {each["id"]: name for name, each in sources.items()}
        self._texts = {name: Path(CONTRACTS.parent, name).read_bytes() for name in sources}
        self._starts = {name: _line_starts(text) for name, text in self._texts.items()}

    def line_at(self, source: int, offset: int) -> Line:
        """The line that holds the byte at `offset`; the compiler's own code is nowhere."""
        name = self._names.get(source)
        if name is None:
            return NOWHERE
        starts = self._starts[name]
        number = bisect_right(starts, offset)
        end = starts[number] if number < len(starts) else None
        text = self._texts[name][starts[number - 1] : end].decode().strip()
        return Line(name, number, text)


def _line_starts(text: bytes) -> list[int]:
    return [0, *(at + 1 for at, byte in enumerate(text) if byte == ord("\n"))]


def _compiled(name: str, contract: Mapping[str, Any], sources: _Sources) -> Compiled:
    deployed = contract["evm"]["deployedBytecode"]
    code = bytes.fromhex(deployed["object"])
    immutables = [
        (each["start"], each["length"])
        for places in deployed["immutableReferences"].values()
        for each in places
    ]
    lines = dict(zip(_instructions(code), _lines(deployed["sourceMap"], sources), strict=False))
    return Compiled(name, code, immutables, lines)


def _instructions(code: bytes) -> Iterable[int]:
    """The places in the code where instructions begin."""
    at = 0
    while at < len(code):
        yield at
        pushed = code[at] - _PUSH1 + 1 if _PUSH1 <= code[at] <= _PUSH32 else 0
        at += 1 + pushed


def _lines(source_map: str, sources: _Sources) -> Iterable[Line]:
    """The line of each instruction; an empty field of the map repeats the one before."""
    known = ["0", "0", "-1"]
    for entry in source_map.split(";"):
        for at, value in enumerate(entry.split(":")[: len(known)]):
            known[at] = value or known[at]
        yield sources.line_at(int(known[2]), int(known[0]))
