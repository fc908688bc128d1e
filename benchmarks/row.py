"""One figure of the gas table: a name, and the transaction that it is the gas of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.scene import Scene
from benchmarks.tokens import BARE
from zhifu.blocks import Receipt


@dataclass(frozen=True, slots=True)
class Row:
    """What is measured: `measure` prepares a fresh scene and returns the receipt that counts.

    `per` divides the gas of transactions that do many things of a kind, rounded up; the name then
    says "per order" or "per content". `token` names the settlement token.
    """

    name: str
    measure: Callable[[Scene], Receipt]
    per: int = 1
    token: str = BARE

    def gas(self, receipt: Receipt) -> int:
        """The figure, out of the receipt that `measure` returned."""
        return -(-receipt.gas_used // self.per)
