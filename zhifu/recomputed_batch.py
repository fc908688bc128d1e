"""A batch read from the calldata of its transaction, as an auditor reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from eth_utils.crypto import keccak

from zhifu import accounts
from zhifu.recomputed import FROM_LEARNER, Capture, Divergence, Heading, Offer, Sold

_PLACES = 7
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


class RecomputedBatch:
    """The orders of a batch and the root over them, given what was on offer."""

    def __init__(
        self, lot: Lot, calldata: bytes, offers: Mapping[int, Offer], windows: Mapping[int, int]
    ) -> None:
        self.orders: list[Sold] = []
        self._leaves: list[bytes] = []
        self._lot = lot
        self._offers = offers
        self._windows = windows
        self._state = FROM_LEARNER if _from_learners(calldata) else 0
        for heading, words in _groups(_words(calldata)):
            self._read(heading, words)

    def root(self) -> bytes:
        """The Merkle root the contract must have stored."""
        level = self._leaves
        while len(level) > 1:
            pairs = [
                keccak(left + right) for left, right in zip(level[::2], level[1::2], strict=False)
            ]
            level = pairs + ([level[-1]] if len(level) % 2 else [])
        count = len(self._leaves).to_bytes(32, "big")
        return keccak((2 << 248).to_bytes(32, "big") + level[0] + count)

    def _read(self, heading: Heading, words: list[bytes]) -> None:
        content = _content(words[0])
        if content not in self._offers:
            raise Divergence("content of a batch", "published", content)
        capture = self._capture(content, heading)
        facts = capture.word(self._state).to_bytes(32, "big")
        tail = facts + (1 << 248 | heading.referrer).to_bytes(32, "big")
        for word in words:
            first = self._lot.prefix + len(self._leaves) * _PLACES
            self._leaves.append(keccak(word + tail))
            for place in range(_PLACES):
                learner = int.from_bytes(word[4 + 4 * place : 8 + 4 * place], "big")
                if learner:
                    self._sell(first + place, content, learner, heading, capture)

    def _capture(self, content: int, heading: Heading) -> Capture:
        offer = self._offers[content]
        window = self._windows[offer.window_class]
        return offer.capture(self._lot.sale_day, self._lot.timestamp, window, heading)

    def _sell(
        self, order_id: int, content: int, learner: int, heading: Heading, capture: Capture
    ) -> None:
        seller = self._lot.platform
        payer = accounts.of_platform(seller)
        if self._state & FROM_LEARNER:
            payer = accounts.of_learner(seller, learner)
        self.orders.append(
            Sold(order_id, seller, content, learner, heading.referrer, payer, capture, self._state)
        )


def _groups(words: bytes) -> Iterator[tuple[Heading, list[bytes]]]:
    """Words of one content that stand together, with the heading before them if there is one."""
    heading, group = 0, list[bytes]()
    for start in range(0, len(words), 32):
        word = words[start : start + 32]
        if group and _content(word) != _content(group[0]):
            yield _heading(heading), group
            heading, group = 0, []
        if _content(word) == 0:
            heading = int.from_bytes(word, "big")
        else:
            group.append(word)
    if group:
        yield _heading(heading), group


def _heading(word: int) -> Heading:
    return Heading(True, word & (1 << 160) - 1, word >> 160)


def _content(word: bytes) -> int:
    return int.from_bytes(word[:4], "big")


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
