"""Connections to receivers that are kept a while, each for one request at a time.

A pool that serves every host by turns looks at all its connections for each request; here only
those to the same host are looked at.
"""

from __future__ import annotations

import ssl
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from types import TracebackType
from typing import TypeAlias

import httpcore

from zhifu.notify.destination import Destination

_Place: TypeAlias = tuple[str, str, int]

_KEPT_SECONDS = 30.0
_MOST_KEPT = 32
_SWEEP_SECONDS = 5.0


class Connections:
    """Made by `network`, to servers that `tls` trusts; to be used inside one event loop.

    `sweep` closes those that nobody used for `kept_seconds`; `clock` tells seconds, from any
    beginning.
    """

    def __init__(
        self,
        network: httpcore.AsyncNetworkBackend,
        tls: ssl.SSLContext | None = None,
        *,
        kept_seconds: float = _KEPT_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._network = network
        self._tls = tls or _usual_tls()
        self._idle: defaultdict[_Place, list[httpcore.AsyncHTTPConnection]] = defaultdict(list)
        self._kept_seconds = kept_seconds
        self._clock = clock
        self._swept_at = clock()

    async def __aenter__(self) -> Connections:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for kept in self._idle.values():
            while kept:
                await kept.pop().aclose()

    @asynccontextmanager
    async def to(self, destination: Destination) -> AsyncIterator[httpcore.AsyncHTTPConnection]:
        """A connection for one request; kept for another one if that has ended well."""
        place = destination.scheme, destination.host, destination.port
        connection = await self._kept(place) or httpcore.AsyncHTTPConnection(
            _origin(*place),
            ssl_context=self._tls,
            keepalive_expiry=self._kept_seconds,
            network_backend=self._network,
        )
        try:
            yield connection
        except BaseException:
            await connection.aclose()
            raise
        kept = self._idle[place]
        if connection.is_idle() and len(kept) < _MOST_KEPT:
            kept.append(connection)
        else:
            await connection.aclose()

    async def sweep(self) -> None:
        """Close what was idle for too long, every few seconds; to be called again and again.

        A place may never be asked for again.
        """
        if self._clock() - self._swept_at < _SWEEP_SECONDS:
            return
        self._swept_at = self._clock()
        expired = [each for kept in self._idle.values() for each in kept if not _is_useful(each)]
        for place, kept in [*self._idle.items()]:
            kept[:] = [each for each in kept if each not in expired]
            if not kept:
                del self._idle[place]
        for each in expired:
            await each.aclose()

    async def _kept(self, place: _Place) -> httpcore.AsyncHTTPConnection | None:
        kept = self._idle[place]
        while kept:
            connection = kept.pop()
            if _is_useful(connection):
                return connection
            await connection.aclose()
        return None


def _is_useful(connection: httpcore.AsyncHTTPConnection) -> bool:
    return not connection.has_expired() and connection.is_available()


def _origin(scheme: str, host: str, port: int) -> httpcore.Origin:
    return httpcore.Origin(scheme.encode(), host.encode(), port)


@cache
def _usual_tls() -> ssl.SSLContext:
    # Reading all authorities takes longer than a connection does.
    return httpcore.default_ssl_context()
