"""This machine's clock, against the chain's latest block and against others' HTTP dates."""

from __future__ import annotations

import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from zhifu.config import home_of
from zhifu.doctor.case import Case, SkippedError
from zhifu.doctor.finding import Finding, failure, fine, warning

_TIMEOUT_SECONDS = 10.0
_LOOPBACK = ("127.0.0.1", "localhost", "::1")

#: A Date has no fractions of a second, and an answer takes its time.
_SMALL_SECONDS = 10
#: Providers take requests and callbacks for genuine within five minutes.
_LARGE_SECONDS = 240
#: A block may be this much ahead of an exact clock.
_BLOCK_AHEAD_SECONDS = 15

_ADVICE = "let NTP set this machine's clock"


def check_chain(case: Case) -> Iterator[Finding]:
    """A block from the future means that this clock is behind."""
    ahead = case.need_chain().timestamp() - int(case.clock())
    if ahead <= _BLOCK_AHEAD_SECONDS:
        yield fine("clock.chain", "the latest block is not from the future")
    elif case.is_development:
        saw = f"the latest block is {ahead} s in the future"
        yield warning("clock.chain", saw, "its clock was moved on; the chain's own time is used")
    else:
        saw = f"the latest block is {ahead} s in the future"
        yield failure("clock.chain", saw, _ADVICE)


def check_node(case: Case) -> Iterator[Finding]:
    """Against the node's HTTP date, if it gives one."""
    case.need_chain()
    request = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}
    yield from _judged(case, "clock.node", case.settings.rpc_url, json=request)


def check_provider(case: Case, name: str) -> Iterator[Finding]:
    """Against a provider's HTTP date."""
    address = home_of(case.settings.providers[name])
    if address is not None:
        yield from _judged(case, f"clock.{name}", address)


def _judged(case: Case, check: str, address: str, **body: Any) -> Iterator[Finding]:
    ahead = _ahead(case, address, **body)
    if ahead is None:
        return
    direction = "ahead of" if ahead > 0 else "behind"
    saw = f"{abs(ahead)} s {direction} its date"
    if abs(ahead) >= _LARGE_SECONDS:
        yield failure(check, saw, _ADVICE)
    elif abs(ahead) >= _SMALL_SECONDS:
        yield warning(check, saw, _ADVICE)
    else:
        yield fine(check, f"within {_SMALL_SECONDS} s of its date")


def _ahead(case: Case, address: str, **body: Any) -> int | None:
    """How many seconds this clock is ahead of a server's; None if that does not tell."""
    local = httpx.URL(address).host in _LOOPBACK
    began = time.monotonic()
    try:
        response = httpx.request(
            "POST" if body else "GET",
            address,
            timeout=_TIMEOUT_SECONDS,
            trust_env=not local,
            **body,
        )
        date = parsedate_to_datetime(response.headers["date"])
    except httpx.HTTPError as error:
        raise SkippedError(f"no answer ({type(error).__name__})") from None
    except (KeyError, ValueError, TypeError):
        return None
    passed = time.monotonic() - began
    return round(case.clock() - passed / 2 - date.timestamp())
