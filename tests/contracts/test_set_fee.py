"""Set a fee: the least shares of network and host in new plans fall at once and rise later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.contracts.clock import now, set_next, travel
from tests.contracts.plans import Plan
from tests.contracts.refusals import refused


@dataclass(frozen=True)
class Fee:
    """One of the two fees of a platform, with who sets it."""

    registry: Any
    platform: int
    setter: Any
    name: str
    cap: int
    first: int

    def set(self, bps: int) -> Any:
        """Set it, and return what that tells."""
        call = getattr(self.registry, f"set{self.name}Fee")
        return call(self.platform, bps, {"from": self.setter}).events[f"{self.name}FeeChanged"]

    @property
    def current(self) -> int:
        place = {"Network": 2, "Host": 3}[self.name]
        return int(self.registry.platformOf(self.platform)[place])

    @property
    def next(self) -> tuple[int, int]:
        """What it will be, and from when."""
        place = {"Network": 2, "Host": 4}[self.name]
        return tuple(self.registry.changesOf(self.platform)[place : place + 2])


@pytest.fixture(params=["Network", "Host"])
def fee(request, registry, seller, network_owner):
    """A fee of the seller, which was admitted with 200 bps for the network and 500 for itself."""
    parties = {"Network": (network_owner, "Network", 1_000, 200)}
    parties["Host"] = (seller.owner, "Host", 5_000, 500)
    return Fee(registry, seller.number, *parties[request.param])


def test_reverts_if_another_than_its_setter_sets_it(registry, seller, host, network_owner):
    """ADMIT-4, ADMIT-5."""
    with refused("OwnableUnauthorizedAccount", seller.owner.address):
        registry.setNetworkFee(seller.number, 0, {"from": seller.owner})
    for caller in (host.owner, seller.operator, network_owner):
        with refused("WrongCaller", caller.address, seller.owner.address):
            registry.setHostFee(seller.number, 0, {"from": caller})


def test_reverts_if_it_is_above_its_cap(fee):
    """ADMIT-2."""
    with refused("FeeAboveCap", fee.cap + 1, fee.cap):
        fee.set(fee.cap + 1)


def test_a_fall_holds_at_once(fee):
    """FEE-1, INV-8."""
    event = fee.set(fee.first - 1)
    assert tuple(event.values()) == (fee.platform, fee.first - 1, now())
    assert (fee.current, fee.next) == (fee.first - 1, (0, 0))


def test_a_rise_holds_two_days_later(fee):
    """FEE-1, INV-8."""
    since = fee.registry.DELAY() + now() + 1
    set_next(since - fee.registry.DELAY())
    assert tuple(fee.set(fee.cap).values()) == (fee.platform, fee.cap, since)
    travel(since - 1 - now())
    assert (fee.current, fee.next) == (fee.first, (fee.cap, since))
    travel(1)
    assert (fee.current, fee.next) == (fee.cap, (0, 0))
    travel(10 * fee.registry.DELAY())
    assert fee.current == fee.cap


def test_the_delay_is_two_days(registry):
    """FEE-1, TREASURY-1, OWNER-1, ROLE-2."""
    assert registry.DELAY() == 2 * 86_400


def test_a_lower_rise_replaces_one_that_does_not_hold_yet(fee):
    """FEE-1."""
    fee.set(fee.cap)
    travel(fee.registry.DELAY() - 10)
    since = fee.set(fee.first + 1)["from"]
    assert since == now() + fee.registry.DELAY()
    assert fee.next == (fee.first + 1, since)
    travel(20)
    assert fee.current == fee.first
    travel(since - now())
    assert fee.current == fee.first + 1


@pytest.mark.parametrize("below", [0, 1])
def test_the_present_fee_or_less_takes_a_rise_back(fee, below):
    """FEE-1."""
    fee.set(fee.cap)
    fee.set(fee.first - below)
    assert (fee.current, fee.next) == (fee.first - below, (0, 0))
    travel(2 * fee.registry.DELAY())
    assert fee.current == fee.first - below


def test_a_rise_that_holds_is_what_the_next_change_starts_from(fee):
    """FEE-1."""
    fee.set(fee.first + 2)
    travel(fee.registry.DELAY())
    fee.set(fee.first + 3)
    assert fee.current == fee.first + 2
    fee.set(fee.first + 1)
    assert fee.current == fee.first + 1


def test_one_fee_leaves_the_other_and_the_rest_as_they_are(registry, seller, network_owner):
    """FEE-1."""
    registry.setNetworkFee(seller.number, 1_000, {"from": network_owner})
    registry.setHostFee(seller.number, 100, {"from": seller.owner})
    terms = (seller.owner, 1, 200, 100, seller.treasury)
    assert tuple(registry.platformOf(seller.number)) == terms
    travel(registry.DELAY())
    terms = (seller.owner, 1, 1_000, 100, seller.treasury)
    assert tuple(registry.platformOf(seller.number)) == terms


def test_a_new_plan_must_give_it_as_soon_as_it_holds(registry, publish, host, plan):
    """FEE-1, PUB-7."""
    first, second = plan.creators
    enough = Plan(1_500, 500, 2_000, 300, (first, second))
    since = registry.setHostFee(host.number, 2_001, {"from": host.owner}).events[-1]["from"]
    set_next(since - 1)
    publish("before", plan=enough)
    set_next(since)
    with refused("ShareBelowTerms", 2_000, 2_001):
        publish("after", plan=enough)
