"""The network, its platforms and their operators (ADMIT, FEE, TREASURY, OWNER, OPER, ALL-3)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from tests.differential.model.refusal import Rules
from tests.differential.model.table import Table
from tests.differential.model.terms import DELAY, Term, always
from tests.differential.model.words import NETWORK, ZERO

if TYPE_CHECKING:
    from tests.differential.model import Model

NONE, ACTIVE, SUSPENDED = range(3)
NETWORK_BPS_CAP = 1_000
HOST_BPS_CAP = 5_000
REGISTRY = "PlatformRegistry"


class Platform(NamedTuple):
    """A member of the network on the terms of one time; fees in basis points."""

    owner: str
    status: int
    network_bps: int
    host_bps: int
    treasury: str


@dataclass(frozen=True)
class Member:
    """A member of the network with what it has announced."""

    owner: str
    status: int
    network_bps: Term[int]
    host_bps: Term[int]
    treasury: Term[str]
    next_owner: tuple[str, int] = (ZERO, 0)

    def at(self, now: int) -> Platform:
        """Return the terms of a time."""
        fees = self.network_bps.at(now), self.host_bps.at(now)
        return Platform(self.owner, self.status, *fees, self.treasury.at(now))

    def changes(self, now: int) -> tuple[object, ...]:
        """Return what was announced and does not hold at a time."""
        fees = self.network_bps.announced(0, now) + self.host_bps.announced(0, now)
        return self.next_owner, self.treasury.announced(ZERO, now), *fees


@dataclass(frozen=True)
class Operator:
    """A key that acts for a platform, in a lane of its own."""

    platform: int
    lane: int
    active: bool


NOBODY = Member(ZERO, NONE, always(0), always(0), always(ZERO))
NO_OPERATOR = Operator(NETWORK, 0, False)


class Platforms:
    """Who is in the network, and who acts for whom."""

    def __init__(self, model: Model, owner: str, treasury: str) -> None:
        self._model = model
        self.network_owner, self.next_owner, self.network_treasury = owner, ZERO, always(treasury)
        self.members: Table[int, Member] = Table("platform", model.touched, NOBODY)
        self.named: Table[tuple[int, str], bool] = Table("named", model.touched, False)
        self.operators: Table[str, Operator] = Table("operator", model.touched, NO_OPERATOR)

    # Who may act

    def require_network(self, caller: str, rules: Rules) -> None:
        """Require that the network's owner calls."""
        rules.require(caller == self.network_owner, "OwnableUnauthorizedAccount", caller)

    def require_known(self, platform: int, rules: Rules) -> Member:
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
        return self.member(platform).at(self._model.now)

    def member(self, platform: int) -> Member:
        """Return the same with what was announced."""
        if platform == NETWORK:
            return replace(NOBODY, owner=self.network_owner, treasury=self.network_treasury)
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
        fees = always(network_bps), always(host_bps)
        self.members[number] = Member(owner, ACTIVE, *fees, always(treasury))
        self._emit("PlatformAdmitted", number, name, self.terms(number))

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
        """ADMIT-2, ADMIT-4, FEE-1."""
        rules = Rules()
        self.require_network(caller, rules)
        _require_cap(bps, NETWORK_BPS_CAP, rules)
        known = self.require_known(platform, rules)
        rules.enforce()
        fee = self._fee(known.network_bps, bps)
        self.members[platform] = replace(known, network_bps=fee)
        self._emit("NetworkFeeChanged", platform, bps, fee.since)

    def set_host_fee(self, caller: str, platform: int, bps: int) -> None:
        """ADMIT-2, ADMIT-5, FEE-1."""
        rules = Rules()
        self.require_owner(caller, platform, rules)
        _require_cap(bps, HOST_BPS_CAP, rules)
        rules.enforce()
        fee = self._fee(self.members[platform].host_bps, bps)
        self.members[platform] = replace(self.members[platform], host_bps=fee)
        self._emit("HostFeeChanged", platform, bps, fee.since)

    def set_treasury(self, caller: str, platform: int, treasury: str) -> None:
        """ADMIT-5, TREASURY-1."""
        rules, now = Rules(), self._model.now
        rules.require(treasury != ZERO, "ZeroAddress")
        if platform == NETWORK:
            rules.require(caller == self.network_owner, "WrongCaller", caller, self.network_owner)
        else:
            self.require_owner(caller, platform, rules)
        rules.enforce()
        present = self.member(platform).treasury
        changed = present.changed(treasury, now, at_once=treasury == present.at(now))
        if platform == NETWORK:
            self.network_treasury = changed
            self.members.touch(NETWORK)
        else:
            self.members[platform] = replace(self.members[platform], treasury=changed)
        self._emit("TreasuryChanged", platform, treasury, changed.since)

    def transfer_platform(self, caller: str, platform: int, owner: str) -> None:
        """OWNER-1."""
        rules = Rules()
        self.require_owner(caller, platform, rules)
        rules.enforce()
        next_owner = (owner, self._model.now + DELAY if owner != ZERO else 0)
        self.members[platform] = replace(self.members[platform], next_owner=next_owner)
        self._emit("PlatformTransferStarted", platform, *next_owner)

    def accept_platform(self, caller: str, platform: int) -> None:
        """OWNER-1, OWNER-2."""
        rules = Rules()
        known = self.require_known(platform, rules)
        next_owner, since = known.next_owner
        rules.require(caller == next_owner, "WrongCaller", caller, next_owner)
        rules.require(self._model.now >= since, "TooEarly", since)
        rules.enforce()
        self.members[platform] = replace(known, owner=caller, next_owner=(ZERO, 0))
        self._emit("PlatformTransferred", platform, caller)

    def set_operator(self, caller: str, platform: int, key: str, active: bool) -> None:
        """OPER-1 to OPER-3."""
        rules, known = Rules(), self.operators[key]
        self.require_owner(caller, platform, rules)
        rules.require(key != ZERO, "ZeroAddress")
        free = known.platform in (NETWORK, platform)
        rules.require(free, "OperatorTaken", key, known.platform)
        rules.enforce()
        if known.platform == NETWORK:
            self.named[platform, key] = active
            self._emit("OperatorNamed", platform, key, active)
        else:
            self.operators[key] = replace(known, active=active)
            self._emit("OperatorChanged", platform, key, known.lane, active)

    def accept_operator(self, caller: str, platform: int) -> None:
        """OPER-2, OPER-3."""
        rules, taken = Rules(), self.operators[caller].platform
        rules.require(taken == NETWORK, "OperatorTaken", caller, taken)
        rules.require(self.named[platform, caller], "NotNamed", caller, platform)
        rules.enforce()
        self.named[platform, caller] = False
        lane = 1 + sum(each.platform == platform for each in self.operators.values())
        self.operators[caller] = Operator(platform, lane, True)
        self._emit("OperatorChanged", platform, caller, lane, True)

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

    def _fee(self, fee: Term[int], bps: int) -> Term[int]:
        now = self._model.now
        return fee.changed(bps, now, at_once=bps <= fee.at(now))

    def _emit(self, name: str, *values: object) -> None:
        self._model.emit(REGISTRY, name, *values)


def _require_cap(bps: int, cap: int, rules: Rules) -> None:
    rules.require(bps <= cap, "FeeAboveCap", bps, cap)
