"""Names of payments, orders and batches: 63-bit numbers that grow with time.

A number is milliseconds since 2020 above 22 bits that start at random, so rows arrive in key order
and several processes need not agree on a counter. People and programs see it as a prefix and 16
hexadecimal digits.
"""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Sequence

PAYMENT = "pay"
ORDER = "ord"
BATCH = "bat"
REFUND = "ref"
PAYBACK = "pbk"
CHARGEBACK = "chb"
WITHDRAWAL = "wdr"
RESERVATION = "rsv"
DISPUTE = "dsp"
TOP_UP = "top"
PAY_OUT = "out"
API_KEY = "key"
ENDPOINT = "end"

_FIRST_MILLISECOND = 1_577_836_800_000
_LOW_BITS = 22
_TEXT = re.compile(r"([a-z]{3})_([0-7][0-9a-f]{15})", re.ASCII)


class Ids:
    """A source of numbers that never gives one twice; safe to share between threads.

    Two sources may in principle, and the database refuses the second.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0
        self._random = random.SystemRandom()

    def take(self, count: int = 1) -> Sequence[int]:
        """The next `count` numbers, in order."""
        now = time.time_ns() // 1_000_000 - _FIRST_MILLISECOND
        # Half of the low bits stay free, so a run within one millisecond stays within it.
        fresh = (now << _LOW_BITS) | self._random.getrandbits(_LOW_BITS - 1)
        with self._lock:
            first = max(fresh, self._last + 1)
            self._last = first + count - 1
        return range(first, first + count)


def made_at(number: int) -> int:
    """When a number was drawn, in Unix milliseconds."""
    return (number >> _LOW_BITS) + _FIRST_MILLISECOND


def to_text(prefix: str, number: int) -> str:
    """The name for people and programs, such as `pay_0123456789abcdef`."""
    return f"{prefix}_{number:016x}"


def from_text(prefix: str, name: str) -> int | None:
    """The number of a name; None if it is none with this prefix."""
    found = _TEXT.fullmatch(name) if isinstance(name, str) else None
    return int(found.group(2), 16) if found and found.group(1) == prefix else None
