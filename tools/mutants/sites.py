"""Every mutant of the contracts, in the order of their sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tools.mutants.mutant import Mutant
from tools.mutants.operators import Node, Text, changes, children
from tools.mutants.sources import sources

_SCOPES = ("ContractDefinition", "FunctionDefinition", "ModifierDefinition", "VariableDeclaration")

# Nothing in them runs: a name, a type, or a comment of the compiler's.
_NOT_CODE = ("ImportDirective", "PragmaDirective", "StructDefinition", "ElementaryTypeName")


def all_mutants(trees: dict[str, Any]) -> list[Mutant]:
    """Return the mutants of some syntax trees, each under a key of its own."""
    seen: Counter[str] = Counter()
    numbered = []
    for mutant in _mutants(trees):
        seen[mutant.key] += 1
        numbered.append(replace(mutant, turn=seen[mutant.key]))
    return numbered


def _mutants(trees: dict[str, Any]) -> Iterator[Mutant]:
    for file, tree in trees.items():
        text = Text(sources()[file])
        for scope, node in _nodes(tree, ""):
            for change in changes(node, text):
                was = text.between(change.start, change.end)
                if was != change.by:
                    yield Mutant(file, scope, change.kind, change.start, was, change.by)


def _nodes(node: Node, scope: str) -> Iterator[tuple[str, Node]]:
    """Yield the nodes of a tree with the contract and function that each is in."""
    if node.get("nodeType") in _NOT_CODE:
        return
    if node.get("nodeType") in _SCOPES and (scope.count(".") < 1):
        name = node.get("name") or node.get("kind") or ""
        scope = f"{scope}.{name}" if scope else name
    if "nodeType" in node and "src" in node:
        yield scope, node
    for child in children(node):
        yield from _nodes(child, scope)
