"""A batch on the wire: orders packed into words, the tree the contract commits to, and proofs.

A word is 4 bytes of content number and seven 4-byte learner numbers, as `BatchTree.sol` says. The
orders of one content stand together, because the contract writes one storage slot per group. A
word with content number 0 is a heading: it names the referrer and the start of the group after it.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from eth_utils.crypto import keccak

from zhifu.exceptions import InvalidInput
from zhifu.facts import Facts, Quote

ORDERS_PER_WORD = 7
WORD_BYTES = 32
HIGHEST_NUMBER = 2**32 - 1

_ADDRESS_BYTES = 20
_START_SHIFT = 8 * _ADDRESS_BYTES
_HIGHEST_START = 2**40 - 1
_LEAF_TAG = b"\x01" + bytes(11)
_ROOT_TAG = b"\x02" + bytes(31)


class BatchItem(NamedTuple):
    """One fiat order as a batch carries it; `referrer` None for none.

    `starts_at` is when a renewable licence starts, in Unix seconds; 0 for at once.
    """

    content: int
    learner: int
    referrer: str | None = None
    starts_at: int = 0

    @property
    def heading(self) -> int:
        """What its group's heading says; 0 if the group needs none."""
        return self.starts_at << _START_SHIFT | int(self.referrer or "0", 16)


class Place(NamedTuple):
    """Where an order stands in its batch: which leaf, and which learner of the leaf's word."""

    leaf: int
    place: int

    @property
    def position(self) -> int:
        """The position that is part of the order id."""
        return self.leaf * ORDERS_PER_WORD + self.place


class Leaf(NamedTuple):
    """One word of a batch with the referrer and the start that its group's heading named."""

    word: bytes
    referrer: str | None
    starts_at: int = 0


@dataclass(frozen=True, slots=True)
class PackedBatch:
    """The words of a batch as bytes, and where each order went, in the order they were given."""

    words: bytes
    places: Sequence[Place]


def pack(items: Sequence[BatchItem]) -> PackedBatch:
    """Pack orders into words, grouped by content, referrer and start.

    Raises InvalidInput for no items, for numbers that are not from 1 to 2^32 - 1, and for a start
    that is not from 0 to 2^40 - 1.
    """
    if not items:
        raise InvalidInput("batch", "must have at least one order")
    groups: dict[tuple[int, int], list[int]] = {}
    for index, item in enumerate(items):
        _require_number("content", item.content)
        _require_number("learner", item.learner)
        _require_start(item.starts_at)
        groups.setdefault((item.content, item.heading), []).append(index)
    places: list[Place] = [Place(0, 0)] * len(items)
    words, leaf = bytearray(), 0
    # Orders without a heading come first in a content, so that a heading parts them.
    for content, heading in sorted(groups):
        if heading:
            words += heading.to_bytes(WORD_BYTES, "big")
        indexes = groups[content, heading]
        for start in range(0, len(indexes), ORDERS_PER_WORD):
            chunk = indexes[start : start + ORDERS_PER_WORD]
            numbers = array("I", [content, *(items[index].learner for index in chunk)])
            numbers.byteswap()
            words += numbers.tobytes().ljust(WORD_BYTES, b"\0")
            for place, index in enumerate(chunk):
                places[index] = Place(leaf, place)
            leaf += 1
    return PackedBatch(bytes(words), places)


def unpack(words: bytes) -> list[Leaf]:
    """The leaves of a batch, in order: its words without the headings."""
    leaves: list[Leaf] = []
    heading: tuple[str | None, int] = (None, 0)
    content = b""
    for start in range(0, len(words), WORD_BYTES):
        word = words[start : start + WORD_BYTES]
        if word[:4] == bytes(4):
            heading, content = _heading(word), b""
            continue
        if content and word[:4] != content:
            heading = (None, 0)
        content = word[:4]
        leaves.append(Leaf(word, *heading))
    return leaves


def _heading(word: bytes) -> tuple[str | None, int]:
    """The referrer and the start that a heading names."""
    referrer = word[-_ADDRESS_BYTES:]
    starts_at = int.from_bytes(word[:-_ADDRESS_BYTES], "big")
    return "0x" + referrer.hex() if any(referrer) else None, starts_at


def learners(word: bytes) -> tuple[int, ...]:
    """The seven learner numbers of a word, 0 for an empty place."""
    return tuple(int.from_bytes(word[at : at + 4], "big") for at in range(4, WORD_BYTES, 4))


def content_of(word: bytes) -> int:
    """The content number of a word."""
    return int.from_bytes(word[:4], "big")


def leaf_hash(leaf: Leaf, facts: Facts) -> bytes:
    """What the tree holds for a leaf."""
    referrer = bytes.fromhex(leaf.referrer[2:]) if leaf.referrer else bytes(20)
    return keccak(leaf.word + facts.pack().to_bytes(32, "big") + _LEAF_TAG + referrer)


class BatchTree:
    """The Merkle tree over a batch's leaves."""

    def __init__(self, hashes: Iterable[bytes]) -> None:
        self._levels = [list(hashes)]
        if not self._levels[0]:
            raise InvalidInput("batch", "must have at least one order")
        while len(self._levels[-1]) > 1:
            self._levels.append(_next_level(self._levels[-1]))

    @property
    def leaves(self) -> int:
        """How many leaves the root commits to."""
        return len(self._levels[0])

    @property
    def top(self) -> bytes:
        """The last node, which says nothing of how many leaves are below it."""
        return self._levels[-1][0]

    @property
    def root(self) -> bytes:
        """What the contract stores for the batch."""
        return keccak(_ROOT_TAG + self.top + self.leaves.to_bytes(32, "big"))

    def proof(self, leaf: int) -> list[bytes]:
        """The siblings from a leaf to the top; a node without one adds none."""
        siblings = []
        for level in self._levels[:-1]:
            if leaf ^ 1 < len(level):
                siblings.append(level[leaf ^ 1])
            leaf >>= 1
        return siblings


def tree(words: bytes, quotes: Mapping[int, Quote]) -> BatchTree:
    """The tree of a batch, given by content number what the contract read for it."""
    return BatchTree(leaf_hash(leaf, facts_of(leaf, quotes)) for leaf in unpack(words))


def facts_of(leaf: Leaf, quotes: Mapping[int, Quote]) -> Facts:
    """What the contract read for the orders of a leaf."""
    return quotes[content_of(leaf.word)].facts(leaf.referrer, leaf.starts_at)


def _next_level(level: list[bytes]) -> list[bytes]:
    above = [keccak(level[at] + level[at + 1]) for at in range(0, len(level) - 1, 2)]
    return above + level[-1:] if len(level) % 2 else above


def _require_number(field: str, number: int) -> None:
    if not 0 < number <= HIGHEST_NUMBER:
        raise InvalidInput(field, "must be a number from 1 to 4294967295", number)


def _require_start(starts_at: int) -> None:
    if not 0 <= starts_at <= _HIGHEST_START:
        raise InvalidInput("starts_at", "must be a Unix second from 0 to 1099511627775", starts_at)
