"""Taking payments in: once, whole, and only what is on sale and paid for."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from tests.integration.fair import LEARNERS, PLAN, Fair
from zhifu.anvil import dev_signer
from zhifu.deployment import Network, deploy
from zhifu.exceptions import (
    AmountMismatch,
    CurrencyMismatch,
    DuplicatePayment,
    ForeignDatabase,
    IdempotencyConflict,
    InactiveContent,
    InactivePlatform,
    InvalidInput,
    NoOperator,
    PaymentUnknown,
    PaymentUnpaid,
    UnknownContent,
    UnknownLearner,
    UnknownOrder,
    UnknownPayment,
    UnknownPlatform,
    UnknownProvider,
    WrongOperator,
    ZhifuError,
)
from zhifu.gateway import Gateway
from zhifu.models import PlatformStatus, Publication
from zhifu.money import Money
from zhifu.payments import OrderState, Payment, PaymentState

Change = Callable[[Fair], dict[str, Any]]


def test_a_cart_becomes_one_payment_with_an_order_per_content(fair: Fair, gateway: Gateway) -> None:
    payment = gateway.pay(fair.request(contents=(5, 1, 3)))
    assert payment.state is PaymentState.PAID
    assert [order.content for order in payment.orders] == [5, 1, 3]
    prices = [order.price for order in payment.orders]
    assert prices == [Money(100, "USD"), Money(4900, "USD"), Money(19_999, "USD")]
    assert gateway.payment(payment.id) == payment
    assert gateway.order(payment.orders[1].id) == payment.orders[1]
    assert gateway.waiting(1) == 3


def test_what_was_paid_is_there_after_a_restart(fair: Fair) -> None:
    with fair.gateway() as gateway:
        payment = gateway.pay(fair.request())
    with fair.gateway() as gateway:
        assert gateway.payment(payment.id) == payment
        assert list(gateway.payments(1)) == [payment]


def test_the_same_key_and_body_answer_the_same_payment(fair: Fair, gateway: Gateway) -> None:
    request = fair.request()
    payment = gateway.pay(request)
    assert gateway.pay(request) == payment
    assert gateway.waiting(1) == 1


def test_the_same_request_answers_the_same_when_the_world_has_changed(
    fair: Fair, gateway: Gateway
) -> None:
    request = fair.request()
    payment = gateway.pay(request)
    fair.network.license.set_active(fair.operators[1], 1, False)
    fair.network.license.set_price(fair.operators[1], 1, 1_000_000)
    gateway.sync()
    with fair.provider.silence():
        assert gateway.pay(request) == payment


@pytest.mark.parametrize(
    "change",
    [
        {"learner": 2},
        {"contents": (2,)},
        {"amount": Money(1, "USD")},
        {"provider_payment_id": "sbx_9"},
        {"referrer": "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"},
    ],
)
def test_the_same_key_with_another_body_is_refused(
    fair: Fair, gateway: Gateway, change: dict[str, Any]
) -> None:
    request = fair.request()
    gateway.pay(request)
    with pytest.raises(IdempotencyConflict):
        gateway.pay(replace(request, **change))
    assert gateway.waiting(1) == 1


def test_platforms_do_not_share_their_keys(fair: Fair, gateway: Gateway) -> None:
    first = gateway.pay(fair.request(1, idempotency_key="one"))
    second = gateway.pay(fair.request(2, idempotency_key="one"))
    assert first.id != second.id


def test_a_providers_payment_pays_once(fair: Fair, gateway: Gateway) -> None:
    request = fair.request()
    gateway.pay(request)
    with pytest.raises(DuplicatePayment):
        gateway.pay(replace(request, idempotency_key="another"))
    with pytest.raises(DuplicatePayment):
        gateway.pay(replace(request, platform=2))
    assert gateway.waiting(1) == 1


BAD_INPUT: list[tuple[Change, type[ZhifuError], str]] = [
    (lambda _: {"platform": 4}, UnknownPlatform, "platform"),
    (lambda _: {"platform": 0}, InvalidInput, "platform"),
    (lambda _: {"platform": 2}, NoOperator, "platform"),
    (lambda _: {"learner": LEARNERS + 1}, UnknownLearner, "learner"),
    (lambda _: {"learner": 0}, InvalidInput, "learner"),
    (lambda _: {"learner": True}, InvalidInput, "learner"),
    (lambda _: {"learner": 2**32}, InvalidInput, "learner"),
    (lambda _: {"contents": (7,)}, UnknownContent, "content"),
    (lambda _: {"contents": ()}, InvalidInput, "contents"),
    (lambda _: {"contents": [1]}, InvalidInput, "contents"),
    (lambda _: {"contents": (1, 1)}, InvalidInput, "contents"),
    (lambda _: {"contents": tuple(range(1, 102))}, InvalidInput, "contents"),
    (lambda _: {"contents": ("1",)}, InvalidInput, "contents"),
    (lambda _: {"amount": Money(4899, "USD")}, AmountMismatch, "amount"),
    (lambda _: {"amount": Money(4901, "USD")}, AmountMismatch, "amount"),
    (lambda _: {"amount": Money(0, "USD")}, InvalidInput, "amount"),
    (lambda _: {"amount": Money(2**63, "USD")}, InvalidInput, "amount"),
    (lambda _: {"amount": 49.0}, InvalidInput, "amount"),
    (lambda _: {"amount": Money(4900, "EUR")}, CurrencyMismatch, "currency"),
    (lambda _: {"provider": "bank"}, UnknownProvider, "provider"),
    (lambda _: {"provider": ""}, InvalidInput, "provider"),
    (lambda _: {"provider_payment_id": ""}, InvalidInput, "provider_payment_id"),
    (lambda _: {"provider_payment_id": "x" * 256}, InvalidInput, "provider_payment_id"),
    (lambda _: {"idempotency_key": ""}, InvalidInput, "idempotency_key"),
    (lambda _: {"idempotency_key": "x" * 256}, InvalidInput, "idempotency_key"),
    (lambda _: {"idempotency_key": "a\x00b"}, InvalidInput, "idempotency_key"),
    (lambda _: {"idempotency_key": None}, InvalidInput, "idempotency_key"),
    (lambda _: {"referrer": "nobody"}, InvalidInput, "referrer"),
    (lambda _: {"referrer": "0x" + "0" * 40}, InvalidInput, "referrer"),
    (lambda _: {"provider_payment_id": "sbx_unheard_of"}, PaymentUnpaid, "provider_payment_id"),
    (
        lambda fair: {"provider_payment_id": fair.provider.open(Money(4900, "USD"))},
        PaymentUnpaid,
        "provider_payment_id",
    ),
    (
        lambda fair: {"provider_payment_id": fair.provider.pay(Money(4800, "USD"))},
        AmountMismatch,
        "amount",
    ),
    (
        lambda fair: {"provider_payment_id": fair.provider.pay(Money(4900, "CNY"))},
        CurrencyMismatch,
        "currency",
    ),
]


@pytest.mark.parametrize(("change", "error", "field"), BAD_INPUT)
def test_bad_input_is_named_and_changes_nothing(
    fair: Fair, change: Change, error: type[ZhifuError], field: str
) -> None:
    with fair.gateway(1) as gateway:
        with pytest.raises(error) as raised:
            gateway.pay(replace(fair.request(), **change(fair)))
        assert raised.value.field == field
        assert raised.value.rule.startswith("must ")
        assert [list(gateway.payments(each)) for each in (1, 2, 4)] == [[], [], []]
        assert gateway.waiting(1) == 0


def test_a_mismatch_says_what_was_expected(fair: Fair, gateway: Gateway) -> None:
    with pytest.raises(AmountMismatch) as raised:
        gateway.pay(fair.request(contents=(1, 3), amount=Money(1, "USD")))
    assert (raised.value.expected, raised.value.actual) == (Money(24_899, "USD"), Money(1, "USD"))


def test_inactive_content_cannot_be_bought(fair: Fair, gateway: Gateway) -> None:
    fair.network.license.set_active(fair.operators[2], 3, False)
    gateway.sync()
    with pytest.raises(InactiveContent) as raised:
        gateway.pay(fair.request(contents=(1, 3)))
    assert raised.value.content == 3


def test_a_suspended_platform_cannot_sell(fair: Fair, gateway: Gateway) -> None:
    fair.network.registry.set_status(fair.admin, 1, PlatformStatus.SUSPENDED)
    gateway.sync()
    with pytest.raises(InactivePlatform):
        gateway.pay(fair.request())


def test_what_was_published_a_moment_ago_can_be_bought(fair: Fair, gateway: Gateway) -> None:
    fair.network.license.publish(fair.operators[3], [Publication("new", 490_000, 0, PLAN)])
    fair.network.registry.register_learners(fair.operators[3], 1)
    amount = Money(49, "USD")
    payment = gateway.pay(
        replace(
            fair.request(learner=LEARNERS + 1),
            contents=(7,),
            amount=amount,
            provider_payment_id=fair.provider.pay(amount),
        )
    )
    assert payment.orders[0].price == amount


def test_a_price_below_a_minor_unit_is_refused_alone(fair: Fair, gateway: Gateway) -> None:
    """Two prices of half a cent add up to a cent, but neither could go back by itself."""
    halves = [Publication(ref, 5_000, 0, PLAN) for ref in ("half", "other half")]
    fair.network.license.publish(fair.operators[1], halves)
    gateway.sync()
    cent = Money(1, "USD")
    changes: dict[str, Any] = {"amount": cent, "provider_payment_id": fair.provider.pay(cent)}
    cart = replace(fair.request(), contents=(7, 8), **changes)
    single = replace(fair.request(), contents=(7,), **changes)
    told = gateway.pay_many([fair.request(), cart, single, fair.request(learner=2)])
    assert [type(each) for each in told] == [Payment, InvalidInput, InvalidInput, Payment]
    assert isinstance(told[1], InvalidInput)
    assert told[1].field == "contents"
    assert "whole number of minor units" in told[1].rule
    assert gateway.waiting(1) == 2
    assert len(list(gateway.payments(1))) == 2


def test_many_payments_stand_or_fall_alone(fair: Fair, gateway: Gateway) -> None:
    good = [fair.request(learner=each) for each in (1, 2, 3)]
    twice = replace(good[0], idempotency_key="twice")
    asked = [good[0], fair.request(learner=99), good[1], good[0], twice, good[2]]
    told = gateway.pay_many(asked)
    assert [type(each) for each in told] == [
        Payment,
        UnknownLearner,
        Payment,
        Payment,
        DuplicatePayment,
        Payment,
    ]
    assert told[3] == told[0]
    assert gateway.waiting(1) == 3


def test_two_threads_with_one_request_make_one_payment(fair: Fair, gateway: Gateway) -> None:
    requests = [fair.request() for _ in range(50)]
    with ThreadPoolExecutor(4) as threads:
        told = list(threads.map(gateway.pay, [each for each in requests for _ in range(4)]))
    assert len({payment.id for payment in told}) == 50
    assert gateway.waiting(1) == 50


def test_two_gateways_with_one_database_make_one_payment(fair: Fair) -> None:
    requests = [fair.request() for _ in range(25)]
    with fair.gateway() as one, fair.gateway() as other, ThreadPoolExecutor(2) as threads:
        told = [list(threads.map(each.pay, requests)) for each in (one, other)]
        assert told[0] == told[1]
        assert one.waiting(1) == 25


def test_a_silent_providers_payment_is_neither_paid_nor_failed(
    fair: Fair, gateway: Gateway
) -> None:
    request = fair.request()
    with fair.provider.silence():
        with pytest.raises(PaymentUnknown):
            gateway.pay(request)
        (told,) = gateway.recheck()
        assert isinstance(told, PaymentUnknown)
    (payment,) = gateway.payments(1)
    assert payment.state is PaymentState.PAYMENT_UNKNOWN
    assert payment.orders[0].state is OrderState.PAYMENT_UNKNOWN
    assert gateway.waiting(1) == 0
    (told,) = gateway.recheck()
    assert isinstance(told, Payment)
    assert (told.id, told.state) == (payment.id, PaymentState.PAID)
    assert gateway.waiting(1) == 1
    assert gateway.recheck() == []


def test_the_same_request_asks_a_silent_provider_again(fair: Fair, gateway: Gateway) -> None:
    request = fair.request()
    with fair.provider.silence(), pytest.raises(PaymentUnknown):
        gateway.pay(request)
    assert gateway.pay(request).state is PaymentState.PAID
    assert gateway.waiting(1) == 1


def test_an_unknown_payment_that_failed_is_cancelled(fair: Fair, gateway: Gateway) -> None:
    amount = Money(4900, "USD")
    pending = fair.provider.open(amount)
    with fair.provider.silence(), pytest.raises(PaymentUnknown):
        gateway.pay(fair.request(provider_payment_id=pending))
    (told,) = gateway.recheck()
    assert isinstance(told, PaymentUnpaid)
    fair.provider.fail(pending)
    (told,) = gateway.recheck()
    assert isinstance(told, Payment)
    assert told.state is PaymentState.CANCELLED
    assert gateway.waiting(1) == 0
    assert gateway.settle(1) is None


def test_an_unknown_payment_of_another_amount_never_counts(fair: Fair, gateway: Gateway) -> None:
    less = fair.provider.pay(Money(1, "USD"))
    with fair.provider.silence(), pytest.raises(PaymentUnknown):
        gateway.pay(fair.request(provider_payment_id=less))
    (told,) = gateway.recheck()
    assert isinstance(told, AmountMismatch)
    assert gateway.waiting(1) == 0


@pytest.mark.parametrize("name", ["", "pay_1", "ord_0000000000000000", "pay_ffffffffffffffff"])
def test_an_unknown_name_is_named(gateway: Gateway, name: str) -> None:
    with pytest.raises(UnknownPayment):
        gateway.payment(name)
    with pytest.raises(UnknownOrder):
        gateway.order(name.replace("ord", "pay"))


def test_a_key_of_another_platform_opens_no_gateway(fair: Fair) -> None:
    fair.operators = {1: fair.operators[2]}
    with pytest.raises(WrongOperator) as raised:
        fair.gateway()
    assert raised.value.platform == 1


def test_a_key_that_is_named_accepts_when_its_gateway_opens(fair: Fair) -> None:
    registry, owner, key = fair.network.registry, fair.operators[1], dev_signer(9)
    registry.set_operator(owner, 1, key.address)
    assert registry.operator_of(key.address) == (0, 0, False)
    fair.operators = {1: key}
    for _ in range(2):
        with fair.gateway() as gateway:
            gateway.pay(fair.request())
            assert gateway.settle(1) is not None
    assert registry.operator_of(key.address) == (1, 2, True)
    assert not registry.is_named(1, key.address)


def test_a_key_that_was_stopped_opens_no_gateway(fair: Fair) -> None:
    operator = fair.operators[1]
    fair.network.registry.set_operator(operator, 1, operator.address, active=False)
    with pytest.raises(WrongOperator):
        fair.gateway()


def test_books_belong_to_one_deployment(fair: Fair) -> None:
    with fair.gateway() as gateway:
        gateway.pay(fair.request())
    other = Network(fair.network.chain, deploy(fair.network.chain, fair.admin))
    with pytest.raises(ForeignDatabase):
        Gateway.open(fair.url(), other, {}, {})


def test_an_empty_database_follows_to_another_deployment(fair: Fair) -> None:
    fair.gateway().close()
    other = Network(fair.network.chain, deploy(fair.network.chain, fair.admin))
    with Gateway.open(fair.url(), other, {}, {}) as gateway:
        assert list(gateway.contents()) == []


@pytest.mark.parametrize("option", [{"batch_size": 0}, {"batch_size": 1.5}, {"confirmations": -1}])
def test_options_are_checked(fair: Fair, option: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as raised:
        fair.gateway(**option)
    assert raised.value.field in option
