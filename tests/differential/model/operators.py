"""The keys that act for platforms (OPER, ALL-3)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tests.differential.model.refusal import Rules
from tests.differential.model.table import Table
from tests.differential.model.words import NETWORK, ZERO

if TYPE_CHECKING:
    from tests.differential.model import Model

REGISTRY = "PlatformRegistry"


@dataclass(frozen=True)
class Operator:
    """A key that accepted to act for a platform, in a lane of its own."""

    platform: int
    lane: int
    active: bool


NO_OPERATOR = Operator(NETWORK, 0, False)


class Operators:
    """Who acts for whom, and who is named and has not accepted."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.known: Table[str, Operator] = Table("operator", model.touched, NO_OPERATOR)
        self.named: Table[tuple[int, str], bool] = Table("named", model.touched, False)

    def __getitem__(self, key: str) -> Operator:
        """Return what is known of a key."""
        return self.known[key]

    def set_operator(self, caller: str, platform: int, key: str, active: bool) -> None:
        """OPER-1 to OPER-3."""
        rules, known = Rules(), self.known[key]
        self._model.platforms.require_owner(caller, platform, rules)
        rules.require(key != ZERO, "ZeroAddress")
        free = known.platform in (NETWORK, platform)
        rules.require(free, "OperatorTaken", key, known.platform)
        rules.enforce()
        if known.platform == NETWORK:
            self.named[platform, key] = active
            self._model.emit(REGISTRY, "OperatorNamed", platform, key, active)
        else:
            self.known[key] = replace(known, active=active)
            self._model.emit(REGISTRY, "OperatorChanged", platform, key, known.lane, active)

    def accept_operator(self, caller: str, platform: int) -> None:
        """OPER-2, OPER-3."""
        rules, taken = Rules(), self.known[caller].platform
        rules.require(taken == NETWORK, "OperatorTaken", caller, taken)
        rules.require(self.named[platform, caller], "NotNamed", caller, platform)
        rules.enforce()
        self.named[platform, caller] = False
        lane = 1 + sum(each.platform == platform for each in self.known.values())
        self.known[caller] = Operator(platform, lane, True)
        self._model.emit(REGISTRY, "OperatorChanged", platform, caller, lane, True)
