"""Follows what is settled: confirms what is deep enough, and notices what was reorganised away."""

from __future__ import annotations

from collections.abc import Sequence

from zhifu.chain import Chain
from zhifu.finality import Finality
from zhifu.operationbook import OperationBook
from zhifu.operations import Operation


class Watch:
    """Watches the settled operations in `book`, whoever's they are."""

    def __init__(self, chain: Chain, book: OperationBook, finality: Finality) -> None:
        self._chain = chain
        self._book = book
        self._finality = finality
        self.final_block = -1

    def follow(self, head: int) -> bool:
        """Bring settled operations in line with the chain up to its block `head`.

        One whose block is another now is where its receipt says, or submitted again; one in a
        final block is confirmed. False if the index, which has come as far, has passed one
        over: it is to be made anew. Raises ChainUnreachable and InconsistentNode.
        """
        self.final_block = self._finality.last_block(self._chain, head)
        settled = [each for each in self._book.settled_ones() if _block(each) <= head]
        if not settled:
            return True
        standing = self._standing(settled)
        missed = self._book.missed() & {each.id for each in standing}
        self._book.confirm(
            each for each in standing if _block(each) <= self.final_block and each.id not in missed
        )
        return not missed

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

    def _look_up(self, operation: Operation) -> None:
        receipt = self._chain.receipt(operation.transaction_hash)
        if receipt is None or not receipt.succeeded:
            self._book.unsettled(operation)
        elif receipt.block_hash != operation.block_hash:
            self._book.moved(operation, receipt)


def _block(operation: Operation) -> int:
    return -1 if operation.block_number is None else operation.block_number
