"""Bind: a platform states whom it knows, and a learner gets a key."""

from __future__ import annotations

import pytest

from tests.contracts.accounts import ZERO
from tests.contracts.refusals import refused

COMMITMENT = bytes(range(32))


def test_reverts_if_not_an_operator(registry, learners, stranger):
    """BIND-1, BIND-2."""
    with refused("NotOperator", stranger.address):
        registry.bindLearner(learners[0], COMMITMENT, {"from": stranger})
    with refused("NotOperator", stranger.address):
        registry.bindKey(learners[0], stranger, {"from": stranger})


@pytest.mark.parametrize("beyond", [0, 1])
def test_reverts_if_the_learner_is_unknown(registry, seller, learners, stranger, beyond):
    """BIND-1, BIND-2."""
    learner = beyond and learners[-1] + 1
    with refused("UnknownLearner", learner, learners[-1]):
        registry.bindLearner(learner, COMMITMENT, {"from": seller.operator})
    with refused("UnknownLearner", learner, learners[-1]):
        registry.bindKey(learner, stranger, {"from": seller.operator})


def test_reverts_if_the_key_is_zero(registry, seller, learners):
    """BIND-2."""
    with refused("ZeroAddress"):
        registry.bindKey(learners[0], ZERO, {"from": seller.operator})


def test_reverts_if_another_platform_sets_the_first_key(registry, seller, host, learners, stranger):
    """BIND-2."""
    with refused("NotHome", host.operator.address, seller.number):
        registry.bindKey(learners[0], stranger, {"from": host.operator})


def test_reverts_if_the_home_platform_changes_a_key(
    registry, seller, learners, learner_key, stranger
):
    """BIND-2."""
    registry.bindKey(learners[0], learner_key, {"from": seller.operator})
    with refused("WrongCaller", seller.operator.address, learner_key.address):
        registry.bindKey(learners[0], stranger, {"from": seller.operator})


def test_every_platform_binds_for_itself(registry, seller, host, learners):
    """BIND-1."""
    for platform in (seller, host):
        commitment = bytes([platform.number]) * 32
        registry.bindLearner(learners[0], commitment, {"from": platform.operator})
    for platform in (seller, host):
        bound = registry.bindingOf(learners[0], platform.number)
        assert bytes(bound) == bytes([platform.number]) * 32


def test_a_new_binding_replaces_the_old(registry, host, learners):
    """BIND-1, INV-8."""
    registry.bindLearner(learners[0], COMMITMENT, {"from": host.operator})
    call = registry.bindLearner(learners[0], COMMITMENT[::-1], {"from": host.operator})
    event = call.events["LearnerBound"]
    assert (event["learner"], event["platform"]) == (learners[0], host.number)
    assert bytes(registry.bindingOf(learners[0], host.number)) == COMMITMENT[::-1]


def test_the_key_alone_passes_itself_on(registry, seller, learners, learner_key, stranger):
    """BIND-2, INV-8."""
    registry.bindKey(learners[0], learner_key, {"from": seller.operator})
    event = registry.bindKey(learners[0], stranger, {"from": learner_key}).events["LearnerKeyBound"]
    assert dict(event) == {"learner": learners[0], "key": stranger}
    assert registry.keyOf(learners[0]) == stranger
    assert registry.keyOf(learners[1]) == ZERO
