"""Stopping all sales for a while."""

from __future__ import annotations

from dataclasses import dataclass

from tests.contracts.accounts import ZERO
from tests.contracts.model.network import Network
from tests.contracts.model.refusal import refuse


@dataclass
class Pausing(Network):
    """Whether sales are stopped, and who else may stop them."""

    paused: bool = False
    pauser: str = ZERO

    def set_paused(self, caller: str, paused: bool) -> None:
        """PAUSE-1."""
        may = caller == self.network_owner or (paused and caller == self.pauser)
        refuse(WrongCaller=not may)
        self.paused = paused
