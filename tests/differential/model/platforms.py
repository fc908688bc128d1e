"""The network and its platforms (ADMIT, FEE, TREASURY, OWNER)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from tests.differential.model.delays import DELAY, NOBODY, Rising, Successor, Treasury
from tests.differential.model.operators import Operator, Operators
from tests.differential.model.refusal import Rules
from tests.differential.model.roles import Roles
from tests.differential.model.table import Table
from tests.differential.model.words import NETWORK, ZERO

if TYPE_CHECKING:
    from tests.differential.model import Model

NONE, ACTIVE, SUSPENDED = range(3)
NETWORK_BPS_CAP = 1_000
HOST_BPS_CAP = 5_000
REGISTRY = "PlatformRegistry"


class Terms(NamedTuple):
    """What holds of a platform now; fees in basis points."""

    owner: str
    status: int
    network_bps: int
    host_bps: int
    treasury: str


@dataclass(frozen=True)
class Platform:
    """A member of the network, with what was announced for it."""

    owner: str
    status: int
    network_fee: Rising
    host_fee: Rising
    treasury: Treasury
    next_owner: Successor = NOBODY

    def terms(self, now: int) -> Terms:
        """Return what holds."""
        fees = (self.network_fee.current(now), self.host_fee.current(now))
        return Terms(self.owner, self.status, *fees, self.treasury.current(now))

    def changes(self, now: int) -> tuple[object, ...]:
        """Return what was announced and does not hold yet."""
        fees = (*self.network_fee.following(now), *self.host_fee.following(now))
        return self.next_owner.as_tuple(), self.treasury.following(now), *fees


UNKNOWN = Platform(ZERO, NONE, Rising(0), Rising(0), Treasury(ZERO))


class Platforms:
    """Who is in the network, and who acts for whom."""

    def __init__(self, model: Model, owner: str, treasury: str) -> None:
        self._model = model
        self.network_owner, self.next_network_owner = owner, NOBODY
        self.network_treasury = Treasury(treasury)
        self.members: Table[int, Platform] = Table("platform", model.touched, UNKNOWN)
        self.operators = Operators(model)
        self.roles = Roles(model)

    def get(self, platform: int) -> Platform:
        """Return a platform, or the network for 0."""
        if platform == NETWORK:
            treasury = self.network_treasury
            return Platform(self.network_owner, NONE, Rising(0), Rising(0), treasury)
        return self.members[platform]

    def terms(self, platform: int) -> Terms:
        """Return what holds of a platform, or of the network for 0."""
        return self.get(platform).terms(self._model.now)

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

    def require_account_owner(self, caller: str, platform: int, rules: Rules) -> None:
        """Require that the platform's owner calls, or the network's for platform 0."""
        if platform != NETWORK:
            self.require_owner(caller, platform, rules)
        else:
            rules.require(caller == self.network_owner, "WrongCaller", caller, self.network_owner)

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

    # Verbs of the network's owner

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
        fees = (Rising(network_bps), Rising(host_bps))
        self.members[number] = Platform(owner, ACTIVE, *fees, Treasury(treasury))
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
        rules, now = Rules(), self._model.now
        self.require_network(caller, rules)
        _require_cap(bps, NETWORK_BPS_CAP, rules)
        known = self.require_known(platform, rules)
        rules.enforce()
        fee = known.network_fee.changed(bps, now)
        self.members[platform] = replace(known, network_fee=fee)
        self._emit("NetworkFeeChanged", platform, bps, fee.since or now)

    def transfer_ownership(self, caller: str, owner: str) -> None:
        """ADMIT-7."""
        rules = Rules()
        self.require_network(caller, rules)
        rules.enforce()
        self.next_network_owner = Successor(owner, self._model.now + DELAY)
        self._emit("OwnershipTransferStarted", self.network_owner, owner)

    def accept_ownership(self, caller: str) -> None:
        """ADMIT-7."""
        rules, (account, since) = Rules(), self.next_network_owner.as_tuple()
        if rules.require(caller == account, "OwnableUnauthorizedAccount", caller):
            rules.require(self._model.now >= since, "TooEarly", since)
        rules.enforce()
        self._emit("OwnershipTransferred", self.network_owner, caller)
        self.network_owner, self.next_network_owner = caller, NOBODY
        self.members.touch(NETWORK)

    def renounce_ownership(self, caller: str) -> None:
        """ADMIT-7."""
        rules = Rules()
        self.require_network(caller, rules)
        rules.require(False, "ZeroAddress")
        rules.enforce()

    # Verbs of a platform's owner

    def set_host_fee(self, caller: str, platform: int, bps: int) -> None:
        """ADMIT-2, ADMIT-5, FEE-1."""
        rules, now = Rules(), self._model.now
        self.require_owner(caller, platform, rules)
        _require_cap(bps, HOST_BPS_CAP, rules)
        rules.enforce()
        fee = self.members[platform].host_fee.changed(bps, now)
        self.members[platform] = replace(self.members[platform], host_fee=fee)
        self._emit("HostFeeChanged", platform, bps, fee.since or now)

    def set_treasury(self, caller: str, platform: int, address: str) -> None:
        """ADMIT-5, TREASURY-1."""
        rules, now = Rules(), self._model.now
        rules.require(address != ZERO, "ZeroAddress")
        self.require_account_owner(caller, platform, rules)
        rules.enforce()
        treasury = self.get(platform).treasury.changed(address, now)
        self._keep_treasury(platform, treasury)
        self._emit("TreasuryChanged", platform, address, treasury.since or now)

    def transfer_platform(self, caller: str, platform: int, owner: str) -> None:
        """OWNER-1."""
        rules = Rules()
        self.require_owner(caller, platform, rules)
        rules.enforce()
        next_owner = Successor.named(owner, self._model.now + DELAY)
        self.members[platform] = replace(self.members[platform], next_owner=next_owner)
        self._emit("PlatformTransferStarted", platform, owner, next_owner.since)

    def accept_platform(self, caller: str, platform: int) -> None:
        """OWNER-1, OWNER-2."""
        rules = Rules()
        known = self.require_known(platform, rules)
        account, since = known.next_owner.as_tuple()
        rules.require(caller == account, "WrongCaller", caller, account)
        rules.require(self._model.now >= since, "TooEarly", since)
        rules.enforce()
        self.members[platform] = replace(known, owner=caller, next_owner=NOBODY)
        self._emit("PlatformTransferred", platform, caller)

    def _keep_treasury(self, platform: int, treasury: Treasury) -> None:
        if platform == NETWORK:
            self.network_treasury = treasury
            self.members.touch(NETWORK)
        else:
            self.members[platform] = replace(self.members[platform], treasury=treasury)

    def _emit(self, name: str, *values: object) -> None:
        self._model.emit(REGISTRY, name, *values)


def _require_cap(bps: int, cap: int, rules: Rules) -> None:
    rules.require(bps <= cap, "FeeAboveCap", bps, cap)
