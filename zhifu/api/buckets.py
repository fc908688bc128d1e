"""How often one API key may ask: a token bucket, in this process."""

from __future__ import annotations

from math import ceil
from typing import NamedTuple


class Rate(NamedTuple):
    """`per_second` requests in the long run, `burst` at once; 0 a second is no limit."""

    per_second: int
    burst: int


UNLIMITED = Rate(0, 1)


class Bucket:
    """The requests that one key has left; not for several threads. Times are in seconds."""

    __slots__ = ("_at", "_left", "policy", "rate")

    def __init__(self, rate: Rate, now: float) -> None:
        self.rate = rate
        self._left = float(rate.burst)
        self._at = now
        window = max(1, -(-rate.burst // rate.per_second)) if rate.per_second else 0
        self.policy = f'"key";q={rate.burst};w={window}'.encode()

    def take(self, now: float) -> float:
        """Take one request; 0 if there was one, else in how many seconds there will be."""
        rate = self.rate
        if not rate.per_second:
            return 0.0
        left = min(rate.burst, self._left + (now - self._at) * rate.per_second)
        self._at = now
        if left < 1:
            self._left = left
            return (1 - left) / rate.per_second
        self._left = left - 1
        return 0.0

    def take_more(self, requests: int) -> None:
        """Take as many more for a request that was let in; those after it wait for what is owed."""
        if self.rate.per_second:
            self._left -= requests

    def headers(self) -> list[tuple[bytes, bytes]]:
        """What a client is told, as the IETF's draft of RateLimit headers spells it."""
        if not self.rate.per_second:
            return []
        left = max(0, int(self._left))
        full_in = ceil((self.rate.burst - self._left) / self.rate.per_second)
        told = b'"key";r=%d;t=%d' % (left, full_in)
        return [(b"ratelimit-policy", self.policy), (b"ratelimit", told)]
