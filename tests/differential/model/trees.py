"""The tree that a batch commits to (TREE)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from eth_hash.auto import keccak

from tests.differential.model.words import hash_words, of_address

PLACES = 7
LEAF_TAG = 1 << 248
ROOT_TAG = 2 << 248

BatchKey = tuple[int, int, int]
"""Platform, lane and number."""


class Place(NamedTuple):
    """Where an order stands: in which batch, at which leaf and place of its word."""

    batch: BatchKey
    leaf: int
    place: int

    @property
    def position(self) -> int:
        return PLACES * self.leaf + self.place

    @property
    def id(self) -> int:
        """TREE-2."""
        platform, lane, number = self.batch
        return platform << 128 | lane << 96 | number << 32 | self.position


class Leaf(NamedTuple):
    """One word with what the contract read for it."""

    word: int
    facts: int
    referrer: str

    def hash(self) -> bytes:
        return hash_words(self.word, self.facts, LEAF_TAG | of_address(self.referrer))


def pack_word(content: int, learners: Sequence[int]) -> int:
    """Pack a content number and up to seven learner numbers, highest first (BATCH-4)."""
    packed = content
    for place in range(PLACES):
        packed = packed << 32 | (learners[place] if place < len(learners) else 0)
    return packed


def content_of(word: int) -> int:
    """Return the content number of a word."""
    return word >> 224


def learner_at(word: int, place: int) -> int:
    """Return the learner at a place of a word, 0 for none."""
    return word >> (192 - 32 * place) & 0xFFFFFFFF if place < PLACES else 0


class Tree:
    """Leaf hashes, and the levels above them."""

    def __init__(self, hashes: Sequence[bytes]) -> None:
        self.levels = [list(hashes)]
        while len(self.levels[-1]) > 1:
            self.levels.append(_parents(self.levels[-1]))

    @property
    def root(self) -> bytes:
        """What the contract keeps (TREE-1)."""
        return hash_words(ROOT_TAG, self.levels[-1][0], len(self.levels[0]))

    def proof(self, index: int) -> tuple[bytes, ...]:
        """Return the siblings from a leaf up to the top."""
        siblings = []
        for level in self.levels[:-1]:
            if index ^ 1 < len(level):
                siblings.append(level[index ^ 1])
            index >>= 1
        return tuple(siblings)


def _parents(level: list[bytes]) -> list[bytes]:
    pairs = [level[at : at + 2] for at in range(0, len(level), 2)]
    return [bytes(keccak(b"".join(pair))) if len(pair) == 2 else pair[0] for pair in pairs]
