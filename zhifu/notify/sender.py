"""One attempt to deliver a webhook: a POST, and what became of it."""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections.abc import Mapping
from types import TracebackType
from typing import NamedTuple

import httpcore

from zhifu.exceptions import ForbiddenAddress, InvalidInput
from zhifu.notify.connections import Connections
from zhifu.notify.destination import PUBLIC_ONLY, Rules, destination
from zhifu.notify.network import CheckedNetwork, Resolver, resolve

_log = logging.getLogger(__name__)

_USER_AGENT = "zhifu-webhooks/1"
_LONGEST_ANSWER = 16_384
_GONE = 410


class Outcome(NamedTuple):
    """What became of an attempt: the receiver's status, or the error that kept it from one."""

    status: int | None
    error: str | None
    milliseconds: int

    @property
    def delivered(self) -> bool:
        """Whether the receiver has accepted."""
        return self.error is None

    @property
    def gone(self) -> bool:
        """Whether the receiver asks to be sent nothing any more."""
        return self.status == _GONE


class Sender:
    """Sends webhooks to destinations that the rules allow; to be used inside one event loop.

    `timeout` is for a whole attempt, in seconds. Redirects are not followed, no proxy is used, and
    an answer's body is read up to 16 KiB and thrown away. `tls` says which servers are trusted, by
    default those that the usual authorities vouch for.
    """

    def __init__(
        self,
        rules: Rules = PUBLIC_ONLY,
        *,
        timeout: float = 15.0,
        resolver: Resolver = resolve,
        network: httpcore.AsyncNetworkBackend | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._rules = rules
        self._timeout = timeout
        self._connections = Connections(CheckedNetwork(rules, resolver, network), tls)

    async def __aenter__(self) -> Sender:
        await self._connections.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._connections.__aexit__(kind, error, traceback)

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Outcome:
        """Send a body; success is a status of 200 to 299."""
        began = time.monotonic()
        status, error = None, None
        try:
            status = await asyncio.wait_for(self._post(url, headers, body), self._timeout)
            error = _meaning(status)
        except Exception as failure:  # Whatever a receiver does is its attempt's outcome.
            error = _reason(failure)
        return Outcome(status, error, int((time.monotonic() - began) * 1_000))

    async def sweep(self) -> None:
        """Close connections that nobody needs any more; to be called again and again."""
        await self._connections.sweep()

    async def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        to = destination(url, self._rules)
        sent = {
            "host": to.authority,
            "content-type": "application/json",
            "content-length": str(len(body)),
            "user-agent": _USER_AGENT,
            **headers,
        }
        limits = dict.fromkeys(("connect", "read", "write", "pool"), self._timeout)
        async with (
            self._connections.to(to) as connection,
            connection.stream(
                "POST",
                httpcore.URL(scheme=to.scheme, host=to.host, port=to.port, target=to.target),
                headers=[(name.encode(), value.encode()) for name, value in sent.items()],
                content=body,
                extensions={"timeout": limits},
            ) as response,
        ):
            await _drain(response)
            return int(response.status)


async def _drain(response: httpcore.Response) -> None:
    """Read what is short, so that the connection can be used again."""
    read = 0
    async for chunk in response.aiter_stream():
        read += len(chunk)
        if read > _LONGEST_ANSWER:
            return


def _meaning(status: int) -> str | None:
    if 200 <= status <= 299:
        return None
    return "redirect" if 300 <= status <= 399 else "status"


def _reason(failure: Exception) -> str:
    match failure:
        case ForbiddenAddress() | InvalidInput():
            return failure.code
        case asyncio.TimeoutError() | httpcore.TimeoutException():
            return "timeout"
        case httpcore.ConnectError():
            return "connection_failed"
        case httpcore.NetworkError() | httpcore.ProtocolError():
            return "connection_broken"
        case _:
            _log.error("a webhook could not be sent", exc_info=failure)
            return "failed"
