"""Where a gateway's books say something else than the chain: which row, which field, what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple, TypeVar

K = TypeVar("K", int, bytes, tuple[int, ...], tuple[str, str])
A = TypeVar("A")
B = TypeVar("B")

INDEX = "index"
ORDERS = "orders"

#: What the field is called of a row that is in one of the two alone.
WHOLE_ROW = "row"

REBUILD = "make the index anew: empty the chain_ tables while no gateway runs (docs/books.md)"


class Difference(NamedTuple):
    """One thing that differs; a row that one of the two has not is None there.

    `book` is the gateway's index of the chain, or its orders. `row` says of which table and which
    key, or which order.
    """

    book: str
    row: str
    field: str
    books: Any
    chain: Any
    advice: str

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        return {
            **self._asdict(),
            "books": _plain(self.books),
            "chain": _plain(self.chain),
        }

    @property
    def said(self) -> str:
        """In a sentence."""
        if self.field != WHOLE_ROW:
            books, chain = _plain(self.books), _plain(self.chain)
            return f"{self.row}: {self.field} is {books} in the books and {chain} on chain"
        if self.books is None:
            return f"{self.row} is on chain and not in the books"
        return f"{self.row} is in the books and not on chain"


def fields(
    book: str, row: str, books: Mapping[str, Any], told: Mapping[str, Any], advice: str
) -> Iterator[Difference]:
    """The fields of a row that differ from what the chain told."""
    for name, value in told.items():
        if books[name] != value:
            yield Difference(book, row, name, books[name], value, advice)


def rows(
    book: str,
    table: str,
    names: Sequence[str],
    books: Iterable[tuple[K, Sequence[Any]]],
    told: Iterable[tuple[K, Sequence[Any]]],
    advice: str,
) -> Iterator[Difference]:
    """What differs between two lists of rows by key, both in the order of their keys."""
    for key, ours, theirs in paired(iter(books), iter(told)):
        row = f"{table} {_plain(key)}"
        if ours is None or theirs is None:
            yield Difference(book, row, WHOLE_ROW, ours, theirs, advice)
        else:
            named = [dict(zip(names, values, strict=True)) for values in (ours, theirs)]
            yield from fields(book, row, named[0], named[1], advice)


def paired(
    left: Iterator[tuple[K, A]], right: Iterator[tuple[K, B]]
) -> Iterator[tuple[K, A | None, B | None]]:
    """What two streams have under each key, both in the order of their keys, each key once."""
    one: tuple[K, A] | None = next(left, None)
    other: tuple[K, B] | None = next(right, None)
    while one and other:
        if one[0] < other[0]:
            yield one[0], one[1], None
            one = next(left, None)
        elif other[0] < one[0]:
            yield other[0], None, other[1]
            other = next(right, None)
        else:
            yield one[0], one[1], other[1]
            one, other = next(left, None), next(right, None)
    if one:
        yield from ((key, row, None) for key, row in chain((one,), left))
    if other:
        yield from ((key, None, row) for key, row in chain((other,), right))


def _plain(value: Any) -> Any:
    """A value as JSON and people have it."""
    if isinstance(value, (bytes, memoryview)):
        text = bytes(value).hex()
        return f"0x{text}" if len(text) <= 128 else f"0x{text[:32]}… ({len(text) // 2} bytes)"
    if isinstance(value, (tuple, list)):
        return [_plain(each) for each in value]
    return value
