"""The sandbox's books: whatever is asked of them, money is neither made nor lost."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhifu.money import Money
from zhifu.providers import LineKind
from zhifu.sandbox.books import Books
from zhifu.sandbox.records import Change, Event, PaymentStatus, Refused, ReturnStatus, Why

AMOUNT = Money(1000, "CNY")


def usd(amount: int) -> Money:
    return Money(amount, "USD")


@pytest.fixture
def books() -> Books:
    return Books("test", fee_bps=60, clock=lambda: 100)


def refusal(act: Any, *arguments: Any) -> Why:
    with pytest.raises(Refused) as raised:
        act(*arguments)
    return raised.value.why


def paid(books: Books, reference: str = "pay_1") -> str:
    return books.pay(books.open(reference, AMOUNT).id).id


def test_a_reference_is_one_payment(books: Books) -> None:
    """SANDBOX-1"""
    payment = books.open("pay_1", AMOUNT)
    assert books.open("pay_1", AMOUNT) == payment == books.payment_by_reference("pay_1")
    assert refusal(books.open, "pay_1", Money(999, "CNY")) is Why.REFERENCE_USED
    assert refusal(books.open, "pay_2", Money(0, "CNY")) is Why.NOT_POSITIVE


def test_only_an_open_payment_is_paid_and_only_in_its_time(books: Books) -> None:
    """SANDBOX-1"""
    expired = books.open("pay_1", AMOUNT, expires_at=100)
    cancelled = books.cancel(books.open("pay_2", AMOUNT).id)
    assert refusal(books.pay, expired.id) is Why.EXPIRED
    assert refusal(books.pay, cancelled.id) is Why.NOT_OPEN
    assert refusal(books.pay, paid(books, "pay_3")) is Why.NOT_OPEN
    assert refusal(books.pay, "nobody's") is Why.UNKNOWN_PAYMENT
    open_one = books.open("pay_4", AMOUNT).id
    assert refusal(books.pay, open_one, usd(1)) is Why.OTHER_CURRENCY
    assert refusal(books.pay, open_one, Money(0, "CNY")) is Why.NOT_POSITIVE


def test_a_paid_payment_stays_paid(books: Books) -> None:
    """SANDBOX-1"""
    payment = paid(books)
    assert refusal(books.cancel, payment) is Why.ALREADY_PAID
    assert refusal(books.fail, payment) is Why.ALREADY_PAID
    assert books.payment(payment).status is PaymentStatus.PAID
    assert books.payment(payment).fee == Money(6, "CNY")


def test_a_refund_reference_gives_back_once_and_never_more_than_is_left(books: Books) -> None:
    """SANDBOX-1"""
    payment = paid(books)
    refund = books.give_back(payment, Money(400, "CNY"), "rf_1")
    assert books.give_back(payment, Money(400, "CNY"), "rf_1") == refund
    assert refusal(books.give_back, payment, Money(1, "CNY"), "rf_1") is Why.REFERENCE_USED
    assert refusal(books.give_back, payment, Money(601, "CNY"), "rf_2") is Why.MORE_THAN_LEFT
    assert refusal(books.give_back, payment, Money(0, "CNY"), "rf_2") is Why.NOT_POSITIVE
    assert refusal(books.charge_back, payment, Money(0, "CNY")) is Why.NOT_POSITIVE
    assert books.charge_back(payment).amount == Money(600, "CNY")
    assert books.returned(payment) == AMOUNT


def test_what_failed_to_arrive_can_be_given_back_again(books: Books) -> None:
    """SANDBOX-1"""
    payment = paid(books)
    refund = books.give_back(payment, AMOUNT, "rf_1", pending=True)
    assert refusal(books.give_back, payment, Money(1, "CNY"), "rf_2") is Why.MORE_THAN_LEFT
    books.decide_refund(refund.id, ReturnStatus.FAILED)
    assert refusal(books.decide_refund, refund.id, ReturnStatus.DONE) is Why.NOT_PENDING
    books.give_back(payment, AMOUNT, "rf_2")
    assert books.returned(payment) == AMOUNT


def test_a_chargeback_is_decided_once(books: Books) -> None:
    """SANDBOX-1"""
    payment = paid(books)
    chargeback = books.charge_back(payment)
    books.decide_chargeback(chargeback.id, ReturnStatus.FAILED)
    decided = refusal(books.decide_chargeback, chargeback.id, ReturnStatus.FAILED)
    assert decided is Why.NOT_PENDING
    assert sum(line.amount.amount for line in books.lines(0, 1000)) == AMOUNT.amount


def test_every_change_is_told_in_order_with_what_it_made(books: Books) -> None:
    told: list[Change] = []
    books.listen(told.append)
    payment = paid(books)
    books.give_back(payment, Money(1, "CNY"), "rf_1")
    books.decide_chargeback(books.charge_back(payment).id, ReturnStatus.DONE)
    assert [each.number for each in told] == [1, 2, 3, 4, 5]
    assert [each.event for each in told] == [
        Event.PAYMENT_PAID,
        Event.REFUND_CREATED,
        Event.REFUND_DECIDED,
        Event.CHARGEBACK_CREATED,
        Event.CHARGEBACK_DECIDED,
    ]
    assert told[0].payment.status is PaymentStatus.PAID


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["pay", "cancel", "refund", "pend", "decide", "take", "win"]),
        st.integers(0, 1),
        st.integers(-1, 20),
        st.sampled_from([ReturnStatus.DONE, ReturnStatus.FAILED]),
    ),
    max_size=60,
)


@given(steps=STEPS)
def test_no_sequence_of_requests_makes_or_loses_money(
    steps: list[tuple[str, int, int, ReturnStatus]],
) -> None:
    """SANDBOX-1"""
    books = Books("test", clock=lambda: 100)
    for which in range(2):
        books.open(f"pay_{which}", Money(10, "CNY"))
    for act, which, amount, status in steps:
        with suppress(Refused):
            step(books, act, which, Money(amount, "CNY"), status)
    balance = sum(line.amount.amount for line in books.lines(0, 1000))
    left = 0
    for payment in books.payments():
        returned = books.returned(payment.id)
        received = payment.received or Money.zero("CNY")
        assert Money.zero("CNY") <= returned <= received
        left += (received - returned).amount
    assert balance == left


def step(books: Books, act: str, which: int, amount: Money, status: ReturnStatus) -> None:
    payment = books.payment_by_reference(f"pay_{which}").id
    match act:
        case "pay":
            books.pay(payment, amount)
        case "cancel":
            books.cancel(payment)
        case "refund" | "pend":
            books.give_back(payment, amount, f"rf_{which}_{amount.amount}", pending=act == "pend")
        case "decide":
            for refund in books.refunds(payment):
                books.decide_refund(refund.id, status)
        case "take":
            books.charge_back(payment, amount)
        case _:
            for chargeback in books.chargebacks(payment):
                books.decide_chargeback(chargeback.id, status)


def test_threads_do_not_give_back_more_than_was_paid(books: Books) -> None:
    """SANDBOX-1"""
    payment = paid(books)

    def give(name: int) -> None:
        with suppress(Refused):
            books.give_back(payment, Money(300, "CNY"), f"rf_{name}")

    threads = [threading.Thread(target=give, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(books.refunds(payment)) == 3


def test_a_bill_has_the_lines_of_its_time_alone() -> None:
    """SANDBOX-1"""
    now = [100]
    books = Books("test", clock=lambda: now[0])
    payment = paid(books)
    now[0] = 200
    books.give_back(payment, Money(1, "CNY"), "rf_1")
    assert [line.kind for line in books.lines(100, 200)] == [LineKind.PAYMENT]
    assert [line.kind for line in books.lines(200, 201)] == [LineKind.REFUND]
    assert [line.reference for line in books.lines(0, 201)] == ["pay_1", "rf_1"]
