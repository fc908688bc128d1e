"""Connections to receivers that are kept a while, each for one request at a time.

A pool that serves every host by turns looks at all its connections for each request; here only
those to the same host are looked at.
"""

from __future__ import annotations

import ssl
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from types import TracebackType
from typing import TypeAlias

import httpcore

from zhifu.notify.destination import Destination

_Place: TypeAlias = tuple[str, str, int]

_KEPT_SECONDS = 30
_MOST_KEPT = 32


class Connections:
    """Made by `network`, to servers that `tls` trusts; to be used inside one event loop."""

    def __init__(
        self, network: httpcore.AsyncNetworkBackend, tls: ssl.SSLContext | None = None
    ) -> None:
        self._network = network
        self._tls = tls or _usual_tls()
        self._idle: defaultdict[_Place, list[httpcore.AsyncHTTPConnection]] = defaultdict(list)

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
            keepalive_expiry=_KEPT_SECONDS,
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

    async def _kept(self, place: _Place) -> httpcore.AsyncHTTPConnection | None:
        kept = self._idle[place]
        while kept:
            connection = kept.pop()
            if not connection.has_expired() and connection.is_available():
                return connection
            await connection.aclose()
        return None


def _origin(scheme: str, host: str, port: int) -> httpcore.Origin:
    return httpcore.Origin(scheme.encode(), host.encode(), port)


@cache
def _usual_tls() -> ssl.SSLContext:
    # Reading all authorities takes longer than a connection does.
    return httpcore.default_ssl_context()
