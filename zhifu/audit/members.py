"""The platforms and their operators' keys, from the registry's events alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from zhifu.audit.records import DELAY_SECONDS, Event, Moment, agree


class Term(NamedTuple):
    """A term of a platform that can change later: before the time `since`, and from then on."""

    before: Any
    after: Any
    since: int

    def changed(self, value: Any, since: int) -> Term:
        """The term once a change for a later time was announced."""
        announced = since - DELAY_SECONDS
        return Term(self.after if self.since <= announced else self.before, value, since)


@dataclass
class Platform:
    """A platform as its events describe it; fees in basis points."""

    name: str
    owner: str
    status: int
    network_bps: Term
    host_bps: Term
    treasury: Term


@dataclass
class Members:
    """All platforms by number, and whose key each lane of a platform is.

    `learners` is the highest number that is registered; `keys` are those of lanes that may act.
    Nothing is sold while it is `paused`.
    """

    platforms: dict[int, Platform] = field(default_factory=dict)
    keys: dict[tuple[int, int], str] = field(default_factory=dict)
    learners: int = 0
    paused: bool = False

    def require_open(self) -> None:
        """Raise Divergence while nothing may be sold."""
        agree("selling while it is paused", False, self.paused)

    def require_operator(self, platform: int, lane: int, sender: str) -> None:
        """Raise Divergence unless a batch was sent by the key of its lane."""
        agree("operator that settled a batch", self.keys.get((platform, lane)), sender)

    def on_platform_admitted(self, event: Event, _: Moment) -> None:
        """A platform joins."""
        owner, status, network_bps, host_bps, treasury = event["terms"]
        terms = [Term(each, each, 0) for each in (network_bps, host_bps, treasury)]
        self.platforms[event["platform"]] = Platform(event["name"], owner, status, *terms)

    def on_platform_status_changed(self, event: Event, _: Moment) -> None:
        """A platform is suspended, or opened again."""
        self.platforms[event["platform"]].status = event["status"]

    def on_platform_transferred(self, event: Event, _: Moment) -> None:
        """A platform has another owner."""
        self.platforms[event["platform"]].owner = event["owner"]

    def on_network_fee_changed(self, event: Event, _: Moment) -> None:
        """What the network takes changes."""
        platform = self.platforms[event["platform"]]
        platform.network_bps = platform.network_bps.changed(event["networkBps"], event["from"])

    def on_host_fee_changed(self, event: Event, _: Moment) -> None:
        """What the host takes changes."""
        platform = self.platforms[event["platform"]]
        platform.host_bps = platform.host_bps.changed(event["hostBps"], event["from"])

    def on_treasury_changed(self, event: Event, _: Moment) -> None:
        """Where a platform's withdrawals go changes."""
        # The network, which is no platform, has one too.
        platform = self.platforms.get(event["platform"])
        if platform is not None:
            platform.treasury = platform.treasury.changed(event["treasury"], event["from"])

    def on_operator_changed(self, event: Event, _: Moment) -> None:
        """A key may act in its lane, or may no longer."""
        lane = (event["platform"], event["lane"])
        if event["active"]:
            self.keys[lane] = event["operator"]
        else:
            self.keys.pop(lane, None)

    def on_learners_registered(self, event: Event, _: Moment) -> None:
        """Learner numbers belong to a platform."""
        self.learners = max(self.learners, event["first"] + event["count"] - 1)

    def on_paused_changed(self, event: Event, _: Moment) -> None:
        """Selling stops, or goes on."""
        self.paused = event["paused"]
