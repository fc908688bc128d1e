"""Idempotency of whatever is asked by POST: one effect per key, and the same answer every time.

A key belongs to a platform. Its first request claims it before it does anything; what it was
answered is kept once it had its effect. A request that was refused changed nothing, so its key is
free again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from hashlib import sha256
from http import HTTPStatus
from typing import Annotated, Any, NamedTuple

import orjson
from fastapi import Depends
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from zhifu.api.callers import Run
from zhifu.api.problems import Problem, Refused, status_of
from zhifu.exceptions import (
    IdempotencyConflict,
    RequestInProgress,
    RequestInterrupted,
    ZhifuError,
)
from zhifu.store import Store

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
LONGEST_KEY = 255

#: Nothing that a service works on takes longer: whoever claimed a key then is not there any more.
LONGEST_SECONDS = 300

Work = Callable[[], Awaitable[Response]]


class _Manner(NamedTuple):
    """How an answer is kept; see `Replies.once`."""

    is_repeatable: bool
    is_rebuilt: bool
    secret: str | None


class _Known(NamedTuple):
    request_hash: bytes
    started_at: int
    status: int | None
    body: bytes | None


class _Claim(NamedTuple):
    """A key that somebody works on since a time: whoever claims it later has another one."""

    platform: int
    key: str
    started_at: int

    def named(self) -> dict[str, Any]:
        return {
            "platform": self.platform,
            "idempotency_key": self.key,
            "started_at": self.started_at,
        }


class Replies:
    """The answers kept in `store`; `run` is where the database is asked."""

    def __init__(self, store: Store, run: Run, clock: Callable[[], int]) -> None:
        self._store = store
        self._run = run
        self._clock = clock
        self._working: dict[tuple[int, str], tuple[bytes, asyncio.Task[Response]]] = {}

    async def once(
        self,
        platform: int,
        key: str,
        request_hash: bytes,
        work: Work,
        *,
        is_repeatable: bool = False,
        is_rebuilt: bool = False,
        secret: str | None = None,
    ) -> Response:
        """Do some work for the first request under a key; answer the others as it was answered.

        `is_repeatable` is work that may be begun again if it was cut short. `is_rebuilt` is work
        that finds its own effect and answers it again, so that its answer is not kept. `secret` is
        a field of its answer that only the first request is told. Raises IdempotencyConflict for
        another request under the same key, RequestInProgress while another process works on it,
        RequestInterrupted if it was cut short and cannot be begun again.
        """
        place = (platform, key)
        found = self._working.get(place)
        if found is not None:
            return await self._beside(key, request_hash, secret, *found)
        # What has begun is finished and kept, even if nobody waits for the answer any more.
        task = asyncio.ensure_future(
            self._claimed(place, request_hash, work, _Manner(is_repeatable, is_rebuilt, secret))
        )
        self._working[place] = (request_hash, task)
        task.add_done_callback(lambda done: self._done(place, done))
        return await asyncio.shield(task)

    async def drain(self) -> None:
        """Wait for what was begun."""
        tasks = [task for _, task in self._working.values()]
        if tasks:
            await asyncio.wait(tasks)

    def forget(self, before: int) -> int:
        """Forget what was asked before a time (Unix seconds); how many answers that were."""
        with self._store.writing() as transaction:
            return transaction.run("forget_replies", before=before)

    async def _beside(
        self,
        key: str,
        request_hash: bytes,
        secret: str | None,
        first_hash: bytes,
        first: asyncio.Task[Response],
    ) -> Response:
        if request_hash != first_hash:
            raise IdempotencyConflict(key)
        answer = await asyncio.shield(first)
        return _replayed(answer.status_code, _without(secret, bytes(answer.body)))

    def _done(self, place: tuple[int, str], task: asyncio.Task[Response]) -> None:
        del self._working[place]
        if not task.cancelled():
            task.exception()

    async def _claimed(
        self,
        place: tuple[int, str],
        request_hash: bytes,
        work: Work,
        manner: _Manner,
    ) -> Response:
        claim = _Claim(*place, self._clock())
        known = await self._run(self._claim, claim, request_hash)
        if known is not None:
            if known.request_hash != request_hash:
                raise IdempotencyConflict(claim.key)
            if known.status is not None and known.body is not None:
                return await _again(known.status, known.body, work, manner)
            await self._take_over(claim, known, manner.is_repeatable)
        try:
            answer = await work()
        except Exception as error:
            if manner.is_repeatable or _is_refusal(error):
                await self._run(self._drop, claim)
            raise
        if not answer.status_code < 300:
            await self._run(self._drop, claim)
            return answer
        kept = b"" if manner.is_rebuilt else _without(manner.secret, bytes(answer.body))
        await self._run(self._keep, claim, answer.status_code, kept)
        return answer

    async def _take_over(self, claim: _Claim, known: _Known, is_repeatable: bool) -> None:
        if claim.started_at - known.started_at < LONGEST_SECONDS:
            raise RequestInProgress(claim.key)
        if not is_repeatable:
            raise RequestInterrupted(claim.key)
        if not await self._run(self._restart, claim, known.started_at):
            raise RequestInProgress(claim.key)

    # In the database

    def _claim(self, claim: _Claim, request_hash: bytes) -> _Known | None:
        """Claim a key; what is known under it if it was claimed before."""
        with self._store.writing() as transaction:
            if transaction.run("claim_reply", **claim.named(), request_hash=request_hash):
                return None
            row = transaction.row("reply", platform=claim.platform, idempotency_key=claim.key)
        return _Known(*row) if row else None

    def _restart(self, claim: _Claim, before: int) -> bool:
        with self._store.writing() as transaction:
            return transaction.run("take_over_reply", **claim.named(), before=before) == 1

    def _keep(self, claim: _Claim, status: int, body: bytes) -> None:
        with self._store.writing() as transaction:
            transaction.run("keep_reply", **claim.named(), status=status, body=body)

    def _drop(self, claim: _Claim) -> None:
        with self._store.writing() as transaction:
            transaction.run("drop_reply", **claim.named())


def key_of(request: Request) -> str:
    """The idempotency key of a request, which must have one."""
    given = request.headers.getlist(HEADER)
    text = given[0] if len(given) == 1 else ""
    if not 1 <= len(text) <= LONGEST_KEY or not (text.isascii() and text.isprintable()):
        rule = f"must be given once, as 1 to {LONGEST_KEY} printable ASCII characters"
        raise Refused(Problem(HTTPStatus.BAD_REQUEST, "invalid_idempotency_key", HEADER, rule))
    return text


async def _key(request: Request) -> str:
    return key_of(request)


Key = Annotated[str, Depends(_key)]
"""The idempotency key of a request, as a handler's argument."""


def hash_of(request: Request, body: bytes) -> bytes:
    """What tells a request from another: its method, its path, its query and its body."""
    head = f"{request.method} {request.url.path}?{request.url.query}\n"
    return sha256(head.encode() + body).digest()


def _is_refusal(error: Exception) -> bool:
    """Whether an error means that nothing was changed, and not that nobody knows."""
    if isinstance(error, ZhifuError):
        return status_of(error) < HTTPStatus.INTERNAL_SERVER_ERROR
    return isinstance(error, (Refused, RequestValidationError, HTTPException))


def _without(secret: str | None, body: bytes) -> bytes:
    return orjson.dumps({**orjson.loads(body), secret: None}) if secret else body


async def _again(status: int, body: bytes, work: Work, manner: _Manner) -> Response:
    if not manner.is_rebuilt:
        return _replayed(status, body)
    answer = await work()
    answer.headers[REPLAYED] = "true"
    return answer


def _replayed(status: int, body: bytes) -> Response:
    return Response(body, status, {REPLAYED: "true"}, "application/json")
