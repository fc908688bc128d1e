"""Python's search for values that refer to each other, and when not to search."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collection() -> Iterator[None]:
    """Search for nothing meanwhile: for where many thousand values are made, and none of them do.

    It would look at all of them again and again, which takes a fifth of the time.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
