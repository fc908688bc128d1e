"""Register learners: one at a time and by the thousand."""

from __future__ import annotations

import pytest
from brownie import reverts

from tests.contracts.clock import DAY, set_next, today
from tests.contracts.network import appoint
from tests.contracts.refusals import refused

MAXIMUM = 1 << 20
COMMITMENT = bytes(range(32))


def test_reverts_if_not_an_operator(registry, seller):
    """REG-1."""
    with refused("NotOperator", seller.owner.address):
        registry.registerLearner(COMMITMENT, {"from": seller.owner})
    with refused("NotOperator", seller.owner.address):
        registry.registerLearners(5, COMMITMENT, {"from": seller.owner})


@pytest.mark.parametrize("count", [0, MAXIMUM + 1, 2**32 - 1])
def test_reverts_if_none_or_too_many(registry, seller, count):
    """REG-2."""
    with refused("LearnerCountOutOfRange", count, MAXIMUM):
        registry.registerLearners(count, COMMITMENT, {"from": seller.operator})


def test_reverts_if_the_platform_is_suspended(registry, seller, network_owner):
    """REG-1, ALL-3."""
    registry.setStatus(seller.number, 2, {"from": network_owner})
    with refused("PlatformNotActive", seller.number, 2):
        registry.registerLearners(5, COMMITMENT, {"from": seller.operator})


@pytest.mark.parametrize("learner", [0, 6])
def test_nobody_is_home_to_an_unknown_learner(registry, seller, learner):
    """REG-3."""
    registry.registerLearners(5, COMMITMENT, {"from": seller.operator})
    with reverts(f"UnknownLearner: {learner}, 5"):
        registry.homeOf(learner)


def test_registers_one(registry, seller):
    """REG-3, INV-8."""
    events = registry.registerLearner(COMMITMENT, {"from": seller.operator}).events
    event = events["LearnersRegistered"]
    assert tuple(event.values())[:3] == (seller.number, 1, 1)
    assert bytes(event["commitment"]) == COMMITMENT
    assert registry.learnerCount() == 1


def test_registers_a_million_at_once(registry, seller):
    """REG-2, REG-3."""
    transaction = registry.registerLearners(MAXIMUM, COMMITMENT, {"from": seller.operator})
    assert registry.learnerCount() == MAXIMUM
    assert transaction.gas_used < 150_000


def test_a_platform_registers_a_million_a_day(registry, seller, host, stranger):
    """REG-2: all its operators together, in one call or in many; others are not held up."""
    appoint(registry, seller.number, seller.owner, stranger)
    registry.registerLearners(MAXIMUM - 2, COMMITMENT, {"from": seller.operator})
    with refused("LearnerCountOutOfRange", 3, 2):
        registry.registerLearners(3, COMMITMENT, {"from": stranger})
    registry.registerLearner(COMMITMENT, {"from": stranger})
    registry.registerLearner(COMMITMENT, {"from": seller.operator})
    for operator in (stranger, seller.operator):
        with refused("LearnerCountOutOfRange", 1, 0):
            registry.registerLearner(COMMITMENT, {"from": operator})
    registry.registerLearners(MAXIMUM, COMMITMENT, {"from": host.operator})
    assert registry.learnerCount() == 2 * MAXIMUM


def test_the_next_day_begins_at_midnight(registry, seller):
    """REG-2."""
    midnight = (today() + 1) * DAY
    registry.registerLearners(MAXIMUM, COMMITMENT, {"from": seller.operator})
    set_next(midnight - 1)
    with refused("LearnerCountOutOfRange", 1, 0):
        registry.registerLearner(COMMITMENT, {"from": seller.operator})
    set_next(midnight)
    registry.registerLearners(MAXIMUM, COMMITMENT, {"from": seller.operator})
    assert registry.learnerCount() == 2 * MAXIMUM


@pytest.fixture
def almost_full(registry, web3):
    """A registry with one number less than a whole million left; the count's slot is written to."""
    slot = int.from_bytes(web3.eth.get_storage_at(registry.address, 1), "big")
    count = (2**31 - MAXIMUM) << 192
    word = f"0x{slot & ~((2**32 - 1) << 192) | count:064x}"
    web3.provider.make_request("anvil_setStorageAt", [registry.address, f"0x{1:064x}", word])
    assert registry.learnerCount() == 2**31 - MAXIMUM
    return registry


def test_the_last_number_is_below_a_places_highest_bit(almost_full, seller):
    """REG-3."""
    sender = {"from": seller.operator}
    with refused("LearnerCountOutOfRange", MAXIMUM, MAXIMUM - 1):
        almost_full.registerLearners(MAXIMUM, COMMITMENT, sender)
    almost_full.registerLearners(MAXIMUM - 1, COMMITMENT, sender)
    assert almost_full.homeOf(2**31 - 1) == seller.number
    with refused("LearnerCountOutOfRange", 1, 0):
        almost_full.registerLearner(COMMITMENT, sender)


def test_ranges_follow_each_other_and_belong_to_who_registered_them(registry, seller, host):
    """REG-1, REG-3."""
    for platform, count in ((seller, 3), (host, 2), (seller, 1)):
        registry.registerLearners(count, COMMITMENT, {"from": platform.operator})
    homes = [registry.homeOf(learner) for learner in range(1, 7)]
    assert homes == [seller.number] * 3 + [host.number] * 2 + [seller.number]
