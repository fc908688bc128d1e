"""Reconciliation with every provider's own bill, in its own wire format and its own days."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from tests.databases import SQLiteDatabases
from tests.integration.fair import PRICES, Fair, open_fair
from tests.integration.rails import DAY, RAILS, Rail, Served, Stage, today
from zhifu.anvil import Anvil
from zhifu.chain import Chain
from zhifu.checkouts import OpenCheckout
from zhifu.gateway import Gateway
from zhifu.money import Money
from zhifu.payments import CheckoutTerms, OrderState, Payment, PaymentRequest
from zhifu.providers import Checkout, HintKind
from zhifu.reasons import Route
from zhifu.sandbox.keys import Keys
from zhifu.sandbox.serving import Serving


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    stage = Stage(Keys.generate(), Keys.generate())
    with Serving(stage.provider) as provider, Serving(stage.merchant) as merchant:
        stage.provider_url, stage.merchant_url = provider.url, merchant.url
        yield stage


@pytest.fixture(scope="module")
def fairs() -> Iterator[dict[str, Fair]]:
    """A fair of each currency that a provider takes."""
    genesis = int(time.time()) - 3 * DAY
    with ExitStack() as stack:
        anvils = [stack.enter_context(Anvil(genesis_timestamp=genesis)) for _ in range(2)]
        (one, usd), (two, cny) = (
            (each, stack.enter_context(Chain(each.rpc_url))) for each in anvils
        )
        yield {"USD": open_fair(one, usd), "CNY": open_fair(two, cny, currency="CNY")}


class Shop:
    """A gateway of platform 1 with one provider, and what learners and banks do there."""

    def __init__(self, rail: Rail, gateway: Gateway) -> None:
        self.rail, self.gateway, self.keys = rail, gateway, count(1)

    def sell(self, learner: int, *contents: int) -> Payment:
        """A cart that its learner pays, as the gateway then knows."""
        amount = Money(sum(PRICES[each] for each in contents), self.rail.currency)
        name = self.rail.provider.name
        request = PaymentRequest(1, learner, contents, amount, name, "", f"key-{next(self.keys)}")
        terms = CheckoutTerms(int(self.rail.clock()) + 900, self.rail.method, "课程")
        made = self.gateway.checkout(request, terms)
        self.rail.reach(as_told(made))
        self.rail.pay(made.payment.provider_payment_id or "")
        self.rail.clock.shift += 10
        self.gateway.inquire()
        return self.gateway.payment(made.payment.id)

    def charge_back(self, payment: Payment, amount: int) -> None:
        """A bank takes money back, and the gateway is told."""
        named = payment.provider_payment_id or ""
        self.rail.charge_back(named, Money(amount, self.rail.currency))
        for each in self.rail.told(named, HintKind.CHARGEBACK):
            fresh = each._replace(received_at=int(self.rail.clock()))
            self.gateway.take_callback(self.rail.provider.name, fresh)
        self.gateway.process_callbacks()


def as_told(made: OpenCheckout) -> Checkout:
    return Checkout(made.payment.provider_payment_id or "", made.action)


@pytest.fixture(params=RAILS)
def shop(
    request: pytest.FixtureRequest, stage: Stage, fairs: dict[str, Fair], tmp_path: Path
) -> Iterator[Shop]:
    rail = RAILS[request.param](stage)
    # Some days ago, so that every bill is made by now.
    rail.clock.shift = -3 * DAY
    fair = replace(fairs[rail.currency], databases=SQLiteDatabases(tmp_path))
    snapshot = fair.anvil.snapshot()
    with Gateway.open(
        fair.url(),
        fair.network,
        fair.operators,
        {rail.provider.name: rail.provider},
        clock=lambda: int(rail.clock()),
    ) as gateway:
        yield Shop(rail, gateway)
    fair.anvil.revert(snapshot)
    if isinstance(rail, Served):
        rail.sandbox.deliveries.close()


def test_a_day_with_a_real_providers_bill_is_matched_to_the_last_cent(shop: Shop) -> None:
    """RECONCILE-1 to RECONCILE-3: payments, refunds, parts and chargebacks, with their fees."""
    gateway, rail = shop.gateway, shop.rail
    carts = [shop.sell(1, 1, 3), shop.sell(2, 1), shop.sell(3, 3, 5), shop.sell(4, 3)]
    assert gateway.settle(1) is not None
    gateway.sync()
    gateway.refund(carts[0].orders[0].id)
    gateway.refund_part(carts[2].orders[1].id, Money(60, rail.currency), "a part")
    for _ in range(3):
        gateway.recover()
    assert gateway.order(carts[0].orders[0].id).state is OrderState.REFUNDED
    if rail.charges_back:
        shop.charge_back(carts[3], PRICES[3])
        gateway.follow_chargebacks()
        gateway.recover()
    day = today(rail)
    rail.clock.shift = 0
    for found in (gateway.reconcile(), gateway.reconcile(day)):
        assert [each.said for each in found.unexplained] == []
        assert found.is_fine
        assert found.matched[Route.BILL] == 4 + 2 + int(rail.charges_back)
        assert found.matched[Route.CHAIN] == 6
        (sums,) = (each for each in found.sums.values() if each.taken)
        assert sums.taken == sum(each.request.amount.amount for each in carts)
        assert sums.given_back == PRICES[1] + 60
        assert sums.taken_back == (PRICES[3] if rail.charges_back else 0)
        assert (sums.fees > 0) == isinstance(rail, Served)


def test_a_refund_in_the_providers_console_is_found(shop: Shop) -> None:
    """RECONCILE-1"""
    gateway, rail = shop.gateway, shop.rail
    cart = shop.sell(1, 3)
    gateway.settle(1)
    amount = Money(100, rail.currency)
    named = cart.provider_payment_id or ""
    for _ in range(2):
        rail.provider.refund(named, amount, "ref_0123456789abcdef")
    rail.clock.shift = 0
    found = gateway.reconcile()
    (item,) = found.unexplained
    assert (item.reason.code, item.amount) == ("refund_not_in_books", -amount)
