"""What belongs to the network as a whole: who owns it, its windows and its time."""

from __future__ import annotations

from dataclasses import dataclass

DAY = 86_400
DELAY = 2 * DAY


@dataclass
class Network:
    """Whose the network is, how long its epochs are, and what time it is."""

    settlement: str
    network_owner: str
    network_treasury: str
    windows: list[int]
    now: int = 0

    @property
    def today(self) -> int:
        return self.now // DAY

    def epoch(self, class_: int) -> int:
        return self.now // self.windows[class_]
