"""What only the contracts themselves may call (LINK-1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.differential.model.refusal import Rules

if TYPE_CHECKING:
    from tests.differential.model import Model


class Links:
    """Verbs that are closed to everybody who can send a transaction."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def only_license(self, caller: str, *arguments: object) -> None:
        """Refuse whoever is not ContentLicense."""
        rules = Rules()
        rules.require(False, "WrongCaller", caller, self._model.addresses.license)
        rules.enforce()

    def only_settlement(self, caller: str, *arguments: object) -> None:
        """Refuse whoever is not Settlement."""
        rules = Rules()
        rules.require(False, "NotSettlement", caller, self._model.addresses.settlement)
        rules.enforce()
