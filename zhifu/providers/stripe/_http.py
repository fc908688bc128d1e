"""How the library's requests are sent: once, in bounded time, to Stripe and nowhere else."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import httpx
import stripe

#: The longest answer that is read; a page of a hundred objects has a few hundred kilobytes.
_LONGEST_ANSWER = 16 << 20


class Transport(stripe.HTTPClient):
    """Sends over kept connections, without following redirects; safe to share between threads.

    An answer must be whole within `timeout_seconds`.
    """

    name = "httpx"

    def __init__(self, timeout_seconds: float) -> None:
        super().__init__()
        self._timeout = timeout_seconds
        self._client = httpx.Client(timeout=timeout_seconds, follow_redirects=False)

    def request(  # type: ignore[override]
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Send one request; raises stripe.APIConnectionError if no whole answer came."""
        until = time.monotonic() + self._timeout
        sent = self._client.stream(method, url, headers=headers, content=post_data)
        try:
            with sent as response:
                body = _read(response, until)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _lost(type(error).__name__) from error
        return body, response.status_code, response.headers

    def close(self) -> None:
        """Close the kept connections."""
        self._client.close()


def _read(response: httpx.Response, until: float) -> bytes:
    body = bytearray()
    for part in response.iter_bytes():
        body += part
        if len(body) > _LONGEST_ANSWER:
            raise _lost("the answer is too long")
        if time.monotonic() > until:
            raise _lost("the answer took too long")
    return bytes(body)


def _lost(why: str) -> stripe.APIConnectionError:
    return stripe.APIConnectionError(why)  # type: ignore[no-untyped-call]
