"""What goes wrong in the sandbox goes wrong the same way again."""

from __future__ import annotations

import pytest

from zhifu.exceptions import InvalidInput
from zhifu.sandbox.faults import Fault, Faults, Rates


def struck(faults: Faults, fault: Fault = Fault.DROP, times: int = 1000) -> list[bool]:
    return [faults.strikes(fault, "stripe") for _ in range(times)]


def test_a_seed_brings_the_same_faults_whatever_else_happens() -> None:
    """SANDBOX-3"""
    rates = Rates({Fault.DROP: 0.3, Fault.DELAY: 0.3})
    disturbed = Faults(7, rates)
    found = []
    for _ in range(1000):
        disturbed.strikes(Fault.DELAY, "stripe")
        disturbed.strikes(Fault.DROP, "alipay")
        found.append(disturbed.strikes(Fault.DROP, "stripe"))
    assert found == struck(Faults(7, rates)) != struck(Faults(8, rates))


@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_faults_strike_about_as_often_as_they_are_told_to(rate: float) -> None:
    """SANDBOX-3"""
    often = sum(struck(Faults(1, Rates({Fault.DROP: rate})), times=10_000)) / 10_000
    assert abs(often - rate) < 0.02


def test_never_and_always_are_meant() -> None:
    """SANDBOX-3"""
    assert not any(struck(Faults(1)))
    assert all(struck(Faults(1, Rates({Fault.DROP: 1}))))


def test_a_fault_can_be_forced_on_one_occasion() -> None:
    """SANDBOX-3"""
    faults = Faults()
    faults.force(Fault.DROP, "stripe", 2, after=1)
    assert struck(faults, times=4) == [False, True, True, False]
    assert not faults.strikes(Fault.DROP, "alipay")


@pytest.mark.parametrize("rate", [-0.1, 1.1, float("nan")])
def test_a_rate_is_from_never_to_always(rate: float) -> None:
    with pytest.raises(InvalidInput):
        Rates({Fault.DROP: rate})
