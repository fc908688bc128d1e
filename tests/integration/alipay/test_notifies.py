"""What Alipay tells by itself, as its simulation sends it and as others might."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

import pytest

from tests.integration.alipay.scene import (
    AMOUNT,
    NOON,
    PAID,
    Scene,
    Stage,
    open_scene,
)
from zhifu.exceptions import (
    InvalidCallback,
)
from zhifu.money import Money
from zhifu.providers import (
    Callback,
    HintKind,
)
from zhifu.providers.alipay import AlipayProvider
from zhifu.sandbox import alipay_wire
from zhifu.sandbox.faults import Fault
from zhifu.sandbox.keys import AlipayKeys

# Notifies


def test_a_payment_a_refund_and_a_chargeback_are_told(scene: Scene) -> None:
    """ALIPAY-5, 6"""
    number = scene.paid()
    scene.alipay.refund(number, Money(900, "CNY"), "ref_1")
    scene.books.charge_back(scene.books.payment_by_reference(number).id)
    scene.deliver()
    assert [(each.kind, each.provider_payment_id) for each in scene.merchant.hints] == [
        (HintKind.PAYMENT, number),
        (HintKind.REFUND, number),
        (HintKind.CHARGEBACK, number),
    ]
    assert len({each.event_id for each in scene.merchant.hints}) == 3
    assert all(each.accepted for each in scene.sandbox.deliveries.log())


def test_a_notify_that_comes_twice_is_one_event(scene: Scene) -> None:
    """ALIPAY-5"""
    scene.sandbox.faults.force(Fault.DUPLICATE, "alipay")
    scene.paid()
    scene.deliver()
    first, second = scene.merchant.hints
    assert first == second


def test_an_altered_notify_is_refused_and_comes_again(scene: Scene) -> None:
    """ALIPAY-5"""
    scene.sandbox.faults.force(Fault.TAMPER, "alipay")
    number = scene.paid()
    scene.deliver()
    assert scene.merchant.refused == ["its signature is not Alipay's"]
    assert [each.provider_payment_id for each in scene.merchant.hints] == [number]


def test_dropped_and_late_notifies_change_nothing_that_is_asked(scene: Scene) -> None:
    scene.sandbox.faults.force(Fault.DROP, "alipay")
    number = scene.paid()
    scene.deliver()
    assert scene.merchant.hints == []
    assert scene.alipay.query(number) == PAID
    scene.sandbox.faults.force(Fault.REORDER, "alipay")
    late, soon = scene.paid(), scene.paid()
    scene.deliver()
    assert [each.provider_payment_id for each in scene.merchant.hints] == [soon, late]


def test_a_payment_charged_back_at_once_is_told_so(scene: Scene) -> None:
    scene.sandbox.faults.force(Fault.CHARGE_BACK, "alipay")
    number = scene.paid()
    scene.deliver()
    assert [each.kind for each in scene.merchant.hints] == [HintKind.PAYMENT, HintKind.CHARGEBACK]
    assert scene.alipay.query(number) == PAID._replace(charged_back=AMOUNT)


class Genuine(NamedTuple):
    """A notify of a payment that Alipay sent, and whom to."""

    alipay: AlipayProvider
    notify: Callback
    keys: AlipayKeys


@pytest.fixture(scope="module")
def genuine(keys: AlipayKeys, stage: Stage) -> Genuine:
    with open_scene(keys, stage) as scene:
        scene.paid()
        scene.deliver()
        return Genuine(scene.alipay, scene.merchant.arrived[0], keys)


def signed(keys: AlipayKeys, notify: Callback, **changes: str | None) -> Callback:
    """The notify with fields changed, signed by Alipay all the same."""
    fields = {**dict(parse_qsl(notify.body.decode())), **changes}
    kept = {k: v for k, v in fields.items() if v is not None and k not in ("sign", "sign_type")}
    key = alipay_wire.private_key(keys.alipay_key)
    return notify._replace(body=alipay_wire.notice(kept, key))


def test_a_notify_is_taken_for_a_day_and_two_hours(genuine: Genuine) -> None:
    """ALIPAY-5"""
    hint = genuine.alipay.verify(genuine.notify)
    for age in (-300, 0, 26 * 3600):
        assert genuine.alipay.verify(genuine.notify._replace(received_at=NOON + age)) == hint
    for age in (-301, 26 * 3600 + 1):
        with pytest.raises(InvalidCallback):
            genuine.alipay.verify(genuine.notify._replace(received_at=NOON + age))


@pytest.mark.parametrize(
    "changes",
    [
        {"app_id": "2021000000000000"},
        {"seller_id": "2088000000000000"},
        {"app_id": None},
        {"seller_id": None},
        {"total_amount": None},
        {"total_amount": "-1.00"},
        {"total_amount": "0.00"},
        {"total_amount": "4.9e1"},
        {"notify_id": ""},
        {"out_trade_no": None},
        {"trade_no": ""},
        {"notify_time": None},
        {"notify_time": "2026-03-27T12:00:00"},
        {"notify_time": "2026-03-25 12:00:00"},
        {"notify_time": "2026-03-27 20:00:00"},
        {"notify_type": "batch_refund_notify"},
    ],
)
def test_a_signed_notify_about_something_else_is_refused(
    genuine: Genuine, changes: dict[str, str | None]
) -> None:
    """ALIPAY-5"""
    assert genuine.alipay.verify(signed(genuine.keys, genuine.notify))
    with pytest.raises(InvalidCallback):
        genuine.alipay.verify(signed(genuine.keys, genuine.notify, **changes))


def altered(**changes: str) -> Callable[[bytes], bytes]:
    def alter(body: bytes) -> bytes:
        return urlencode({**dict(parse_qsl(body.decode())), **changes}).encode()

    return alter


FORGERIES: dict[str, Callable[[bytes], bytes]] = {
    "another amount": altered(total_amount="490.00"),
    "another trade": altered(out_trade_no="pay_7_until_1800000000"),
    "one more field": altered(gmt_refund="2026-03-27 12:00:00"),
    "no signature": altered(sign=""),
    "a signature that is none": altered(sign="付"),
    "the weaker algorithm": altered(sign_type="RSA"),
    "no algorithm": lambda body: body.replace(b"sign_type=RSA2&", b""),
    "a field twice": lambda body: body + b"&total_amount=490.00",
    "the first of a field twice": lambda body: b"total_amount=490.00&" + body,
    "not a form": lambda body: b"{}",
    "nothing": lambda body: b"",
    "bytes": lambda body: b"\xff=\xfe",
    "bytes in a field": lambda body: body + b"&a=%ff",
    "half of it": lambda body: body[: len(body) // 2],
    "a field without a value": lambda body: body + b"&a",
}


@pytest.mark.parametrize("how", FORGERIES)
def test_a_forged_notify_is_refused(genuine: Genuine, how: str) -> None:
    """ALIPAY-5"""
    with pytest.raises(InvalidCallback):
        genuine.alipay.verify(genuine.notify._replace(body=FORGERIES[how](genuine.notify.body)))


def test_a_notify_signed_by_another_is_refused(genuine: Genuine) -> None:
    """ALIPAY-5"""
    forger = replace(genuine.keys, alipay_key=genuine.keys.app_key)
    with pytest.raises(InvalidCallback):
        genuine.alipay.verify(signed(forger, genuine.notify))
