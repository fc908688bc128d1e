"""An account at a provider is there for the platforms whose it is, and for nobody else: SERVE-4."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.integration.fair import Fair
from zhifu.exceptions import UnknownProvider
from zhifu.gateway import Gateway
from zhifu.payments import CheckoutTerms, OrderState, PaymentState


@pytest.fixture
def gateway(fair: Fair) -> Iterator[Gateway]:
    """The fair's provider is platform 1's."""
    with fair.gateway(accounts={"sandbox": (1,)}) as opened:
        yield opened


def test_what_was_paid_to_a_platform_is_not_another_one_s_to_claim(
    fair: Fair, gateway: Gateway
) -> None:
    request = fair.request(platform=1, contents=(1,))
    claim = replace(request, platform=2, idempotency_key="theirs")
    with pytest.raises(UnknownProvider) as raised:
        gateway.pay(claim)
    assert raised.value.field == "provider"
    assert list(gateway.payments(2)) == []
    assert gateway.pay(request).state is PaymentState.PAID


def test_nobody_has_learners_pay_into_another_platform_s_account(
    fair: Fair, gateway: Gateway
) -> None:
    request = replace(fair.request(platform=2), provider_payment_id="")
    terms = CheckoutTerms(int(time.time()) + 600, "card", "A course")
    with pytest.raises(UnknownProvider):
        gateway.checkout(request, terms)
    assert list(gateway.payments(2)) == []


def test_its_own_platform_s_orders_are_refunded_through_it(fair: Fair, gateway: Gateway) -> None:
    (order,) = gateway.pay(fair.request(platform=1)).orders
    assert gateway.refund(order.id).state is OrderState.REFUNDED


def test_an_account_of_which_nothing_is_said_is_everybody_s(fair: Fair) -> None:
    with fair.gateway() as gateway:
        assert gateway.pay(fair.request(platform=1)).state is PaymentState.PAID
        assert gateway.pay(fair.request(platform=2)).state is PaymentState.PAID
