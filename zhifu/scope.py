"""What a reconciliation is about."""

from __future__ import annotations

from typing import NamedTuple


class Scope(NamedTuple):
    """Days from `first` to `last`, as `date.toordinal` counts, of a platform or of all (None).

    Bills begin to count on `began`: what only they have from before is none of the gateway's. It
    `is_whole` if no day but these has anything. `today` and `now` (Unix seconds) are when it is
    made; `block` is the last that the index knows.
    """

    first: int
    began: int
    last: int
    is_whole: bool
    platform: int | None
    today: int
    now: int
    block: int

    def has(self, day: int, platform: int | None) -> bool:
        """Whether something of a day and a platform is its subject; None is of nobody known."""
        is_its = self.platform is None or platform is None or platform == self.platform
        return is_its and self.first <= day <= self.last
