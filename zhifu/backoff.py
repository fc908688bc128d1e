"""How long what failed is left alone: ever longer, but never for good."""

from __future__ import annotations

from dataclasses import dataclass

_MOST_DOUBLINGS = 16

ALWAYS = 2**62
"""A time at which everything is due (Unix seconds)."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits `first_seconds` after the first try, twice as long after each further one."""

    first_seconds: int
    longest_seconds: int

    def after(self, tries: int) -> int:
        """How many seconds to wait after so many tries before the one that failed."""
        return min(self.first_seconds << min(tries, _MOST_DOUBLINGS), self.longest_seconds)


RETURNS = Backoff(5, 3_600)
"""For money that goes back: refunds, paybacks and what banks took."""

UNTRIED_SECONDS = 60
"""How long what nobody could try is left alone, because who is to be asked is."""
