"""RESTORE-1 to RESTORE-3: books that were restored from an older back-up settle nothing twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.integration.fair import DEPOSIT, PRICES, REFERRER, Fair
from zhifu.anvil import dev_signer
from zhifu.exceptions import UnrecordedBatch
from zhifu.gateway import Gateway
from zhifu.operators import appoint
from zhifu.payments import BatchState, OrderState, Payment

CENT = 10_000
OTHER_KEY = dev_signer(9)


def back_up(fair: Fair, name: str = "restored") -> None:
    """Copy the books as they are; nobody has them open."""
    assert fair.databases is not None
    fair.databases.copy("gateway", name)


def restored(fair: Fair, name: str = "restored") -> Gateway:
    return fair.gateway(1, database=name)


@pytest.fixture
def sold(fair: Fair) -> Payment:
    """A payment of two orders, which the back-up has; they were settled after it was made."""
    with fair.gateway(1) as gateway:
        payment = gateway.pay(fair.request(learner=2, contents=(1, 3)))
    back_up(fair)
    with fair.gateway(1) as gateway:
        assert gateway.settle(1) is not None
    return payment


def spent(fair: Fair) -> int:
    return DEPOSIT - fair.available(1)


def test_restored_books_settle_nothing_before_they_know_all_batches(
    fair: Fair, sold: Payment
) -> None:
    """RESTORE-1."""
    before = spent(fair)
    with restored(fair) as gateway:
        for _ in range(2):
            with pytest.raises(UnrecordedBatch) as raised:
                gateway.settle(1)
        assert (raised.value.platform, raised.value.number) == (1, 1)
        assert gateway.waiting(1) == 2
        assert gateway.batches(1) == []
    assert spent(fair) == before


def test_restored_books_give_back_nothing_that_may_be_settled(fair: Fair, sold: Payment) -> None:
    """RESTORE-1: its licence would stand on chain."""
    with restored(fair) as gateway:
        with pytest.raises(UnrecordedBatch):
            gateway.refund(sold.orders[0].id)
        assert gateway.order(sold.orders[0].id).state is OrderState.PAID
    assert fair.provider.refunded(sold.provider_payment_id or "").amount == 0


def test_another_platform_goes_on(fair: Fair, sold: Payment) -> None:
    """RESTORE-1: a lane stands still for itself alone."""
    with fair.gateway(1, 2, database="restored") as gateway:
        gateway.pay(fair.request(platform=2))
        assert gateway.settle(2) is not None


def test_a_batch_of_waiting_orders_is_adopted(fair: Fair, sold: Payment) -> None:
    """RESTORE-2: and from then on the lane goes on where the chain is."""
    with restored(fair) as gateway:
        (adoption,) = gateway.adopt(1)
        assert (adoption.matched, adoption.unmatched) == (2, ())
        assert adoption.batch.state is BatchState.SETTLED
        assert gateway.adopt(1) == []
        assert gateway.settle(1) is None
        for line in sold.orders:
            order = gateway.order(line.id)
            assert order.state in (OrderState.SETTLED, OrderState.CONFIRMED)
            proven = gateway.license_of(order.id)
            assert proven is not None
            assert (proven.content, proven.learner) == (order.content, order.learner)
        gateway.pay(fair.request())
        again = gateway.settle(1)
        assert again is not None
        assert (again.number, again.orders) == (2, 1)
        assert gateway.refund(sold.orders[0].id).state is OrderState.REFUNDED
    assert spent(fair) == (PRICES[3] + PRICES[1]) * CENT


def test_a_batch_that_sold_what_the_books_do_not_know_is_an_operators_to_judge(
    fair: Fair, sold: Payment
) -> None:
    """RESTORE-3."""
    with fair.gateway(1) as gateway:
        gateway.pay(fair.request(learner=2, contents=(2,)))
        assert gateway.settle(1) is not None
    with restored(fair) as gateway:
        with pytest.raises(UnrecordedBatch) as raised:
            gateway.adopt(1)
        assert raised.value.number == 2
        assert [batch.number for batch in gateway.batches(1)] == [1]
        (adoption,) = gateway.adopt(1, unmatched=True)
        assert [(each.content, each.learner) for each in adoption.unmatched] == [(2, 2)]
        assert gateway.settle(1) is None


UNLIKE: list[dict[str, Any]] = [
    {"learner": 3},
    {"contents": (4,)},
    {"referrer": REFERRER.address},
]


@pytest.mark.parametrize("changes", UNLIKE)
def test_an_order_unlike_a_sale_stays_waiting(fair: Fair, changes: dict[str, Any]) -> None:
    """RESTORE-2: learner, content, referrer and price must all be the same."""
    with fair.gateway(1) as gateway:
        kept = gateway.pay(fair.request(**{"contents": (3,), **changes}))
    back_up(fair)
    with fair.gateway(1) as gateway:
        gateway.refund(kept.orders[0].id)
        gateway.pay(fair.request(contents=(3,)))
        gateway.settle(1)
    with restored(fair) as gateway:
        (adoption,) = gateway.adopt(1, unmatched=True)
        assert (adoption.matched, len(adoption.unmatched)) == (0, 1)
        assert gateway.order(kept.orders[0].id).state is OrderState.PAID


def test_of_orders_alike_the_oldest_is_taken(fair: Fair) -> None:
    """RESTORE-2: as many as the chain has, and no more."""
    with fair.gateway(1) as gateway:
        first, second = (gateway.pay(fair.request(contents=(3,))) for _ in range(2))
    back_up(fair)
    with fair.gateway(1) as gateway:
        gateway.settle(1, limit=1)
    with restored(fair) as gateway:
        gateway.adopt(1)
        assert gateway.order(first.orders[0].id).state is not OrderState.PAID
        assert gateway.order(second.orders[0].id).state is OrderState.PAID
        settled = gateway.settle(1)
        assert settled is not None
        assert (settled.number, settled.orders) == (2, 1)
    assert spent(fair) == 2 * PRICES[3] * CENT


def test_an_adopted_batch_that_the_chain_loses_goes_out_again(fair: Fair, sold: Payment) -> None:
    """INV-7: its words are in the books, so it is signed anew under its number."""
    with restored(fair) as gateway:
        gateway.adopt(1)
        fair.anvil.rpc.call("anvil_rollback", 1)
        gateway.sync()
        (batch,) = gateway.recover()
        assert (batch.number, batch.state) == (1, BatchState.SETTLED)
    assert spent(fair) == (PRICES[1] + PRICES[3]) * CENT


def test_the_newest_back_up_goes_on_as_if_nothing_had_happened(fair: Fair, sold: Payment) -> None:
    back_up(fair, "newest")
    with restored(fair, "newest") as gateway:
        gateway.pay(fair.request())
        settled = gateway.settle(1)
        assert settled is not None
        assert settled.number == 2


@pytest.fixture
def sold_by_another_key(fair: Fair) -> Payment:
    """As `sold`, but settled by another key of the platform."""
    with fair.gateway(1) as gateway:
        payment = gateway.pay(fair.request(learner=2, contents=(1, 3)))
    back_up(fair)
    appoint(fair.network.registry, fair.operators[1], 1, OTHER_KEY)
    with replace(fair, operators={1: OTHER_KEY}).gateway(1) as gateway:
        assert gateway.settle(1) is not None
    return payment


def test_what_another_key_has_settled_is_not_settled_again(
    fair: Fair, sold_by_another_key: Payment
) -> None:
    """RESTORE-1: every lane of the platform counts."""
    before = spent(fair)
    with restored(fair) as gateway:
        for settle in (gateway.settle, gateway.settle):
            with pytest.raises(UnrecordedBatch) as raised:
                settle(1)
        assert (raised.value.lane, raised.value.number) == (2, 1)
        order = sold_by_another_key.orders[0]
        with pytest.raises(UnrecordedBatch):
            gateway.refund(order.id)
        assert gateway.order(order.id).state is OrderState.PAID
    assert spent(fair) == before


def test_what_another_key_has_settled_is_adopted(fair: Fair, sold_by_another_key: Payment) -> None:
    """RESTORE-2: and goes out again with that key's own transaction if the chain loses it."""
    with restored(fair) as gateway:
        (adoption,) = gateway.adopt(1)
        assert (adoption.matched, adoption.unmatched) == (2, ())
        assert (adoption.batch.lane, adoption.batch.number) == (2, 1)
        assert gateway.adopt(1) == []
        gateway.pay(fair.request())
        settled = gateway.settle(1)
        assert settled is not None
        assert (settled.lane, settled.number, settled.orders) == (1, 1, 1)
        assert gateway.refund(sold_by_another_key.orders[0].id).state is OrderState.REFUNDED
    assert spent(fair) == (PRICES[3] + PRICES[1]) * CENT


def test_another_keys_batch_that_the_chain_loses_goes_out_again(
    fair: Fair, sold_by_another_key: Payment
) -> None:
    """INV-7"""
    with restored(fair) as gateway:
        gateway.adopt(1)
        fair.anvil.rpc.call("anvil_rollback", 1)
        gateway.sync()
    with replace(fair, operators={1: OTHER_KEY}).gateway(1, database="restored") as gateway:
        gateway.recover()
        (batch,) = gateway.batches(1)
        assert (batch.lane, batch.number, batch.state) == (2, 1, BatchState.SETTLED)
    assert spent(fair) == (PRICES[1] + PRICES[3]) * CENT
