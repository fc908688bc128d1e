"""Connections to receivers are kept for a while, and not for ever: NOTE-19."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import httpcore

from zhifu.notify.connections import Connections
from zhifu.notify.destination import PUBLIC_ONLY, Destination, destination

ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"


class Socket(httpcore.AsyncNetworkStream):
    """Answers each request at once, and is told when it is closed."""

    def __init__(self) -> None:
        self.is_closed = False

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return ANSWER

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """It is lost."""

    async def aclose(self) -> None:
        self.is_closed = True

    async def start_tls(self, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
        return self

    def get_extra_info(self, info: str) -> Any:
        return None


class Network(httpcore.AsyncNetworkBackend):
    """Keeps every socket that it made."""

    def __init__(self) -> None:
        self.sockets: list[Socket] = []

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        self.sockets.append(Socket())
        return self.sockets[-1]

    @property
    def open(self) -> list[bool]:
        return [not each.is_closed for each in self.sockets]


class Hands:
    """A clock that only the test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def places(count: int) -> list[Destination]:
    return [destination(f"https://{number}.example/hooks", PUBLIC_ONLY) for number in range(count)]


async def ask(connections: Connections, to: Destination) -> None:
    url = httpcore.URL(scheme=to.scheme, host=to.host, port=to.port, target=to.target)
    async with connections.to(to) as connection, connection.stream("POST", url) as response:
        await response.aread()


def run(kept_seconds: float, do: Callable[[Connections, Hands], Awaitable[None]]) -> list[bool]:
    """Whether each socket is still open once it is done."""
    network, clock = Network(), Hands()

    async def begin() -> list[bool]:
        async with Connections(network, kept_seconds=kept_seconds, clock=clock) as connections:
            await do(connections, clock)
            return network.open

    return asyncio.run(begin())


def test_what_nobody_uses_any_more_is_closed_wherever_it_led() -> None:
    async def do(connections: Connections, clock: Hands) -> None:
        for place in places(3):
            await ask(connections, place)
        clock.now += 5
        await connections.sweep()
        assert connections._idle == {}

    assert run(-1, do) == [False, False, False]


def test_what_was_used_lately_is_kept_and_used_again() -> None:
    async def do(connections: Connections, clock: Hands) -> None:
        for _ in range(2):
            await ask(connections, places(1)[0])
            clock.now += 5
            await connections.sweep()

    assert run(30, do) == [True]
