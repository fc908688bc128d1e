"""Kinds of settings: the rule of each in words, and how a given value is read by it.

A file's values have types; the environment's are text, in which a list's parts are separated by
commas.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar
from urllib.parse import urlsplit

from zhifu.config._tree import Given, Tree

T = TypeVar("T")

_TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class Refusal(ValueError):
    """A rule more precise than the setting's own."""


@dataclass(frozen=True)
class Kind(Generic[T]):
    """What a setting must be.

    ``read`` takes what was given and the environment; it raises ValueError or TypeError for what
    breaks the rule. ``blank`` stands for a value that is missing until that is complained about.
    ``shown`` is how a value is told to people.
    """

    rule: str
    read: Callable[[Given | Tree, Mapping[str, str]], T]
    blank: T
    shown: Callable[[T], str] = str


def plain(
    rule: str, read: Callable[[Given], T], blank: T, shown: Callable[[T], str] = str
) -> Kind[T]:
    """A kind whose values stand where they are given."""

    def read_given(found: Given | Tree, _: Mapping[str, str]) -> T:
        if not isinstance(found, Given):
            raise TypeError
        return read(found)

    return Kind(rule, read_given, blank, shown)


def text(pattern: str = ".+", rule: str = "must be one line of text") -> Kind[str]:
    """One line of text."""

    def read(given: Given) -> str:
        found = line(given)
        if not re.fullmatch(pattern, found):
            raise ValueError
        return found

    return plain(rule, read, "")


def integer(least: int, most: int) -> Kind[int]:
    """A whole number in a range."""

    def read(given: Given) -> int:
        value = given.value
        if given.file is None and re.fullmatch(r"-?[0-9]{1,78}", value):
            value = int(value)
        if type(value) is not int or not least <= value <= most:
            raise ValueError
        return value

    return plain(f"must be an integer from {least} to {most}", read, least)


def flag() -> Kind[bool]:
    """Yes or no."""

    def read(given: Given) -> bool:
        value = given.value
        if given.file is None:
            value = _TRUTHS.get(value.lower())
        if type(value) is not bool:
            raise TypeError
        return value

    return plain("must be true or false", read, False, lambda value: str(value).lower())


def choice(*words: str) -> Kind[str]:
    """One of a few words."""

    def read(given: Given) -> str:
        if given.value not in words:
            raise ValueError
        return str(given.value)

    return plain(f"must be one of {', '.join(words)}", read, words[0])


def path() -> Kind[Path]:
    """A file or folder; one in a file is relative to that file's folder."""
    return plain("must be a path", path_of, Path())


def several(kind: Kind[T], rule: str) -> Kind[tuple[T, ...]]:
    """A list whose parts are of another kind."""

    def read(given: Given) -> tuple[T, ...]:
        return tuple(kind.read(each, {}) for each in items(given))

    return plain(rule, read, (), lambda found: ", ".join(map(str, found)))


def http_url() -> Kind[str]:
    """An http or https address."""

    def read(given: Given) -> str:
        return require_http_url(line(given))

    return plain("must be an http or https address", read, "")


def safe_url() -> Kind[str]:
    """An address that secrets may be sent to: https, or http that does not leave this machine."""

    def read(given: Given) -> str:
        address = require_http_url(line(given))
        if urlsplit(address).scheme == "http" and not is_here(urlsplit(address).hostname or ""):
            raise ValueError
        return address

    return plain("must be an https address, or an http one on this machine", read, "")


def is_here(host: str) -> bool:
    """Whether a host is this machine, whatever a name server says."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def require_http_url(address: str) -> str:
    """An http or https address; raises ValueError for anything else."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise ValueError
    return address


def line(given: Given) -> str:
    """One line of text; raises ValueError."""
    if not isinstance(given.value, str) or not given.value or not given.value.isprintable():
        raise ValueError
    return given.value


def path_of(given: Given) -> Path:
    """A path as seen from where it was given; raises ValueError."""
    return given.folder / Path(line(given)).expanduser()


def items(given: Given) -> Iterable[Given]:
    """The parts of a list, each as if it had been given alone; raises TypeError."""
    parts = given.value
    if given.file is None:
        parts = [each.strip() for each in given.value.split(",") if each.strip()]
    if not isinstance(parts, list):
        raise TypeError
    return [given._replace(value=each) for each in parts]
