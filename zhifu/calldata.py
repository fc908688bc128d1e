"""What a transaction that settled a batch says, whichever of the two verbs it called."""

from __future__ import annotations

from typing import NamedTuple

from zhifu.abi import artifact

_WORD_BYTES = 32


class SettleCall(NamedTuple):
    """The words of a batch, and whether the learners' accounts paid for it."""

    words: bytes
    from_learners: bool


def read_settle_call(calldata: bytes) -> SettleCall:
    """Read the calldata of `settle` or `settleLearners`, wherever it has put its words."""
    functions = artifact("Settlement").functions
    if calldata[:4] == functions["settleLearners"].selector:
        return SettleCall(_array(calldata, 4), any(_argument(calldata, 3)))
    return SettleCall(_array(calldata, 3), from_learners=False)


def _array(calldata: bytes, argument: int) -> bytes:
    """The elements of an array, at the place that its argument names."""
    at = 4 + int.from_bytes(_argument(calldata, argument), "big")
    count = int.from_bytes(calldata[at : at + _WORD_BYTES], "big")
    return calldata[at + _WORD_BYTES : at + _WORD_BYTES * (1 + count)]


def _argument(calldata: bytes, index: int) -> bytes:
    at = 4 + _WORD_BYTES * index
    return calldata[at : at + _WORD_BYTES]
