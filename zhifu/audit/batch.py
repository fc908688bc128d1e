"""A batch read from the calldata of its transaction, as an auditor reads it."""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from eth_utils.crypto import keccak

from zhifu import accounts
from zhifu.accounts import Account
from zhifu.audit.records import FROM_LEARNER, Capture, Divergence, Heading, Offer, Sold

PLACES = 7
"""How many orders a leaf has room for."""

_NUMBERS = PLACES + 1
_SETTLE = keccak(text="settle(uint64,uint32,uint256,uint256[])")[:4]
_SETTLE_LEARNERS = keccak(
    text="settleLearners(uint64,uint32,uint256,bool,uint256[],(uint64,uint64,uint64,bytes)[])"
)[:4]

#: By selector, which argument is the offset of the words.
_WORDS_AT = {_SETTLE: 3, _SETTLE_LEARNERS: 4}


class Lot(NamedTuple):
    """What a batch's event says of it: platform, lane and number; sale day and block's time."""

    platform: int
    lane: int
    number: int
    sale_day: int
    timestamp: int

    @property
    def prefix(self) -> int:
        """The ids of its orders without their positions."""
        return self.platform << 128 | self.lane << 96 | self.number << 32


class Group(NamedTuple):
    """Words of one content that stand together, and what was read for each of their orders.

    They are the batch's leaves from `first` to before `last`; `word` is the first of them among
    all words, headings counted.
    """

    content: int
    heading: Heading
    capture: Capture
    first: int
    last: int
    word: int
    orders: int


class RecomputedBatch:
    """The orders of a batch and the root over them, given what was on offer.

    It is read as one array of numbers, and its orders are made one by one only when asked for.
    """

    def __init__(
        self, lot: Lot, calldata: bytes, offers: Mapping[int, Offer], windows: Mapping[int, int]
    ) -> None:
        self.lot = lot
        self.words = _words(calldata)
        self.state = FROM_LEARNER if _from_learners(calldata) else 0
        self._offers = offers
        self._windows = windows
        self._numbers = _numbers(self.words)
        self.groups = list(self._grouped())
        self._firsts = [group.first for group in self.groups]

    @property
    def leaves(self) -> int:
        """How many words carry orders."""
        return self.groups[-1].last if self.groups else 0

    @property
    def orders(self) -> int:
        """How many orders there are."""
        return sum(group.orders for group in self.groups)

    @property
    def debit(self) -> int:
        """What they cost together."""
        return sum(group.orders * group.capture.price for group in self.groups)

    def debits(self) -> Mapping[Account, int]:
        """What each account pays that paid for orders."""
        if not self.state & FROM_LEARNER:
            return {accounts.of_platform(self.lot.platform): self.debit}
        found: Counter[Account] = Counter()
        for group in self.groups:
            for _, learner in self._learners(group):
                account = accounts.of_learner(self.lot.platform, learner)
                found[account] += group.capture.price
        return found

    def root(self) -> bytes:
        """The Merkle root the contract must have stored."""
        level = [leaf for group in self.groups for leaf in self._hashed(group)]
        if not level:
            raise Divergence("orders of a batch", "one at least", 0)
        count = len(level).to_bytes(32, "big")
        while len(level) > 1:
            pairs = [
                keccak(left + right) for left, right in zip(level[::2], level[1::2], strict=False)
            ]
            level = pairs + ([level[-1]] if len(level) % 2 else [])
        return keccak((2 << 248).to_bytes(32, "big") + level[0] + count)

    def order(self, position: int) -> Sold | None:
        """The order at a position, or None."""
        leaf, place = divmod(position, PLACES)
        if leaf >= self.leaves:
            return None
        group = self.groups[bisect_right(self._firsts, leaf) - 1]
        learner = self._numbers[(group.word + leaf - group.first) * _NUMBERS + 1 + place]
        return self.sold(group, position, learner) if learner else None

    def __iter__(self) -> Iterator[Sold]:
        """All orders by position."""
        for group in self.groups:
            for position, learner in self._learners(group):
                yield self.sold(group, position, learner)

    def sales(self) -> Iterator[tuple[int, int, int, int]]:
        """Position, learner, content and price of each order: what most of it comes down to."""
        for group in self.groups:
            for position, learner in self._learners(group):
                yield position, learner, group.content, group.capture.price

    def sold(self, group: Group, position: int, learner: int) -> Sold:
        """An order of a group."""
        seller = self.lot.platform
        payer = accounts.of_platform(seller)
        if self.state & FROM_LEARNER:
            payer = accounts.of_learner(seller, learner)
        return Sold(
            self.lot.prefix + position,
            seller,
            group.content,
            learner,
            group.heading.referrer,
            payer,
            group.capture,
            self.state,
        )

    def _grouped(self) -> Iterator[Group]:
        contents = self._numbers[::_NUMBERS]
        heading, leaves, start = 0, 0, 0
        while start < len(contents):
            content, end = contents[start], start + 1
            if content == 0:
                heading, start = self._word(start), end
                continue
            while end < len(contents) and contents[end] == content:
                end += 1
            yield self._group(content, heading, leaves, start, end)
            heading, leaves, start = 0, leaves + end - start, end

    def _group(self, content: int, heading: int, first: int, start: int, end: int) -> Group:
        if content not in self._offers:
            raise Divergence("content of a batch", "published", content)
        offer, said = self._offers[content], _heading(heading)
        window = self._windows[offer.window_class]
        capture = offer.capture(self.lot.sale_day, self.lot.timestamp, window, said)
        nobody = self._numbers[start * _NUMBERS : end * _NUMBERS].count(0)
        last = first + end - start
        return Group(content, said, capture, first, last, start, (end - start) * PLACES - nobody)

    def _learners(self, group: Group) -> Iterator[tuple[int, int]]:
        """Position and learner of each order of a group."""
        for leaf in range(group.first, group.last):
            at = (group.word + leaf - group.first) * _NUMBERS + 1
            for place, learner in enumerate(self._numbers[at : at + PLACES]):
                if learner:
                    yield leaf * PLACES + place, learner

    def _hashed(self, group: Group) -> Iterator[bytes]:
        facts = group.capture.word(self.state).to_bytes(32, "big")
        tail = facts + (1 << 248 | group.heading.referrer).to_bytes(32, "big")
        start = group.word * 32
        for at in range(start, start + 32 * (group.last - group.first), 32):
            yield keccak(self.words[at : at + 32] + tail)

    def _word(self, index: int) -> int:
        return int.from_bytes(self.words[32 * index : 32 * index + 32], "big")


def _numbers(words: bytes) -> array[int]:
    """Words as their numbers: a content, then its learners, word by word."""
    if len(words) % 32:
        raise Divergence("words of a batch", "whole ones", len(words))
    numbers = array("I", words)
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers


def _heading(word: int) -> Heading:
    return Heading(True, word & (1 << 160) - 1, word >> 160)


def _from_learners(calldata: bytes) -> bool:
    return calldata[:4] == _SETTLE_LEARNERS and any(calldata[4 + 3 * 32 : 4 + 4 * 32])


def _words(calldata: bytes) -> bytes:
    """The batch's words, where the calldata says they are: any offset is valid, and any tail."""
    if calldata[:4] not in _WORDS_AT:
        raise Divergence("call that settled a batch", "settle or settleLearners", calldata[:4])
    arguments = calldata[4:]
    at = 32 * _WORDS_AT[calldata[:4]]
    start = int.from_bytes(arguments[at : at + 32], "big")
    count = int.from_bytes(arguments[start : start + 32], "big")
    return arguments[start + 32 : start + 32 + 32 * count]
