"""Whether anything can be bought at all (ALL-4, PAUSE-1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.differential.model.refusal import Rules

if TYPE_CHECKING:
    from tests.differential.model import Model


class Selling:
    """Selling goes on, or is paused."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.paused = False

    def require_open(self, rules: Rules) -> None:
        """Require that selling goes on."""
        rules.require(not self.paused, "Paused")

    def pause(self, caller: str) -> None:
        """PAUSE-1."""
        platforms, rules = self._model.platforms, Rules()
        may = caller in (platforms.roles.pauser, platforms.network_owner)
        rules.require(may, "WrongCaller", caller, platforms.network_owner)
        rules.enforce()
        self._set(caller, True)

    def unpause(self, caller: str) -> None:
        """PAUSE-1."""
        owner, rules = self._model.platforms.network_owner, Rules()
        rules.require(caller == owner, "WrongCaller", caller, owner)
        rules.enforce()
        self._set(caller, False)

    def _set(self, caller: str, paused: bool) -> None:
        self.paused = paused
        self._model.touched.add(("paused", None))
        self._model.emit("Settlement", "PausedChanged", caller, paused)
