"""How deep what is included must be before it counts as final."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from zhifu.exceptions import InvalidInput

if TYPE_CHECKING:
    from zhifu.chain import Chain

TAGS = ("safe", "finalized")

DEVELOPMENT_CHAINS = (31_337, 1_337)
"""Chains that exist for development only: Anvil and Hardhat, and Ganache and geth's own."""

_USUAL_BLOCKS = 64


@dataclass(frozen=True, slots=True)
class Finality:
    """A number of further blocks, or the tag of a block by which the chain itself says so.

    Raises InvalidInput for anything else.
    """

    rule: int | str = 0

    def __post_init__(self) -> None:
        if type(self.rule) is int and self.rule >= 0:
            return
        if self.rule not in TAGS:
            wanted = f"must be an integer of at least 0, or one of {', '.join(TAGS)}"
            raise InvalidInput("confirmations", wanted, self.rule)

    @classmethod
    def usual(cls, chain_id: int) -> Finality:
        """64 further blocks, or none on a development chain."""
        return cls(0 if chain_id in DEVELOPMENT_CHAINS else _USUAL_BLOCKS)

    def last_block(self, chain: Chain, head: int) -> int:
        """The last block that is final, seen from `head`; below 0 if none is.

        Raises InvalidInput if the chain does not know the tag.
        """
        if isinstance(self.rule, int):
            return head - self.rule
        return min(head, chain.block(self.rule).number)
