"""LIFE-1 to LIFE-9, LEASE-1: what becomes of payments, of their money and of callbacks."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.stocked import EXPIRY, NOW, Stock, usd
from zhifu.chargebackbook import ChargebackState, Stage, Taken
from zhifu.exceptions import DatabaseRefused, DuplicatePayment, UnknownPayment
from zhifu.inbox import Received
from zhifu.leases import Leases
from zhifu.paybackbook import PaybackState, Reason
from zhifu.payments import CheckoutTerms, OrderState, Payment, PaymentState, Purpose
from zhifu.providers import Hint, HintKind
from zhifu.refundbook import Inclusion, OnChain, ReturnedBy
from zhifu.store import Store


@pytest.fixture
def stock(database_url: str) -> Iterator[Stock]:
    with Store.open(database_url) as store:
        yield Stock(store)


def states(stock: Stock, payment: Payment) -> list[str]:
    """What a payment has been, in order."""
    with stock.store.reading() as transaction:
        rows = transaction.rows("order_history", order_id=int(payment.orders[0].id[4:], 16))
    return [state for state, *_ in rows]


# Payments that the gateway makes at their provider


def test_a_payment_is_created_awaited_and_paid(stock: Stock) -> None:
    created = stock.create(1, 2)
    assert (created.state, created.provider_payment_id) == (PaymentState.CREATED, None)
    assert created.expires_at == EXPIRY
    assert created == stock.books.payment(created.id)
    awaited = stock.books.made(created.id, "pi_9", {"client_secret": "s"})
    assert (awaited.state, awaited.provider_payment_id) == (PaymentState.AWAITING_PAYMENT, "pi_9")
    assert stock.books.waiting(1) == 0
    paid = stock.books.resolve(created.id, PaymentState.PAID, received=usd(200), fee=usd(7))
    assert (paid.state, paid.received, paid.fee) == (PaymentState.PAID, usd(200), usd(7))
    assert stock.books.waiting(1) == 2
    assert {order.state for order in paid.orders} == {OrderState.PAID}
    assert states(stock, paid) == ["created", "awaiting_payment", "paid"]
    assert stock.paybacks.of(paid.id) == []


def test_a_request_without_a_name_stays_the_request_it_was(stock: Stock) -> None:
    created = stock.create()
    stock.books.made(created.id, "pi_9", {})
    (known,) = stock.books.known([created.request])
    assert known is not None
    assert known.request == created.request


def test_what_a_provider_is_told_can_be_told_again_in_the_same_words(stock: Stock) -> None:
    created = stock.create()
    terms = CheckoutTerms(EXPIRY, "native", "two courses", "https://school.example", "openid")
    assert stock.books.checkout(created.id) == (terms, None)
    stock.books.made(created.id, "pi_9", {"code_url": "weixin://x"})
    assert stock.books.checkout(created.id) == (terms, {"code_url": "weixin://x"})
    with pytest.raises(UnknownPayment):
        stock.books.checkout(stock.pay().id)


def test_a_provider_does_not_call_two_payments_the_same(stock: Stock) -> None:
    """LIFE-2."""
    stock.books.made(stock.create().id, "pi_9", {})
    other = stock.create()
    with pytest.raises(DuplicatePayment):
        stock.books.made(other.id, "pi_9", {})
    assert stock.books.payment(other.id) == other


def test_a_payment_that_came_to_its_end_first_is_only_named(stock: Stock) -> None:
    """An answer that comes late, of a payment that expired meanwhile."""
    created = stock.create()
    stock.books.resolve(created.id, PaymentState.EXPIRED)
    late = stock.books.made(created.id, "pi_9", {})
    assert (late.state, late.provider_payment_id) == (PaymentState.EXPIRED, "pi_9")


def test_what_is_decided_is_not_decided_again(stock: Stock) -> None:
    paid = stock.books.resolve(stock.awaited().id, PaymentState.PAID)
    assert stock.books.resolve(paid.id, PaymentState.CANCELLED) == paid
    assert stock.books.waiting(1) == 2


def test_a_top_up_has_no_orders(stock: Stock) -> None:
    paid = stock.books.resolve(stock.awaited(purpose=Purpose.TOP_UP).id, PaymentState.PAID)
    assert (paid.orders, paid.request.purpose) == ((), Purpose.TOP_UP)
    assert stock.books.waiting(1) == 0


def test_what_is_not_decided_is_asked_about_when_it_is_due(stock: Stock) -> None:
    """LIFE-9."""
    silent, awaited = stock.silent(), stock.awaited()
    stock.now += 5
    assert [(due.payment, due.tries) for due in stock.books.due()] == [(silent, 0), (awaited, 0)]
    stock.books.postpone(silent.id, NOW + 60)
    assert [due.payment.id for due in stock.books.due()] == [awaited.id]
    stock.books.resolve(awaited.id, PaymentState.PAID)
    stock.now += 60
    assert [(due.payment, due.tries) for due in stock.books.due()] == [(silent, 1)]


# Money that belongs to no order


@pytest.mark.parametrize(
    ("state", "received", "reason", "surplus"),
    [
        (PaymentState.PAID, 250, Reason.OVERPAID, 50),
        (PaymentState.CANCELLED, 150, Reason.UNDERPAID, 150),
        (PaymentState.EXPIRED, 200, Reason.LATE, 200),
    ],
)
def test_money_that_belongs_to_no_order_goes_back(
    stock: Stock, state: PaymentState, received: int, reason: Reason, surplus: int
) -> None:
    """LIFE-7."""
    payment = stock.books.resolve(stock.awaited().id, state, received=usd(received))
    (payback,) = stock.paybacks.open()
    assert (payback.payment_id, payback.reason, payback.amount) == (
        payment.id,
        reason,
        usd(surplus),
    )
    assert payback.provider_payment_id == payment.provider_payment_id
    stock.paybacks.paid_back(payback)
    assert stock.paybacks.open() == []
    assert stock.books.receive(payment.id, usd(received)) == payment
    assert len(stock.paybacks.of(payment.id)) == 1


def test_more_money_that_comes_later_goes_back_too(stock: Stock) -> None:
    """LIFE-7: also twice, and also for the same order again."""
    paid = stock.pay(1, 2)
    for received, reason in ((250, None), (450, Reason.DUPLICATE), (450, None)):
        found = stock.books.receive(paid.id, usd(received), reason=reason)
        assert found.received == usd(received)
    assert [(each.reason, each.amount) for each in stock.paybacks.of(paid.id)] == [
        (Reason.OVERPAID, usd(50)),
        (Reason.DUPLICATE, usd(200)),
    ]
    assert stock.books.waiting(1) == 2


@pytest.mark.parametrize("later", [PaymentState.PAID, PaymentState.CANCELLED])
def test_what_an_answer_that_came_second_tells_is_not_lost(
    stock: Stock, later: PaymentState
) -> None:
    """LIFE-7: two answers were under way, and the first one decided."""
    awaited = stock.awaited()
    stock.books.resolve(awaited.id, PaymentState.CANCELLED, received=usd(50))
    found = stock.books.resolve(awaited.id, later, received=usd(200))
    assert (found.state, found.received) == (PaymentState.CANCELLED, usd(200))
    assert [(each.reason, each.amount) for each in stock.paybacks.of(awaited.id)] == [
        (Reason.UNDERPAID, usd(50)),
        (Reason.LATE, usd(150)),
    ]


def test_a_payment_that_is_told_to_be_paid_too_much_is_paid_back_at_once(stock: Stock) -> None:
    paid = stock.pay(1, 2, received=201)
    assert [each.amount for each in stock.paybacks.of(paid.id)] == [usd(1)]


def test_a_payment_is_not_paid_by_less(stock: Stock) -> None:
    """LIFE-3."""
    awaited = stock.awaited()
    with pytest.raises(DatabaseRefused):
        stock.books.resolve(awaited.id, PaymentState.PAID, received=usd(199))
    assert stock.books.payment(awaited.id) == awaited


def test_a_payback_that_a_provider_refuses_can_be_tried_again(stock: Stock) -> None:
    stock.books.resolve(stock.awaited().id, PaymentState.CANCELLED, received=usd(1))
    (payback,) = stock.paybacks.open()
    stock.paybacks.failed(payback, "too old")
    assert stock.paybacks.open() == []
    assert stock.paybacks.of(payback.payment_id)[0].state is PaybackState.FAILED
    stock.paybacks.again(payback)
    assert stock.paybacks.open() == [payback]


# Chargebacks


def test_orders_of_a_payment_that_is_charged_back_wait_for_no_batch(stock: Stock) -> None:
    """LIFE-8."""
    paid = stock.pay(1, 2)
    assert stock.chargebacks.begin(paid.id, Taken("dp_1", usd(200), Stage.BEFORE_MATURITY))
    assert not stock.chargebacks.begin(paid.id, Taken("dp_1", usd(200), Stage.BEFORE_MATURITY))
    assert stock.books.payment(paid.id).state is PaymentState.CHARGED_BACK
    assert stock.books.order(paid.orders[0].id).state is OrderState.CHARGED_BACK
    assert stock.books.waiting(1) == 0


def test_a_chargeback_that_is_reversed_lets_orders_wait_again(stock: Stock) -> None:
    """LIFE-8: once the bank has not all of the payment any more."""
    paid = stock.pay(1, 2)
    stock.chargebacks.begin(paid.id, Taken("dp_1", usd(100), Stage.BEFORE_MATURITY))
    assert stock.books.payment(paid.id).state is PaymentState.PAID
    assert stock.books.waiting(1) == 2
    stock.chargebacks.begin(paid.id, Taken("dp_2", usd(100), Stage.BEFORE_MATURITY))
    assert stock.books.payment(paid.id).state is PaymentState.CHARGED_BACK
    first, second = stock.chargebacks.of(paid.id)
    stock.chargebacks.reverse(second)
    assert stock.books.payment(paid.id).state is PaymentState.PAID
    assert stock.books.waiting(1) == 2
    stock.chargebacks.reverse(first)
    assert stock.paybacks.of(paid.id) == []
    assert {each.state for each in stock.chargebacks.of(paid.id)} == {ChargebackState.REVERSED}


def test_what_was_settled_is_returned_by_the_chargeback(stock: Stock) -> None:
    """LIFE-6: on chain alone, and only once; the money is with the learner already."""
    paid = stock.pay(1, 2)
    stock.settle(paid.orders, 1)
    stock.chargebacks.begin(paid.id, Taken("dp_1", usd(200), Stage.BEFORE_MATURITY))
    order = stock.books.order(paid.orders[0].id)
    with pytest.raises(DatabaseRefused):
        stock.refunds.begin(order)
    stock.refunds.begin(order, ReturnedBy.CHARGEBACK)
    refund = stock.refunds.of(order.id)
    assert (refund.returned_by, refund.on_chain) == (ReturnedBy.CHARGEBACK, OnChain.PENDING)
    stock.refunds.included(refund, 7, Inclusion("0x2", 11))
    stock.refunds.refunded(refund, paid.id)
    assert stock.books.order(order.id).state is OrderState.REFUNDED
    assert stock.books.payment(paid.id).state is PaymentState.CHARGED_BACK
    stock.chargebacks.close(stock.chargebacks.open()[0], "taken back on chain")
    assert stock.chargebacks.open() == []


def test_orders_that_come_out_of_a_refused_batch_charged_back_do_not_wait(stock: Stock) -> None:
    """LIFE-5."""
    paid, other = stock.pay(1), stock.pay(2)
    batch = stock.batch([*paid.orders, *other.orders], 1)
    stock.chargebacks.begin(paid.id, Taken("dp_1", usd(100), Stage.BEFORE_MATURITY))
    stock.operations.refused(stock.operation(batch), "its transaction failed")
    assert stock.books.waiting(1) == 1
    assert stock.books.order(other.orders[0].id).state is OrderState.PAID


def test_a_refund_that_was_begun_is_not_begun_again(stock: Stock) -> None:
    """LIFE-6: two processes that begin it make one."""
    order = stock.books.order(stock.pay(1).orders[0].id)
    stock.refunds.begin(order)
    begun = stock.refunds.of(order.id)
    stock.refunds.begin(order)
    assert stock.refunds.of(order.id) == begun


# Callbacks


def received(event: str, kind: HintKind = HintKind.PAYMENT, payment: str = "pi_1") -> Received:
    return Received("sandbox", Hint(event, kind, payment), b"body", NOW)


def test_an_event_counts_once(stock: Stock) -> None:
    """LIFE-9."""
    one, other = received("evt_1"), received("evt_2", HintKind.REFUND)
    assert stock.inbox.put([one, other, one]) == 2
    assert stock.inbox.put([other, replace_body(one)]) == 0
    assert stock.inbox.put([one._replace(provider="another")]) == 1
    assert [due.hint.event_id for due in stock.inbox.due()] == ["evt_1", "evt_2", "evt_1"]


def replace_body(each: Received) -> Received:
    return each._replace(body=b"another")


def test_an_event_about_nothing_is_not_stored(stock: Stock) -> None:
    assert stock.inbox.put([received("evt_1", HintKind.OTHER)]) == 0
    assert stock.inbox.due() == []


def test_a_callback_is_dealt_with_once(stock: Stock) -> None:
    stock.inbox.put([received(f"evt_{each}") for each in range(3)])
    one, other, last = stock.inbox.due()
    stock.inbox.processed(one)
    stock.inbox.refused(other, "no such payment")
    stock.inbox.postpone(last, NOW + 60, "the provider is silent")
    assert stock.inbox.due() == []
    stock.inbox.processed(other)
    stock.now += 60
    (again,) = stock.inbox.due()
    assert (again.hint, again.tries) == (last.hint, 1)


def test_a_learner_is_forgotten_and_the_books_are_not(stock: Stock) -> None:
    """LIFE-4."""
    awaited = stock.awaited()
    name = awaited.provider_payment_id or ""
    stock.inbox.put([received("evt_1", payment=name)])
    stock.inbox.processed(stock.inbox.due()[0])
    stock.books.forget(1, 1)
    assert stock.books.checkout(awaited.id).terms.payer == "openid"
    paid = stock.books.resolve(awaited.id, PaymentState.PAID)
    stock.books.forget(1, 1)
    terms, action = stock.books.checkout(awaited.id)
    assert (terms.payer, terms.return_url, action) == (None, None, None)
    assert stock.books.payment(awaited.id) == paid


# Leases


def test_a_lease_has_one_holder_until_its_time_is_over(stock: Stock) -> None:
    """LEASE-1."""
    ours = stock.leases
    theirs = Leases(stock.store, "there", lambda: stock.now * 1_000)
    assert ours.take("lane", 30)
    assert ours.take("lane", 30)
    assert not theirs.take("lane", 30)
    assert theirs.take("another", 30)
    assert (ours.holder_of("lane"), ours.holder_of("nothing")) == ("here", None)
    stock.now += 29
    assert ours.renew("lane", 30)
    stock.now += 29
    assert not theirs.take("lane", 30)
    stock.now += 1
    assert ours.holder_of("lane") is None
    assert theirs.take("lane", 30)
    assert not ours.renew("lane", 30)
    ours.release("lane")
    assert theirs.holder_of("lane") == "there"
    theirs.release("lane")
    assert ours.take("lane", 30)


def take(url: str, turn: int) -> bool:
    with Store.open(url) as store:
        return Leases(store, f"holder {turn}").take("lane", 3_600)


def test_of_many_threads_one_gets_a_lease(database_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(take, [database_url] * 8, range(8))) == 1


def test_of_two_processes_one_gets_a_lease(database_url: str) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert sum(pool.starmap(take, [(database_url, 1), (database_url, 2)])) == 1
