"""INDEX-1: events are decoded as eth_abi decodes them, in the least time."""

from __future__ import annotations

import re
from importlib import resources
from random import Random
from typing import Any

import pytest
from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_utils.address import to_checksum_address
from hypothesis import given, settings
from hypothesis import strategies as st

from zhifu.abi import Event, artifact
from zhifu.abi.fixed import fixed_decoder

NAMES = sorted(
    each.name.removesuffix(".json")
    for each in resources.files("zhifu.abi").iterdir()
    if each.name.endswith(".json")
)
EVENTS = [
    pytest.param(event, id=f"{name}.{event.name}")
    for name in NAMES
    for event in artifact(name).events.values()
]
WORDS = st.sampled_from([0, 1, 2, 2**8, 2**40 - 1, 2**64, 2**160, 2**255, 2**256 - 1])


def drawn(kind: str, draw: Random) -> Any:
    """A value of a type, small, large or anywhere between."""
    if kind.endswith("[]"):
        return tuple(drawn(kind[:-2], draw) for _ in range(draw.randrange(3)))
    if kind.startswith("("):
        return tuple(drawn(each, draw) for each in re.findall(r"\([^()]*\)\[\]|\w+", kind[1:-1]))
    if kind == "string":
        return "".join(draw.choices("a知\\ ", k=draw.randrange(70)))
    if kind == "address":
        return to_checksum_address(draw.randbytes(20))
    if kind == "bool":
        return draw.random() < 0.5
    size = int(re.sub(r"\D", "", kind))
    if kind.startswith("bytes"):
        return draw.randbytes(size)
    return draw.choice([0, 1, 2**size - 1, draw.getrandbits(size)])


def by_eth_abi(event: Event, topics: list[bytes], data: bytes) -> dict[str, Any]:
    """What eth_abi says, with the checksums that it leaves out."""
    values = [
        decode([kind], topic)[0] for (_, kind), topic in zip(event.indexed, topics[1:], strict=True)
    ]
    values += decode([kind for _, kind in event.plain], data)
    both = [*event.indexed, *event.plain]
    return {name: written(value) for (name, _), value in zip(both, values, strict=True)}


def written(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(written(each) for each in value)
    if isinstance(value, str) and re.fullmatch("0x[0-9a-f]{40}", value):
        return to_checksum_address(value)
    return value


@pytest.mark.parametrize("event", EVENTS)
@settings(max_examples=20, deadline=None)
@given(st.integers())
def test_an_event_says_what_was_emitted(event: Event, seed: int) -> None:
    draw = Random(seed)
    emitted = {name: drawn(kind, draw) for name, kind in (*event.indexed, *event.plain)}
    topics = [event.topic, *(encode([kind], [emitted[name]]) for name, kind in event.indexed)]
    data = encode([kind for _, kind in event.plain], [emitted[name] for name, _ in event.plain])
    assert event.decode(topics, data) == emitted == by_eth_abi(event, topics, data)


@pytest.mark.parametrize("event", EVENTS)
@settings(max_examples=20, deadline=None)
@given(words=st.lists(WORDS, min_size=20, max_size=20), size=st.integers(-33, 33))
def test_what_is_no_event_is_refused_as_by_eth_abi(
    event: Event, words: list[int], size: int
) -> None:
    """Values too large for their types, and too few or too many bytes."""
    encoded = [word.to_bytes(32, "big") for word in words]
    topics = [event.topic, *encoded[: len(event.indexed)]]
    data = b"".join(encoded[len(event.indexed) :])[: max(0, 32 * len(event.plain) + size)]
    try:
        expected: Any = by_eth_abi(event, topics, data)
    except (DecodingError, UnicodeDecodeError, OverflowError) as error:
        expected = type(error)
    try:
        found: Any = event.decode(topics, data)
    except (DecodingError, UnicodeDecodeError, OverflowError) as error:
        found = type(error)
    assert found == expected


def test_events_that_come_with_every_order_are_read_at_once() -> None:
    for event in artifact("Settlement").events.values():
        kinds = [[kind for _, kind in each] for each in (event.indexed, event.plain)]
        assert fixed_decoder(*kinds) is not None, event.name
