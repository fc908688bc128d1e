"""Connections to exactly the addresses that were checked.

A name is resolved once, every address found for it is checked, and the connection is made to one
of these by number: an answer that changes between the check and the connection changes nothing.
Host header and TLS name stay the name's.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from typing import TypeAlias

import httpcore

from zhifu.exceptions import ForbiddenAddress
from zhifu.notify.addresses import is_public
from zhifu.notify.destination import Rules

Resolver: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""Gives the addresses of a host; raises OSError where it has none."""

#: As `httpcore` says it.
_SocketOption: TypeAlias = (
    tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
)


async def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses that this machine's resolver knows a host by."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[4][0]) for address in found))


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to public addresses only, and to `rules.development_hosts` wherever they are.

    `inner` makes the connections, by address.
    """

    def __init__(
        self,
        rules: Rules,
        resolver: Resolver = resolve,
        inner: httpcore.AsyncNetworkBackend | None = None,
    ) -> None:
        self._rules = rules
        self._resolver = resolver
        self._inner = inner or httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[_SocketOption] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of a host that answers.

        Raises ForbiddenAddress if one of them is not public, whichever it is.
        """
        for address in await self._addresses(host, port, timeout):
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return await self._inner.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
        raise httpcore.ConnectError("no address of the host answers")

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    async def _addresses(self, host: str, port: int, timeout: float | None) -> Sequence[str]:
        try:
            found = await asyncio.wait_for(self._resolver(host, port), timeout)
        except asyncio.TimeoutError as error:
            raise httpcore.ConnectTimeout("the host's name was not resolved in time") from error
        except OSError as error:
            raise httpcore.ConnectError("the host's name has no address") from error
        if host not in self._rules.development_hosts:
            for address in found:
                if not is_public(address):
                    raise ForbiddenAddress(host, address)
        return found
