"""A payment that the gateway makes at its provider, from the learner's wish to money or refund."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.integration.counter import (
    HOUR,
    NOW,
    PRICE,
    Counter,
    charge_back,
    name,
    open_counter,
    paid,
)
from tests.integration.fair import Fair
from zhifu.chargebackbook import ChargebackState, Stage
from zhifu.exceptions import (
    IdempotencyConflict,
    InactiveContent,
    InvalidInput,
    PaymentUnknown,
    ProviderRefused,
    UnknownProvider,
)
from zhifu.money import Money
from zhifu.notify.contacts import Channel, Contact, Contacts
from zhifu.notify.vault import Vault
from zhifu.paybackbook import PaybackState, Reason
from zhifu.payments import OrderState, PaymentState
from zhifu.providers import ProviderPayment, ProviderStatus
from zhifu.providers.sandbox import SandboxProvider
from zhifu.store import Store


def test_a_checkout_is_paid_settled_and_used(counter: Counter) -> None:
    """PAY-1: what its provider confirms is settled, and the learner may use it."""
    made = counter.checkout()
    assert made.payment.state is PaymentState.AWAITING_PAYMENT
    assert made.action == {"sandbox_payment": name(made)}
    counter.provider.confirm(name(made))
    assert counter.gateway.take_callback("sandbox", counter.callback(made)).status == 200
    assert counter.state(made) is PaymentState.AWAITING_PAYMENT
    assert counter.gateway.process_callbacks() == 1
    assert counter.state(made) is PaymentState.PAID
    counter.gateway.settle(1)
    counter.gateway.sync()
    (order,) = made.payment.orders
    assert counter.gateway.order(order.id).state is OrderState.CONFIRMED
    assert counter.gateway.may_use(1, 1)


class Charging(SandboxProvider):
    """A provider that keeps a fee, and says so."""

    fee = Money(0, "USD")

    def query(self, provider_payment_id: str) -> ProviderPayment:
        return super().query(provider_payment_id)._replace(fee=self.fee)


@pytest.mark.parametrize(
    ("fee", "stored"),
    [
        (Money(0, "USD"), Money(0, "USD")),
        (Money(59, "USD"), Money(59, "USD")),
        (Money(59, "HKD"), None),
        (PRICE + Money(1, "USD"), None),
    ],
)
def test_a_providers_fee_is_kept_beside_the_payment(
    fair: Fair, fee: Money, stored: Money | None
) -> None:
    """LIFE-3: what the learner paid and what is settled do not change by it."""
    with open_counter(fair, Charging) as counter:
        assert isinstance(counter.provider, Charging)
        counter.provider.fee = fee
        payment = counter.gateway.payment(paid(counter).payment.id)
        assert (payment.received, payment.fee) == (PRICE, stored)
        batch = counter.gateway.settle(1)
        assert batch is not None
        assert batch.debit == PRICE.amount * 10_000


def test_the_same_request_goes_on(counter: Counter) -> None:
    """PAY-2: the same key with the same body is the same payment, and keeps its first expiry."""
    request, terms = counter.request(), counter.terms()
    made = counter.gateway.checkout(request, terms)
    counter.now += 10
    again = counter.gateway.checkout(request, counter.terms())
    assert (again.payment.id, name(again), again.action) == (
        made.payment.id,
        name(made),
        made.action,
    )
    assert again.payment.expires_at == terms.expires_at


@pytest.mark.parametrize(
    "changes", [{"method": "page"}, {"description": "content 2"}, {"payer": "somebody else"}]
)
def test_another_body_under_a_key_is_refused(counter: Counter, changes: dict[str, str]) -> None:
    """PAY-2."""
    request = counter.request()
    made = counter.gateway.checkout(request, counter.terms(payer="someone"))
    with pytest.raises(IdempotencyConflict):
        counter.gateway.checkout(request, counter.terms(**{"payer": "someone", **changes}))
    with pytest.raises(IdempotencyConflict):
        counter.gateway.checkout(replace(request, learner=2), counter.terms())
    with pytest.raises(IdempotencyConflict):
        counter.gateway.pay(replace(request, provider_payment_id=name(made)))


def test_a_checkout_that_was_not_answered_goes_on(counter: Counter) -> None:
    """PAY-2: the payment is in the books before its provider hears of it."""
    request, terms = counter.request(), counter.terms()
    with counter.provider.silence(), pytest.raises(PaymentUnknown):
        counter.gateway.checkout(request, terms)
    (stored,) = counter.gateway.payments(1)
    assert stored.state is PaymentState.CREATED
    made = counter.gateway.checkout(request, terms)
    assert made.payment.id == stored.id
    assert made.payment.state is PaymentState.AWAITING_PAYMENT


def test_what_a_provider_refuses_to_make_is_cancelled(counter: Counter) -> None:
    """PAY-3."""
    request = counter.request()
    provider = counter.provider
    made = counter.gateway.checkout(request, counter.terms())
    provider.fail(name(made))
    counter.now += 10
    assert counter.gateway.inquire() == 1
    assert counter.state(made) is PaymentState.CANCELLED
    assert counter.gateway.checkout(request, counter.terms()).action == {}


def test_an_unpaid_checkout_expires_at_its_provider_too(counter: Counter) -> None:
    """PAY-4: nobody can pay what has expired."""
    made = counter.checkout()
    counter.now += HOUR + 1
    assert counter.gateway.inquire() == 1
    assert counter.state(made) is PaymentState.EXPIRED
    assert counter.provider.query(name(made)).status is ProviderStatus.FAILED
    with pytest.raises(ProviderRefused):
        counter.provider.confirm(name(made))


def test_what_was_paid_before_it_was_called_expired_is_paid(counter: Counter) -> None:
    """PAY-4."""
    made = counter.checkout()
    counter.provider.confirm(name(made))
    counter.now += HOUR + 1
    assert counter.gateway.inquire() == 1
    assert counter.state(made) is PaymentState.PAID


def test_a_checkout_is_asked_about_until_it_is_decided(counter: Counter) -> None:
    """PAY-5: without any callback the schedule finds out."""
    made = counter.checkout()
    assert counter.gateway.inquire() == 0
    counter.provider.confirm(name(made))
    assert counter.gateway.inquire() == 0, "its time has not come again"
    counter.now += 10
    assert counter.gateway.inquire() == 1
    assert counter.state(made) is PaymentState.PAID


def test_silence_after_a_callback_is_unknown(counter: Counter) -> None:
    """PAY-6: a hint that the provider does not confirm is neither paid nor failed."""
    made = counter.checkout()
    counter.provider.confirm(name(made))
    counter.gateway.take_callback("sandbox", counter.callback(made))
    with counter.provider.silence():
        assert counter.gateway.process_callbacks() == 0
    assert counter.state(made) is PaymentState.PAYMENT_UNKNOWN
    assert counter.gateway.settle(1) is None
    counter.now += 10
    assert counter.gateway.process_callbacks() == 1
    assert counter.state(made) is PaymentState.PAID


def test_a_hint_of_a_payment_that_is_not_paid_changes_nothing(counter: Counter) -> None:
    """PAY-6."""
    made = counter.checkout()
    counter.gateway.take_callback("sandbox", counter.callback(made))
    assert counter.gateway.process_callbacks() == 1
    assert counter.state(made) is PaymentState.AWAITING_PAYMENT


def test_a_repeated_callback_counts_once(counter: Counter) -> None:
    """PAY-7."""
    made = counter.checkout()
    counter.provider.confirm(name(made))
    callback = counter.callback(made)
    for _ in range(3):
        assert counter.gateway.take_callback("sandbox", callback).status == 200
    assert counter.gateway.process_callbacks() == 1
    assert counter.gateway.process_callbacks() == 0
    assert counter.gateway.waiting(1) == 1


def test_a_forged_callback_is_answered_so_and_forgotten(counter: Counter) -> None:
    """PAY-7."""
    made = counter.checkout()
    callback = counter.callback(made)._replace(body=b"{}")
    assert counter.gateway.take_callback("sandbox", callback).status == 400
    assert counter.gateway.process_callbacks() == 0
    with pytest.raises(UnknownProvider):
        counter.gateway.take_callback("nobody", callback)


def test_a_callback_about_nothing_we_know_is_refused_after_a_while(counter: Counter) -> None:
    """PAY-7: the answer to our making a payment may come later than its callback."""
    payment = counter.provider.pay(PRICE)
    counter.gateway.take_callback("sandbox", counter.provider.callback(payment))
    assert counter.gateway.process_callbacks() == 0
    counter.now += 2 * HOUR
    assert counter.gateway.process_callbacks() == 1
    assert counter.gateway.process_callbacks() == 0


@pytest.mark.parametrize(
    ("paid", "state", "back", "reason"),
    [
        (PRICE.amount - 1, PaymentState.CANCELLED, PRICE.amount - 1, Reason.UNDERPAID),
        (PRICE.amount + 7, PaymentState.PAID, 7, Reason.OVERPAID),
    ],
)
def test_money_that_does_not_fit_goes_back(
    counter: Counter, paid: int, state: PaymentState, back: int, reason: Reason
) -> None:
    """PAY-8: too little goes back whole, of too much what is too much."""
    made = counter.checkout()
    counter.provider.confirm(name(made), Money(paid, "USD"))
    counter.now += 10
    counter.gateway.inquire()
    assert counter.state(made) is state
    (payback,) = counter.gateway.paybacks(made.payment.id)
    assert (payback.amount, payback.reason) == (Money(back, "USD"), reason)
    with counter.provider.silence():
        assert counter.gateway.pay_back() == 0
    assert counter.gateway.pay_back() == 1
    assert counter.gateway.pay_back() == 0
    assert counter.provider.refunded(name(made)) == Money(back, "USD")
    (payback,) = counter.gateway.paybacks(made.payment.id)
    assert payback.state is PaybackState.PAID_BACK


@pytest.mark.parametrize(
    ("received", "state", "back"),
    [
        (PRICE.amount - 1, PaymentState.CANCELLED, PRICE.amount - 1),
        (PRICE.amount, PaymentState.PAID, None),
        (PRICE.amount + 7, PaymentState.PAID, 7),
    ],
)
def test_a_named_payment_that_was_unknown_is_decided_alike(
    counter: Counter, received: int, state: PaymentState, back: int | None
) -> None:
    """PAY-8: also a payment that its platform told of while its provider was silent."""
    payment = counter.provider.open(Money(received, "USD"))
    request = counter.fair.request(provider_payment_id=payment)
    with counter.provider.silence(), pytest.raises(PaymentUnknown):
        counter.gateway.pay(request)
    (told,) = counter.gateway.payments(1)
    counter.now += 10
    assert counter.gateway.inquire() == 0, "nobody has paid it yet"
    counter.provider.confirm(payment)
    counter.now += 600
    assert counter.gateway.inquire() == 1
    assert counter.gateway.payment(told.id).state is state
    assert [each.amount.amount for each in counter.gateway.paybacks(told.id)] == [back][
        : bool(back)
    ]


def test_an_overpaid_order_is_refunded_by_its_price(counter: Counter) -> None:
    """PAY-8: in all ways together no more goes back than came in."""
    made = counter.checkout()
    counter.provider.confirm(name(made), PRICE + Money(7, "USD"))
    counter.now += 10
    counter.gateway.inquire()
    counter.gateway.pay_back()
    counter.gateway.refund(made.payment.orders[0].id)
    assert counter.provider.refunded(name(made)) == PRICE + Money(7, "USD")
    assert counter.state(made) is PaymentState.REFUNDED


def test_a_chargeback_before_settlement_ends_the_order(counter: Counter) -> None:
    """PAY-9: its orders wait for no batch any more."""
    made = paid(counter)
    charge_back(counter, made)
    assert counter.gateway.follow_chargebacks() == 1
    assert counter.gateway.settle(1) is None
    (order,) = made.payment.orders
    assert counter.gateway.order(order.id).state is OrderState.REFUNDED
    assert counter.state(made) is PaymentState.CHARGED_BACK
    assert counter.provider.refunded(name(made)).amount == 0


def test_a_chargeback_inside_the_window_takes_the_order_back(counter: Counter) -> None:
    """PAY-9: the seller has its money on chain again, the learner no licence."""
    before = counter.fair.available(1)
    made = paid(counter)
    counter.gateway.settle(1)
    assert counter.fair.available(1) < before
    charge_back(counter, made)
    (chargeback,) = counter.gateway.chargebacks(made.payment.id)
    assert chargeback.stage is Stage.BEFORE_MATURITY
    assert counter.gateway.follow_chargebacks() == 1
    assert counter.fair.available(1) == before
    assert not counter.gateway.may_use(1, 1)
    assert counter.provider.refunded(name(made)).amount == 0


def test_a_chargeback_after_maturity_is_the_sellers_loss(counter: Counter) -> None:
    """PAY-10: what has been paid out stays paid out."""
    made = paid(counter)
    counter.gateway.settle(1)
    after = counter.fair.available(1)
    counter.fair.pass_days(40)
    counter.fair.anvil.mine()
    charge_back(counter, made)
    (chargeback,) = counter.gateway.chargebacks(made.payment.id)
    assert chargeback.stage is Stage.AFTER_MATURITY
    assert counter.gateway.follow_chargebacks() == 1
    (chargeback,) = counter.gateway.chargebacks(made.payment.id)
    assert chargeback.state is ChargebackState.CLOSED
    assert counter.state(made) is PaymentState.CHARGED_BACK
    assert counter.fair.available(1) == after
    assert counter.gateway.may_use(1, 1)


def test_what_is_withdrawn_before_it_settles_goes_back(counter: Counter) -> None:
    """PAY-11: an order that no batch can carry is refunded after a while."""
    made = paid(counter)
    fair = counter.fair
    fair.network.license.set_active(fair.operators[1], 1, False)
    assert counter.gateway.settle(1) is None
    assert counter.gateway.refund_left_out(1, HOUR) == []
    counter.now += HOUR
    (order,) = counter.gateway.refund_left_out(1, HOUR)
    assert order.state is OrderState.REFUNDED
    assert fair.provider.refunded(name(made)) == PRICE
    with pytest.raises(InactiveContent):
        counter.checkout()


def test_a_forgotten_learner_leaves_the_books_as_they_are(counter: Counter) -> None:
    """PAY-14: nothing personal stays, and no money changes."""
    made = counter.gateway.checkout(counter.request(), counter.terms(payer="openid-of-mei"))
    counter.provider.confirm(name(made))
    counter.gateway.take_callback("sandbox", counter.callback(made))
    counter.gateway.process_callbacks()
    before = counter.gateway.payment(made.payment.id)
    with Store.open(counter.fair.url()) as store:
        contacts = Contacts(store, Vault(bytes(32)))
        contacts.put(1, 1, Contact(Channel.EMAIL, "mei@example.org"))
        counter.gateway.forget_learner(1, 1)
        assert contacts.of(1, 1) == []
    assert counter.gateway.payment(made.payment.id) == before
    assert counter.fair.rows("SELECT payer, return_url, action FROM checkouts") == [(None,) * 3]
    assert counter.fair.rows("SELECT body FROM callbacks") == [(None,)]
    counter.gateway.settle(1)
    assert counter.gateway.may_use(1, 1)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"method": ""}, "method"),
        ({"description": "x" * 256}, "description"),
        ({"return_url": ""}, "return_url"),
        ({"payer": "\n"}, "payer"),
        ({"expires_at": NOW}, "expires_at"),
        ({"expires_at": NOW + 86_401}, "expires_at"),
    ],
)
def test_bad_terms_are_named(counter: Counter, changes: dict[str, Any], field: str) -> None:
    """PAY-12."""
    with pytest.raises(InvalidInput) as caught:
        counter.gateway.checkout(counter.request(), counter.terms(**changes))
    assert caught.value.field == field
    assert list(counter.gateway.payments(1)) == []


def test_a_checkout_names_no_payment_of_the_provider(counter: Counter) -> None:
    """PAY-12."""
    with pytest.raises(InvalidInput) as caught:
        counter.gateway.checkout(counter.fair.request(), counter.terms())
    assert caught.value.field == "provider_payment_id"
