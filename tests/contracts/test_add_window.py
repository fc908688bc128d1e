"""Add a window: the network's owner adds refund-window classes."""

from __future__ import annotations

import pytest
from brownie import reverts

from tests.contracts.clock import DAY, HOUR, LONG_WINDOW, SHORT_WINDOW
from tests.contracts.refusals import refused


def test_reverts_if_not_the_network_owner(settlement, stranger, network_owner):
    """WIN-1."""
    with refused("WrongCaller", stranger.address, network_owner.address):
        settlement.addWindow(DAY, {"from": stranger})


@pytest.mark.parametrize("seconds", [0, HOUR - 1, 366 * DAY + 1])
def test_reverts_if_too_short_or_too_long(settlement, network_owner, seconds):
    """WIN-1."""
    with refused("WindowOutOfRange", seconds, 2):
        settlement.addWindow(seconds, {"from": network_owner})


def test_reverts_after_eight_classes(settlement, network_owner):
    """WIN-1."""
    for _ in range(6):
        settlement.addWindow(DAY, {"from": network_owner})
    with refused("WindowOutOfRange", DAY, 8):
        settlement.addWindow(DAY, {"from": network_owner})


@pytest.mark.parametrize("class_", [2, 7, 8, 255])
def test_reverts_if_a_class_is_unknown(settlement, class_):
    """WIN-1."""
    with reverts(f"UnknownClass: {class_}"):
        settlement.windowOf(class_)


def test_adds_the_next_class_and_keeps_the_others(settlement, network_owner):
    """WIN-1."""
    for class_, seconds in enumerate((HOUR, 366 * DAY), start=2):
        event = settlement.addWindow(seconds, {"from": network_owner}).events["WindowAdded"]
        assert dict(event) == {"class": class_, "windowSeconds": seconds}
    windows = [settlement.windowOf(class_) for class_ in range(4)]
    assert windows == [SHORT_WINDOW, LONG_WINDOW, HOUR, 366 * DAY]
