"""Checkpoints: blocks to which the index can go back when the chain is reorganised.

Every stretch ends with one. Of older ones ever fewer are kept, so that their number grows with
the logarithm of the chain's length, and still what is read again after a reorganisation is at
most about twice as much as was reorganised.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from zhifu.chain import Chain
from zhifu.index import Cursor
from zhifu.store import Store, Transaction


class Checkpoint(NamedTuple):
    """A block that the index followed the chain to, and the highest learner number there."""

    block_number: int
    block_hash: str
    learners: int

    @property
    def cursor(self) -> Cursor:
        """Where an index is that has gone back to it."""
        return Cursor(self.block_number, self.block_hash)


def still_there(store: Store, chain: Chain) -> Checkpoint | None:
    """The latest checkpoint whose block the chain still has, None if it has none of them."""
    with store.reading() as transaction:
        kept = [Checkpoint(*row) for row in transaction.rows("checkpoints")]
    blocks = chain.blocks(each.block_number for each in kept)
    return next(
        (
            each
            for each, block in zip(kept, blocks, strict=True)
            if block is not None and block.hash == each.block_hash
        ),
        None,
    )


def thin(transaction: Transaction) -> None:
    """Let go of the checkpoints that are not needed any more."""
    blocks = [number for number, *_ in transaction.rows("checkpoints")]
    rows = [{"block_number": number} for number in superfluous(blocks)]
    transaction.run_many("drop_checkpoint", rows)


def superfluous(blocks: Sequence[int]) -> Iterator[int]:
    """Which of these blocks, the latest first, are not needed.

    One is not if the next below is at most twice as deep as the last one above that is.
    """
    if not blocks:
        return
    head = kept = blocks[0]
    for block, below in pairwise(blocks[1:]):
        if head - below <= 2 * (head - kept):
            yield block
        else:
            kept = block
