"""Keys that act for platforms."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.contracts.accounts import NETWORK
from tests.contracts.model.platforms import Platforms
from tests.contracts.model.refusal import refuse


@dataclass
class Operator:
    """A key that acts for a platform in a lane of its own."""

    platform: int
    lane: int
    active: bool


@dataclass
class Operators(Platforms):
    """The keys that act for a platform, and those that are named and may accept to."""

    named: set[tuple[int, str]] = field(default_factory=set)
    operators: dict[str, Operator] = field(default_factory=dict)

    def set_operator(self, caller: str, platform: int, key: str, active: bool) -> None:
        """OPER-1 to OPER-3."""
        known = self.operators.get(key)
        refuse(
            WrongCaller=caller != self.platforms[platform].owner,
            OperatorTaken=known is not None and known.platform != platform,
        )
        if known:
            known.active = active
        else:
            (self.named.add if active else self.named.discard)((platform, key))

    def accept_operator(self, caller: str, platform: int) -> None:
        """OPER-2, OPER-3."""
        refuse(
            OperatorTaken=caller in self.operators,
            NotNamed=(platform, caller) not in self.named,
        )
        lanes = [each.lane for each in self.operators.values() if each.platform == platform]
        self.operators[caller] = Operator(platform, len(lanes) + 1, True)

    def acting(self, key: str) -> tuple[int, dict[str, bool]]:
        """Return the platform that a key acts for, and what is wrong with that (OPER-4, ALL-3)."""
        operator = self.operators.get(key, Operator(NETWORK, 0, False))
        suspended = operator.active and not self.platforms[operator.platform].active
        return operator.platform, {
            "NotOperator": not operator.active,
            "PlatformNotActive": suspended,
        }

    def is_acting(self, key: str) -> bool:
        return not any(self.acting(key)[1].values())

    def is_operator_of(self, key: str, platform: int) -> bool:
        operator = self.operators.get(key)
        return operator is not None and operator.active and operator.platform == platform
