"""What a reconciliation is about."""

from __future__ import annotations

from typing import NamedTuple


class Scope(NamedTuple):
    """Days from `first` to `last`, as `date.toordinal` counts, of a platform or of all (None).

    `today` and `now` (Unix seconds) are when it is made; `block` is the last that the index knows.
    """

    first: int
    last: int
    platform: int | None
    today: int
    now: int
    block: int

    def has(self, day: int, platform: int | None) -> bool:
        """Whether something of a day and a platform is its subject; None is of nobody known."""
        is_its = self.platform is None or platform is None or platform == self.platform
        return is_its and self.first <= day <= self.last
