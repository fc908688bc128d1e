"""Decoders of events whose arguments all have a fixed size, made once from their types.

Such an event is a row of 32-byte words at places known beforehand, so one `struct` reads all of
it. What does not look as the contract ABI's standard encoding does (a value too large for its
type, say) is left to eth_abi, which says what is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from struct import Struct
from typing import Any, NamedTuple

from zhifu.abi.addresses import checksummed

#: The values of an event's topics and data in order, or None where eth_abi has to look at it.
FixedDecoder = Callable[[Sequence[bytes], bytes], "list[Any] | None"]

_WORD_BYTES = 32
_ELEMENTARY = re.compile(r"(uint|bytes)(\d+)")
_TUPLE = re.compile(r"\(([^()\[\]]*)\)")


class _Word(NamedTuple):
    """How a word is read: its format, the bits that must be zero, what makes its value."""

    format: str
    zero_bits: int
    convert: Callable[[Any], Any] | None = None


def fixed_decoder(indexed: Sequence[str], plain: Sequence[str]) -> FixedDecoder | None:
    """A decoder for arguments of these types, None if one of them has no fixed size."""
    groups = [_words(kind) for kind in (*indexed, *plain)]
    if any(group is None for group in groups) or any(_is_tuple(kind) for kind in indexed):
        return None
    words = [word for group in groups for word in group or ()]
    layout = Struct(">" + "".join(word.format for word in words))
    mask = int.from_bytes(b"".join(word.zero_bits.to_bytes(32, "big") for word in words), "big")
    lengths = [_WORD_BYTES] * len(indexed)
    data_bytes = layout.size - sum(lengths)
    conversions = [(at, word.convert) for at, word in enumerate(words) if word.convert]
    tuples = _places_of_tuples([*indexed, *plain])

    def decode(topics: Sequence[bytes], data: bytes) -> list[Any] | None:
        if len(data) != data_bytes or [*map(len, topics)] != lengths:
            return None
        encoded = b"".join((*topics, data))
        if int.from_bytes(encoded, "big") & mask:
            return None
        values = list(layout.unpack(encoded))
        for at, convert in conversions:
            values[at] = convert(values[at])
        for start, end in tuples:
            values[start:end] = [tuple(values[start:end])]
        return values

    return decode


def _is_tuple(kind: str) -> bool:
    return kind.startswith("(")


def _words(kind: str) -> list[_Word] | None:
    """The words that a type takes up, None if it has no fixed size (or is beyond these)."""
    found = _TUPLE.fullmatch(kind)
    words = [_word(each) for each in (found.group(1).split(",") if found else [kind])]
    known = [word for word in words if word is not None]
    return known if len(known) == len(words) else None


def _word(kind: str) -> _Word | None:
    if kind == "address":
        return _Word("12x20s", _above(160), checksummed)
    if kind == "bool":
        return _Word("31x?", _above(1))
    found = _ELEMENTARY.fullmatch(kind)
    if found is None:
        return None
    size = int(found.group(2))
    if found.group(1) == "uint":
        return _number(size)
    rest = _WORD_BYTES - size
    return _Word(f"{size}s{rest}x", (1 << 8 * rest) - 1)


def _number(bits: int) -> _Word:
    if bits > 64:
        return _Word("32s", _above(bits), partial(int.from_bytes, byteorder="big"))
    return _Word({8: "31xB", 16: "30xH", 32: "28xI"}.get(bits, "24xQ"), _above(bits))


def _above(bits: int) -> int:
    """The bits of a word above its lowest ones."""
    return (1 << 256) - (1 << bits)


def _places_of_tuples(kinds: Sequence[str]) -> list[tuple[int, int]]:
    """Where in the flat values tuples begin and end, each counted after those before were made."""
    return [(at, at + len(_words(kind) or ())) for at, kind in enumerate(kinds) if _is_tuple(kind)]
