"""A network's netting, window by window, read from one state of its chain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import reduce
from itertools import groupby
from typing import NamedTuple

from zhifu import obligations
from zhifu.blocks import Block
from zhifu.cutoffs import Closing, Cutoffs
from zhifu.deployment import Network
from zhifu.exceptions import InconsistentNode, InvalidInput
from zhifu.finality import Finality
from zhifu.netting import Netting
from zhifu.obligations import Movement, Progress

_ATTEMPTS = 3


class Window(NamedTuple):
    """One window by number, and what happened in it as far as it has got."""

    number: int
    closing: Closing
    netting: Netting


class Clearing(NamedTuple):
    """Windows in a row, as of the block `head`; those in which nothing happened are left out."""

    cutoffs: Cutoffs
    head: Block
    final_block: int
    first: int
    last: int
    windows: tuple[Window, ...]

    @property
    def together(self) -> Netting:
        """All the windows as if they were one."""
        return reduce(Netting.then, (each.netting for each in self.windows), Netting())

    def closing(self, number: int) -> Closing:
        """How far a window is."""
        return self.cutoffs.closing(number, self.head.number, self.final_block)


def clear(
    network: Network,
    cutoffs: Cutoffs,
    finality: Finality,
    first: int = 1,
    last: int | None = None,
    *,
    progress: Progress = lambda _: None,
) -> Clearing:
    """Net the windows from `first` to `last` (None: the one that is going on).

    All is of one state of the chain: should it reorganise meanwhile it is read again. Raises
    InvalidInput for windows that have not begun, InconsistentNode, and what asking the chain does.
    """
    for _ in range(_ATTEMPTS):
        head = network.chain.block()
        current = cutoffs.window_of(head.number)
        until = current if last is None else last
        _require(first, until, current)
        final = finality.last_block(network.chain, head.number)
        try:
            movements = obligations.read(network, _end(cutoffs, until, head), progress)
            found = tuple(_windows(movements, cutoffs, range(first, until + 1), head, final))
        except InconsistentNode:
            if _stands(network, head):
                raise
            continue
        if _stands(network, head):
            return Clearing(cutoffs, head, final, first, until, found)
    raise network.chain.inconsistent("it reorganises faster than it can be read")


def net(network: Network) -> Netting:
    """All that ever happened on a network, as one window."""
    return _net(obligations.read(network, network.chain.block_number()))


def cut(movements: Iterable[Movement], cutoffs: Cutoffs) -> Iterator[tuple[int, Netting]]:
    """What happened, in chain order, by the number of the window it happened in."""
    for number, moved in groupby(movements, lambda each: cutoffs.window_of(each.block_number)):
        yield number, _net(moved)


def _require(first: int, last: int, current: int) -> None:
    begun = f"must have begun; the last window that has is {current}"
    if first < 1:
        raise InvalidInput("from", "must be at least 1", first)
    if first > current:
        raise InvalidInput("from", begun, first)
    if last < first:
        raise InvalidInput("to", f"must be at least {first}, the first window", last)
    if last > current:
        raise InvalidInput("to", begun, last)


def _end(cutoffs: Cutoffs, last: int, head: Block) -> int:
    return min(head.number, cutoffs.last_block(last))


def _windows(
    movements: Iterable[Movement], cutoffs: Cutoffs, wanted: range, head: Block, final: int
) -> Iterator[Window]:
    for number, netting in cut(movements, cutoffs):
        if number in wanted:
            yield Window(number, cutoffs.closing(number, head.number, final), netting)


def _net(movements: Iterable[Movement]) -> Netting:
    netting = Netting()
    for movement in movements:
        movement.into(netting)
    return netting


def _stands(network: Network, head: Block) -> bool:
    """Whether a block is still the one of its number."""
    (found,) = network.chain.blocks([head.number])
    return found is not None and found.hash == head.hash
