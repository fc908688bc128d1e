"""Who decides disputes and who may pause (ROLE)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.differential.model.delays import DELAY, NOBODY, Successor
from tests.differential.model.refusal import Rules
from tests.differential.model.table import Table
from tests.differential.model.words import ZERO

if TYPE_CHECKING:
    from tests.differential.model import Model

REGISTRY = "PlatformRegistry"
ARBITER, PAUSER = 0, 1


class Roles:
    """The holders of the network's roles, and who was nominated."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.holders: Table[int, str] = Table("role", model.touched, ZERO)
        self.nominees: Table[int, Successor] = Table("role", model.touched, NOBODY)

    @property
    def arbiter(self) -> str:
        """Who decides disputes, or zero."""
        return self.holders[ARBITER]

    @property
    def pauser(self) -> str:
        """Who may pause, or zero."""
        return self.holders[PAUSER]

    def nominate(self, caller: str, role: int, account: str) -> None:
        """ROLE-1, ROLE-2."""
        rules = Rules()
        self._model.platforms.require_network(caller, rules)
        rules.enforce()
        delay = DELAY if role == ARBITER else 0
        nominee = Successor.named(account, self._model.now + delay)
        self.nominees[role] = nominee
        self._model.emit(REGISTRY, "RoleNominated", role, account, nominee.since)

    def accept_role(self, caller: str, role: int) -> None:
        """ROLE-1, ROLE-2."""
        rules, nominee = Rules(), self.nominees[role]
        rules.require(caller == nominee.account, "WrongCaller", caller, nominee.account)
        rules.require(self._model.now >= nominee.since, "TooEarly", nominee.since)
        rules.enforce()
        self.nominees[role], self.holders[role] = NOBODY, caller
        self._model.emit(REGISTRY, "RoleAccepted", role, caller)

    def dismiss(self, caller: str, role: int) -> None:
        """ROLE-3."""
        rules = Rules()
        self._model.platforms.require_network(caller, rules)
        rules.enforce()
        self._model.emit(REGISTRY, "RoleDismissed", role, self.holders[role])
        self.holders[role] = ZERO
