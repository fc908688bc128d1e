"""What the mutation run changes, samples and remembers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tools.mutants.__main__ import chosen
from tools.mutants.book import Book, Outcome
from tools.mutants.mutant import Kind, Mutant
from tools.mutants.operators import Text, changes

FILE = "contracts/libraries/Hold.sol"


def _mutant(number: int, kind: Kind = Kind.OTHER) -> Mutant:
    return Mutant(FILE, "HoldLib.take", kind, number, f"{number}", f"{number + 1}")


def _node(kind: str, start: int, end: int, **more: Any) -> dict[str, Any]:
    return {"nodeType": kind, "src": f"{start}:{end - start}:0", **more}


def _changed(source: str, node: dict[str, Any]) -> set[tuple[Kind, str]]:
    text = Text(source.encode())
    return {
        (each.kind, source[: each.start] + each.by + source[each.end :])
        for each in changes(node, text)
    }


def test_a_comparison_moves_its_boundary_and_turns_around() -> None:
    left, right = _node("Identifier", 0, 1), _node("Identifier", 4, 5)
    node = _node("BinaryOperation", 0, 5, operator="<", leftExpression=left, rightExpression=right)
    assert _changed("a < b", node) == {(Kind.OTHER, "a <= b"), (Kind.OTHER, "a >= b")}


def test_a_guard_is_negated_and_dropped() -> None:
    node = _node(
        "IfStatement",
        0,
        15,
        condition=_node("Identifier", 4, 5),
        trueBody=_node("RevertStatement", 7, 15),
    )
    guards = {(Kind.GUARD, "if (!(a)) revert B()"), (Kind.GUARD, "if (false) revert B()")}
    assert _changed("if (a) revert B()", node) == guards


def test_a_statement_is_dropped_with_its_semicolon() -> None:
    target = _node("Identifier", 0, 1, typeDescriptions={"typeString": "uint256"})
    assignment = _node("Assignment", 0, 5, operator="=", leftHandSide=target)
    node = _node("ExpressionStatement", 0, 5, expression=assignment)
    assert _changed("a = b;", node) == {(Kind.MONEY, "{}")}


def test_a_sample_has_every_strict_mutant_and_is_the_same_for_a_seed() -> None:
    guards = [_mutant(number, Kind.GUARD) for number in range(5)]
    others = [_mutant(number) for number in range(100, 200)]
    sample = chosen([*others, *guards], 20, seed=1)
    assert len(sample) == 20
    assert set(guards) <= set(sample)
    assert sample == chosen([*guards, *reversed(others)], 20, seed=1)
    assert sample != chosen([*guards, *others], 20, seed=2)


def test_a_mutant_keeps_its_name_when_lines_move() -> None:
    here = Mutant(FILE, "HoldLib.add", Kind.GUARD, 10, "amount  >\n room", "amount >= room")
    there = Mutant(FILE, "HoldLib.add", Kind.GUARD, 90, "amount > room", "amount >= room")
    assert here.key == there.key == "HoldLib.add: amount > room -> amount >= room"


def test_what_was_noticed_is_remembered(tmp_path: Path) -> None:
    mutants, path = [_mutant(1), _mutant(2)], tmp_path / "outcomes.jsonl"
    Book(mutants, path).note(Outcome(mutants[0].key, "forge", "test_take"))
    assert list(Book(mutants, path).known) == [mutants[0].key]
    assert Book([mutants[1]], path).known == {}
