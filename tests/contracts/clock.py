"""The chain's time: seconds since the Unix epoch, and whole days of it (UTC)."""

from __future__ import annotations

from typing import Any

from brownie import chain, web3

HOUR = 3_600
DAY = 24 * HOUR
SHORT_WINDOW = 7 * DAY
LONG_WINDOW = 14 * DAY


def now() -> int:
    """Return the time of the last block."""
    return int(chain[-1].timestamp)


def today() -> int:
    """Return the day of the last block."""
    return now() // DAY


def set_next(timestamp: int) -> None:
    """Fix the time of the next block."""
    request("evm_setNextBlockTimestamp", timestamp)


def travel(seconds: int) -> None:
    """Let time pass."""
    set_next(now() + seconds)
    request("evm_mine")


def travel_to_noon() -> None:
    """Go to a noon on the first day of an epoch of both classes, far from every boundary."""
    travel((now() // LONG_WINDOW + 1) * LONG_WINDOW + DAY // 2 - now())


def request(method: str, *params: Any) -> Any:
    """Ask the node for something that web3 has no method for."""
    answer = web3.provider.make_request(method, list(params))
    if "error" in answer:
        raise RuntimeError(f"{method}{params}: {answer['error']}")
    return answer["result"]
