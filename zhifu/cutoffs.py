"""The windows that netting cuts a chain into: by block number, so that all cut at the same place.

Window 1 begins at the deployment's first block, each has the same number of blocks, and every
block is in one. What happened in a block belongs to the block's window, a refund to its own and not
to its order's.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from zhifu.exceptions import InvalidInput

USUAL_BLOCKS = 7_200
"""A day of blocks of twelve seconds."""


class Closing(Enum):
    """How far a window is: still going on, over, or over and safe from reorganisations."""

    OPEN = "open"
    CLOSED = "closed"
    FINAL = "final"


@dataclass(frozen=True, slots=True)
class Cutoffs:
    """Windows of `blocks` blocks each from `origin` on; raises InvalidInput for none."""

    origin: int
    blocks: int = USUAL_BLOCKS

    def __post_init__(self) -> None:
        """Refuse windows without a block."""
        if self.blocks < 1:
            raise InvalidInput("blocks", "must be at least 1", self.blocks)

    def window_of(self, block: int) -> int:
        """The number of the window that a block is in."""
        return (block - self.origin) // self.blocks + 1

    def first_block(self, window: int) -> int:
        """The block that a window begins with."""
        return self.origin + (window - 1) * self.blocks

    def last_block(self, window: int) -> int:
        """The block that a window ends with."""
        return self.first_block(window + 1) - 1

    def closing(self, window: int, head: int, final: int) -> Closing:
        """How far a window is when `head` is the last block and `final` the last final one."""
        if self.last_block(window) > head:
            return Closing.OPEN
        return Closing.FINAL if self.last_block(window) <= final else Closing.CLOSED
