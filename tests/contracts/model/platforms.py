"""Members of the network."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.contracts.accounts import ZERO
from tests.contracts.model.network import DELAY, Network
from tests.contracts.model.refusal import refuse


@dataclass
class Platform:
    """A member: its owner, its treasuries by the time they hold from, and its least shares."""

    owner: str
    treasuries: dict[int, str]
    network_bps: int
    host_bps: int
    active: bool = True

    def treasury(self, now: int) -> str:
        return self.treasuries[max(since for since in self.treasuries if since <= now)]


@dataclass
class Platforms(Network):
    """The platforms by number."""

    platforms: dict[int, Platform] = field(default_factory=dict)

    def admit(self, owner: str, treasury: str, network_bps: int, host_bps: int) -> int:
        """ADMIT-1, ADMIT-3."""
        number = len(self.platforms) + 1
        self.platforms[number] = Platform(owner, {0: treasury}, network_bps, host_bps)
        return number

    def set_active_platform(self, caller: str, platform: int, active: bool) -> None:
        """ADMIT-4."""
        refuse(
            OwnableUnauthorizedAccount=caller != self.network_owner,
            UnknownPlatform=platform not in self.platforms,
        )
        self.platforms[platform].active = active

    def set_treasury(self, caller: str, platform: int, treasury: str) -> None:
        """ADMIT-5, TREASURY-1."""
        member = self.platforms[platform]
        refuse(WrongCaller=caller != member.owner, ZeroAddress=treasury == ZERO)
        present = member.treasury(self.now)
        member.treasuries = {0: present, self.now + DELAY: treasury}
