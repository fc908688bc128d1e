"""Going through what is due, so that one that fails keeps none of the others from its turn.

A round that a worker begins has a time to it: what is left over then comes round again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from zhifu.exceptions import CommitUnknown, DatabaseUnreachable, PaymentUnknown, ZhifuError

T = TypeVar("T")

_LOG = logging.getLogger(__name__)

#: Without the database nothing can be done for any of them.
_ENDS = (DatabaseUnreachable, CommitUnknown)


class Round:
    """One going-through, over after `seconds` or as soon as `is_stopped` says so.

    `clock` tells seconds, from any beginning. `was_cut` says afterwards whether anything was left.
    """

    def __init__(
        self,
        seconds: float,
        is_stopped: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._until = clock() + seconds
        self._is_stopped = is_stopped
        self.was_cut = False

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be begun."""
        return self._is_stopped() or self._clock() >= self._until

    @property
    def left_seconds(self) -> float:
        """How long it may still last."""
        return 0.0 if self._is_stopped() else max(0.0, self._until - self._clock())


_CURRENT: ContextVar[Round | None] = ContextVar("round", default=None)


def is_running() -> bool:
    """Whether this thread goes through what is due by itself, and nobody waits for it."""
    return _CURRENT.get() is not None


def left_seconds() -> float | None:
    """How long what goes on by itself in this thread may still last; None if somebody waits."""
    current = _CURRENT.get()
    return None if current is None else current.left_seconds


@contextmanager
def running(current: Round) -> Iterator[None]:
    """Let whatever the block goes through with `each` belong to one round."""
    token = _CURRENT.set(current)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def each(
    due: Iterable[T], do: Callable[[T], bool], *, ends: tuple[type[ZhifuError], ...] = ()
) -> int:
    """Do something for each, or for as many as the round has time for; for how many it was True.

    What fails for one is logged, by its `id`, and whoever calls again tries it again. Raises only
    what keeps all from being done: what the database is not there for, and `ends`.
    """
    return finish(in_time(due), do, ends=ends)


def finish(
    begun: Iterable[T], do: Callable[[T], bool], *, ends: tuple[type[ZhifuError], ...] = ()
) -> int:
    """The same for what was begun already: the round waits for all of it."""
    return sum(_do(one, do, (*_ENDS, *ends)) for one in begun)


def in_time(due: Iterable[T]) -> Iterator[T]:
    """As many of what is due as the round has time to begin."""
    current = _CURRENT.get()
    for one in due:
        if current is not None and current.is_over:
            current.was_cut = True
            return
        yield one


def _do(one: T, do: Callable[[T], bool], ends: tuple[type[ZhifuError], ...]) -> bool:
    try:
        return do(one)
    except ends:
        raise
    except ZhifuError as error:
        # That a provider does not answer is an everyday thing.
        level = logging.INFO if isinstance(error, PaymentUnknown) else logging.WARNING
        name = getattr(one, "id", one)
        _LOG.log(level, "%s: %s", name, error, extra={"code": error.code})
        return False
