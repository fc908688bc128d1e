"""A day's bill of Alipay."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from tests.integration.alipay.scene import (
    DAY,
    NOON,
    TODAY,
    Scene,
)
from zhifu.exceptions import (
    PaymentUnknown,
    ProviderRefused,
)
from zhifu.money import Money
from zhifu.providers import (
    LineKind,
)

# Bills


def test_a_days_bill_adds_up_to_the_books(scene: Scene) -> None:
    """ALIPAY-7"""
    numbers = [scene.paid(amount=Money(amount, "CNY")) for amount in (4900, 1, 9_999_999_999)]
    for number, amount in zip(numbers, (900, 1, 1), strict=True):
        scene.alipay.refund(number, Money(amount, "CNY"), f"ref_{amount}{number[4:20]}")
    scene.books.charge_back(scene.books.payment_by_reference(numbers[0]).id)
    scene.clock.now += DAY
    scene.paid()
    lines = list(scene.alipay.transactions(TODAY))
    kept = scene.books.lines(NOON - DAY, NOON + 10)
    assert [(each.kind, each.amount, each.fee, each.at) for each in lines] == [
        (each.kind, each.amount, each.fee, each.at) for each in kept
    ]
    assert sum(each.amount.amount for each in lines) == sum(each.amount.amount for each in kept)
    assert [each.provider_payment_id for each in lines[:3]] == numbers
    assert [each.reference for each in lines[:2]] == [each[:20] for each in numbers[:2]]
    assert lines[0].fee == Money(29, "CNY")
    assert lines[3].reference == f"ref_900{numbers[0][4:20]}"
    assert lines[-1].kind is LineKind.CHARGEBACK


def test_a_bill_is_of_a_beijing_day(scene: Scene) -> None:
    midnight = int(datetime(2026, 3, 26, 16, tzinfo=timezone.utc).timestamp())
    for at in (midnight - 1, midnight, midnight + DAY - 1, midnight + DAY):
        scene.clock.now = at
        scene.paid()
    scene.clock.now = midnight + 3 * DAY
    days = [list(scene.alipay.transactions(TODAY + timedelta(days=n))) for n in (-1, 0, 1)]
    assert [[line.at for line in each] for each in days] == [
        [midnight - 1],
        [midnight, midnight + DAY - 1],
        [midnight + DAY],
    ]


def test_a_bill_that_is_not_there_is_no_empty_bill_before_a_day_has_passed(scene: Scene) -> None:
    with pytest.raises(ProviderRefused):
        scene.alipay.transactions(TODAY)
    scene.clock.now = NOON + DAY
    with pytest.raises(PaymentUnknown):
        scene.alipay.transactions(TODAY)
    scene.clock.now = NOON + 2 * DAY
    assert list(scene.alipay.transactions(TODAY)) == []


def test_a_bill_whose_answer_is_lost_is_unknown(scene: Scene) -> None:
    scene.paid()
    scene.clock.now += DAY
    scene.time_out()
    with pytest.raises(PaymentUnknown):
        scene.alipay.transactions(TODAY)
    assert len(list(scene.alipay.transactions(TODAY))) == 1
