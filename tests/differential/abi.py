"""How values look in calldata, answers, errors and events, packed by a compiled interface.

Numbers, truths, addresses (lowercase text) and 32 bytes are a word each; `bytes` and text are
packed with their lengths; tuples and lists hold the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from eth_hash.auto import keccak

from tests.differential.model.words import word, words

WORD = 32


class Packer(NamedTuple):
    """Packs values of one type; `is_dynamic` if their length varies."""

    is_dynamic: bool
    size: int
    pack: Callable[[Any], bytes]


_WORD = Packer(False, WORD, word)


def signature(name: str, components: Sequence[Any]) -> bytes:
    """Return the hash of a function's, an error's or an event's signature."""
    return bytes(keccak(f"{name}{_canonical_tuple(components)}".encode()))


def packer_of(components: Sequence[Any]) -> Callable[[Sequence[Any]], bytes]:
    """Return what packs the values of some parameters."""
    packers = [_packer(component) for component in components]
    if all(packer is _WORD for packer in packers):
        return lambda values: words(*values)
    return _tuple(packers).pack


def _packer(component: Any, dimensions: str | None = None) -> Packer:
    kind = component["type"] if dimensions is None else component["type"][: -len(dimensions)]
    if kind.endswith("[]"):
        return _array(_packer(component, f"[]{dimensions or ''}"))
    if kind in ("string", "bytes"):
        return Packer(True, WORD, _pack_bytes)
    if kind == "tuple":
        return _tuple([_packer(each) for each in component["components"]])
    return _WORD


def _tuple(packers: Sequence[Packer]) -> Packer:
    size = sum(packer.size for packer in packers)
    if any(packer.is_dynamic for packer in packers):
        return Packer(True, WORD, lambda values: _pack_parts(packers, values, size))
    if all(packer is _WORD for packer in packers):
        return Packer(False, size, lambda values: words(*values))
    return Packer(False, size, lambda values: _pack_parts(packers, values, size))


def _array(element: Packer) -> Packer:
    def pack(values: Sequence[Any]) -> bytes:
        count = len(values)
        return word(count) + _pack_parts([element] * count, values, element.size * count)

    return Packer(True, WORD, pack)


def _pack_parts(packers: Sequence[Packer], values: Sequence[Any], heads_size: int) -> bytes:
    heads, tails = b"", b""
    for packer, value in zip(packers, values, strict=True):
        packed = packer.pack(value)
        if packer.is_dynamic:
            heads, tails = heads + word(heads_size + len(tails)), tails + packed
        else:
            heads += packed
    return heads + tails


def _pack_bytes(value: str | bytes) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return word(len(raw)) + raw + bytes(-len(raw) % WORD)


def _canonical_tuple(components: Sequence[Any]) -> str:
    return f"({','.join(map(_canonical, components))})"


def _canonical(component: Any) -> str:
    kind = str(component["type"])
    if kind.startswith("tuple"):
        return _canonical_tuple(component["components"]) + kind[len("tuple") :]
    return kind
