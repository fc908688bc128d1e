"""What fails in a round keeps nothing else of it from being done: PAY-13."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from eth_account import Account

from tests.integration.counter import (
    HOUR,
    NOW,
    PRICE,
    Counter,
    charge_back,
    give_back,
    name,
    open_counter,
    paid,
)
from tests.integration.fair import Fair
from tests.integration.test_gateway_recover import Crash, Faulty
from zhifu.chargebackbook import ChargebackState
from zhifu.exceptions import InvalidInput, NodeRefused, PaymentUnknown, ProviderRefused
from zhifu.gateway import Gateway
from zhifu.leases import Leases
from zhifu.payments import OrderState, PaymentState
from zhifu.providers import Checkout, Intent, ProviderPayment
from zhifu.providers.sandbox import SandboxProvider
from zhifu.store import Store
from zhifu.worker import AGAIN, Job, Worker


class Particular(SandboxProvider):
    """A provider that cannot take what `never` names: a description, or a payment of its own."""

    never = ""

    def create(self, intent: Intent) -> Checkout:
        if intent.description == self.never:
            raise InvalidInput("description", "is nothing that anybody buys", intent.description)
        return super().create(intent)

    def cancel(self, provider_payment_id: str) -> None:
        if provider_payment_id == self.never:
            raise InvalidInput("payment", "must have another name", provider_payment_id)
        super().cancel(provider_payment_id)


@pytest.fixture
def particular(fair: Fair) -> Iterator[Counter]:
    with open_counter(fair, Particular) as counter:
        yield counter


def refuse(counter: Counter, subject: str) -> None:
    assert isinstance(counter.provider, Particular)
    counter.provider.never = subject


def test_what_a_provider_can_never_take_is_cancelled(particular: Counter) -> None:
    """PAY-3: whoever asked is told, and nobody asks again."""
    refuse(particular, "nothing")
    with pytest.raises(InvalidInput):
        particular.gateway.checkout(particular.request(), particular.terms(description="nothing"))
    (payment,) = particular.gateway.payments(1)
    assert payment.state is PaymentState.CANCELLED


def test_what_was_refused_is_refused_again_under_its_key(particular: Counter) -> None:
    """API-3: the provider is not asked again, whatever it would take by now."""
    refuse(particular, "nothing")
    asked = particular.request(), particular.terms(description="nothing")
    with pytest.raises(InvalidInput):
        particular.gateway.checkout(*asked)
    refuse(particular, "")
    with pytest.raises(ProviderRefused):
        particular.gateway.checkout(*asked)
    (payment,) = particular.gateway.payments(1)
    assert payment.state is PaymentState.CANCELLED


def test_what_a_provider_can_never_take_is_cancelled_when_it_answers(particular: Counter) -> None:
    """PAY-3: also if it was silent at first."""
    refuse(particular, "nothing")
    with particular.provider.silence(), pytest.raises(PaymentUnknown):
        particular.gateway.checkout(particular.request(), particular.terms())
    refuse(particular, "content 1")
    particular.now += 10
    assert particular.gateway.inquire() == 1
    (payment,) = particular.gateway.payments(1)
    assert payment.state is PaymentState.CANCELLED


def test_one_payment_that_cannot_be_asked_about_holds_up_no_other(particular: Counter) -> None:
    """PAY-13."""
    stuck, other = particular.checkout(), particular.checkout()
    refuse(particular, name(stuck))
    particular.now += HOUR + 1
    assert particular.gateway.inquire() == 1
    assert particular.state(stuck) is PaymentState.AWAITING_PAYMENT
    assert particular.state(other) is PaymentState.EXPIRED
    assert particular.gateway.inquire() == 0, "its time has not come again"


class Dear(SandboxProvider):
    """A provider whose chargebacks are dearer than the payment, by the rate of another day."""

    def query(self, provider_payment_id: str) -> ProviderPayment:
        found = super().query(provider_payment_id)
        if found.charged_back is None:
            return found
        return found._replace(charged_back=found.charged_back + found.charged_back)


def test_a_bank_takes_no_more_than_was_received(fair: Fair) -> None:
    """LIFE-8: however much it says, and callbacks about others are acted on."""
    with open_counter(fair, Dear) as counter:
        made, other = paid(counter), counter.checkout()
        counter.provider.confirm(name(other))
        charge_back(counter, made)
        (chargeback,) = counter.gateway.chargebacks(made.payment.id)
        assert chargeback.amount == PRICE
        counter.gateway.take_callback("sandbox", counter.callback(other))
        assert counter.gateway.process_callbacks() == 1
        assert counter.state(other) is PaymentState.PAID


def test_a_chargeback_of_another_process_holds_up_none_of_ours(counter: Counter) -> None:
    """PAY-13: each process takes back what its keys have sold."""
    sold = {platform: paid(counter, platform=platform) for platform in (1, 2)}
    for platform, made in sold.items():
        counter.gateway.settle(platform)
        charge_back(counter, made)
    with counter.fair.gateway(2, clock=lambda: counter.now) as ours:
        assert ours.follow_chargebacks() == 1
    assert counter.order_state(sold[1]) is OrderState.CHARGED_BACK
    assert counter.order_state(sold[2]) is OrderState.REFUNDED


def test_what_the_bank_took_is_not_returned_by_a_refund_too(fair: Fair) -> None:
    """LIFE-6: the refund was under way, and waited for its block to be deep enough."""
    with open_counter(fair, confirmations=3) as counter:
        made = paid(counter)
        counter.gateway.settle(1)
        (order,) = made.payment.orders
        assert counter.gateway.refund(order.id).state is OrderState.REFUND_PENDING
        charge_back(counter, made)
        assert counter.gateway.follow_chargebacks() == 0, "it is not deep enough yet"
        counter.fair.anvil.mine(3)
        counter.gateway.recover()
        assert counter.order_state(made) is OrderState.REFUNDED
        assert counter.provider.refunded(name(made)).amount == 0
        assert counter.gateway.follow_chargebacks() == 1


def test_what_the_bank_gives_back_is_settled(counter: Counter) -> None:
    """LIFE-8: the payment is paid again, and its orders wait again."""
    made = paid(counter)
    charge_back(counter, made)
    assert counter.gateway.settle(1) is None
    give_back(counter, made)
    assert counter.state(made) is PaymentState.PAID
    (chargeback,) = counter.gateway.chargebacks(made.payment.id)
    assert chargeback.state is ChargebackState.REVERSED
    assert counter.gateway.settle(1) is not None
    assert counter.gateway.may_use(1, 1)


def test_a_job_with_more_to_do_waits_for_the_others_turns(counter: Counter) -> None:
    """PAY-13: settling a steady flow of orders keeps nothing else from being done."""
    done: list[str] = []

    def settle() -> object:
        done.append("settle")
        return AGAIN if len(done) < 6 else None

    jobs = [Job("settle", 60, settle), Job("refund", 0, lambda: done.append("refund"))]
    with Store.open(counter.fair.url()) as store:
        worker = Worker(Leases(store), jobs)
        for _ in range(3):
            worker.turn()
    assert done == ["settle", "refund"] * 3


class Hostile(Faulty):
    """A node that takes nothing from one sender."""

    shunned = ""

    def send_raw(self, raw: bytes) -> str:
        if Account.recover_transaction(raw) == self.shunned:
            raise NodeRefused("eth_sendRawTransaction", -32000, "insufficient funds")
        return super().send_raw(raw)


def test_one_lane_that_cannot_go_on_holds_up_no_other(fair: Fair) -> None:
    """PAY-13: the other platforms' batches and refunds come to their end, then it is told."""
    hostile = Hostile(fair.anvil.rpc_url)
    with fair.gateway(network=fair.same_chain(hostile)) as gateway:
        orders = {each: gateway.pay(fair.request(each)).orders[0].id for each in (1, 2, 3)}
        with fair.provider.silence():
            gateway.refund(orders[3])
        hostile.shunned = fair.operators[1].address
        with pytest.raises(NodeRefused):
            gateway.settle(1)
        hostile.point = "before sending"
        with pytest.raises(Crash):
            gateway.settle(2)
        with pytest.raises(NodeRefused):
            gateway.recover()
        states = [gateway.order(each).state for each in orders.values()]
    assert states == [OrderState.SUBMITTED, OrderState.SETTLED, OrderState.REFUNDED]


def test_one_refund_that_fails_holds_up_no_other(fair: Fair) -> None:
    """PAY-13: an order whose provider is not configured any more stays left out."""
    now = [NOW]

    def clock() -> int:
        return now[0]

    providers = {"sandbox": fair.provider, "gone": fair.provider}
    with Gateway.open(fair.url(), fair.network, fair.operators, providers, clock=clock) as gateway:
        requests = [fair.request(provider=each) for each in ("gone", "sandbox")]
        orders = [gateway.pay(each).orders[0].id for each in requests]
    fair.network.license.set_active(fair.operators[1], 1, False)
    with fair.gateway(clock=clock) as gateway:
        assert gateway.settle(1) is None
        now[0] += HOUR
        (refunded,) = gateway.refund_left_out(1, HOUR)
        assert refunded.id == orders[1]
        (left,) = gateway.left_out(1)
        assert left.id == orders[0]
