"""A day's lines of Stripe, and what the simulation promises to be like."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timezone

import httpx
import pytest

from tests.integration.stripe.scene import DAY, NOON, Scene
from zhifu.exceptions import PaymentUnknown
from zhifu.money import Money
from zhifu.providers import LineKind
from zhifu.sandbox.faults import Fault
from zhifu.sandbox.records import ReturnStatus

# Bills


def test_the_days_lines_add_up_to_stripes_books(staged: Callable[..., Scene]) -> None:
    """STRIPE-8"""
    scene = staged(fee_bps=290, pending_refunds=True)
    scene.now[0] -= DAY
    scene.paid()
    scene.now[0] += DAY
    payments = [scene.paid(amount=Money(100 + n, "USD")) for n in range(120)]
    for payment in payments[:30]:
        scene.stripe.refund(payment, Money(50, "USD"), f"rf_{payment}")
    came_back = scene.books.refund_by_reference(f"rf_{payments[0]}")
    scene.books.decide_refund(came_back.id, ReturnStatus.FAILED)
    chargeback = scene.books.charge_back(payments[40])
    scene.books.charge_back(payments[41])
    scene.books.decide_chargeback(chargeback.id, ReturnStatus.FAILED)
    lines = list(scene.stripe.transactions(date(2025, 6, 16)))
    kept = scene.books.lines(NOON - NOON % DAY, NOON - NOON % DAY + DAY)
    assert len(lines) == len(kept) == 120 + 31 + 3
    for kind in (LineKind.PAYMENT, LineKind.REFUND, LineKind.CHARGEBACK):
        ours = [line for line in lines if line.kind is kind]
        theirs = [line for line in kept if line.kind is kind]
        assert sum(each.amount.amount for each in ours) == sum(e.amount.amount for e in theirs)
        assert {each.provider_payment_id for each in ours} == {each.payment for each in theirs}
    fees = [line.fee for line in lines if line.fee is not None]
    assert sum(each.amount for each in fees) == sum(each.fee.amount for each in kept)
    references = {line.reference for line in lines if line.kind is LineKind.REFUND}
    assert references == {f"rf_{payment}" for payment in payments[:30]}
    assert {datetime.fromtimestamp(line.at, timezone.utc).date() for line in lines} == {
        date(2025, 6, 16)
    }


def test_a_bill_that_was_cut_short_is_no_bill(scene: Scene) -> None:
    """STRIPE-8"""
    for _ in range(101):
        scene.paid()
    scene.sandbox.faults.force(Fault.SILENCE, "stripe", after=1)
    with pytest.raises(PaymentUnknown):
        list(scene.stripe.transactions(date(2025, 6, 16)))


# What the simulation promises to be like


def test_the_simulation_keeps_stripes_rules_of_idempotency_keys(scene: Scene) -> None:
    """SANDBOX-2"""
    form = {"amount": "4900", "currency": "usd"}
    first = scene.post("/v1/payment_intents", "key", **form)
    again = scene.post("/v1/payment_intents", "key", **form)
    assert (first.status_code, again.json()) == (200, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    other = scene.post("/v1/payment_intents", "key", amount="4901", currency="usd")
    assert (other.status_code, other.json()["error"]["type"]) == (400, "idempotency_error")
    # What is refused before it begins is not kept; after a day nothing is.
    assert scene.post("/v1/payment_intents", "free", currency="usd").status_code == 400
    assert scene.post("/v1/payment_intents", "free", **form).status_code == 200
    scene.now[0] += DAY
    assert scene.post("/v1/payment_intents", "key", **form).json()["id"] != first.json()["id"]


@pytest.mark.parametrize(
    ("path", "form", "code", "param"),
    [
        ("/v1/payment_intents", {"currency": "usd"}, "parameter_missing", "amount"),
        ("/v1/payment_intents", {"amount": "1", "x": "1"}, "parameter_unknown", "x"),
        ("/v1/refunds", {"payment_intent": "pi_1"}, "resource_missing", "payment_intent"),
        ("/v1/payment_intents/pi_1/cancel", {}, "resource_missing", "intent"),
    ],
)
def test_the_simulation_names_what_is_wrong_as_stripe_does(
    scene: Scene, path: str, form: dict[str, str], code: str, param: str
) -> None:
    """SANDBOX-2"""
    error = scene.post(path, None, **form).json()["error"]
    assert (error["code"], error["param"]) == (code, param)
    assert error["type"] == "invalid_request_error"


def test_the_simulation_takes_no_other_key(scene: Scene) -> None:
    """SANDBOX-2"""
    path = f"{scene.url}/stripe/v1/refunds"
    answer = httpx.get(path, headers={"Authorization": "Bearer sk_test_other"})
    assert answer.status_code == 401
