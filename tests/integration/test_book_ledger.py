"""LEDGER-8, 10: what the books say comes into the ledger once, and as it happened."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.integration.counter import Counter, charge_back, give_back, name, open_counter, paid
from tests.integration.fair import Fair
from zhifu.book_ledger import BookLedger
from zhifu.books import Books
from zhifu.money import Money
from zhifu.store import Store

PRICE = 4_900


@pytest.fixture
def counter(fair: Fair) -> Iterator[Counter]:
    with open_counter(fair) as opened:
        yield opened


def balances(counter: Counter) -> dict[str, int]:
    """What the accounts of the books have that have anything."""
    counter.gateway.follow_books()
    return {
        each.account: each.closing
        for each in counter.gateway.ledger_lines()
        if each.account.endswith("/USD") and each.closing
    }


def test_what_comes_in_later_and_what_it_cost_is_told_by_a_change_of_its_own(
    counter: Counter,
) -> None:
    """LEDGER-10: the books were told of more money, and of the fee, after the orders were paid."""
    made = paid(counter)
    before = balances(counter)
    assert before == {"provider:1/sandbox/USD": -PRICE, "sold:1/USD": PRICE}
    with Store.open(counter.fair.url()) as store:
        books = Books(store, lambda: counter.now, 6)
        books.receive(made.payment.id, Money(PRICE + 300, "USD"), fee=Money(31, "USD"))
    assert balances(counter) == {
        "provider:1/sandbox/USD": -PRICE - 300 + 31,
        "fees:1/sandbox/USD": -31,
        "sold:1/USD": PRICE,
        "surplus:1/USD": 300,
    }
    history = counter.fair.rows("SELECT state, received, fee FROM payment_history ORDER BY change")
    assert history[-2:] == [("paid", PRICE, 0), ("received", PRICE + 300, 31)]
    order = made.payment.orders[0].id
    assert "received" not in [each.state for each in counter.gateway.history(order)]


def test_what_a_bank_has_stands_until_an_order_is_taken_back_for_it(counter: Counter) -> None:
    """LEDGER-8"""
    made = paid(counter)
    counter.gateway.settle(1)
    charge_back(counter, made)
    assert balances(counter) == {"sold:1/USD": PRICE, "chargebacks:1/USD": -PRICE}
    counter.gateway.follow_chargebacks()
    counter.gateway.recover(1)
    assert balances(counter) == {}
    give_back(counter, made)
    assert balances(counter) == {"provider:1/sandbox/USD": -PRICE, "chargebacks:1/USD": PRICE}
    counter.gateway.pay_back()
    assert balances(counter) == {}
    assert counter.provider.refunded(name(made)).amount == PRICE


def test_many_who_follow_at_once_take_each_event_once(counter: Counter) -> None:
    """LEDGER-10"""
    for _ in range(12):
        paid(counter)
    url = counter.fair.url()

    def follow(_: int) -> int:
        with Store.open(url) as store:
            return BookLedger(store, 6).follow()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(follow, range(8)))
    assert balances(counter) == {"provider:1/sandbox/USD": -12 * PRICE, "sold:1/USD": 12 * PRICE}
    assert list(counter.gateway.check_ledger()) == []
