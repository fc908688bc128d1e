"""Follows what is settled: confirms what is deep enough, and notices what was reorganised away."""

from __future__ import annotations

from collections.abc import Sequence

from zhifu.chain import Chain
from zhifu.finality import Finality
from zhifu.operationbook import OperationBook
from zhifu.operations import Operation

#: How long what is confirmed is looked after all the same, and how far back the first look goes.
_WATCHED_BLOCKS = 64
_BLOCKS_BEFORE = 10_000


class Watch:
    """Watches the settled operations in `book`, whoever's they are.

    `final_block` is the last one that was final when all of them were looked at; -1 before that.
    """

    def __init__(self, chain: Chain, book: OperationBook, finality: Finality) -> None:
        self._chain = chain
        self._book = book
        self._finality = finality
        self.final_block = -1
        self._followed: int | None = None

    def follow(self, head: int) -> bool:
        """Bring settled operations in line with the chain up to its block `head`.

        One whose block is another now is where its receipt says, or submitted again; one in a
        final block is confirmed. It is looked after for another 64 blocks after that, for what
        counts as final may be too little. False if the index, which has come as far, has passed one
        over: it is to be made anew. Raises ChainUnreachable and InconsistentNode.
        """
        final_block = self._finality.last_block(self._chain, head)
        is_whole = self._follow_confirmed(head)
        is_whole = self._follow_settled(head, final_block) and is_whole
        # What is deep enough is final only once it is seen to be there still.
        self.final_block = final_block
        return is_whole

    def _follow_settled(self, head: int, final_block: int) -> bool:
        settled = [each for each in self._book.settled_ones() if _block(each) <= head]
        if not settled:
            return True
        standing = self._standing(settled)
        missed = self._book.missed() & {each.id for each in standing}
        self._book.confirm(
            each for each in standing if _block(each) <= final_block and each.id not in missed
        )
        return not missed

    def _follow_confirmed(self, head: int) -> bool:
        """Take up again what was confirmed and is gone; False if only the index has lost it."""
        first = self._first_watched(head)
        last = self._book.confirmed(first, head, limit=1)
        # A block that is there still has all before it that were.
        if last and not self._standing(last):
            self._standing(self._book.confirmed(first, head))
        gone = self._book.gone(first)
        passed_over = [each for each in gone if not self._look_up(each)]
        self._followed = head
        return not passed_over

    def _first_watched(self, head: int) -> int:
        if self._followed is None:
            return head - _BLOCKS_BEFORE
        return min(head, self._followed) - _WATCHED_BLOCKS

    def _standing(self, settled: Sequence[Operation]) -> list[Operation]:
        """Those still in the blocks they were in; the others are looked up."""
        numbers = sorted({_block(each) for each in settled})
        blocks = dict(zip(numbers, self._chain.blocks(numbers), strict=True))
        standing = []
        for operation in settled:
            block = blocks[_block(operation)]
            if block is not None and block.hash == operation.block_hash:
                standing.append(operation)
            elif block is not None:
                self._look_up(operation)
        return standing

    def _look_up(self, operation: Operation) -> bool:
        """Bring an operation to where its receipt is; False if that is where it was."""
        receipt = self._chain.receipt(operation.transaction_hash)
        if receipt is None or not receipt.succeeded:
            self._book.unsettled(operation)
            return True
        if receipt.block_hash != operation.block_hash:
            self._book.moved(operation, receipt)
            return True
        return False


def _block(operation: Operation) -> int:
    return -1 if operation.block_number is None else operation.block_number
