"""Errors about what was typed name the option or argument it was typed as."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from zhifu.exceptions import InputError


@contextmanager
def typed_as(name: str) -> Iterator[None]:
    """Let an InputError raised inside be about the option or argument of that name."""
    try:
        yield
    except InputError as error:
        error.field = name
        raise
