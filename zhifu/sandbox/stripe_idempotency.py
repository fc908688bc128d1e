"""Stripe's idempotency keys: the first request's answer, for a day."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass

from zhifu.sandbox.stripe_errors import StripeRefused, idempotency_conflict, idempotency_in_use

_KEPT_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: its status, its body, and whether it was given before."""

    status: int
    body: bytes
    is_replay: bool = False


@dataclass(slots=True)
class _Kept:
    fingerprint: bytes
    until: float
    reply: Reply | None = None


class IdempotencyKeys:
    """Answers of requests by their keys; safe to share between threads. `clock`: Unix seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[str, _Kept] = {}

    def once(self, key: str | None, request: bytes, execute: Callable[[], Reply]) -> Reply:
        """Execute a request, or answer what it was answered before.

        Raises StripeRefused if the key was used with another request, or one that is not finished.
        What is refused before it was executed is not kept, as Stripe does not keep it.
        """
        if key is None:
            return execute()
        fingerprint = hashlib.sha256(request).digest()
        before = self._claim(key, fingerprint)
        if before is not None:
            return before
        try:
            reply = execute()
        except BaseException:
            with self._lock:
                del self._kept[key]
            raise
        with self._lock:
            self._kept[key].reply = Reply(reply.status, reply.body, is_replay=True)
        return reply

    def _claim(self, key: str, fingerprint: bytes) -> Reply | None:
        now = self._clock()
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or kept.until <= now:
                self._kept[key] = _Kept(fingerprint, now + _KEPT_SECONDS)
                return None
            if kept.fingerprint != fingerprint:
                raise StripeRefused(idempotency_conflict(key))
            if kept.reply is None:
                raise StripeRefused(idempotency_in_use(key))
            return kept.reply
