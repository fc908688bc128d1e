"""The network, its platforms and their operators (ADMIT, OPER, ALL-3)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tests.differential.model.refusal import Rules
from tests.differential.model.table import Table
from tests.differential.model.words import NETWORK, ZERO

if TYPE_CHECKING:
    from tests.differential.model import Model

NONE, ACTIVE, SUSPENDED = range(3)
NETWORK_BPS_CAP = 1_000
HOST_BPS_CAP = 5_000
REGISTRY = "PlatformRegistry"


@dataclass(frozen=True)
class Platform:
    """A member of the network; fees in basis points."""

    owner: str
    status: int
    network_bps: int
    host_bps: int
    treasury: str

    def as_tuple(self) -> tuple[str, int, int, int, str]:
        return self.owner, self.status, self.network_bps, self.host_bps, self.treasury


@dataclass(frozen=True)
class Operator:
    """A key that acts for a platform, in a lane of its own."""

    platform: int
    lane: int
    active: bool


NOBODY = Platform(ZERO, NONE, 0, 0, ZERO)
NO_OPERATOR = Operator(NETWORK, 0, False)


class Platforms:
    """Who is in the network, and who acts for whom."""

    def __init__(self, model: Model, owner: str, treasury: str) -> None:
        self._model = model
        self.network_owner, self.next_owner, self.network_treasury = owner, ZERO, treasury
        self.members: Table[int, Platform] = Table("platform", model.touched, NOBODY)
        self.operators: Table[str, Operator] = Table("operator", model.touched, NO_OPERATOR)

    # Who may act

    def require_network(self, caller: str, rules: Rules) -> None:
        """Require that the network's owner calls."""
        rules.require(caller == self.network_owner, "OwnableUnauthorizedAccount", caller)

    def require_known(self, platform: int, rules: Rules) -> Platform:
        """Require that the platform was admitted."""
        known = self.members[platform]
        rules.require(known.status != NONE, "UnknownPlatform", platform)
        return known

    def require_active(self, platform: int, rules: Rules) -> None:
        """Require that the platform may act."""
        status = self.require_known(platform, rules).status
        rules.require(status in (NONE, ACTIVE), "PlatformNotActive", platform, status)

    def require_owner(self, caller: str, platform: int, rules: Rules) -> None:
        """Require that the platform's owner calls."""
        owner = self.require_known(platform, rules).owner
        rules.require(owner in (ZERO, caller), "WrongCaller", caller, owner)

    def acting(self, caller: str, rules: Rules) -> Operator:
        """Require that a key acts for an active platform (OPER-4, ALL-3)."""
        operator = self.operators[caller]
        if rules.require(operator.active, "NotOperator", caller):
            self.require_active(operator.platform, rules)
        return operator

    def require_operator_of(self, caller: str, platform: int, rules: Rules) -> None:
        """Require that a key acts for one platform, whatever its status."""
        rules.require(self.is_operator_of(caller, platform), "NotOperatorOf", caller, platform)

    def is_operator_of(self, caller: str, platform: int) -> bool:
        """Tell whether a key acts for a platform, whatever its status."""
        operator = self.operators[caller]
        return operator.active and operator.platform == platform

    def terms(self, platform: int) -> Platform:
        """Return what is known of a platform, or of the network for 0."""
        if platform == NETWORK:
            return Platform(self.network_owner, NONE, 0, 0, self.network_treasury)
        return self.members[platform]

    # Verbs

    def admit(
        self, caller: str, name: str, owner: str, treasury: str, network_bps: int, host_bps: int
    ) -> None:
        """ADMIT-1 to ADMIT-3."""
        rules = Rules()
        self.require_network(caller, rules)
        rules.require(ZERO not in (owner, treasury), "ZeroAddress")
        _require_cap(network_bps, NETWORK_BPS_CAP, rules)
        _require_cap(host_bps, HOST_BPS_CAP, rules)
        rules.enforce()
        number = len(self.members) + 1
        self.members[number] = Platform(owner, ACTIVE, network_bps, host_bps, treasury)
        self._emit("PlatformAdmitted", number, name, self.members[number].as_tuple())

    def set_status(self, caller: str, platform: int, status: int) -> None:
        """ADMIT-4."""
        rules = Rules()
        self.require_network(caller, rules)
        rules.require(status != NONE, "InvalidStatus", status)
        known = self.require_known(platform, rules)
        rules.enforce()
        self.members[platform] = replace(known, status=status)
        self._emit("PlatformStatusChanged", platform, status)

    def set_network_fee(self, caller: str, platform: int, bps: int) -> None:
        """ADMIT-2, ADMIT-4."""
        rules = Rules()
        self.require_network(caller, rules)
        _require_cap(bps, NETWORK_BPS_CAP, rules)
        known = self.require_known(platform, rules)
        rules.enforce()
        self.members[platform] = replace(known, network_bps=bps)
        self._emit("NetworkFeeChanged", platform, bps)

    def set_host_fee(self, caller: str, platform: int, bps: int) -> None:
        """ADMIT-2, ADMIT-5."""
        rules = Rules()
        self.require_owner(caller, platform, rules)
        _require_cap(bps, HOST_BPS_CAP, rules)
        rules.enforce()
        self.members[platform] = replace(self.members[platform], host_bps=bps)
        self._emit("HostFeeChanged", platform, bps)

    def set_treasury(self, caller: str, platform: int, treasury: str) -> None:
        """ADMIT-5."""
        rules = Rules()
        rules.require(treasury != ZERO, "ZeroAddress")
        if platform == NETWORK:
            rules.require(caller == self.network_owner, "WrongCaller", caller, self.network_owner)
            rules.enforce()
            self.network_treasury = treasury
            self.members.touch(NETWORK)
        else:
            self.require_owner(caller, platform, rules)
            rules.enforce()
            self.members[platform] = replace(self.members[platform], treasury=treasury)
        self._emit("TreasuryChanged", platform, treasury)

    def set_operator(self, caller: str, platform: int, key: str, active: bool) -> None:
        """OPER-1 to OPER-3."""
        rules, known = Rules(), self.operators[key]
        self.require_owner(caller, platform, rules)
        rules.require(key != ZERO, "ZeroAddress")
        free = known.platform in (NETWORK, platform)
        rules.require(free, "OperatorTaken", key, known.platform)
        rules.enforce()
        taken = sum(each.platform == platform for each in self.operators.values())
        lane = known.lane or taken + 1
        self.operators[key] = Operator(platform, lane, active)
        self._emit("OperatorChanged", platform, key, lane, active)

    def transfer_ownership(self, caller: str, owner: str) -> None:
        """ADMIT-7."""
        rules = Rules()
        self.require_network(caller, rules)
        rules.enforce()
        self.next_owner = owner
        self._emit("OwnershipTransferStarted", self.network_owner, owner)

    def accept_ownership(self, caller: str) -> None:
        """ADMIT-7."""
        rules = Rules()
        rules.require(caller == self.next_owner, "OwnableUnauthorizedAccount", caller)
        rules.enforce()
        self._emit("OwnershipTransferred", self.network_owner, caller)
        self.network_owner, self.next_owner = caller, ZERO
        self.members.touch(NETWORK)

    def renounce_ownership(self, caller: str) -> None:
        """ADMIT-7."""
        rules = Rules()
        self.require_network(caller, rules)
        rules.require(False, "ZeroAddress")
        rules.enforce()

    def _emit(self, name: str, *values: object) -> None:
        self._model.emit(REGISTRY, name, *values)


def _require_cap(bps: int, cap: int, rules: Rules) -> None:
    rules.require(bps <= cap, "FeeAboveCap", bps, cap)
