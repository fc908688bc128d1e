"""A batch of orders: words, facts, tree and proofs (BATCH-4, BATCH-5, TREE-1, TREE-2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from eth_hash.auto import keccak

from tests.contracts.accounts import ZERO, of_address

PLACES = 7
FROM_LEARNER = 32
LEAF_TAG = 1 << 248
ROOT_TAG = 2 << 248


class Facts(NamedTuple):
    """What the contract reads when it captures an order, and its state; prices in ledger units."""

    price: int
    commission_bps: int
    referrer_bps: int
    class_: int
    epoch: int
    plan_version: int = 1
    expires_at: int = 0
    state: int = 0
    starts_at: int = 0
    refunded: int = 0

    def packed(self) -> int:
        return (
            self.price
            | self.commission_bps << 40
            | self.referrer_bps << 56
            | self.plan_version << 72
            | self.class_ << 88
            | self.epoch << 96
            | self.expires_at << 120
            | self.state << 160
            | self.starts_at << 168
            | self.refunded << 208
        )


class Group(NamedTuple):
    """Orders of one content, all with the same referrer and start."""

    content: int
    learners: Sequence[int]
    referrer: str = ZERO
    starts_at: int = 0

    @property
    def heading(self) -> int:
        """The word before the group's own, or 0 if it needs none (BATCH-5)."""
        return self.starts_at << 160 | of_address(self.referrer)

    def words(self) -> list[int]:
        """Return the words that carry the orders."""
        sevens = range(0, len(self.learners), PLACES)
        return [pack_word(self.content, self.learners[i : i + PLACES]) for i in sevens]


class Leaf(NamedTuple):
    """One word with what the contract read for it."""

    word: int
    facts: int
    referrer: str

    def hash(self) -> bytes:
        return hash_words(self.word, self.facts, LEAF_TAG | of_address(self.referrer))


class BatchOrder(NamedTuple):
    """One order of a batch with its proof, as the contracts take it."""

    platform: int
    lane: int
    number: int
    leaves: int
    leaf: int
    place: int
    word: int
    facts: int
    referrer: str
    proof: tuple[bytes, ...]

    @property
    def learner(self) -> int:
        return learner_at(self.word, self.place)

    @property
    def id(self) -> int:
        position = PLACES * self.leaf + self.place
        return self.platform << 128 | self.lane << 96 | self.number << 32 | position


def pack_word(content: int, learners: Sequence[int]) -> int:
    """Pack a content number and up to seven learner numbers, highest first."""
    places = [content, *learners, *[0] * (PLACES - len(learners))]
    return int.from_bytes(b"".join(place.to_bytes(4, "big") for place in places), "big")


def learner_at(word: int, place: int) -> int:
    """Return the learner at a place of a word."""
    return int.from_bytes(word.to_bytes(32, "big")[4 + 4 * place : 8 + 4 * place], "big")


def words_of(groups: Iterable[Group]) -> list[int]:
    """Return a batch's words: each group's, after its heading, if it has one."""
    words: list[int] = []
    for group in groups:
        words += [group.heading] * bool(group.heading) + group.words()
    return words


def hash_words(*words: int) -> bytes:
    """Hash 32-byte words."""
    return keccak(b"".join(word.to_bytes(32, "big") for word in words))


class Tree:
    """The Merkle tree over some leaf hashes."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.levels = [list(leaves)]
        while len(self.levels[-1]) > 1:
            self.levels.append(_parents(self.levels[-1]))

    @property
    def root(self) -> bytes:
        top = int.from_bytes(self.levels[-1][0], "big")
        return hash_words(ROOT_TAG, top, len(self.levels[0]))

    def proof(self, index: int) -> tuple[bytes, ...]:
        """Return the siblings from the leaf at `index` up to the top."""
        siblings = [level[i ^ 1] for level, i in self._path(index) if i ^ 1 < len(level)]
        return tuple(siblings)

    def _path(self, index: int) -> list[tuple[list[bytes], int]]:
        return [(level, index >> height) for height, level in enumerate(self.levels)]


def _parents(level: list[bytes]) -> list[bytes]:
    pairs = [level[i : i + 2] for i in range(0, len(level), 2)]
    return [keccak(pair[0] + pair[1]) if len(pair) == 2 else pair[0] for pair in pairs]


@dataclass(frozen=True)
class Batch:
    """A settled batch, from which any order can be shown with its proof."""

    platform: int
    lane: int
    number: int
    leaves: tuple[Leaf, ...]

    @cached_property
    def tree(self) -> Tree:
        return Tree([leaf.hash() for leaf in self.leaves])

    @property
    def root(self) -> bytes:
        return self.tree.root

    def order(self, leaf: int = 0, place: int = 0) -> BatchOrder:
        """Return one order with its proof."""
        count, proof = len(self.leaves), self.tree.proof(leaf)
        lane = (self.platform, self.lane, self.number)
        return BatchOrder(*lane, count, leaf, place, *self.leaves[leaf], proof)

    def orders(self) -> list[BatchOrder]:
        """Return every order of the batch."""
        places = [(i, place) for i in range(len(self.leaves)) for place in range(PLACES)]
        return [order for order in (self.order(*at) for at in places) if order.learner]
