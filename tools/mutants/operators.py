"""The small changes: what can be made of one node of a syntax tree."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, NamedTuple

from tools.mutants.mutant import Kind

Node = dict[str, Any]


class Change(NamedTuple):
    """A node, or the part of one, and what takes its place."""

    kind: Kind
    start: int
    end: int
    by: str


class Text:
    """A source, read by the places that its syntax tree gives."""

    def __init__(self, source: bytes) -> None:
        self._source = source

    def of(self, node: Node) -> str:
        """Return the text of a node."""
        start, end = span(node)
        return self.between(start, end)

    def after(self, end: int) -> str:
        """Return the character at a byte, as far as it is a plain one."""
        return self._source[end : end + 1].decode(errors="replace")

    def between(self, start: int, end: int) -> str:
        """Return the text from one byte to before another."""
        return self._source[start:end].decode()


def span(node: Node) -> tuple[int, int]:
    """Return where a node starts and ends, in bytes."""
    start, length, _ = map(int, node["src"].split(":"))
    return start, start + length


def children(node: Node) -> Iterator[Node]:
    """Yield the nodes right below one, as far as something runs in them."""
    for key, value in node.items():
        for child in value if isinstance(value, list) and key not in _NOT_RUN else [value]:
            if isinstance(child, dict) and "nodeType" in child and key not in _NOT_RUN:
                yield child


_NOT_RUN = ("typeName", "typeDescriptions", "documentation", "overrides", "nativeSrc")
_BINARY = {
    "<": ("<=", ">="),
    "<=": ("<", ">"),
    ">": (">=", "<="),
    ">=": (">", "<"),
    "==": ("!=",),
    "!=": ("==",),
    "&&": ("||",),
    "||": ("&&",),
    "+": ("-",),
    "-": ("+",),
    "*": ("/",),
    "/": ("*",),
    "%": ("*",),
    "<<": (">>",),
    ">>": ("<<",),
    "&": ("|",),
    "|": ("&",),
    "^": ("|",),
}
_ASSIGNING = {"+=": "-=", "-=": "+=", "|=": "&=", "&=": "|=", "=": "="}
_YUL = {
    "add": "sub",
    "sub": "add",
    "mul": "add",
    "and": "or",
    "or": "and",
    "xor": "eq",
    "lt": "gt",
    "gt": "lt",
    "shl": "shr",
    "shr": "shl",
    "eq": "xor",
    "iszero": "not",
}


def changes(node: Node, text: Text) -> Iterator[Change]:
    """Yield every change of one node, without those of the nodes below it."""
    make = _MAKERS.get(node["nodeType"])
    if make:
        yield from make(node, text)


def _whole(kind: Kind, node: Node, by: str) -> Change:
    return Change(kind, *span(node), by)


def _binary(node: Node, text: Text) -> Iterator[Change]:
    left, right = node["leftExpression"], node["rightExpression"]
    one, other = text.of(left), text.of(right)
    between = text.between(span(left)[1], span(right)[0])
    operator = node["operator"]
    for swapped in _BINARY.get(operator, ()):
        yield _whole(Kind.OTHER, node, one + between.replace(operator, swapped) + other)
    if operator in ("&&", "||"):
        yield _whole(Kind.OTHER, node, one)
        yield _whole(Kind.OTHER, node, other)
    if operator in ("-", "/", "<<", ">>"):
        yield _whole(Kind.OTHER, node, other + between + one)


def _assignment(node: Node, text: Text) -> Iterator[Change]:
    operator: str = node["operator"]
    swapped = _ASSIGNING.get(operator, operator)
    if swapped != operator:
        start, end = span(node["leftHandSide"])[1], span(node["rightHandSide"])[0]
        by = text.between(start, end).replace(operator, swapped)
        yield Change(Kind.MONEY, start, end, by)


def _unary(node: Node, text: Text) -> Iterator[Change]:
    operand = text.of(node["subExpression"])
    operator = node["operator"]
    if operator in ("!", "~"):
        yield _whole(Kind.OTHER, node, operand)
    elif operator == "++" and node["prefix"]:
        yield _whole(Kind.OTHER, node, "--" + operand)


def _literal(node: Node, text: Text) -> Iterator[Change]:
    number = text.of(node).replace("_", "")
    if node.get("kind") == "number" and not node.get("subdenomination"):
        value = int(number, 0)
        yield _whole(Kind.OTHER, node, str(value + 1))
        if value > 0:
            yield _whole(Kind.OTHER, node, str(value - 1))
    elif node.get("kind") == "bool":
        yield _whole(Kind.OTHER, node, "false" if number == "true" else "true")


def _conditional(node: Node, text: Text) -> Iterator[Change]:
    condition = text.of(node["condition"])
    yes, no = text.of(node["trueExpression"]), text.of(node["falseExpression"])
    yield _whole(Kind.OTHER, node, f"({condition}) ? ({no}) : ({yes})")


def _call(node: Node, text: Text) -> Iterator[Change]:
    """Swap the first two neighbours among the arguments that have the same type."""
    arguments = node["arguments"] if node["kind"] == "functionCall" else []
    for one, other in pairwise(arguments):
        if _type(one) == _type(other) and text.of(one) != text.of(other):
            (start, middle), (third, end) = span(one), span(other)
            by = text.of(other) + text.between(middle, third) + text.of(one)
            yield Change(Kind.OTHER, start, end, by)
            return


def _type(node: Node) -> str:
    return str(node["typeDescriptions"]["typeString"])


def _if(node: Node, text: Text) -> Iterator[Change]:
    refuses = _is_refusal(node["trueBody"])
    kind = Kind.GUARD if refuses else Kind.OTHER
    condition = node["condition"]
    yield _whole(kind, condition, f"!({text.of(condition)})")
    if refuses and not node.get("falseBody"):
        yield _whole(kind, condition, "false")
    if not refuses:
        yield _whole(kind, condition, "true")
        yield _whole(kind, condition, "false")


def _is_refusal(body: Node) -> bool:
    statements = body["statements"] if body["nodeType"] == "Block" else [body]
    return bool(statements) and statements[-1]["nodeType"] == "RevertStatement"


def _statement(node: Node, text: Text) -> Iterator[Change]:
    expression = node["expression"]
    kind = Kind.MONEY if expression["nodeType"] == "Assignment" else Kind.OTHER
    if expression["nodeType"] == "FunctionCall":
        called = text.of(expression["expression"]).rpartition(".")[2].lstrip("_")
        kind = Kind.GUARD if called.startswith("require") else Kind.MONEY
    # A name for a place in storage has to be given one.
    if "storage pointer" not in _type(expression.get("leftHandSide", expression)):
        yield _gone(kind, node, text)


def _gone(kind: Kind, node: Node, text: Text) -> Change:
    """A statement becomes an empty block; the step of a loop, which has no semicolon, nothing."""
    start, end = span(node)
    return Change(kind, start, end + 1, "{}") if text.after(end) == ";" else _whole(kind, node, "")


def _dropped(node: Node, text: Text) -> Iterator[Change]:
    yield _gone(Kind.OTHER, node, text)


def _modifier(node: Node, _: Text) -> Iterator[Change]:
    if node.get("kind") == "modifierInvocation":
        yield _whole(Kind.MODIFIER, node, "")


def _yul_call(node: Node, _: Text) -> Iterator[Change]:
    name = node["functionName"]
    if name["name"] in _YUL:
        yield _whole(Kind.OTHER, name, _YUL[name["name"]])


def _yul_literal(node: Node, _: Text) -> Iterator[Change]:
    if node["kind"] == "number":
        yield _whole(Kind.OTHER, node, str(int(node["value"], 0) + 1))


def _yul_statement(node: Node, _: Text) -> Iterator[Change]:
    yield _whole(Kind.MONEY, node, "{}")


_MAKERS: dict[str, Callable[[Node, Text], Iterator[Change]]] = {
    "BinaryOperation": _binary,
    "Assignment": _assignment,
    "UnaryOperation": _unary,
    "Literal": _literal,
    "Conditional": _conditional,
    "FunctionCall": _call,
    "IfStatement": _if,
    "ExpressionStatement": _statement,
    "EmitStatement": _dropped,
    "Continue": _dropped,
    "Break": _dropped,
    "ModifierInvocation": _modifier,
    "YulFunctionCall": _yul_call,
    "YulLiteral": _yul_literal,
    "YulAssignment": _yul_statement,
    "YulExpressionStatement": _yul_statement,
}
