"""Alipay against its simulation: every operation, over HTTP and signed, and all that goes wrong."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from typing import Any, NamedTuple
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx
import pytest

from tests.integration.merchant import Merchant, Switch
from zhifu.exceptions import (
    CurrencyMismatch,
    InvalidCallback,
    InvalidInput,
    PaymentUnknown,
    ProviderRefused,
)
from zhifu.money import Money
from zhifu.providers import (
    Callback,
    Checkout,
    HintKind,
    Intent,
    LineKind,
    ProviderPayment,
    ProviderStatus,
    RefundStatus,
)
from zhifu.providers.alipay import AlipayProvider
from zhifu.sandbox import alipay_wire
from zhifu.sandbox.alipay import AlipaySandbox
from zhifu.sandbox.books import Books
from zhifu.sandbox.faults import Fault
from zhifu.sandbox.keys import AlipayKeys, Keys, public_half
from zhifu.sandbox.server import Sandbox
from zhifu.sandbox.serving import Serving

NOON = int(datetime(2026, 3, 27, 4, tzinfo=timezone.utc).timestamp())
TODAY = date(2026, 3, 27)
DAY = 86_400
AMOUNT = Money(4900, "CNY")
PAID = ProviderPayment(ProviderStatus.PAID, AMOUNT)
BROWSER = httpx.Client(verify=False)


class Clock:
    def __init__(self) -> None:
        self.now = float(NOON)

    def __call__(self) -> float:
        return self.now


@dataclass
class Scene:
    """A merchant, its provider, and the Alipay that it speaks to."""

    alipay: AlipayProvider
    merchant: Merchant
    sandbox: Sandbox
    books: Books
    clock: Clock
    keys: AlipayKeys
    settings: dict[str, Any]
    numbers: Iterator[int]

    def intent(self, **others: Any) -> Intent:
        name = f"pay_{next(self.numbers):016x}"
        intent = Intent(name, AMOUNT, "课程/甲", int(self.clock.now) + 900, "precreate")
        return intent._replace(**others)

    def opened(self, **others: Any) -> str:
        """A payment whose code its learner has scanned."""
        checkout = self.alipay.create(self.intent(**others))
        scan(checkout)
        return checkout.provider_payment_id

    def pay(self, number: str) -> None:
        self.books.pay(self.books.payment_by_reference(number).id)

    def paid(self, **others: Any) -> str:
        number = self.opened(**others)
        self.pay(number)
        return number

    def deliver(self) -> None:
        self.sandbox.deliveries.flush()

    def provider(self, **others: Any) -> AlipayProvider:
        settings = self.settings | others
        return AlipayProvider(**settings)


def scan(checkout: Checkout) -> httpx.Response:
    """The learner opens the page or scans the code."""
    (address,) = checkout.action.values()
    return BROWSER.get(address, follow_redirects=True)


@pytest.fixture(scope="module")
def keys() -> AlipayKeys:
    return Keys.generate().alipay


class Stage(NamedTuple):
    """Two servers, and what they serve."""

    alipay: Switch
    alipay_url: str
    merchant: Switch
    merchant_url: str


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    alipay, merchant = Switch(), Switch()
    with Serving(alipay) as first, Serving(merchant) as second:
        yield Stage(alipay, first.url, merchant, second.url)


@pytest.fixture
def scene(keys: AlipayKeys, stage: Stage) -> Iterator[Scene]:
    with open_scene(keys, stage) as opened:
        yield opened


@contextmanager
def open_scene(keys: AlipayKeys, stage: Stage) -> Iterator[Scene]:
    clock = Clock()
    simulated = AlipaySandbox(keys, fee_bps=60, clock=clock)
    sandbox, merchant = Sandbox([simulated], hang_seconds=0.0), Merchant(clock)
    stage.alipay.app, stage.merchant.app = sandbox.app, merchant.app
    settings: dict[str, Any] = {
        "app_id": keys.app_id,
        "seller_id": keys.seller_id,
        "private_key": keys.app_key,
        "alipay_public_key": public_half(keys.alipay_key),
        "notify_url": f"{stage.merchant_url}/notify",
        "base_url": f"{stage.alipay_url}/alipay/gateway.do",
        "timeout_seconds": 5.0,
        "clock": clock,
    }
    merchant.provider = alipay = AlipayProvider(**settings)
    yield Scene(
        alipay, merchant, sandbox, simulated.books, clock, keys, settings, itertools.count(1)
    )
    sandbox.deliveries.close()


# Creating and asking


@pytest.mark.parametrize("method", ["page", "precreate"])
def test_a_payment_is_paid_once_its_learner_paid(scene: Scene, method: str) -> None:
    checkout = scene.alipay.create(scene.intent(method=method))
    number = checkout.provider_payment_id
    assert scene.alipay.query(number).status is ProviderStatus.PENDING
    scan(checkout)
    assert scene.alipay.query(number) == ProviderPayment(ProviderStatus.PENDING, AMOUNT)
    scene.pay(number)
    assert scene.alipay.query(number) == PAID


def test_a_learner_pays_on_the_page_and_comes_back(scene: Scene) -> None:
    checkout = scene.alipay.create(
        scene.intent(method="page", return_url="https://shop.example/back?order=7")
    )
    page = scan(checkout)
    assert "49.00" in page.text
    back = BROWSER.post(page.url)
    assert back.status_code == 303
    assert back.headers["location"].startswith("https://shop.example/back?order=7&")
    told = parse_qs(urlsplit(back.headers["location"]).query)
    assert told["out_trade_no"] == [checkout.provider_payment_id]
    assert scene.alipay.query(checkout.provider_payment_id) == PAID


def test_the_same_payment_id_is_the_same_payment(scene: Scene) -> None:
    intent = scene.intent()
    first = scene.alipay.create(intent)
    assert scene.alipay.create(intent) == first
    page = intent._replace(method="page")
    assert scene.alipay.create(page).provider_payment_id == first.provider_payment_id
    assert len(scene.books.payments()) == 1
    with pytest.raises(ProviderRefused):
        scene.alipay.create(intent._replace(amount=Money(1, "CNY")))
    scan(first)
    scene.pay(first.provider_payment_id)
    with pytest.raises(ProviderRefused):
        scene.alipay.create(intent)


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("method", {"method": "native"}),
        ("amount", {"amount": Money(0, "CNY")}),
        ("payment_id", {"payment_id": "pay-1"}),
        ("description", {"description": " \n"}),
    ],
)
def test_what_alipay_cannot_take_is_refused(
    scene: Scene, field: str, change: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        scene.alipay.create(scene.intent(**change))
    assert refusal.value.field == field
    with pytest.raises(CurrencyMismatch):
        scene.alipay.create(scene.intent(amount=Money(4900, "USD")))
    assert scene.books.payments() == ()


def test_a_payment_that_nobody_opened_is_pending_until_it_has_expired(scene: Scene) -> None:
    """ALIPAY-2"""
    number = scene.alipay.create(scene.intent(method="page")).provider_payment_id
    scene.clock.now += 900 + 300
    assert scene.alipay.query(number).status is ProviderStatus.PENDING
    scene.clock.now += 1
    assert scene.alipay.query(number).status is ProviderStatus.FAILED


def test_a_payment_that_expired_cannot_be_paid(scene: Scene) -> None:
    number = scene.opened()
    scene.clock.now += 900
    assert scene.alipay.query(number) == ProviderPayment(ProviderStatus.FAILED, AMOUNT)


def test_a_payment_nobody_made_failed(scene: Scene) -> None:
    """ALIPAY-2"""
    assert scene.alipay.query("20200327181224259").status is ProviderStatus.FAILED
    with pytest.raises(InvalidInput):
        scene.alipay.query("7 or more")


def test_a_stranger_is_told_nothing(scene: Scene) -> None:
    """ALIPAY-1"""
    number = scene.paid()
    strangers = [
        scene.provider(app_id="2021000000000000"),
        scene.provider(private_key=scene.keys.alipay_key),
        scene.provider(clock=lambda: NOON - 8 * 3600),
    ]
    for stranger in strangers:
        assert stranger.query(number).status is ProviderStatus.UNKNOWN
        with pytest.raises(PaymentUnknown):
            stranger.refund(number, AMOUNT, "ref_1")
        with pytest.raises(PaymentUnknown):
            stranger.create(scene.intent())
    assert returned(scene, number) == Money.zero("CNY")
    assert len(scene.books.payments()) == 1


def test_a_strangers_answer_is_not_believed(scene: Scene) -> None:
    """ALIPAY-1"""
    number = scene.paid()
    misled = scene.provider(alipay_public_key=public_half(scene.keys.app_key))
    assert misled.query(number).status is ProviderStatus.UNKNOWN
    with pytest.raises(PaymentUnknown):
        misled.create(scene.intent())


# Cancelling


def test_a_cancelled_payment_cannot_be_paid(scene: Scene) -> None:
    number = scene.opened()
    for _ in range(2):
        scene.alipay.cancel(number)
    assert scene.alipay.query(number).status is ProviderStatus.FAILED
    with pytest.raises(ProviderRefused):
        scene.alipay.create(scene.intent(payment_id=number.partition("_until_")[0]))


def test_a_paid_payment_cannot_be_cancelled(scene: Scene) -> None:
    number = scene.paid()
    with pytest.raises(ProviderRefused):
        scene.alipay.cancel(number)
    assert scene.alipay.query(number) == PAID


def test_a_payment_that_nobody_opened_cannot_be_cancelled_before_it_expires(scene: Scene) -> None:
    number = scene.alipay.create(scene.intent(method="page")).provider_payment_id
    with pytest.raises(PaymentUnknown):
        scene.alipay.cancel(number)
    scene.clock.now += 900 + 301
    scene.alipay.cancel(number)


# Refunding


def test_a_refund_id_pays_back_once(scene: Scene) -> None:
    """ALIPAY-4"""
    number = scene.paid()
    for _ in range(3):
        assert scene.alipay.refund(number, Money(900, "CNY"), "ref_1") is RefundStatus.DONE
    assert returned(scene, number) == Money(900, "CNY")
    with pytest.raises(ProviderRefused):
        scene.alipay.refund(number, Money(901, "CNY"), "ref_1")
    with pytest.raises(ProviderRefused):
        scene.alipay.refund(number, Money(4001, "CNY"), "ref_2")
    assert scene.alipay.refund(number, Money(4000, "CNY"), "ref_3") is RefundStatus.DONE
    assert returned(scene, number) == AMOUNT


def test_a_payment_that_was_wholly_refunded_was_paid(scene: Scene) -> None:
    """ALIPAY-3"""
    number = scene.paid()
    assert scene.alipay.refund(number, AMOUNT, "ref_1") is RefundStatus.DONE
    assert scene.alipay.refund(number, AMOUNT, "ref_1") is RefundStatus.DONE
    assert scene.alipay.query(number) == PAID
    with pytest.raises(ProviderRefused):
        scene.alipay.cancel(number)


def test_a_refund_of_what_is_not_paid_is_refused(scene: Scene) -> None:
    for number in (scene.opened(), scene.alipay.create(scene.intent()).provider_payment_id):
        with pytest.raises(ProviderRefused):
            scene.alipay.refund(number, AMOUNT, "ref_1")


def test_a_refund_must_go_by_an_id_of_its_own(scene: Scene) -> None:
    number = scene.paid()
    for refund_id in ("", number, "ref 1", "a" * 65):
        with pytest.raises(InvalidInput) as refusal:
            scene.alipay.refund(number, AMOUNT, refund_id)
        assert refusal.value.field == "refund_id"


def test_what_went_back_unasked_is_charged_back(scene: Scene) -> None:
    """ALIPAY-6"""
    number = scene.paid()
    scene.alipay.refund(number, Money(900, "CNY"), "ref_1")
    assert scene.alipay.query(number) == PAID
    scene.books.charge_back(scene.books.payment_by_reference(number).id, Money(100, "CNY"))
    assert scene.alipay.query(number) == PAID._replace(charged_back=Money(100, "CNY"))
    scene.books.charge_back(scene.books.payment_by_reference(number).id)
    assert scene.alipay.query(number) == PAID._replace(charged_back=Money(4000, "CNY"))


def returned(scene: Scene, number: str) -> Money:
    return scene.books.returned(scene.books.payment_by_reference(number).id)


# Silence


def time_out(scene: Scene) -> None:
    scene.sandbox.faults.force(Fault.TIME_OUT, "alipay")


def test_an_answer_that_is_lost_leaves_one_effect(scene: Scene) -> None:
    """ALIPAY-1"""
    intent = scene.intent()
    time_out(scene)
    with pytest.raises(PaymentUnknown):
        scene.alipay.create(intent)
    checkout = scene.alipay.create(intent)
    number = checkout.provider_payment_id
    assert len(scene.books.payments()) == 1
    scan(checkout)
    scene.pay(number)
    time_out(scene)
    assert scene.alipay.query(number) == ProviderPayment(ProviderStatus.UNKNOWN)
    assert scene.alipay.query(number) == PAID
    time_out(scene)
    with pytest.raises(PaymentUnknown):
        scene.alipay.refund(number, Money(900, "CNY"), "ref_1")
    assert scene.alipay.refund(number, Money(900, "CNY"), "ref_1") is RefundStatus.DONE
    assert returned(scene, number) == Money(900, "CNY")


def test_a_lost_cancel_is_repeated(scene: Scene) -> None:
    number = scene.opened()
    time_out(scene)
    with pytest.raises(PaymentUnknown):
        scene.alipay.cancel(number)
    scene.alipay.cancel(number)
    assert scene.alipay.query(number).status is ProviderStatus.FAILED


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
    time_out(scene)
    with pytest.raises(PaymentUnknown):
        scene.alipay.transactions(TODAY)
    assert len(list(scene.alipay.transactions(TODAY))) == 1
