"""One hash that stands for what every account of the ledger had and did on a day, and its proofs.

Whoever knows the root checks a line with a proof alone: no database, no chain, no gateway. A leaf
is an account's name, what it had in the morning, and what went out of it and into it; leaves are in
the order of the names. The root commits to how many there are, to the day, and to the deployment
whose ledger it is, so that no proof of one day or network holds for another (DAY-1 to DAY-3).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import pairwise
from typing import Any, NamedTuple

from eth_utils.crypto import keccak

from zhifu.batch import BatchTree
from zhifu.exceptions import InvalidInput

_LEAF_TAG = b"\x03" + bytes(31)
_ROOT_TAG = b"\x04" + bytes(31)
_WORD_BYTES = 32
_ADDRESS_BYTES = 20
_LIMIT = 1 << 255
_EPOCH = date(1970, 1, 1)

_AMOUNTS = ("opening", "debits", "credits")
_FIELDS = ("day", "chain_id", "settlement", "account", *_AMOUNTS, "leaf", "leaves", "proof")


class DayLine(NamedTuple):
    """What an account had, what went out of it and into it on a day, in ledger units."""

    account: str
    opening: int
    debits: int
    credits: int

    @property
    def closing(self) -> int:
        """What it has at the end of the day."""
        return self.opening - self.debits + self.credits


class Place(NamedTuple):
    """Whose day it is: the deployment by its chain and the address of its Settlement."""

    chain_id: int
    settlement: str
    day: date


class DayProof(NamedTuple):
    """That a line is among those of a day; all that is needed to check it against a root."""

    place: Place
    line: DayLine
    leaf: int
    leaves: int
    siblings: tuple[bytes, ...]

    @property
    def root(self) -> bytes:
        """The root that this proof leads to: only if it is the published one does the line hold."""
        node, at, width, rest = _leaf(self.line), self.leaf, self.leaves, list(self.siblings)
        while width > 1:
            if at ^ 1 < width:
                if not rest:
                    return b""
                other = rest.pop(0)
                node = keccak(other + node if at & 1 else node + other)
            at, width = at >> 1, (width + 1) >> 1
        return b"" if rest else _root(self.place, node, self.leaves)

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        return {
            "day": self.place.day.isoformat(),
            "chain_id": self.place.chain_id,
            "settlement": self.place.settlement,
            "account": self.line.account,
            **{name: str(getattr(self.line, name)) for name in (*_AMOUNTS, "closing")},
            "leaf": self.leaf,
            "leaves": self.leaves,
            "proof": ["0x" + each.hex() for each in self.siblings],
            "root": "0x" + self.root.hex(),
        }

    @classmethod
    def from_dict(cls, told: object) -> DayProof:
        """From a JSON object, whatever root it names itself; raises InvalidInput."""
        if not isinstance(told, Mapping):
            raise InvalidInput("proof", "must be a JSON object")
        for name in _FIELDS:
            if name not in told:
                raise InvalidInput(f"proof.{name}", "must be given")
        try:
            return cls(
                Place(_number(told, "chain_id"), str(told["settlement"]), _day(told["day"])),
                DayLine(str(told["account"]), *(int(told[name], 10) for name in _AMOUNTS)),
                _number(told, "leaf"),
                _number(told, "leaves"),
                tuple(_word(each) for each in told["proof"]),
            )._checked()
        except (TypeError, ValueError, AttributeError) as error:
            raise InvalidInput("proof", "must be one that zhifu wrote") from error

    def holds(self, root: bytes) -> bool:
        """Whether the line is among those that a root stands for."""
        return self.root == root

    def _checked(self) -> DayProof:
        if not 0 <= self.leaf < self.leaves <= 2**64:
            raise InvalidInput("proof.leaf", "must be below leaves", self.leaf)
        _amounts(self.line)
        _address(self.place.settlement)
        return self


class DayTree:
    """The tree over the lines of a day, in the order of their accounts' names (as UTF-8).

    Raises InvalidInput for none, for one that is out of order or there twice, and for an amount
    that does not fit into 32 bytes.
    """

    def __init__(self, place: Place, lines: Iterable[DayLine]) -> None:
        self._place = place
        self._lines = list(lines)
        if not self._lines:
            raise InvalidInput("day", "must have something in the ledger", place.day.isoformat())
        names = [line.account.encode() for line in self._lines]
        for before, after in pairwise(names):
            if before >= after:
                raise InvalidInput("account", "must come in order, once", after.decode())
        self._tree = BatchTree(_leaf(line) for line in self._lines)

    @property
    def root(self) -> bytes:
        """What stands for all lines."""
        return _root(self._place, self._tree.top, self._tree.leaves)

    @property
    def leaves(self) -> int:
        """How many lines there are."""
        return self._tree.leaves

    def prove(self, account: str) -> DayProof:
        """That an account's line is among them; raises InvalidInput if it has none."""
        for at, line in enumerate(self._lines):
            if line.account == account:
                siblings = tuple(self._tree.proof(at))
                return DayProof(self._place, line, at, self._tree.leaves, siblings)
        raise InvalidInput("account", "must be in the ledger on that day", account)


def root_from_text(text: str) -> bytes:
    """A root as people hand it on: 64 hexadecimal digits after 0x; raises InvalidInput."""
    try:
        return _word(text)
    except ValueError:
        raise InvalidInput("root", "must be 0x and 64 hexadecimal digits", text) from None


def _leaf(line: DayLine) -> bytes:
    return keccak(_LEAF_TAG + keccak(text=line.account) + _amounts(line))


def _root(place: Place, top: bytes, leaves: int) -> bytes:
    numbers = (leaves, (place.day - _EPOCH).days, place.chain_id)
    words = b"".join(each.to_bytes(_WORD_BYTES, "big") for each in numbers)
    return keccak(_ROOT_TAG + top + words + _address(place.settlement).rjust(_WORD_BYTES, b"\0"))


def _amounts(line: DayLine) -> bytes:
    if not -_LIMIT <= line.opening < _LIMIT:
        raise InvalidInput("opening", "must fit into 32 bytes", line.opening)
    for name, amount in (("debits", line.debits), ("credits", line.credits)):
        if not 0 <= amount < _LIMIT:
            raise InvalidInput(name, "must not be negative, and fit into 32 bytes", amount)
    opening = line.opening.to_bytes(_WORD_BYTES, "big", signed=True)
    return opening + b"".join(each.to_bytes(_WORD_BYTES, "big") for each in line[2:])


def _address(text: str) -> bytes:
    try:
        found = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        found = b""
    if len(found) != _ADDRESS_BYTES:
        raise InvalidInput("settlement", "must be an address", text)
    return found


def _word(text: str) -> bytes:
    found = bytes.fromhex(text[2:]) if text.startswith("0x") else b""
    if len(found) != _WORD_BYTES:
        raise ValueError(text)
    return found


def _number(told: Mapping[str, Any], name: str) -> int:
    if type(told[name]) is not int or told[name] < 0:
        raise InvalidInput(f"proof.{name}", "must be a number", told[name])
    return int(told[name])


def _day(text: str) -> date:
    found = date.fromisoformat(text)
    if found < _EPOCH:
        raise ValueError(text)
    return found
