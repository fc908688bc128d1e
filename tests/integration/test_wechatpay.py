"""WeChat Pay against its simulation: every operation, over HTTP and signed, and what goes wrong."""

from __future__ import annotations

import base64
import itertools
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import httpx
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from starlette.types import Receive, Scope, Send

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
    HintKind,
    Intent,
    LineKind,
    ProviderPayment,
    ProviderStatus,
    RefundStatus,
)
from zhifu.providers.wechatpay import WeChatPayProvider
from zhifu.providers.wechatpay._wire import BEIJING
from zhifu.sandbox.books import Books
from zhifu.sandbox.faults import Fault
from zhifu.sandbox.keys import Keys, WeChatPayKeys, public_half
from zhifu.sandbox.records import ReturnStatus
from zhifu.sandbox.server import Sandbox
from zhifu.sandbox.serving import Serving
from zhifu.sandbox.wechatpay import WeChatPaySandbox
from zhifu.sandbox.wechatpay_wire import WeChatPayWire

AMOUNT = Money(4900, "CNY")
PENDING = ProviderPayment(ProviderStatus.PENDING, AMOUNT)
PAID = ProviderPayment(ProviderStatus.PAID, AMOUNT)
FAILED = ProviderPayment(ProviderStatus.FAILED)
OPENID = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
DAY = 86_400


class Clock:
    """The books' clock: the true one, `shift` seconds off."""

    def __init__(self) -> None:
        self.shift = 0

    def __call__(self) -> float:
        return time.time() + self.shift

    def to_a_past_noon(self) -> date:
        """Go to noon in Beijing, three days ago; the day."""
        day = datetime.now(BEIJING).date() - timedelta(days=3)
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=BEIJING)
        self.shift = int(noon.timestamp() - time.time())
        return day

    def back(self) -> None:
        self.shift = 0


@dataclass
class Scene:
    """A merchant, its provider, and the WeChat Pay that it speaks to."""

    wechat: WeChatPayProvider
    merchant: Merchant
    sandbox: Sandbox
    books: Books
    clock: Clock
    keys: WeChatPayKeys
    settings: dict[str, Any]
    numbers: Iterator[int]

    def intent(self, **others: Any) -> Intent:
        name = f"pay_{next(self.numbers):016x}"
        return Intent(name, AMOUNT, "课程 甲", int(self.clock()) + 900, "native")._replace(**others)

    def opened(self, **others: Any) -> str:
        return self.wechat.create(self.intent(**others)).provider_payment_id

    def paid(self, **others: Any) -> str:
        number = self.opened(**others)
        self.pay(number)
        return number

    def pay(self, number: str) -> None:
        self.books.pay(self.books.payment_by_reference(number).id)

    def returned(self, number: str) -> Money:
        return self.books.returned(self.books.payment_by_reference(number).id)

    def time_out(self) -> None:
        self.sandbox.faults.force(Fault.TIME_OUT, "wechatpay")

    def provider(self, **others: Any) -> WeChatPayProvider:
        return WeChatPayProvider(**{**self.settings, **others})


@pytest.fixture(scope="module")
def keys() -> WeChatPayKeys:
    return Keys.generate().wechatpay


@pytest.fixture(scope="module")
def public_key(keys: WeChatPayKeys) -> str:
    return public_half(keys.platform_key)


class Stage(NamedTuple):
    """Two servers, and what they serve."""

    wechat: Switch
    wechat_url: str
    merchant: Switch
    merchant_url: str


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    wechat, merchant = Switch(), Switch()
    with Serving(wechat) as first, Serving(merchant) as second:
        yield Stage(wechat, first.url, merchant, second.url)


Staged = Callable[..., Scene]


@pytest.fixture
def staged(keys: WeChatPayKeys, public_key: str, stage: Stage) -> Iterator[Staged]:
    sandboxes: list[Sandbox] = []

    def build(**options: Any) -> Scene:
        clock = Clock()
        simulated = WeChatPaySandbox(keys, fee_bps=60, clock=clock, **options)
        sandbox, merchant = Sandbox([simulated], hang_seconds=0.0), Merchant()
        sandboxes.append(sandbox)
        stage.wechat.app, stage.merchant.app = sandbox.app, merchant.app
        settings: dict[str, Any] = {
            "mchid": keys.mchid,
            "appid": keys.appid,
            "private_key": keys.merchant_key,
            "certificate_serial": keys.merchant_serial,
            "apiv3_key": keys.apiv3_key,
            "public_key": public_key,
            "public_key_id": keys.public_key_id,
            "notify_url": f"{stage.merchant_url}/callbacks",
            "base_url": f"{stage.wechat_url}/wechatpay",
            "timeout_seconds": 5.0,
        }
        merchant.provider = wechat = WeChatPayProvider(**settings)
        numbers = itertools.count(1)
        return Scene(wechat, merchant, sandbox, simulated.books, clock, keys, settings, numbers)

    yield build
    for sandbox in sandboxes:
        sandbox.deliveries.close()


@pytest.fixture
def scene(staged: Staged) -> Scene:
    return staged()


# Creating and asking


def test_a_code_is_scanned_and_paid(scene: Scene) -> None:
    """WECHAT-2, 3"""
    intent = scene.intent()
    checkout = scene.wechat.create(intent)
    assert checkout.provider_payment_id == intent.payment_id
    assert checkout.action["code_url"].startswith("weixin://wxpay/")
    assert scene.wechat.query(intent.payment_id) == PENDING
    scene.pay(intent.payment_id)
    assert scene.wechat.query(intent.payment_id) == PAID


def test_a_payment_inside_wechat_is_opened_by_signed_fields(scene: Scene) -> None:
    intent = scene.intent(method="jsapi", payer=OPENID)
    fields = dict(scene.wechat.create(intent).action)
    assert fields["package"] == f"prepay_id={fields['prepay_id']}"
    assert fields["signType"] == "RSA"
    lines = (fields["appId"], fields["timeStamp"], fields["nonceStr"], fields["package"])
    merchant = load_pem_public_key(public_half(scene.keys.merchant_key).encode())
    assert isinstance(merchant, RSAPublicKey)
    message = "".join(f"{each}\n" for each in lines).encode()
    merchant.verify(base64.b64decode(fields["paySign"]), message, PKCS1v15(), SHA256())
    with pytest.raises(InvalidSignature):
        merchant.verify(base64.b64decode(fields["paySign"]), b"x", PKCS1v15(), SHA256())
    payment = scene.books.payment_by_reference(intent.payment_id)
    assert payment.details["openid"] == OPENID
    scene.pay(intent.payment_id)
    assert scene.wechat.query(intent.payment_id) == PAID


def test_the_same_payment_id_is_the_same_payment(scene: Scene) -> None:
    """WECHAT-2"""
    intent = scene.intent()
    assert scene.wechat.create(intent) == scene.wechat.create(intent)
    assert len(scene.books.payments()) == 1
    with pytest.raises(ProviderRefused):
        scene.wechat.create(intent._replace(amount=Money(1, "CNY")))
    assert len(scene.books.payments()) == 1


def test_of_a_payment_that_is_paid_nothing_is_left_to_do(scene: Scene) -> None:
    """WECHAT-2"""
    intent = scene.intent()
    scene.wechat.create(intent)
    scene.pay(intent.payment_id)
    assert scene.wechat.create(intent) == (intent.payment_id, {})
    with pytest.raises(ProviderRefused):
        scene.wechat.create(intent._replace(amount=Money(1, "CNY")))


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("method", {"method": "page"}),
        ("amount", {"amount": Money(0, "CNY")}),
        ("amount", {"amount": Money(2**31, "CNY")}),
        ("payment_id", {"payment_id": "pay_1/../x"}),
        ("payment_id", {"payment_id": "pay_1"[:5]}),
        ("payment_id", {"payment_id": "p" * 33}),
        ("payer", {"method": "jsapi"}),
        ("description", {"description": " `\n"}),
        ("expires_at", {"expires_at": 0}),
    ],
)
def test_what_wechat_cannot_take_is_refused(
    scene: Scene, field: str, change: dict[str, Any]
) -> None:
    """WECHAT-2"""
    with pytest.raises(InvalidInput) as refusal:
        scene.wechat.create(scene.intent(**change))
    assert refusal.value.field == field
    with pytest.raises(CurrencyMismatch):
        scene.wechat.create(scene.intent(amount=Money(4900, "USD")))
    assert scene.books.payments() == ()


def test_a_payment_past_its_expiry_cannot_be_paid(scene: Scene) -> None:
    number = scene.opened()
    scene.clock.shift = 901
    answer = httpx.post(
        f"{scene.settings['base_url'].removesuffix('/wechatpay')}"
        f"/sandbox/wechatpay/payments/{number}/pay"
    )
    assert answer.status_code == 409
    assert scene.wechat.query(number) == PENDING
    with pytest.raises(ProviderRefused):
        scene.wechat.create(scene.intent(expires_at=int(time.time()) + 900))


def test_a_payment_nobody_made_failed(scene: Scene) -> None:
    """WECHAT-3"""
    assert scene.wechat.query("pay_00000000000000ff") == FAILED
    with pytest.raises(InvalidInput):
        scene.wechat.query("7 or more")


def test_strangers_are_told_nothing(scene: Scene) -> None:
    """WECHAT-1: WeChat does not sign the refusal of a request that it cannot tell whose it is."""
    number = scene.paid()
    for changed in (
        {"mchid": "1999999999"},
        {"certificate_serial": "AB" * 20},
        {"private_key": scene.keys.platform_key},
    ):
        stranger = scene.provider(**changed)
        assert stranger.query(number).status is ProviderStatus.UNKNOWN
        with pytest.raises(PaymentUnknown):
            stranger.refund(number, AMOUNT, "ref_1")
        with pytest.raises(PaymentUnknown):
            stranger.create(scene.intent())
    assert scene.returned(number) == Money.zero("CNY")
    assert len(scene.books.payments()) == 1


@pytest.mark.parametrize("setting", ["public_key", "public_key_id"])
def test_answers_under_another_key_are_not_believed(scene: Scene, setting: str) -> None:
    """WECHAT-1"""
    other = {"public_key": public_half(scene.keys.merchant_key), "public_key_id": "PUB_KEY_ID_9"}
    number = scene.paid()
    misled = scene.provider(**{setting: other[setting]})
    assert misled.query(number).status is ProviderStatus.UNKNOWN
    with pytest.raises(PaymentUnknown):
        misled.cancel(number)
    with pytest.raises(PaymentUnknown):
        misled.create(scene.intent())


# Cancelling


def test_a_cancelled_payment_cannot_be_paid(scene: Scene) -> None:
    """WECHAT-4"""
    intent = scene.intent()
    number = scene.wechat.create(intent).provider_payment_id
    for _ in range(2):
        scene.wechat.cancel(number)
    assert scene.wechat.query(number) == FAILED._replace(amount=AMOUNT)
    with pytest.raises(ProviderRefused):
        scene.wechat.create(intent)


def test_a_paid_payment_cannot_be_cancelled(scene: Scene) -> None:
    """WECHAT-4"""
    number = scene.paid()
    with pytest.raises(ProviderRefused):
        scene.wechat.cancel(number)
    assert scene.wechat.query(number) == PAID


def test_a_payment_that_was_cancelled_before_it_was_made_is_never_made(scene: Scene) -> None:
    """WECHAT-4"""
    intent = scene.intent()
    scene.wechat.cancel(intent.payment_id)
    with pytest.raises(ProviderRefused):
        scene.wechat.create(intent)


# Refunding


def test_a_refund_id_pays_back_once(scene: Scene) -> None:
    """WECHAT-5"""
    number = scene.paid()
    assert scene.wechat.refund(number, Money(900, "CNY"), "ref_1") is RefundStatus.PENDING
    for _ in range(2):
        assert scene.wechat.refund(number, Money(900, "CNY"), "ref_1") is RefundStatus.DONE
    assert scene.returned(number) == Money(900, "CNY")
    for amount, refund_id in ((901, "ref_1"), (4001, "ref_2")):
        with pytest.raises(ProviderRefused):
            scene.wechat.refund(number, Money(amount, "CNY"), refund_id)
    scene.wechat.refund(number, Money(4000, "CNY"), "ref_3")
    assert scene.wechat.refund(number, Money(4000, "CNY"), "ref_3") is RefundStatus.DONE
    assert scene.returned(number) == AMOUNT


def test_a_refund_id_is_of_one_payment(scene: Scene) -> None:
    """WECHAT-5"""
    first, second = scene.paid(), scene.paid()
    scene.wechat.refund(first, AMOUNT, "ref_1")
    with pytest.raises(ProviderRefused):
        scene.wechat.refund(second, AMOUNT, "ref_1")
    assert scene.returned(second) == Money.zero("CNY")


def test_a_payment_that_was_wholly_refunded_was_paid(scene: Scene) -> None:
    """WECHAT-3"""
    number = scene.paid()
    scene.wechat.refund(number, AMOUNT, "ref_1")
    assert scene.wechat.query(number) == PAID
    with pytest.raises(ProviderRefused):
        scene.wechat.cancel(number)


def test_a_refund_of_what_is_not_paid_is_refused(scene: Scene) -> None:
    """WECHAT-5"""
    for number in (scene.opened(), "pay_00000000000000ff"):
        with pytest.raises(ProviderRefused):
            scene.wechat.refund(number, AMOUNT, "ref_1")


@pytest.mark.parametrize("refund_id", ["", "ref 1", "ref/1", "a" * 65])
def test_a_refund_must_go_by_an_id_that_wechat_takes(scene: Scene, refund_id: str) -> None:
    number = scene.paid()
    with pytest.raises(InvalidInput) as refusal:
        scene.wechat.refund(number, AMOUNT, refund_id)
    assert refusal.value.field == "refund_id"


@pytest.mark.parametrize(
    ("decided", "told"),
    [(ReturnStatus.DONE, RefundStatus.DONE), (ReturnStatus.FAILED, RefundStatus.FAILED)],
)
def test_a_refund_is_under_way_until_wechat_decides(
    staged: Staged, decided: ReturnStatus, told: RefundStatus
) -> None:
    """WECHAT-5"""
    scene = staged(holds_refunds=True)
    number = scene.paid()
    for _ in range(2):
        assert scene.wechat.refund(number, AMOUNT, "ref_1") is RefundStatus.PENDING
    scene.books.decide_refund(scene.books.refund_by_reference("ref_1").id, decided)
    assert scene.wechat.refund(number, AMOUNT, "ref_1") is told


# Silence


def test_an_answer_that_is_lost_leaves_one_effect(scene: Scene, stage: Stage) -> None:
    """WECHAT-1, 2, 5"""
    intent = scene.intent()
    number = intent.payment_id
    scene.time_out()
    with pytest.raises(PaymentUnknown):
        scene.wechat.create(intent)
    assert len(scene.books.payments()) == 1
    scene.wechat.create(intent)
    assert len(scene.books.payments()) == 1
    scene.pay(number)
    scene.sandbox.faults.force(Fault.SILENCE, "wechatpay")
    assert scene.wechat.query(number) == ProviderPayment(ProviderStatus.UNKNOWN)
    assert scene.wechat.query(number) == PAID
    refund = Money(900, "CNY")
    with losing_refunds(scene, stage), pytest.raises(PaymentUnknown):
        scene.wechat.refund(number, refund, "ref_1")
    assert scene.returned(number) == refund
    assert scene.wechat.refund(number, refund, "ref_1") is RefundStatus.DONE
    assert scene.returned(number) == refund


@contextmanager
def losing_refunds(scene: Scene, stage: Stage) -> Iterator[None]:
    """Refunds are made, and nobody hears of it."""
    served = stage.wechat.app

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "POST" and scope["path"].endswith("/refunds"):
            scene.time_out()
        await served(scope, receive, send)

    stage.wechat.app = app
    yield
    stage.wechat.app = served


def test_a_lost_cancel_is_repeated(scene: Scene) -> None:
    """WECHAT-1, 4"""
    number = scene.opened()
    scene.time_out()
    with pytest.raises(PaymentUnknown):
        scene.wechat.cancel(number)
    scene.wechat.cancel(number)
    assert scene.wechat.query(number).status is ProviderStatus.FAILED


def test_a_wechat_that_is_not_there_leaves_everything_unknown(scene: Scene) -> None:
    """WECHAT-1"""
    nobody = scene.provider(base_url="http://127.0.0.1:9")
    number = scene.paid()
    assert nobody.query(number).status is ProviderStatus.UNKNOWN
    for ask in (
        lambda: nobody.create(scene.intent()),
        lambda: nobody.cancel(number),
        lambda: nobody.refund(number, AMOUNT, "ref_1"),
        lambda: nobody.transactions(date(2026, 3, 27)),
    ):
        with pytest.raises(PaymentUnknown):
            ask()


# Callbacks


def test_a_payment_and_a_refund_are_told(scene: Scene) -> None:
    """WECHAT-6"""
    number = scene.paid()
    scene.wechat.refund(number, Money(900, "CNY"), "ref_1")
    scene.sandbox.deliveries.flush()
    hints = scene.merchant.hints
    assert [(each.kind, each.provider_payment_id) for each in hints] == [
        (HintKind.PAYMENT, number),
        (HintKind.REFUND, number),
    ]
    assert len({each.event_id for each in hints}) == 2
    assert [each.status for each in scene.sandbox.deliveries.log()] == [204, 204]
    assert number.encode() not in b"".join(each.body for each in scene.merchant.arrived)


def test_a_refund_that_failed_is_told(staged: Staged) -> None:
    """WECHAT-6"""
    scene = staged(holds_refunds=True)
    number = scene.paid()
    scene.wechat.refund(number, AMOUNT, "ref_1")
    refund = scene.books.refund_by_reference("ref_1")
    scene.books.decide_refund(refund.id, ReturnStatus.FAILED)
    scene.sandbox.deliveries.flush()
    assert [each.kind for each in scene.merchant.hints] == [HintKind.PAYMENT, HintKind.REFUND]


def test_a_callback_that_comes_twice_is_one_event(scene: Scene) -> None:
    """WECHAT-6"""
    scene.sandbox.faults.force(Fault.DUPLICATE, "wechatpay")
    scene.paid()
    scene.sandbox.deliveries.flush()
    first, second = scene.merchant.hints
    assert first == second
    nonces = {each.headers["wechatpay-nonce"] for each in scene.merchant.arrived}
    assert len(nonces) == 2


def test_an_altered_callback_is_refused_and_comes_again(scene: Scene) -> None:
    """WECHAT-6"""
    scene.sandbox.faults.force(Fault.TAMPER, "wechatpay")
    number = scene.paid()
    scene.sandbox.deliveries.flush()
    assert scene.merchant.refused == ["its signature is not WeChat's"]
    assert [each.provider_payment_id for each in scene.merchant.hints] == [number]
    assert [each.status for each in scene.sandbox.deliveries.log()] == [400, 204]


def test_a_callback_that_never_came_changes_nothing_that_is_asked(scene: Scene) -> None:
    scene.sandbox.faults.force(Fault.DROP, "wechatpay")
    number = scene.paid()
    scene.sandbox.deliveries.flush()
    assert scene.merchant.hints == []
    assert scene.wechat.query(number) == PAID


def told(scene: Scene) -> Callback:
    """A genuine callback about a payment."""
    scene.paid()
    scene.sandbox.deliveries.flush()
    (callback,) = scene.merchant.arrived
    scene.wechat.verify(callback)
    return callback


@pytest.mark.parametrize(
    ("seconds", "reason"), [(301, "it is stale"), (-302, "it is from the future")]
)
def test_a_callback_is_taken_within_five_minutes_alone(
    scene: Scene, seconds: int, reason: str
) -> None:
    """WECHAT-6"""
    callback = told(scene)
    at = int(callback.headers["wechatpay-timestamp"])
    for edge in (300, -300):
        scene.wechat.verify(callback._replace(received_at=at + edge))
    with pytest.raises(InvalidCallback) as refusal:
        scene.wechat.verify(callback._replace(received_at=at + seconds))
    assert refusal.value.reason == reason


@pytest.mark.parametrize(
    ("header", "value", "reason"),
    [
        ("wechatpay-serial", "PUB_KEY_ID_0", "its serial is not that of the trusted key"),
        ("wechatpay-serial", "", "it is not signed"),
        ("wechatpay-nonce", "0" * 32, "its signature is not WeChat's"),
        ("wechatpay-signature", "", "it is not signed"),
        ("wechatpay-signature", "AAAA", "its signature is not WeChat's"),
        ("wechatpay-signature", "é", "its signature is not WeChat's"),
        ("wechatpay-signature", "WECHATPAY/SIGNTEST/AAAA", "its signature is not WeChat's"),
        ("wechatpay-signature-type", "NONE", "its signature is of another type"),
        ("wechatpay-timestamp", "soon", "its timestamp is none"),
        ("wechatpay-timestamp", "١٢٣", "its timestamp is none"),
    ],
)
def test_a_callback_without_wechats_seal_is_refused(
    scene: Scene, header: str, value: str, reason: str
) -> None:
    """WECHAT-6"""
    callback = told(scene)
    with pytest.raises(InvalidCallback) as refusal:
        scene.wechat.verify(callback._replace(headers={**callback.headers, header: value}))
    assert refusal.value.reason == reason


def test_every_byte_of_a_callback_is_under_the_seal(scene: Scene) -> None:
    """WECHAT-6"""
    callback = told(scene)
    bodies = [callback.body + b" ", callback.body[:-1], b"", b"\xff" + callback.body]
    bodies += [
        callback.body[:at] + bytes([callback.body[at] ^ 1]) + callback.body[at + 1 :]
        for at in range(0, len(callback.body), 37)
    ]
    for body in bodies:
        with pytest.raises(InvalidCallback):
            scene.wechat.verify(callback._replace(body=body))


def resealed(scene: Scene, body: bytes) -> Callback:
    """A callback that WeChat itself signs, whatever is in it."""
    headers = WeChatPayWire(scene.keys).sealed(body)
    named = {name.lower(): value for name, value in headers.items()}
    return Callback(named, body, int(time.time()))


def composed(scene: Scene, content: dict[str, Any], **others: Any) -> Callback:
    """A callback about an order of ours, changed here and there before WeChat seals it."""
    order = {
        "appid": scene.keys.appid,
        "mchid": scene.keys.mchid,
        "out_trade_no": "pay_0000000000000001",
        "amount": {"total": 4900, "currency": "CNY"},
    }
    kept = {name: value for name, value in {**order, **content}.items() if value is not None}
    event = {
        "id": "EV-1",
        "event_type": "TRANSACTION.SUCCESS",
        "resource_type": "encrypt-resource",
        "resource": WeChatPayWire(scene.keys).encrypted("transaction", kept),
        **others,
    }
    return resealed(scene, json.dumps(event).encode())


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"mchid": "1999999999"}, "it is for another merchant"),
        ({"mchid": None}, "it is for another merchant"),
        ({"appid": "wx0"}, "it is for another app"),
        ({"appid": None}, "it is for another app"),
        ({"out_trade_no": None}, "it is about no order"),
        ({"out_trade_no": "a b"}, "it is about no order"),
        ({"amount": {"total": 4900, "currency": "USD"}}, "its amount is none in CNY"),
        ({"amount": {"total": 49.0, "currency": "CNY"}}, "its amount is none in CNY"),
        ({"amount": {"total": "4900"}}, "its amount is none in CNY"),
        ({"amount": {"total": True}}, "its amount is none in CNY"),
        ({"amount": None}, "its amount is none in CNY"),
    ],
)
def test_a_callback_must_be_for_this_merchant_and_app(
    scene: Scene, content: dict[str, Any], reason: str
) -> None:
    """WECHAT-6"""
    assert scene.wechat.verify(composed(scene, {})).kind is HintKind.PAYMENT
    with pytest.raises(InvalidCallback) as refusal:
        scene.wechat.verify(composed(scene, content))
    assert refusal.value.reason == reason


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"algorithm": "NONE"}, "it is encrypted in another way"),
        ({"ciphertext": "AAAA"}, "what it carries is not encrypted for this merchant"),
        ({"ciphertext": "%"}, "what it carries is not encrypted for this merchant"),
        ({"ciphertext": None}, "what it carries is not encrypted for this merchant"),
        ({"nonce": "0" * 12}, "what it carries is not encrypted for this merchant"),
        ({"nonce": ""}, "what it carries is not encrypted for this merchant"),
        ({"associated_data": "refund"}, "what it carries is not encrypted for this merchant"),
    ],
)
def test_what_a_callback_carries_must_be_encrypted_for_this_merchant(
    scene: Scene, changed: dict[str, Any], reason: str
) -> None:
    """WECHAT-6"""
    resource = json.loads(composed(scene, {}).body)["resource"]
    with pytest.raises(InvalidCallback) as refusal:
        scene.wechat.verify(composed(scene, {}, resource={**resource, **changed}))
    assert refusal.value.reason == reason


def test_a_callback_for_another_merchants_key_is_refused(scene: Scene) -> None:
    """WECHAT-6"""
    other = scene.provider(apiv3_key="k" * 32)
    with pytest.raises(InvalidCallback) as refusal:
        other.verify(composed(scene, {}))
    assert refusal.value.reason == "what it carries is not encrypted for this merchant"


@pytest.mark.parametrize("body", [b"[]", b"7", b"{", b"[" * 100_000, b'{"id": ""}', b"{}"])
def test_a_sealed_callback_that_makes_no_sense_is_refused(scene: Scene, body: bytes) -> None:
    with pytest.raises(InvalidCallback):
        scene.wechat.verify(resealed(scene, body))


def test_a_callback_about_something_else_is_known_for_what_it_is(scene: Scene) -> None:
    hint = scene.wechat.verify(composed(scene, {}, event_type="COUPON.USE"))
    assert hint == ("EV-1", HintKind.OTHER, "")


def test_a_callback_is_answered_as_wechat_wants(scene: Scene) -> None:
    assert scene.wechat.answer(True)[::2] == (204, b"")
    status, content_type, body = scene.wechat.answer(False)
    assert (status, content_type) == (400, "application/json")
    assert json.loads(body)["code"] == "FAIL"


# Bills


def test_a_days_bill_adds_up_to_what_happened(scene: Scene) -> None:
    """WECHAT-7"""
    day = scene.clock.to_a_past_noon()
    first = scene.paid(description='甲,乙 `丙` "丁"')
    second = scene.paid(amount=Money(1, "CNY"))
    scene.opened()
    scene.wechat.refund(first, Money(900, "CNY"), "ref_1")
    scene.clock.back()
    third = scene.paid()
    bill = list(scene.wechat.transactions(day))
    assert [(each.kind, each.provider_payment_id, each.reference) for each in bill] == [
        (LineKind.PAYMENT, first, first),
        (LineKind.PAYMENT, second, second),
        (LineKind.REFUND, first, "ref_1"),
    ]
    assert [each.amount.amount for each in bill] == [4900, 1, -900]
    assert [each.fee for each in bill] == [Money(fen, "CNY") for fen in (29, 0, 0)]
    start = int(datetime(day.year, day.month, day.day, tzinfo=BEIJING).timestamp())
    lines = scene.books.lines(start, start + DAY)
    assert [(each.amount, each.fee, each.at) for each in lines] == [
        (each.amount, each.fee, each.at) for each in bill
    ]
    assert third not in {each.provider_payment_id for each in bill}


def test_what_wechat_gave_back_unasked_is_a_refund_with_a_number_of_its_own(scene: Scene) -> None:
    """WECHAT-7"""
    day = scene.clock.to_a_past_noon()
    number = scene.paid()
    scene.books.charge_back(scene.books.payment_by_reference(number).id, Money(100, "CNY"))
    scene.clock.back()
    taken = list(scene.wechat.transactions(day))[1]
    assert (taken.kind, taken.amount) == (LineKind.REFUND, Money(-100, "CNY"))
    assert taken.provider_payment_id == number
    assert taken.reference not in ("", number)
    assert scene.wechat.query(number) == PAID


def test_a_refund_that_failed_is_no_line(staged: Staged) -> None:
    """WECHAT-7"""
    scene = staged(holds_refunds=True)
    day = scene.clock.to_a_past_noon()
    number = scene.paid()
    scene.wechat.refund(number, AMOUNT, "ref_1")
    refund = scene.books.refund_by_reference("ref_1")
    scene.books.decide_refund(refund.id, ReturnStatus.FAILED)
    scene.clock.back()
    assert [each.amount for each in scene.wechat.transactions(day)] == [AMOUNT]


def test_a_day_without_trade_has_no_lines(scene: Scene) -> None:
    """WECHAT-7"""
    long_ago = datetime.now(BEIJING).date() - timedelta(days=3)
    assert list(scene.wechat.transactions(long_ago)) == []


def test_a_day_that_is_not_over_has_no_bill(scene: Scene) -> None:
    scene.paid()
    with pytest.raises(ProviderRefused):
        scene.wechat.transactions(datetime.now(BEIJING).date() + timedelta(days=1))
