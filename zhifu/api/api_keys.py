"""API keys: what a platform shows to be let in. Only a hash of one is kept.

A key is 256 random bits, so a plain hash of it tells nobody the key, however fast it is.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256

from zhifu import ids
from zhifu.api.scopes import Scope
from zhifu.exceptions import InvalidInput, UnknownApiKey
from zhifu.store import Row, Store

_SECRET_BYTES = 32
_TEXT = re.compile(r"zk_(?:test|live)_[A-Za-z0-9_-]{43}", re.ASCII)
_SHOWN_CHARACTERS = 12
_LONGEST_NAME = 100
_PLATFORMS = range(1, 2**32)


class Mode(str, Enum):
    """What a gateway, and each of its keys, is for: rehearsal, or money."""

    TEST = "test"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One API key as it is kept; times in Unix seconds.

    `shown` is how it begins, for people who look for it. `last_used_at` may lag by a minute.
    """

    id: str
    platform: int
    name: str
    mode: Mode
    shown: str
    scopes: frozenset[Scope]
    created_at: int
    expires_at: int | None
    revoked_at: int | None
    last_used_at: int | None

    def is_in_force(self, now: int) -> bool:
        """Whether it lets anybody in."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class ApiKeys:
    """The API keys in `store`; every method is one transaction."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids.Ids()

    def create(
        self,
        platform: int,
        name: str,
        mode: Mode,
        scopes: frozenset[Scope],
        expires_at: int | None = None,
    ) -> tuple[ApiKey, str]:
        """A new key of a platform, and its text, which cannot be had again."""
        now = self._clock()
        if type(platform) is not int or platform not in _PLATFORMS:
            raise InvalidInput("platform", "must be a number from 1 to 4294967295", platform)
        if not 1 <= len(name) <= _LONGEST_NAME or not name.isprintable():
            rule = f"must be text of 1 to {_LONGEST_NAME} printable characters"
            raise InvalidInput("name", rule)
        if expires_at is not None and expires_at <= now:
            raise InvalidInput("expires_at", "must be in the future", expires_at)
        text = f"zk_{mode.value}_{secrets.token_urlsafe(_SECRET_BYTES)}"
        (number,) = self._ids.take()
        with self._store.writing() as transaction:
            transaction.run(
                "put_api_key",
                id=number,
                platform=platform,
                name=name,
                mode=mode.value,
                hash=hash_of(text),
                shown=text[:_SHOWN_CHARACTERS],
                scopes=" ".join(sorted(scope.value for scope in scopes)),
                created_at=now,
                expires_at=expires_at,
            )
        return self.get(ids.to_text(ids.API_KEY, number)), text

    def get(self, key_id: str) -> ApiKey:
        """One key; raises UnknownApiKey."""
        number = ids.from_text(ids.API_KEY, key_id)
        with self._store.reading() as transaction:
            row = None if number is None else transaction.row("api_key", id=number)
        if row is None:
            raise UnknownApiKey(key_id)
        return _key(row)

    def find(self, digest: bytes) -> ApiKey | None:
        """The key with this hash, in force or not."""
        with self._store.reading() as transaction:
            row = transaction.row("api_key_by_hash", hash=digest)
        return _key(row) if row else None

    def all(self) -> Sequence[ApiKey]:
        """Every key, the oldest first."""
        with self._store.reading() as transaction:
            return [_key(row) for row in transaction.rows("api_keys")]

    def revoke(self, key_id: str) -> ApiKey:
        """End a key for good; harmless to repeat. Raises UnknownApiKey."""
        number = ids.from_text(ids.API_KEY, self.get(key_id).id)
        with self._store.writing() as transaction:
            transaction.run("revoke_api_key", id=number, now=self._clock())
        return self.get(key_id)

    def used(self, times: Iterable[tuple[str, int]]) -> None:
        """Note when keys, by id, were used last."""
        rows = [{"id": ids.from_text(ids.API_KEY, key_id), "now": at} for key_id, at in times]
        if rows:
            with self._store.writing() as transaction:
                transaction.run_many("used_api_key", rows)


def hash_of(text: str) -> bytes:
    """What is kept of a key."""
    return sha256(text.encode()).digest()


def looks_like_a_key(text: str) -> bool:
    """Whether it is worth looking for."""
    return _TEXT.fullmatch(text) is not None


def _key(row: Row) -> ApiKey:
    number, platform, name, mode, shown, scopes, *times = row
    found = frozenset(map(Scope, scopes.split()))
    return ApiKey(
        ids.to_text(ids.API_KEY, number), platform, name, Mode(mode), shown, found, *times
    )
