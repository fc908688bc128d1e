"""The compiled contracts, shipped with the package, and how calls and events are coded.

Struct arguments are tuples in the order of the Solidity definition; addresses are checksummed
text; `bytes32` is 32 bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import resources
from typing import Any

from eth_abi.abi import decode, encode
from eth_utils.abi import (
    collapse_if_tuple,
    event_abi_to_log_topic,
    function_abi_to_4byte_selector,
)

from zhifu.abi.addresses import checksummed
from zhifu.abi.fixed import FixedDecoder, fixed_decoder

_WORD_BYTES = 32


@dataclass(frozen=True)
class Function:
    """One function of a contract."""

    name: str
    selector: bytes
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    def encode(self, arguments: Sequence[Any]) -> bytes:
        """The calldata of a call."""
        return self.selector + encode(self.inputs, arguments)

    def arguments(self, calldata: bytes) -> tuple[Any, ...]:
        """What a call is made with."""
        return tuple(_checksummed(decode(self.inputs, calldata[4:]), self.inputs))

    def decode(self, data: bytes) -> tuple[Any, ...]:
        """What a call returned."""
        return tuple(_checksummed(decode(self.outputs, data), self.outputs))


@dataclass(frozen=True)
class Event:
    """One event of a contract; `names` has the indexed arguments first."""

    name: str
    topic: bytes
    indexed: tuple[tuple[str, str], ...]
    plain: tuple[tuple[str, str], ...]

    def decode(self, topics: Sequence[bytes], data: bytes) -> dict[str, Any]:
        """The arguments by name.

        A contract does not check that text is UTF-8: what is not comes out with backslash escapes,
        and so do zero bytes, which not every database keeps in a text.
        """
        decode_fixed = self._decode_fixed
        values = decode_fixed(topics[1:], data) if decode_fixed else None
        if values is None:
            values = self._decode_any(topics, data)
        return dict(zip(self._names, values, strict=True))

    @cached_property
    def _decode_fixed(self) -> FixedDecoder | None:
        kinds = [[kind for _, kind in each] for each in (self.indexed, self.plain)]
        return fixed_decoder(*kinds)

    @cached_property
    def _names(self) -> list[str]:
        return [name for name, _ in (*self.indexed, *self.plain)]

    def _decode_any(self, topics: Sequence[bytes], data: bytes) -> list[Any]:
        types = [kind for _, kind in self.indexed]
        values = [decode([kind], topic)[0] for kind, topic in zip(types, topics[1:], strict=True)]
        plain_types = [kind for _, kind in self.plain]
        values += _decode_leniently(plain_types, data)
        return _checksummed(values, types + plain_types)


@dataclass(frozen=True)
class Artifact:
    """A compiled contract: its interface, the bytecode that deploys it, and what that leaves.

    `runtime` is the code on chain, but for the words at `immutable_words`, which the constructor
    writes.
    """

    name: str
    abi: Sequence[Mapping[str, Any]]
    bytecode: bytes
    runtime: bytes = b""
    immutable_words: Sequence[int] = ()

    @cached_property
    def functions(self) -> Mapping[str, Function]:
        """Functions by name; of overloaded ones the first."""
        found: dict[str, Function] = {}
        for each in self._of_type("function"):
            function = Function(
                each["name"],
                function_abi_to_4byte_selector(each),
                _types(each["inputs"]),
                _types(each["outputs"]),
            )
            found.setdefault(each["name"], function)
        return found

    @cached_property
    def events(self) -> Mapping[bytes, Event]:
        """Events by topic."""
        found = (_event(each) for each in self._of_type("event"))
        return {event.topic: event for event in found}

    def topic(self, event: str) -> bytes:
        """The topic of an event by name."""
        return next(each.topic for each in self.events.values() if each.name == event)

    def encode_creation(self, arguments: Sequence[Any]) -> bytes:
        """The creation code with constructor arguments."""
        inputs = next((_types(each["inputs"]) for each in self._of_type("constructor")), ())
        return self.bytecode + encode(inputs, arguments)

    def is_code(self, code: bytes) -> bool:
        """Whether code on chain is this contract's, whatever its immutable values are."""
        if len(code) != len(self.runtime):
            return False
        blank = bytearray(code)
        for start in self.immutable_words:
            blank[start : start + _WORD_BYTES] = bytes(_WORD_BYTES)
        return bytes(blank) == self.runtime

    def _of_type(self, kind: str) -> list[Any]:
        return [each for each in self.abi if each["type"] == kind]


@lru_cache
def artifact(name: str) -> Artifact:
    """The shipped contract called `name`, such as `Settlement`."""
    text = resources.files(__name__).joinpath(f"{name}.json").read_text(encoding="utf-8")
    found = json.loads(text)
    return Artifact(
        name,
        found["abi"],
        _bytes(found["bytecode"]),
        _bytes(found["deployedBytecode"]),
        found["immutableWords"],
    )


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def _decode_leniently(types: Sequence[str], data: bytes) -> list[Any]:
    raw = decode(["bytes" if kind == "string" else kind for kind in types], data)
    return [
        _text(value) if kind == "string" else value for value, kind in zip(raw, types, strict=True)
    ]


def _text(value: bytes) -> str:
    return value.decode(errors="backslashreplace").replace("\0", r"\x00")


def _event(abi: Any) -> Event:
    split: dict[bool, list[tuple[str, str]]] = {True: [], False: []}
    for each in abi["inputs"]:
        split[each["indexed"]].append((each["name"], collapse_if_tuple(each)))
    topic = event_abi_to_log_topic(abi)
    return Event(abi["name"], topic, tuple(split[True]), tuple(split[False]))


def _types(components: Sequence[Any]) -> tuple[str, ...]:
    return tuple(collapse_if_tuple(each) for each in components)


def _checksummed(values: Sequence[Any], types: Sequence[str]) -> list[Any]:
    return [_checksum(value, kind) for value, kind in zip(values, types, strict=True)]


def _checksum(value: Any, kind: str) -> Any:
    if "address" not in kind:
        return value
    if isinstance(value, str):
        is_address = len(value) == 42 and value.startswith("0x")
        return checksummed(bytes.fromhex(value[2:])) if is_address else value
    return tuple(_checksum(each, kind) for each in value) if isinstance(value, tuple) else value
