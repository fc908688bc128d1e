"""Text that must not be shown, and where it may be read from."""

from __future__ import annotations

import hmac
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

from zhifu.config._kinds import Kind, Refusal, line, path_of
from zhifu.config._tree import Given, Tree

_LARGEST_BYTES = 65_536
_WAYS = "must be text, or one of { file = … } and { env = … }"


class Secret:
    """A secret; only ``reveal`` tells it, and neither ``repr`` nor formatting nor JSON does."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself, for whoever must use it."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> str:
        raise TypeError("a secret is not written anywhere")


def secret(
    rule: str = "must be text",
    check: Callable[[str], object] | None = None,
    is_secret: Callable[[str], object] = bool,
    shown: Callable[[str], str] = lambda _: "set",
) -> Kind[Secret]:
    """Text that stands there, in a file, or in a variable.

    ``check`` raises ValueError for what breaks the rule. What ``is_secret`` does not call one may
    stand where others can read it. ``shown`` tells people what may be told of it.
    """

    def read(found: Given | Tree, environment: Mapping[str, str]) -> Secret:
        text = _looked_up(found, environment, is_secret)
        if not text:
            raise ValueError
        if check is not None:
            check(text)
        return Secret(text)

    return Kind(rule, read, Secret(""), lambda found: shown(found.reveal()))


def _looked_up(
    found: Given | Tree, environment: Mapping[str, str], is_secret: Callable[[str], object]
) -> str:
    if isinstance(found, Given):
        if not isinstance(found.value, str):
            raise Refusal(_WAYS)
        if found.file is not None and is_secret(found.value):
            _require_private(found.file)
        return found.value
    ((way, given),) = found.items() if len(found) == 1 else (("", found),)
    if way == "file" and isinstance(given, Given):
        return _in_file(given)
    if way == "env" and isinstance(given, Given):
        return _in_environment(line(given), environment)
    raise Refusal(_WAYS)


def _in_environment(name: str, environment: Mapping[str, str]) -> str:
    found = environment.get(name)
    if not found:
        raise Refusal(f"must name a variable that is set: {name} is not")
    return found


def _in_file(given: Given) -> str:
    path = path_of(given)
    try:
        _require_private(path)
        content = path.read_bytes()
        if len(content) > _LARGEST_BYTES:
            raise Refusal(f"must name a file of at most {_LARGEST_BYTES} bytes: {path} is not")
        return content.decode().strip()
    except OSError as error:
        raise Refusal(f"must name a file that can be read: {path} ({error.strerror})") from None
    except UnicodeDecodeError:
        raise Refusal(f"must name a file of text: {path} is not") from None


def _require_private(file: Path) -> None:
    """Refuse a secret in a file that everybody on this machine can read."""
    if file.stat().st_mode & stat.S_IRWXO:
        raise Refusal(f"must not be where others may read it: chmod 600 {file}")
