"""REFUND-7, REFUND-8: the books of orders that go back in parts, whatever their batches do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.stocked import CENT, Stock, receipt, usd
from zhifu.exceptions import DatabaseRefused
from zhifu.payments import BatchRecord, Destination, OrderRecord, OrderState, PaymentState
from zhifu.refundbook import Inclusion, Left, OnChain, RefundRecord
from zhifu.store import Store

INCLUSION = Inclusion("0x" + "2" * 64, 11)


@pytest.fixture
def stock(database_url: str) -> Iterator[Stock]:
    with Store.open(database_url) as store:
        yield Stock(store)


def part_of(stock: Stock, order_id: str, cents: int = 30, key: str = "part") -> RefundRecord:
    """A part of an order of 100 cents that begins to go back."""
    order = stock.books.order(order_id)
    stock.refunds.begin_part(order, Left(usd(cents), cents * CENT), Destination.PROVIDER, key)
    return stock.refunds.under(order_id, key)


def sold(stock: Stock) -> tuple[OrderRecord, BatchRecord]:
    (order,) = stock.pay(1).orders
    return order, stock.settle([order], 1)


def refuse(stock: Stock, batch: BatchRecord) -> None:
    """Its block is reorganised away, and the chain does not take it again."""
    stock.operations.unsettled(stock.operation(batch))
    stock.operations.refused(stock.operation(batch), "its price changed")


def finish(stock: Stock, refund: RefundRecord, payment: str) -> None:
    if refund.on_chain is OnChain.PENDING:
        stock.refunds.included(refund, 7, INCLUSION)
    stock.refunds.refunded(stock.refunds.record(refund.number), payment)


def test_parts_and_the_rest_add_up(stock: Stock) -> None:
    """Two at once, of which one would be too much, are one."""
    order, _ = sold(stock)
    part = part_of(stock, order.id, 60)
    with pytest.raises(DatabaseRefused, match="adds up"):
        part_of(stock, order.id, 50, "too much")
    assert stock.refunds.left(order) == Left(usd(40), 40 * CENT)
    stock.refunds.begin(stock.books.order(order.id))
    rest = stock.refunds.of(order.id)
    assert (rest.amount, rest.is_part) == (usd(40), False)
    finish(stock, rest, order.payment_id)
    assert stock.books.payment(order.payment_id).state is PaymentState.PAID
    finish(stock, part, order.payment_id)
    assert stock.books.payment(order.payment_id).state is PaymentState.REFUNDED


def test_a_part_does_not_fail_while_the_rest_goes_back(stock: Stock) -> None:
    """What the chain has left of the order comes back with the rest, that part too."""
    order, _ = sold(stock)
    part = part_of(stock, order.id)
    stock.refunds.begin(stock.books.order(order.id))
    stock.refunds.failed(part, "the chain has not that much left of it")
    assert stock.refunds.record(part.number).state == "refund_pending"
    stock.refunds.failed(stock.refunds.of(order.id), "its refund window is closed")
    stock.refunds.failed(part, "its refund window is closed")
    assert stock.refunds.record(part.number).state == "refund_failed"
    assert stock.refunds.left(order) == Left(usd(100), 100 * CENT)


@pytest.mark.parametrize("is_back", [False, True])
def test_a_part_waits_until_its_order_is_settled_anew(stock: Stock, is_back: bool) -> None:
    """Its batch was refused; the order waits for another at its price."""
    order, batch = sold(stock)
    part = part_of(stock, order.id)
    if is_back:
        finish(stock, part, order.payment_id)
    refuse(stock, batch)
    assert stock.books.waiting(1) == 1
    found = stock.refunds.record(part.number)
    assert (found.on_chain, found.state) == (
        OnChain.PENDING,
        "refunded" if is_back else "refund_pending",
    )
    stock.settle([stock.books.order(order.id)], 1)
    stock.refunds.included(found, 7, INCLUSION)
    assert stock.refunds.record(part.number).on_chain is OnChain.DONE
    assert stock.books.order(order.id).state is OrderState.SETTLED


@pytest.mark.parametrize("is_begun", [False, True])
def test_what_was_never_settled_needs_no_chain_for_its_parts(stock: Stock, is_begun: bool) -> None:
    """Once the rest goes back: begun before its batch was refused, or after."""
    order, batch = sold(stock)
    part = part_of(stock, order.id)
    if is_begun:
        stock.refunds.begin(stock.books.order(order.id))
    refuse(stock, batch)
    if not is_begun:
        stock.refunds.begin(stock.books.order(order.id))
    assert stock.books.waiting(1) == 0
    for refund in (stock.refunds.of(order.id), stock.refunds.record(part.number)):
        assert refund.on_chain is OnChain.NONE
        finish(stock, refund, order.payment_id)
    assert stock.books.payment(order.payment_id).state is PaymentState.REFUNDED


def test_a_batch_that_was_included_after_all_asks_for_its_parts_again(stock: Stock) -> None:
    order, batch = sold(stock)
    part = part_of(stock, order.id)
    operation = stock.operation(batch)
    refuse(stock, batch)
    stock.refunds.begin(stock.books.order(order.id))
    refused = stock.operations.latest(operation.kind, operation.subject)
    stock.operations.revived(refused, receipt(refused.transaction_hash, 12))
    found = (stock.refunds.of(order.id), stock.refunds.record(part.number))
    assert {each.on_chain for each in found} == {OnChain.PENDING}
