"""What goes wrong at the simulated providers, by a seed.

A fault strikes a numbered occasion: the n-th request to a provider, the n-th delivery of its
callbacks. Whether it does is computed from the seed, the fault and the occasion alone, so the same
seed and the same run give the same faults, whatever the timing.
"""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from zhifu.exceptions import InvalidInput


class Fault(str, Enum):
    """What can go wrong.

    Callbacks: DUPLICATE comes twice, DELAY comes late, REORDER comes after those that were made
    later, DROP never comes, TAMPER comes altered after it was signed (and then again, unaltered).
    Requests: TIME_OUT does what was asked and never answers, SILENCE does nothing and never
    answers. Payments: CHARGE_BACK is taken back after it was paid.
    """

    DUPLICATE = "duplicate"
    DELAY = "delay"
    REORDER = "reorder"
    DROP = "drop"
    TAMPER = "tamper"
    TIME_OUT = "time_out"
    SILENCE = "silence"
    CHARGE_BACK = "charge_back"


@dataclass(frozen=True, slots=True)
class Rates:
    """How often each fault strikes, from 0 (never) to 1 (always)."""

    by_fault: Mapping[Fault, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for fault, rate in self.by_fault.items():
            if not 0 <= rate <= 1:
                raise InvalidInput(fault.value, "must be from 0 to 1", rate)

    def of(self, fault: Fault) -> float:
        """How often a fault strikes."""
        return self.by_fault.get(fault, 0)


class Faults:
    """Says of each occasion whether a fault strikes; safe to share between threads."""

    def __init__(self, seed: int = 0, rates: Rates | None = None) -> None:
        self._seed = seed
        self._rates = rates or Rates()
        self._lock = threading.Lock()
        self._occasions: Counter[tuple[Fault, str]] = Counter()
        self._forced: set[tuple[Fault, str, int]] = set()

    def force(self, fault: Fault, provider: str, times: int = 1, *, after: int = 0) -> None:
        """Let a fault strike the next `times` occasions at a provider, whatever its rate.

        `after` occasions pass before the first of them.
        """
        with self._lock:
            first = self._occasions[fault, provider] + after
            self._forced |= {(fault, provider, first + n) for n in range(times)}

    def strikes(self, fault: Fault, provider: str) -> bool:
        """Whether a fault strikes this occasion at a provider; each call is the next occasion."""
        with self._lock:
            occasion = self._occasions[fault, provider]
            self._occasions[fault, provider] += 1
            is_forced = (fault, provider, occasion) in self._forced
        return is_forced or self._drawn(fault, provider, occasion) < self._rates.of(fault)

    def _drawn(self, fault: Fault, provider: str, occasion: int) -> float:
        subject = f"{self._seed}/{fault.value}/{provider}/{occasion}".encode()
        return int.from_bytes(hashlib.sha256(subject).digest()[:7], "big") / 2**56
