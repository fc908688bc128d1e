"""A day's root stands for every line of the day, and for nothing else (DAY-1 to DAY-3)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from eth_utils.crypto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from zhifu.dayroot import DayLine, DayProof, DayTree, Place, root_from_text
from zhifu.exceptions import InvalidInput

SETTLEMENT = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
PLACE = Place(31_337, SETTLEMENT, date(2026, 3, 31))
LINES = [
    DayLine(f"available:creator {number:03}", number * 100 - 50, number, 2 * number)
    for number in range(13)
]
AMOUNTS = st.integers(0, 2**255 - 1)

lines = st.dictionaries(
    st.text(min_size=1, max_size=20).filter(lambda text: text.isprintable()),
    st.tuples(st.integers(-(2**255), 2**255 - 1), AMOUNTS, AMOUNTS),
    min_size=1,
    max_size=40,
).map(
    lambda found: [
        DayLine(name, *told)
        for name, told in sorted(found.items(), key=lambda each: each[0].encode())
    ]
)


@settings(max_examples=25, deadline=None)
@given(lines)
def test_every_line_is_proven_against_the_root(found: list[DayLine]) -> None:
    """DAY-1, DAY-2"""
    tree = DayTree(PLACE, found)
    for line in found:
        proof = DayProof.from_dict(json.loads(json.dumps(tree.prove(line.account).to_dict())))
        assert proof.line == line
        assert proof.holds(tree.root)


def test_a_line_tells_what_is_left() -> None:
    """DAY-2: a closing balance that somebody writes beside it counts for nothing."""
    proof = DayTree(PLACE, LINES).prove(LINES[4].account)
    told = proof.to_dict()
    assert (told["opening"], told["debits"], told["credits"]) == ("350", "4", "8")
    assert told["closing"] == "354"
    assert DayProof.from_dict({**told, "closing": "355"}).line.closing == 354


def test_the_root_is_computed_as_the_specification_says() -> None:
    """DAY-1: once more, from its words."""

    def leaf(line: DayLine) -> bytes:
        amounts = (line.opening % 2**256, line.debits, line.credits)
        told = b"".join(each.to_bytes(32, "big") for each in amounts)
        return keccak(bytes([3]) + bytes(31) + keccak(line.account.encode()) + told)

    one, two, three = (leaf(line) for line in LINES[:3])
    top = keccak(keccak(one + two) + three)
    words = (3, (PLACE.day - date(1970, 1, 1)).days, 31_337, int(SETTLEMENT, 16))
    told = b"".join(each.to_bytes(32, "big") for each in words)
    assert DayTree(PLACE, LINES[:3]).root == keccak(bytes([4]) + bytes(31) + top + told)


@dataclass(frozen=True)
class Forgery:
    """What somebody writes into a proof in the place of something else."""

    field: str
    value: Any


@pytest.mark.parametrize(
    "forgery",
    [
        Forgery("opening", "351"),
        Forgery("opening", "-350"),
        Forgery("debits", "5"),
        Forgery("credits", "9"),
        Forgery("account", "available:creator 005"),
        Forgery("day", "2026-03-30"),
        Forgery("chain_id", 1),
        Forgery("settlement", "0x" + "00" * 20),
        Forgery("leaf", 5),
        Forgery("leaves", 12),
        Forgery("leaves", 14),
        Forgery("proof", []),
    ],
    ids=lambda forgery: f"{forgery.field} {forgery.value}",
)
def test_what_is_changed_does_not_hold(forgery: Forgery) -> None:
    """DAY-2: nor does it where the file names a root that it leads to."""
    tree = DayTree(PLACE, LINES)
    told = tree.prove(LINES[4].account).to_dict() | {forgery.field: forgery.value}
    assert not DayProof.from_dict(told).holds(tree.root)


@given(st.integers(0, 12), st.integers(0, 3), st.integers(0, 255))
def test_a_proof_with_another_bit_does_not_hold(at: int, sibling: int, bit: int) -> None:
    """DAY-2"""
    tree = DayTree(PLACE, LINES)
    proof = tree.prove(LINES[at].account)
    siblings = list(proof.siblings)
    sibling %= len(siblings)
    flipped = int.from_bytes(siblings[sibling], "big") ^ 1 << bit
    siblings[sibling] = flipped.to_bytes(32, "big")
    assert not proof._replace(siblings=tuple(siblings)).holds(tree.root)
    assert not proof._replace(siblings=(*proof.siblings, bytes(32))).holds(tree.root)


def test_another_day_or_network_has_another_root() -> None:
    """DAY-3"""
    places = [
        PLACE,
        PLACE._replace(day=date(2026, 4, 1)),
        PLACE._replace(chain_id=1),
        PLACE._replace(settlement="0x" + "11" * 20),
    ]
    assert len({DayTree(place, LINES).root for place in places}) == len(places)


def test_lines_that_are_no_ledgers_are_refused() -> None:
    """DAY-1"""
    for wrong in (
        [],
        LINES[::-1],
        [LINES[0], LINES[0]],
        [DayLine("a", 2**255, 0, 0)],
        [DayLine("a", 0, -1, 0)],
    ):
        with pytest.raises(InvalidInput):
            DayTree(PLACE, wrong)
    with pytest.raises(InvalidInput):
        DayTree(PLACE, LINES).prove("available:nobody")


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        [],
        {},
        {"opening": 3},
        {"opening": "3.5"},
        {"opening": str(2**255)},
        {"debits": "-1"},
        {"day": "31.3.2026"},
        {"day": "0001-01-01"},
        {"leaf": 13},
        {"leaf": -1},
        {"leaves": "13"},
        {"proof": ["0x00"]},
        {"proof": "0x"},
        {"proof": None},
        {"settlement": "nowhere"},
    ],
    ids=str,
)
def test_a_proof_that_is_none_is_refused(wrong: Any) -> None:
    """DAY-2"""
    told = DayTree(PLACE, LINES).prove(LINES[4].account).to_dict()
    changed = {**told, **wrong} if wrong else wrong
    with pytest.raises(InvalidInput, match=r"proof|settlement|opening|debits"):
        DayProof.from_dict(changed)


@pytest.mark.parametrize("text", ["", "0x", "0x12", "12" * 32, "0x" + "zz" * 32])
def test_a_root_that_is_none_is_refused(text: str) -> None:
    """DAY-2"""
    with pytest.raises(InvalidInput, match="root"):
        root_from_text(text)
    assert root_from_text("0x" + "12" * 32) == bytes([0x12]) * 32
