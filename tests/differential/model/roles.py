"""The roles beside the network's owner (ROLE)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.differential.model.refusal import Rules
from tests.differential.model.table import Table
from tests.differential.model.terms import DELAY
from tests.differential.model.words import ZERO

if TYPE_CHECKING:
    from tests.differential.model import Model

ARBITER, PAUSER = range(2)
REGISTRY = "PlatformRegistry"
NOBODY = (ZERO, 0)


class Roles:
    """Who has which role, and who may accept it from when."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.holders: Table[int, str] = Table("role", model.touched, ZERO)
        self.nominees: Table[int, tuple[str, int]] = Table("role", model.touched, NOBODY)

    def nominate(self, caller: str, role: int, account: str) -> None:
        """ROLE-1, ROLE-2."""
        rules = Rules()
        self._model.platforms.require_network(caller, rules)
        rules.enforce()
        since = self._model.now + (DELAY if role == ARBITER else 0)
        self.nominees[role] = (account, since) if account != ZERO else NOBODY
        self._emit("RoleNominated", role, *self.nominees[role])

    def accept_role(self, caller: str, role: int) -> None:
        """ROLE-1, ROLE-2."""
        rules, (nominee, since) = Rules(), self.nominees[role]
        rules.require(caller == nominee, "WrongCaller", caller, nominee)
        rules.require(self._model.now >= since, "TooEarly", since)
        rules.enforce()
        self.nominees[role], self.holders[role] = NOBODY, caller
        self._emit("RoleAccepted", role, caller)

    def dismiss(self, caller: str, role: int) -> None:
        """ROLE-3."""
        rules = Rules()
        self._model.platforms.require_network(caller, rules)
        rules.enforce()
        self._emit("RoleDismissed", role, self.holders[role])
        self.holders[role] = ZERO

    def _emit(self, name: str, *values: object) -> None:
        self._model.emit(REGISTRY, name, *values)
