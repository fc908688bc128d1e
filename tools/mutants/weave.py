"""All mutants in one compilation: which of them is at work is told by a number in the bytecode.

Compiling takes far longer than trying, so a mutant is not compiled alone where it can be woven in:
a statement becomes a choice among itself and its mutants, and so does a condition or the value of a
constant. The choice is by a marker that stands in the bytecode as it is, because nothing is
optimized, and is overwritten with a mutant's number, or with 0 for none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tools.mutants.compiler import Compiler, DoesNotCompile
from tools.mutants.mutant import Mutant
from tools.mutants.operators import Node, Text, children, span
from tools.mutants.sources import sources

MARKER = "a5c3f00d" * 8

_Chooser = Callable[[str, dict[int, str]], str]


@dataclass(frozen=True)
class Place:
    """A part of a source that can be a choice."""

    start: int
    end: int
    choose: _Chooser


@dataclass(frozen=True)
class Weave:
    """The sources and the bytecode that all woven mutants are in, and their numbers."""

    texts: Mapping[str, str]
    artifacts: Mapping[str, str]
    numbers: Mapping[str, int]

    def artifacts_of(self, mutant: Mutant | None) -> dict[str, str]:
        """Return the artifacts with one mutant at work, or none."""
        number = self.numbers[mutant.key] if mutant else 0
        return {
            name: text.replace(MARKER, f"{number:064x}") for name, text in self.artifacts.items()
        }


def weave(compiler: Compiler, trees: Mapping[str, Any], mutants: Iterable[Mutant]) -> Weave:
    """Weave in as many mutants as compile together."""
    fixed = frozenset().union(*map(_assembled, trees.values()))
    places = {file: list(_places(tree, _text(file), fixed)) for file, tree in trees.items()}
    woven = dict(enumerate((each for each in mutants if _place(each, places)), start=1))
    while True:
        texts, where = _woven_sources(woven, places)
        try:
            artifacts = compiler.artifacts(texts)
        except DoesNotCompile as refusal:
            refused = {number for at in refusal.places for number in where(*at)}
            if not refused:
                raise
            woven = {number: each for number, each in woven.items() if number not in refused}
        else:
            return Weave(texts, artifacts, {each.key: number for number, each in woven.items()})


def _place(mutant: Mutant, places: Mapping[str, list[Place]]) -> Place | None:
    end = mutant.start + len(mutant.was.encode())
    around = (
        each for each in places[mutant.file] if each.start <= mutant.start and end <= each.end
    )
    return next(around, None)


def _woven_sources(
    woven: Mapping[int, Mutant], places: Mapping[str, list[Place]]
) -> tuple[dict[str, str], Callable[[str, int], Iterator[int]]]:
    """Return the woven sources, and what tells which mutants are around a byte of one."""
    by_file: dict[str, dict[Place, dict[int, Mutant]]] = defaultdict(lambda: defaultdict(dict))
    for number, mutant in woven.items():
        if place := _place(mutant, places):
            by_file[mutant.file][place][number] = mutant
    texts, spans = {}, []
    for file, chosen in by_file.items():
        text = bytearray()
        original, done = sources()[file], 0
        for place in sorted(chosen, key=lambda each: each.start):
            text += original[done : place.start]
            for part, number in _parts(original, place, chosen[place]):
                if number:
                    spans.append((file, len(text), len(text) + len(part.encode()), number))
                text += part.encode()
            done = place.end
        texts[file] = (text + original[done:]).decode()

    def around(file: str, at: int) -> Iterator[int]:
        for in_file, start, end, number in spans:
            if in_file == file and start <= at < end:
                yield number

    return texts, around


def _parts(
    original: bytes, place: Place, mutants: Mapping[int, Mutant]
) -> Iterator[tuple[str, int]]:
    """Yield a choice in parts, each with the number of the mutant that it is, or 0."""
    was = original[place.start : place.end].decode()
    ways = {number: _changed(original, place, mutant) for number, mutant in mutants.items()}
    whole = place.choose(was, ways)
    done = 0
    for number in ways:
        start = whole.index(_test(number), done)
        following = [whole.find(_test(each), start + 1) for each in ways if each != number]
        end = min((at for at in following if at > start), default=whole.rfind(_LAST, start))
        yield whole[done:start], 0
        yield whole[start:end], number
        done = end
    yield whole[done:], 0


def _changed(original: bytes, place: Place, mutant: Mutant) -> str:
    end = mutant.start + len(mutant.was.encode())
    before, after = original[place.start : mutant.start], original[end : place.end]
    return before.decode() + mutant.by + after.decode()


# Where something can be chosen

_LAST = "/*or as it is*/"
_PLAIN = (
    "ExpressionStatement",
    "EmitStatement",
    "RevertStatement",
    "Return",
    "InlineAssembly",
    "Break",
    "Continue",
)


def _text(file: str) -> Text:
    return Text(sources()[file])


def _assembled(node: Node) -> frozenset[int]:
    """Return what inline assembly refers to: a constant among it has to stay a plain number."""
    own = frozenset(each["declaration"] for each in node.get("externalReferences", ()))
    return own.union(*map(_assembled, children(node)))


def _places(node: Node, text: Text, fixed: frozenset[int]) -> Iterator[Place]:
    kind = node.get("nodeType")
    if kind in ("IfStatement", "WhileStatement", "ForStatement") and node.get("condition"):
        yield Place(*span(node["condition"]), _expression)
    if kind == "ForStatement" and node.get("loopExpression"):
        yield Place(*span(node["loopExpression"]), _step)
    if kind == "VariableDeclaration" and node.get("constant") and node["id"] not in fixed:
        yield Place(*span(node["value"]), _expression)
    if kind in ("Block", "UncheckedBlock"):
        yield from _statements(node["statements"], text)
    for branch in ("trueBody", "falseBody", "body"):
        body = node.get(branch)
        if kind in ("IfStatement", "ForStatement", "WhileStatement") and body:
            yield from _statements([body], text)
    for child in children(node):
        yield from _places(child, text, fixed)


def _statements(nodes: list[Node], text: Text) -> Iterator[Place]:
    for node in nodes:
        start, end = span(node)
        end += text.after(end) == ";"
        if node["nodeType"] in _PLAIN:
            yield Place(start, end, _statement)
        elif node["nodeType"] == "VariableDeclarationStatement" and node.get("initialValue"):
            yield Place(start, end, _declaration(node, text))


def _test(number: int) -> str:
    return f"(0x{MARKER} == {number})"


def _expression(was: str, ways: dict[int, str]) -> str:
    choices = "".join(f"{_test(number)} ? ({way}) : " for number, way in ways.items())
    return f"({choices}{_LAST}({was}))"


def _step(was: str, ways: dict[int, str]) -> str:
    nothing = was.removeprefix("++").split()[0]
    return _expression(was, {number: way or nothing for number, way in ways.items()})


def _statement(was: str, ways: dict[int, str]) -> str:
    choices = "".join(f"if {_test(number)} {{ {way} }} else " for number, way in ways.items())
    return f"{{ {choices}{_LAST}{{ {was} }} }}"


def _declaration(node: Node, text: Text) -> _Chooser:
    """Declare first and choose what to assign, so that the names outlive the choice."""
    declared = [each for each in node["declarations"] if each]
    first = span(node)[0]
    value = span(node["initialValue"])[0] - first
    names = ", ".join(each["name"] if each else "" for each in node["declarations"])
    names = f"({names})" if len(node["declarations"]) > 1 else names

    def assigned(whole: str) -> str:
        return f"{names} = {whole.encode()[value:].decode()}"

    def choose(was: str, ways: dict[int, str]) -> str:
        ahead = " ".join(f"{text.of(each)};" for each in declared)
        chosen = _statement(assigned(was), {at: assigned(way) for at, way in ways.items()})
        return f"{ahead} {chosen}"

    return choose
