"""Asking a service as fast as it answers: raw connections, one request in flight on each."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import orjson

_END = b"\r\n\r\n"
_LENGTH = b"content-length: "


class Result(NamedTuple):
    """What came of a load."""

    orders: int
    orders_a_second: float
    p99_milliseconds: float

    def __str__(self) -> str:
        return f"{self.orders_a_second:,.0f}/s p99 {self.p99_milliseconds:.1f} ms"


@dataclass(frozen=True)
class Load:
    """`connections` that each send requests of `size` orders, none of which was sent before.

    At most `most` requests in all, if that is given.
    """

    port: int
    key: str
    connections: int
    size: int
    name: str
    learners: int
    contents: int
    price: int
    most: int | None = None

    def requests(self) -> Iterator[int]:
        """Numbers of requests."""
        return itertools.count(1) if self.most is None else iter(range(1, self.most + 1))

    def request(self, number: int, run: str) -> bytes:
        """A whole request, as it goes over the wire."""
        if self.size == 1:
            path, body = b"/v1/orders", orjson.dumps(self._order(number, run))
        else:
            first = number * self.size
            orders = [self._order(first + at, run) for at in range(self.size)]
            path, body = b"/v1/orders/bulk", orjson.dumps(orders)
        head = (
            b"POST %s HTTP/1.1\r\nHost: zhifu\r\nAuthorization: Bearer %s\r\n"
            b"Content-Type: application/json\r\nIdempotency-Key: %s-%d\r\n"
            b"Content-Length: %d\r\n\r\n"
        )
        named = f"{self.name}-{run}".encode()
        return head % (path, self.key.encode(), named, number, len(body)) + body

    def _order(self, number: int, run: str) -> dict[str, object]:
        return {
            "learner": number % self.learners + 1,
            "contents": [number % self.contents + 1],
            "amount": {"amount": self.price, "currency": "USD"},
            "provider": "sandbox",
            "provider_payment_id": f"{self.name}-{run}-{number}",
        }


class _Connection(asyncio.Protocol):
    """Sends the next request when the answer to the last has come."""

    def __init__(self, run: _Run) -> None:
        self._run = run
        self._got = b""
        self._sent_at = 0.0
        self._missing = -1
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise TypeError(type(transport))
        self.transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._got += data
        if self._missing < 0:
            end = self._got.find(_END)
            if end < 0:
                return
            self._read_head(self._got[:end], end + len(_END))
        if len(self._got) >= self._missing:
            self._run.done(time.perf_counter() - self._sent_at)
            self._got, self._missing = b"", -1
            self._send()

    def connection_lost(self, _: Exception | None) -> None:
        self._run.lost()

    def _read_head(self, head: bytes, length: int) -> None:
        if head[9:11] != b"20":
            self._run.failed(head)
        at = head.lower().index(_LENGTH) + len(_LENGTH)
        self._missing = length + int(head[at:].split(b"\r\n", 1)[0])

    def _send(self) -> None:
        request = self._run.next()
        if request is None or self.transport is None:
            return
        self._sent_at = time.perf_counter()
        self.transport.write(request)


class _Run:
    """One load while it runs."""

    def __init__(self, load: Load, seconds: float) -> None:
        self._load = load
        self._numbers = load.requests()
        self._name = str(time.time_ns())
        self._times: list[float] = []
        self._left = load.connections
        self._begun = time.perf_counter()
        self._until = self._begun + seconds
        self.ended: asyncio.Future[Result] = asyncio.get_running_loop().create_future()

    def next(self) -> bytes | None:
        number = next(self._numbers, None) if time.perf_counter() < self._until else None
        if number is not None:
            return self._load.request(number, self._name)
        self._left -= 1
        if not self._left and not self.ended.done():
            self.ended.set_result(self._result())
        return None

    def done(self, seconds: float) -> None:
        self._times.append(seconds)

    def failed(self, head: bytes) -> None:
        if not self.ended.done():
            self.ended.set_exception(RuntimeError(head.decode("latin-1")))

    def lost(self) -> None:
        if not self.ended.done():
            self.ended.set_exception(ConnectionError("the service hung up"))

    def _result(self) -> Result:
        seconds = time.perf_counter() - self._begun
        at = int(len(self._times) * 0.99)
        p99 = sorted(self._times)[min(at, len(self._times) - 1)]
        orders = len(self._times) * self._load.size
        return Result(orders, orders / seconds, p99 * 1_000)


async def run_load(load: Load, seconds: float) -> Result:
    """Ask for some time; raises RuntimeError for the first answer that is no success."""
    run, loop = _Run(load, seconds), asyncio.get_running_loop()
    opened = [
        await loop.create_connection(lambda: _Connection(run), "127.0.0.1", load.port)
        for _ in range(load.connections)
    ]
    try:
        return await run.ended
    finally:
        for transport, _ in opened:
            transport.abort()
