"""A hold as it is stored: money by how long ago it was captured, in ledger units."""

from __future__ import annotations

from typing import NamedTuple

BUCKET = 2**56 - 1


class Hold(NamedTuple):
    """`captured` came in during `epoch`, `previous` in the one before, `matured` earlier."""

    matured: int
    previous: int
    captured: int
    epoch: int

    @property
    def total(self) -> int:
        return self.matured + self.previous + self.captured

    def packed(self) -> int:
        return self.matured | self.previous << 56 | self.captured << 112 | self.epoch << 168


def unpack(raw: int) -> Hold:
    """Read a hold; what its owner keeps in the highest 64 bits is left out."""
    matured, previous, captured = (raw >> shift & BUCKET for shift in (0, 56, 112))
    return Hold(matured, previous, captured, raw >> 168 & (2**24 - 1))
