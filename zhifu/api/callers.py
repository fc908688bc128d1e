"""Who asks: the platform behind an API key, remembered for a moment so that asking is cheap."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any, Protocol

from starlette.types import Scope as HttpScope

from zhifu.api.api_keys import ApiKey, ApiKeys, Mode, hash_of, looks_like_a_key
from zhifu.api.buckets import Bucket, Rate
from zhifu.api.rooms import Room
from zhifu.api.scopes import Scope
from zhifu.exceptions import InvalidApiKey, MissingScope

#: A revoked key is refused within a second: what is older than this is asked for anew.
_TRUSTED_SECONDS = 1.0
_REFRESHED_AFTER_SECONDS = 0.5
_REMEMBERED = 4_096

#: So many keys are looked for at once that nobody has shown yet: the known ones do not wait long.
#: After a restart every key is one of those, so that more of them wait.
_STRANGERS, _STRANGERS_WAITING = 32, 512
_PREFIX = b"Bearer "


class Run(Protocol):
    """Runs something that blocks elsewhere, such as `AsyncGateway.run`."""

    def __call__(self, function: Callable[..., Any], *args: Any) -> Awaitable[Any]:
        """Await what the function answers."""


class Caller:
    """A platform that asks, with one of its API keys."""

    __slots__ = ("bucket", "checked_at", "key", "platform")

    def __init__(self, key: ApiKey, bucket: Bucket, now: float) -> None:
        self.key = key
        self.platform = key.platform
        self.bucket = bucket
        self.checked_at = now

    def require(self, scope: Scope) -> None:
        """Raises MissingScope unless the key may do this."""
        if scope not in self.key.scopes:
            raise MissingScope(scope.value)


class Callers:
    """The callers of one service, which takes the keys of one mode."""

    def __init__(self, keys: ApiKeys, run: Run, mode: Mode, rate: Rate) -> None:
        self._keys = keys
        self._run = run
        self._mode = mode
        self._rate = rate
        self._known: dict[bytes, Caller] = {}
        self._asking: dict[bytes, asyncio.Task[Caller | None]] = {}
        self._used: dict[str, int] = {}
        self._strangers = Room(_STRANGERS, _STRANGERS_WAITING)
        self._refused: dict[bytes, float] = {}

    async def of(self, request: HttpScope) -> Caller:
        """Whose API key a request carries; raises InvalidApiKey, and Refused if too many wait."""
        digest = _digest(request["headers"])
        caller = self._known.get(digest)
        if caller is None and time.monotonic() < self._refused.get(digest, 0.0):
            raise InvalidApiKey
        age = time.monotonic() - caller.checked_at if caller else _TRUSTED_SECONDS
        if caller is None or age >= _TRUSTED_SECONDS:
            caller = await self._ask(digest)
        elif age >= _REFRESHED_AFTER_SECONDS:
            self._begin(digest)
        now = int(time.time())
        if caller is None or caller.key.mode is not self._mode or not caller.key.is_in_force(now):
            raise InvalidApiKey
        self._used[caller.key.id] = now
        return caller

    async def note_used(self) -> None:
        """Store when keys were used last."""
        used, self._used = self._used, {}
        if used:
            await self._run(self._keys.used, list(used.items()))

    async def _ask(self, digest: bytes) -> Caller | None:
        return await asyncio.shield(self._begin(digest))

    def _begin(self, digest: bytes) -> asyncio.Task[Caller | None]:
        """Ask the database, unless that is being done already."""
        task = self._asking.get(digest)
        if task is None:
            look = self._look if digest in self._known else self._meet
            task = self._asking[digest] = asyncio.ensure_future(look(digest))
            task.add_done_callback(partial(self._asked, digest))
        return task

    def _asked(self, digest: bytes, task: asyncio.Task[Caller | None]) -> None:
        del self._asking[digest]
        if not task.cancelled():
            # Whoever waits is told; a refresh that failed is tried again by the next request.
            task.exception()

    async def _meet(self, digest: bytes) -> Caller | None:
        """Look for a key that nobody has shown yet; one that is not there is not there for now."""
        async with self._strangers.place():
            caller = await self._look(digest)
        if caller is None:
            self._refused[digest] = time.monotonic() + _TRUSTED_SECONDS
            if len(self._refused) > _REMEMBERED:
                self._refused.pop(next(iter(self._refused)))
        return caller

    async def _look(self, digest: bytes) -> Caller | None:
        now = time.monotonic()
        key = await self._run(self._keys.find, digest)
        known = self._known.pop(digest, None)
        if key is None:
            return None
        bucket = known.bucket if known else Bucket(self._rate, now)
        caller = self._known[digest] = Caller(key, bucket, now)
        if len(self._known) > _REMEMBERED:
            self._known.pop(next(iter(self._known)))
        return caller


def _digest(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The hash of the API key in the headers; raises InvalidApiKey if there is none."""
    given = [value for name, value in headers if name == b"authorization"]
    if len(given) != 1 or not given[0].startswith(_PREFIX):
        raise InvalidApiKey
    text = given[0][len(_PREFIX) :].decode("latin-1")
    if not looks_like_a_key(text):
        raise InvalidApiKey
    return hash_of(text)
