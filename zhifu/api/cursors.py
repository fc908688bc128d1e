"""Cursors: where the next page of a list begins.

A list is in descending order of numbers that grow with time, and a page begins below a number: what
is added meanwhile moves nothing. A cursor is good for one list of one platform.
"""

from __future__ import annotations

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from hashlib import sha256
from typing import Protocol

from zhifu import ids
from zhifu.exceptions import InvalidInput

#: Above every number of `zhifu.ids`.
FIRST_PAGE = 2**63 - 1

_FORM = struct.Struct(">Q8s")


def write(listed: str, platform: int, before: int) -> str:
    """The cursor of the page that begins below `before`."""
    packed = _FORM.pack(before, _check(listed, platform, before))
    return urlsafe_b64encode(packed).decode().rstrip("=")


class Named(Protocol):
    """What a list is of: things that `zhifu.ids` names."""

    @property
    def id(self) -> str:
        """Its name."""


def following(
    listed: str, platform: int, prefix: str, found: Sequence[Named], limit: int
) -> str | None:
    """The cursor of the page after the first `limit` of what was found; None if that is all."""
    if len(found) <= limit:
        return None
    return write(listed, platform, ids.from_text(prefix, found[limit - 1].id) or 0)


def read(listed: str, platform: int, cursor: str | None) -> int:
    """Below which number the page begins; raises InvalidInput for a cursor of something else."""
    if cursor is None:
        return FIRST_PAGE
    try:
        before, check = _FORM.unpack(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, struct.error):
        raise InvalidInput("cursor", "must be one that this list gave") from None
    if check != _check(listed, platform, before) or write(listed, platform, before) != cursor:
        raise InvalidInput("cursor", "must be one that this list gave")
    return int(before)


def _check(listed: str, platform: int, before: int) -> bytes:
    # Not a secret: whoever makes one up gets a page of their own list.
    return sha256(f"{listed}/{platform}/{before}".encode()).digest()[:8]
