"""Stripe's webhooks, as its simulation sends them and as others might."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.integration.merchant import Merchant
from zhifu.exceptions import InvalidCallback
from zhifu.money import Money
from zhifu.providers import Callback, Hint, HintKind
from zhifu.providers.stripe import StripeProvider
from zhifu.sandbox.books import Books
from zhifu.sandbox.deliveries import Deliveries, Pace, altered
from zhifu.sandbox.faults import Fault, Faults
from zhifu.sandbox.keys import StripeKeys
from zhifu.sandbox.records import ReturnStatus
from zhifu.sandbox.server import Sandbox
from zhifu.sandbox.serving import Serving
from zhifu.sandbox.stripe import StripeSandbox
from zhifu.sandbox.stripe_events import signed

KEYS = StripeKeys("sk_test_4eC39HqLyjWDarjtT1zdp7dc", "whsec_5WbX5kEWLlfzsGNjH64I8lOO", "acct_1")
AMOUNT = Money(4900, "USD")
NOW = 1_750_075_200


@dataclass
class Scene:
    """A merchant's webhook endpoint, and the Stripe account that posts to it."""

    merchant: Merchant
    sandbox: Sandbox
    books: Books
    numbers: Iterator[int]

    def paid(self) -> str:
        payment = self.books.open(
            f"pay_{next(self.numbers)}",
            AMOUNT,
            details={"client_secret": "secret", "charge": "ch_1"},
        )
        return self.books.pay(payment.id).id

    def force(self, fault: Fault) -> None:
        self.sandbox.faults.force(fault, "stripe")

    def delivered(self) -> list[Hint]:
        self.sandbox.deliveries.flush()
        return self.merchant.hints


def provider(**others: Any) -> StripeProvider:
    return StripeProvider(
        **{"secret_key": KEYS.secret_key, "webhook_secret": KEYS.webhook_secret, **others}
    )


@pytest.fixture(scope="module")
def merchant_url() -> Iterator[tuple[Merchant, str]]:
    merchant = Merchant(lambda: NOW)
    with Serving(merchant.app) as serving:
        yield merchant, serving.url


@pytest.fixture
def scene(merchant_url: tuple[Merchant, str]) -> Scene:
    merchant, url = merchant_url
    for kept in (merchant.arrived, merchant.hints, merchant.refused):
        kept.clear()
    merchant.provider = provider()
    simulated = StripeSandbox(KEYS, webhook_url=f"{url}/stripe", clock=lambda: NOW)
    faults = Faults()
    sandbox = Sandbox([simulated], faults, Deliveries(faults, pace=Pace(retries=(1.0, 1.0))))
    return Scene(merchant, sandbox, simulated.books, iter(range(1, 1000)))


def event(**others: Any) -> dict[str, Any]:
    about = {"id": "pi_1", "object": "payment_intent", "amount": 4900}
    return {
        "id": "evt_1",
        "object": "event",
        "data": {"object": about},
        "livemode": False,
        "type": "payment_intent.succeeded",
        **others,
    }


def callback(
    found: Any, *, secret: str = KEYS.webhook_secret, at: int = NOW, received_at: int = NOW
) -> Callback:
    made = signed(json.dumps(found).encode(), secret, at)
    headers = {name.lower(): value for name, value in made.headers.items()}
    return Callback(headers, made.body, received_at)


# What Stripe sends


def test_every_change_is_told_as_a_hint_to_ask_again(scene: Scene) -> None:
    """STRIPE-9, SANDBOX-2"""
    payment = scene.paid()
    scene.books.give_back(payment, Money(100, "USD"), "rf_1")
    chargeback = scene.books.charge_back(payment)
    scene.books.decide_chargeback(chargeback.id, ReturnStatus.FAILED)
    kinds = [hint.kind for hint in scene.delivered()]
    assert kinds == [HintKind.PAYMENT, *[HintKind.REFUND] * 3, *[HintKind.CHARGEBACK] * 4]
    assert {hint.provider_payment_id for hint in scene.merchant.hints} == {payment}
    assert len({hint.event_id for hint in scene.merchant.hints}) == len(kinds)


def test_a_duplicate_is_the_same_event(scene: Scene) -> None:
    """STRIPE-9"""
    scene.force(Fault.DUPLICATE)
    scene.paid()
    first, second = scene.delivered()
    assert first == second


def test_events_out_of_order_keep_their_ids(scene: Scene) -> None:
    """STRIPE-9"""
    scene.force(Fault.REORDER)
    late, early = scene.paid(), scene.paid()
    assert [hint.provider_payment_id for hint in scene.delivered()] == [early, late]


def test_an_altered_event_is_refused_and_comes_again(scene: Scene) -> None:
    """STRIPE-9, SANDBOX-4"""
    scene.force(Fault.TAMPER)
    payment = scene.paid()
    (hint,) = scene.delivered()
    assert hint.provider_payment_id == payment
    assert scene.merchant.refused == ["its signature is not the provider's"]
    attempts = [(each.attempt, each.accepted) for each in scene.sandbox.deliveries.log()]
    assert attempts == [(1, False), (2, True)]


def test_a_dropped_event_never_comes(scene: Scene) -> None:
    scene.force(Fault.DROP)
    scene.paid()
    assert not scene.delivered()


def test_a_payment_can_be_charged_back_at_once(scene: Scene) -> None:
    scene.force(Fault.CHARGE_BACK)
    payment = scene.paid()
    assert scene.books.returned(payment) == AMOUNT
    assert [hint.kind for hint in scene.delivered()][1:] == [HintKind.CHARGEBACK] * 2


# What others send


def test_a_genuine_event_is_taken() -> None:
    """STRIPE-9"""
    assert provider().verify(callback(event())) == Hint("evt_1", HintKind.PAYMENT, "pi_1")


@pytest.mark.parametrize("seconds", [-301, 301, -86_400, 86_400])
def test_a_stale_or_future_event_is_refused(seconds: int) -> None:
    """STRIPE-9"""
    with pytest.raises(InvalidCallback, match="fresh"):
        provider().verify(callback(event(), at=NOW + seconds))
    assert provider().verify(callback(event(), at=NOW + (300 if seconds > 0 else -300)))


FORGED = [
    callback(event(), secret="whsec_other"),
    callback(event(livemode=True)),
    callback(event(account="acct_2")),
    callback({**event(), "livemode": None}),
    callback([]),
    callback("event"),
    callback({"object": "event", "livemode": False}),
    callback(event(data=None)),
    callback(event(id=7)),
    callback(event())._replace(body=json.dumps(event()).encode().replace(b"4900", b"4901")),
    callback(event())._replace(body=b"\xff\xfe"),
    callback(event())._replace(body=b""),
    callback(event())._replace(headers={}),
    callback(event())._replace(headers={"stripe-signature": f"t={NOW}"}),
    callback(event())._replace(headers={"stripe-signature": f"t={NOW},v1="}),
    callback(event())._replace(headers={"stripe-signature": f"t={NOW},v0=00,v1=é"}),
    callback(event())._replace(headers={"stripe-signature": "t=now,v1=00"}),
]


@pytest.mark.parametrize("forged", FORGED)
def test_what_is_not_our_stripe_accounts_is_refused(forged: Callback) -> None:
    """STRIPE-9"""
    with pytest.raises(InvalidCallback):
        provider().verify(forged)


def test_every_altered_byte_breaks_the_signature() -> None:
    """STRIPE-9"""
    genuine, stripe = callback(event()), provider()
    for at in range(len(genuine.body)):
        body = genuine.body[:at] + bytes([genuine.body[at] ^ 1]) + genuine.body[at + 1 :]
        with pytest.raises(InvalidCallback):
            stripe.verify(genuine._replace(body=body))
    assert altered(genuine.body) != genuine.body


def test_a_second_time_does_not_make_an_old_signature_fresh() -> None:
    """STRIPE-9"""
    old = callback(event(), at=NOW - 3600)
    signature = old.headers["stripe-signature"]
    spelt = signature.replace("t=", "t= ")
    for header in (f"{signature},t={NOW}", f"t={NOW},{signature}", f"{spelt},t={NOW}", spelt):
        with pytest.raises(InvalidCallback):
            provider().verify(old._replace(headers={"stripe-signature": header}))


def test_one_of_several_signatures_is_enough_while_a_secret_is_replaced() -> None:
    """STRIPE-9"""
    genuine = callback(event())
    header = genuine.headers["stripe-signature"].replace(",v1=", f",v1={'0' * 64},v1=")
    assert provider().verify(genuine._replace(headers={"stripe-signature": header}))


def test_the_account_and_the_mode_are_those_of_the_settings() -> None:
    """STRIPE-9"""
    ours = callback(event(account="acct_1", livemode=True))
    assert provider(account="acct_1", livemode=True).verify(ours)
    assert provider(account="acct_1", secret_key="rk_live_1").verify(ours)
    for other in (provider(account="acct_1"), provider(livemode=True)):
        with pytest.raises(InvalidCallback):
            other.verify(ours)


@pytest.mark.parametrize(
    ("kind", "about"),
    [("customer.created", {"id": "cus_1"}), ("charge.refunded", {"id": "ch_1"})],
)
def test_a_genuine_event_about_nothing_of_ours_is_taken_and_forgotten(
    kind: str, about: dict[str, str]
) -> None:
    """STRIPE-9"""
    told = provider().verify(callback(event(type=kind, data={"object": about})))
    assert told == Hint("evt_1", HintKind.OTHER, "")


def test_stripe_is_told_whether_to_send_it_again() -> None:
    assert [provider().answer(each).status for each in (True, False)] == [200, 400]
