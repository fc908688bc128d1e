"""What is announced and holds later (FEE-1, TREASURY-1, OWNER-1, ROLE-2, TOPUP-4)."""

from __future__ import annotations

from dataclasses import dataclass

from tests.differential.model.classes import DAY
from tests.differential.model.words import ZERO

DELAY = 2 * DAY


@dataclass(frozen=True)
class Rising:
    """A number that falls at once and rises later: what it is, and what follows it at a time."""

    value: int
    next_value: int = 0
    since: int = 0

    def current(self, now: int) -> int:
        """Return what holds."""
        return self.next_value if self.since and self.since <= now else self.value

    def following(self, now: int) -> tuple[int, int]:
        """Return what will hold and from when, zeros for nothing."""
        return (self.next_value, self.since) if self.since > now else (0, 0)

    def changed(self, value: int, now: int) -> Rising:
        """Return it with another number: a lower one at once, a higher one later."""
        present = self.current(now)
        return Rising(value) if value <= present else Rising(present, value, now + DELAY)


@dataclass(frozen=True)
class Treasury:
    """Where withdrawals go, and where they will go from a time on, 0 for never."""

    address: str
    next_address: str = ZERO
    since: int = 0

    def current(self, now: int) -> str:
        """Return where withdrawals go."""
        return self.next_address if self.since and self.since <= now else self.address

    def following(self, now: int) -> tuple[str, int]:
        """Return where they will go and from when, zeros for no change."""
        return (self.next_address, self.since) if self.since > now else (ZERO, 0)

    def changed(self, address: str, now: int) -> Treasury:
        """Return it with another address, which holds later unless it is the present one."""
        present = self.current(now)
        return Treasury(present) if address == present else Treasury(present, address, now + DELAY)


@dataclass(frozen=True)
class Successor:
    """Who may take somebody's place, and the earliest time of it."""

    account: str = ZERO
    since: int = 0

    @classmethod
    def named(cls, account: str, since: int) -> Successor:
        """Return a successor; nobody at no time."""
        return cls() if account == ZERO else cls(account, since)

    def as_tuple(self) -> tuple[str, int]:
        return self.account, self.since


NOBODY = Successor()
