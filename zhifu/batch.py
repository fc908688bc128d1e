"""A batch on the wire: orders packed into words, the tree the contract commits to, and proofs.

A word is 4 bytes of content number and seven 4-byte learner numbers, as `BatchTree.sol` says. The
orders of one content stand together, because the contract writes one storage slot per group.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from eth_utils.crypto import keccak

from zhifu.exceptions import InvalidInput

ORDERS_PER_WORD = 7
WORD_BYTES = 32
HIGHEST_NUMBER = 2**32 - 1

_LEAF_TAG = b"\x01" + bytes(11)
_ROOT_TAG = b"\x02" + bytes(31)


class BatchItem(NamedTuple):
    """One fiat order as a batch carries it; `referrer` None for none."""

    content: int
    learner: int
    referrer: str | None = None


class Place(NamedTuple):
    """Where an order stands in its batch: which leaf, and which learner of the leaf's word."""

    leaf: int
    place: int

    @property
    def position(self) -> int:
        """The position that is part of the order id."""
        return self.leaf * ORDERS_PER_WORD + self.place


class Leaf(NamedTuple):
    """One word of a batch with the referrer its group named."""

    word: bytes
    referrer: str | None


@dataclass(frozen=True, slots=True)
class PackedBatch:
    """The words of a batch as bytes, and where each order went, in the order they were given."""

    words: bytes
    places: Sequence[Place]


def pack(items: Sequence[BatchItem]) -> PackedBatch:
    """Pack orders into words, grouped by content and referrer.

    Raises InvalidInput for no items, and for numbers that are not from 1 to 2^32 - 1.
    """
    if not items:
        raise InvalidInput("batch", "must have at least one order")
    groups: dict[tuple[int, str | None], list[int]] = {}
    for index, item in enumerate(items):
        _require_number("content", item.content)
        _require_number("learner", item.learner)
        groups.setdefault((item.content, item.referrer), []).append(index)
    places: list[Place] = [Place(0, 0)] * len(items)
    words, leaf = bytearray(), 0
    # Orders without a referrer come first in a content, so that a referrer word parts them.
    for key in sorted(groups, key=lambda each: (each[0], each[1] or "")):
        content, referrer = key
        if referrer is not None:
            words += bytes(12) + bytes.fromhex(referrer[2:])
        indexes = groups[key]
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
    """The leaves of a batch, in order: its words without those that only name a referrer."""
    leaves: list[Leaf] = []
    referrer: str | None = None
    content = b""
    for start in range(0, len(words), WORD_BYTES):
        word = words[start : start + WORD_BYTES]
        if word[:4] == bytes(4):
            referrer, content = "0x" + word[12:].hex(), b""
            continue
        if content and word[:4] != content:
            referrer = None
        content = word[:4]
        leaves.append(Leaf(word, referrer))
    return leaves


def learners(word: bytes) -> tuple[int, ...]:
    """The seven learner numbers of a word, 0 for an empty place."""
    return tuple(int.from_bytes(word[at : at + 4], "big") for at in range(4, WORD_BYTES, 4))


def content_of(word: bytes) -> int:
    """The content number of a word."""
    return int.from_bytes(word[:4], "big")


class Facts(NamedTuple):
    """What the contract read when it captured an order; see `Facts.sol` for units and bits."""

    price: int
    commission_bps: int
    referrer_bps: int
    plan_version: int
    window_class: int
    epoch: int
    expires_at: int = 0
    state: int = 0

    def pack(self) -> int:
        """As the one word that contracts and proofs carry."""
        packed = shift = 0
        for value, bits in zip(self, _FACT_BITS, strict=True):
            packed |= value << shift
            shift += bits
        return packed

    @classmethod
    def unpack(cls, packed: int) -> Facts:
        """From the word that contracts and proofs carry."""
        values = []
        for bits in _FACT_BITS:
            values.append(packed & ((1 << bits) - 1))
            packed >>= bits
        return cls(*values)


_FACT_BITS = (40, 16, 16, 16, 8, 24, 40, 8)


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
    def root(self) -> bytes:
        """What the contract stores for the batch."""
        return keccak(_ROOT_TAG + self._levels[-1][0] + self.leaves.to_bytes(32, "big"))

    def proof(self, leaf: int) -> list[bytes]:
        """The siblings from a leaf to the top; a node without one adds none."""
        siblings = []
        for level in self._levels[:-1]:
            if leaf ^ 1 < len(level):
                siblings.append(level[leaf ^ 1])
            leaf >>= 1
        return siblings


def tree(words: bytes, facts: Mapping[int, Facts], referrer_bps: Mapping[int, int]) -> BatchTree:
    """The tree of a batch, given by content number what the contract read for it.

    `facts` are those without a referrer; `referrer_bps` is what a named one gets of each content.
    """
    hashes = []
    for leaf in unpack(words):
        content = content_of(leaf.word)
        read = facts[content]
        if leaf.referrer is not None:
            read = read._replace(referrer_bps=referrer_bps[content])
        hashes.append(leaf_hash(leaf, read))
    return BatchTree(hashes)


def _next_level(level: list[bytes]) -> list[bytes]:
    above = [keccak(level[at] + level[at + 1]) for at in range(0, len(level) - 1, 2)]
    return above + level[-1:] if len(level) % 2 else above


def _require_number(field: str, number: int) -> None:
    if not 0 < number <= HIGHEST_NUMBER:
        raise InvalidInput(field, "must be a number from 1 to 4294967295", number)
