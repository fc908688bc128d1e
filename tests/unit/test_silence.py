"""A provider that does not answer holds up nothing that comes round by itself: PAY-16."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from zhifu import rounds
from zhifu.exceptions import PaymentUnknown, ProviderRefused
from zhifu.money import Money
from zhifu.providers import (
    Checkout,
    Intent,
    ProviderPayment,
    ProviderStatus,
    RefundStatus,
)
from zhifu.providers.sandbox import SandboxProvider
from zhifu.silence import Spared

AMOUNT = Money(100, "USD")
UNKNOWN = ProviderPayment(ProviderStatus.UNKNOWN)
PAID = ProviderPayment(ProviderStatus.PAID, AMOUNT)


class Slow(SandboxProvider):
    """A provider that is asked for a time, on a clock that only it and the test move."""

    name = "slow"

    def __init__(self) -> None:
        super().__init__()
        self.now = 100.0
        self.takes_seconds = 10.0
        self.answer_with: ProviderPayment | Exception = UNKNOWN
        self.asked = 0

    def clock(self) -> float:
        return self.now

    def query(self, provider_payment_id: str) -> ProviderPayment:
        try:
            return self._answered(provider_payment_id)
        except PaymentUnknown:
            return UNKNOWN

    def create(self, intent: Intent) -> Checkout:
        self._answered(intent.payment_id)
        return Checkout("made", {})

    def cancel(self, provider_payment_id: str) -> None:
        self._answered(provider_payment_id)

    def refund(self, provider_payment_id: str, amount: Money, refund_id: str) -> RefundStatus:
        self._answered(provider_payment_id)
        return RefundStatus.DONE

    def _answered(self, subject: str) -> ProviderPayment:
        self.asked += 1
        self.now += self.takes_seconds
        if isinstance(self.answer_with, Exception):
            raise self.answer_with
        if self.answer_with is UNKNOWN:
            raise PaymentUnknown(self.name, subject)
        return self.answer_with


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def spared(slow: Slow) -> Spared:
    return Spared(slow, slow.clock)


def a_round() -> rounds.Round:
    return rounds.Round(math.inf)


def test_a_round_waits_for_a_silent_provider_once(slow: Slow, spared: Spared) -> None:
    with rounds.running(a_round()):
        assert [spared.query(str(each)) for each in range(20)] == [UNKNOWN] * 20
    assert slow.asked == 1


CALLS: list[Callable[[Spared], object]] = [
    lambda spared: spared.create(Intent("pay_1", AMOUNT, "A course", 1, "card")),
    lambda spared: spared.cancel("1"),
    lambda spared: spared.refund("1", AMOUNT, "rfd_1"),
]


@pytest.mark.parametrize("call", CALLS)
def test_whatever_is_asked_counts_as_unheard_meanwhile(
    slow: Slow, spared: Spared, call: Callable[[Spared], object]
) -> None:
    with rounds.running(a_round()):
        for _ in range(3):
            with pytest.raises(PaymentUnknown):
                call(spared)
    assert slow.asked == 1


def test_who_waits_for_an_answer_has_it_asked(slow: Slow, spared: Spared) -> None:
    with rounds.running(a_round()):
        spared.query("1")
    slow.answer_with = PAID
    assert spared.query("1") == PAID
    with rounds.running(a_round()):
        assert spared.query("1") == PAID
    assert slow.asked == 3


def test_a_refusal_is_an_answer(slow: Slow, spared: Spared) -> None:
    slow.answer_with = ProviderRefused("slow", "1", "no")
    with rounds.running(a_round()):
        for _ in range(3):
            with pytest.raises(ProviderRefused):
                spared.cancel("1")
    assert slow.asked == 3


def test_what_fails_at_once_holds_nobody_up_and_is_asked_again(slow: Slow, spared: Spared) -> None:
    slow.takes_seconds = 0.1
    with rounds.running(a_round()):
        for _ in range(3):
            spared.query("1")
    assert slow.asked == 3


def test_the_longer_it_is_silent_the_longer_it_is_left_alone(slow: Slow, spared: Spared) -> None:
    pauses = []
    with rounds.running(a_round()):
        for _ in range(7):
            before = slow.asked
            began = slow.now
            while slow.asked == before:
                slow.now += 1
                spared.query("1")
            pauses.append(slow.now - slow.takes_seconds - began)
    assert pauses == [1, 15, 30, 60, 120, 240, 300]
