"""Stopping all sales for a while."""

from __future__ import annotations

from tests.contracts.walk.draws import Draws


class Pausing(Draws):
    """Pauses selling, and lets it go on."""

    def set_paused(self, paused: bool = True) -> None:
        """Pause selling for a step, or let it go on."""
        settlement = self.chain.settlement
        usual = self.random.choice([self.network, self.pauser]) if paused else self.network
        caller = self._mostly(usual, self.owners[0])
        call = settlement.pause if paused else settlement.unpause
        self._act(
            f"sets paused: {paused}",
            caller,
            lambda sender: call(sender),
            lambda: self.ledger.set_paused(caller, paused),
        )
