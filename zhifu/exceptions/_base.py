"""What every error has: its categories, its message of one line and its JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

#: JSON readers keep integers exactly only up to this size.
_LARGEST_JSON_INTEGER = 2**53 - 1

#: A message is one line for people: longer values are cut in it, never in the attributes.
_LONGEST_SHOWN = 120


class ZhifuError(Exception):
    """Base of every error that zhifu raises on purpose.

    A concrete error is a dataclass: its fields are the values it carries, ``code`` is its stable
    name for programs, ``field`` is the input or thing at fault, and ``rule`` is what must hold,
    in words.
    """

    code: ClassVar[str]
    field: str
    rule: str

    def __post_init__(self) -> None:
        """Keep the values as ``args``, so that an error survives pickling between processes."""
        super().__init__(*(getattr(self, each.name) for each in self._fields()))

    def __str__(self) -> str:
        details = ", ".join(f"{name} {shown(value)}" for name, value in self.values().items())
        sentence = f"{self.field}: {self.rule}" + (f" ({details})" if details else "")
        return " ".join(sentence.split())

    def values(self) -> dict[str, Any]:
        """The values this error carries by name, without ``field`` and ``rule``."""
        named = {each.name: getattr(self, each.name) for each in self._fields()}
        return {k: v for k, v in named.items() if k not in ("field", "rule") and v is not None}

    def to_dict(self) -> dict[str, Any]:
        """A JSON-safe object: ``code``, ``field``, ``rule``, ``message`` and the typed values.

        Integers beyond 2^53 become decimal strings, bytes become 0x-hex, and money an object of
        its amount and currency.
        """
        return {
            "code": self.code,
            "field": self.field,
            "rule": self.rule,
            "message": str(self),
            "values": _json_safe(self.values()),
        }

    def _fields(self) -> tuple[dataclasses.Field[Any], ...]:
        return dataclasses.fields(self) if dataclasses.is_dataclass(self) else ()


def shown(value: object) -> str:
    """A value as a message shows it: bytes in hex, unprintable text quoted, long values cut."""
    if isinstance(value, bytes):
        text = "0x" + value.hex()
    elif isinstance(value, str) and (not value or not value.isprintable()):
        text = repr(value)
    else:
        text = str(value)
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"


def _json_safe(value: Any) -> Any:
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, int):
        return value if abs(value) <= _LARGEST_JSON_INTEGER else str(value)
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, Mapping):
        return {str(key): _json_safe(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json_safe(each) for each in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
    return str(value)


class InputError(ZhifuError):
    """The caller sent something that can never be accepted."""


class NotFoundError(ZhifuError):
    """What the caller names does not exist."""


class AuthorityError(ZhifuError):
    """The caller may not do this."""


class StateError(ZhifuError):
    """A valid request that the present state does not allow."""


class ChainError(ZhifuError):
    """The chain could not be used, or refused."""


class ProviderError(ZhifuError):
    """A payment provider did not answer, or refused."""
