"""INV-1, 2, 7, 8: random trading, and the books equal a sum made apart and the chain's balances."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.databases import DIALECTS, place
from tests.integration.fair import DEPOSIT, LEARNERS, PLAN, PRICES, Fair
from zhifu import accounts
from zhifu.exceptions import InvalidInput, NotRefundable, ZhifuError
from zhifu.gateway import Gateway
from zhifu.money import Money
from zhifu.payments import OrderRecord, OrderState, Payment
from zhifu.providers.sandbox import SandboxProvider

CENT = 10_000
PLATFORMS = (1, 2, 3)

carts = st.lists(st.sampled_from(sorted(PRICES)), min_size=1, max_size=4, unique=True).map(tuple)
buy = st.tuples(
    st.just("buy"), st.sampled_from(PLATFORMS), st.integers(1, LEARNERS + 1), carts, st.booleans()
)
settle = st.tuples(st.just("settle"), st.sampled_from(PLATFORMS), st.integers(1, 5))
refund = st.tuples(st.just("refund"), st.integers(0, 10**6))
part = st.tuples(st.just("part"), st.integers(0, 10**6), st.integers(1, 6_000))
again = st.tuples(st.just("again"), st.integers(0, 10**6))
steps = st.lists(st.one_of(buy, buy, settle, refund, part, part, again), min_size=1, max_size=25)


@dataclass
class Trading:
    """What was done, counted independently of the gateway."""

    fair: Fair
    gateway: Gateway
    payments: list[Payment] = field(default_factory=list)
    settled: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    refunded: set[str] = field(default_factory=set)
    parts: Counter[str] = field(default_factory=Counter)

    def buy(self, platform: int, learner: int, contents: tuple[int, ...], honest: bool) -> None:
        request = self.fair.request(platform, learner, contents)
        if not honest:
            request = replace(request, amount=request.amount * 2)
        (told,) = self.gateway.pay_many([request])
        accepted = honest and learner <= LEARNERS
        assert isinstance(told, Payment if accepted else ZhifuError)
        if isinstance(told, Payment):
            self.payments.append(told)

    def settle(self, platform: int, limit: int) -> None:
        taken = self._open(platform)[:limit]
        batch = self.gateway.settle(platform, limit=limit)
        assert (batch.orders if batch else 0) == len(taken)
        self.settled.update({order.id: self._sale(order.id) for order in taken})

    def refund(self, choice: int) -> None:
        orders = [order for payment in self.payments for order in payment.orders]
        if orders:
            order = orders[choice % len(orders)]
            self.gateway.refund(order.id)
            self.refunded.add(order.id)

    def part(self, choice: int, cents: int) -> None:
        """A part goes back of what is settled; all that is left is as a whole refund."""
        orders = [order for payment in self.payments for order in payment.orders]
        if not orders:
            return
        order = orders[choice % len(orders)]
        left = PRICES[order.content] - self.parts[order.id]
        is_possible = order.id not in self.refunded and (
            cents == left or (cents < left and order.id in self.settled)
        )
        key = f"part {next(self.fair.keys)}"
        try:
            self.gateway.refund_part(order.id, Money(cents, "USD"), key)
        except (InvalidInput, NotRefundable):
            assert not is_possible
            return
        assert is_possible
        if cents == left:
            self.refunded.add(order.id)
        else:
            self.parts[order.id] += cents
            again = self.gateway.refund_part(order.id, Money(cents, "USD"), key)
            assert again.amount.amount == cents

    def again(self, choice: int) -> None:
        if self.payments:
            payment = self.payments[choice % len(self.payments)]
            assert self.gateway.pay(payment.request).id == payment.id

    def _open(self, platform: int) -> list[OrderRecord]:
        gone = self.settled.keys() | self.refunded
        return [
            order
            for payment in self.payments
            if payment.request.platform == platform
            for order in payment.orders
            if order.id not in gone
        ]

    def _sale(self, order_id: str) -> tuple[int, int, int]:
        order = next(o for p in self.payments for o in p.orders if o.id == order_id)
        return order.platform, order.learner, order.content

    def check(self) -> None:
        self._check_books()
        self._check_chain()
        self._check_licences()

    def _check_books(self) -> None:
        recorded = {p.id for each in PLATFORMS for p in self.gateway.payments(each)}
        assert recorded == {payment.id for payment in self.payments}
        for payment in self.payments:
            for order in payment.orders:
                assert self.gateway.order(order.id).state in self._states(order.id)
        for platform in PLATFORMS:
            assert self.gateway.waiting(platform) == len(self._open(platform))
        for payment in self.payments:
            back = sum(
                PRICES[order.content] if order.id in self.refunded else self.parts[order.id]
                for order in payment.orders
            )
            told = self.fair.provider.refunded(payment.request.provider_payment_id)
            assert told.amount == back

    def _states(self, order_id: str) -> tuple[OrderState, ...]:
        if order_id in self.refunded:
            return (OrderState.REFUNDED,)
        if order_id in self.settled:
            return (OrderState.SETTLED, OrderState.CONFIRMED)
        return (OrderState.PAID,)

    def _standing(self) -> list[tuple[int, int, int]]:
        return [sale for order, sale in self.settled.items() if order not in self.refunded]

    def _kept(self) -> list[tuple[int, int, int]]:
        """The sellers and contents of what stands, and what of each price in ledger units."""
        return [
            (sale[0], sale[2], (PRICES[sale[2]] - self.parts[order]) * CENT)
            for order, sale in self.settled.items()
            if order not in self.refunded
        ]

    def _check_chain(self) -> None:
        settlement, held = self.fair.network.settlement, 0
        for platform in PLATFORMS:
            sold = [units for seller, _, units in self._kept() if seller == platform]
            assert self.fair.available(platform) == DEPOSIT - sum(sold)
            commission = sum(price * PLAN.commission_bps // 10_000 for price in sold)
            hold = settlement.commission_of(accounts.of_platform(platform), 0)
            assert hold.total == commission
            held += commission
        for content in PRICES:
            kept = [units for _, sold, units in self._kept() if sold == content]
            revenue = sum(units - units * PLAN.commission_bps // 10_000 for units in kept)
            assert settlement.hold_of(content).total == revenue
            held += revenue
        available = sum(self.fair.available(platform) for platform in PLATFORMS)
        assert self.fair.network.token.balance_of(settlement.address) == available + held

    def _check_licences(self) -> None:
        owned = {(learner, content) for _, learner, content in self._standing()}
        with self.fair.outsider() as host:
            for learner in range(1, LEARNERS + 1):
                for content in PRICES:
                    assert host.may_use(learner, content) == ((learner, content) in owned)


@pytest.mark.parametrize("dialect", DIALECTS)
@settings(max_examples=12, deadline=None)
@given(script=steps)
def test_random_trading_adds_up(
    opened_fair: Fair, dialect: str, script: list[tuple[object, ...]]
) -> None:
    snapshot = opened_fair.anvil.snapshot()
    with place(dialect) as databases:
        fair = replace(opened_fair, databases=databases, provider=SandboxProvider(), keys=count(1))
        with fair.gateway() as gateway:
            trading = Trading(fair, gateway)
            for verb, *arguments in script:
                getattr(trading, str(verb))(*arguments)
            trading.check()
    opened_fair.anvil.revert(snapshot)
