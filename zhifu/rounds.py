"""Going through what is due, so that one that fails keeps none of the others from its turn."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

from zhifu.exceptions import CommitUnknown, DatabaseUnreachable, ZhifuError

T = TypeVar("T")

_LOG = logging.getLogger(__name__)

#: Without the database nothing can be done for any of them.
_ENDS = (DatabaseUnreachable, CommitUnknown)


def each(
    due: Iterable[T], do: Callable[[T], bool], *, ends: tuple[type[ZhifuError], ...] = ()
) -> int:
    """Do something for each; for how many it answered True.

    What fails for one is logged, and whoever calls again tries it again. Raises only what keeps
    all from being done: what the database is not there for, and `ends`.
    """
    return sum(_do(one, do, (*_ENDS, *ends)) for one in due)


def _do(one: T, do: Callable[[T], bool], ends: tuple[type[ZhifuError], ...]) -> bool:
    try:
        return do(one)
    except ends:
        raise
    except ZhifuError as error:
        name = getattr(one, "id", None) or one
        _LOG.warning("%s: %s", name, error, extra={"code": error.code})
        return False
