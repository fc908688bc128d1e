"""Migration: a new deployment takes over on the same registry while the old one is full of money.

The contracts cannot be changed. An upgrade deploys Settlement and ContentLicense again, pauses the
old ones and lets them run dry: nobody has to move anybody else's money.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.contracts import network
from tests.contracts.accounts import of_address, of_learner, of_platform
from tests.contracts.batch import Group, words_of
from tests.contracts.clock import DAY, LONG_WINDOW, SHORT_WINDOW, today, travel
from tests.contracts.orders import Order, as_number
from tests.contracts.plans import Publication
from tests.contracts.refusals import refused

EVIDENCE = bytes(32)


@dataclass(frozen=True)
class MidFlight:
    """The old deployment's orders, by what becomes of them."""

    kept: Order
    claimed: Order
    refunded: Order
    paid_out: Order
    silent: Order
    slow: Order
    batch: list[Any]
    prepaid: list[Any]

    @property
    def licences(self) -> list[Order]:
        """The direct orders that are not refunded."""
        return [self.kept, self.claimed, self.paid_out, self.slow]


@pytest.fixture(scope="module")
def slow(publish):
    """A content of the longer window."""
    return publish("slow", class_=1)


@pytest.fixture
def flight(
    settlement,
    licences,
    bought,
    settled,
    settled_by_learners,
    deposit,
    buyer,
    seller,
    referrer,
    content,
    slow,
    learners,
    arbiter,
    pauser,
):
    """Money in the holds of both classes, in disputes and on accounts of every kind."""
    changes = [{"referrer": referrer.address}, {}, {}, {}, {}, {"content": slow.number}]
    orders = [bought(salt=bytes([i]) * 32, **change) for i, change in enumerate(changes)]
    for account in (of_address(buyer), of_learner(seller.number, learners[5])):
        deposit(account, 10**9)
    for order in orders[3:5]:
        settlement.openDispute(order, EVIDENCE, {"from": buyer})
    licences.claim(orders[1], {"from": buyer})
    batch = settled([Group(content.number, learners[:9], referrer.address)]).orders()
    prepaid = settled_by_learners([Group(content.number, learners[5:7])]).orders()
    settlement.pause({"from": pauser})
    kept, claimed, undone, paid_out, silent, late = orders
    return MidFlight(kept, claimed, undone, paid_out, silent, late, batch, prepaid)


@pytest.fixture
def successor(settle_on, registry, token, network_owner, host, content, slow):
    """The new deployment: same registry, same token, same contents."""
    licences, settlement = settle_on(registry, token)
    for window in (SHORT_WINDOW, LONG_WINDOW):
        settlement.addWindow(window, {"from": network_owner})
    offers = [
        Publication("intro-to-finance", content.price, 0, content.plan),
        Publication("slow", slow.price, 1, slow.plan),
    ]
    network.publish(licences, host, *offers)
    return licences, settlement


@pytest.fixture
def run_dry(
    settlement,
    flight,
    seller,
    host,
    arbiter,
    stranger,
    buyer,
    referrer,
    creators,
    learners,
    learner_key,
    network_owner,
):
    """Plays what the parties do over two of the longer windows, and something else meanwhile."""

    def run_dry(meanwhile=lambda: None):
        _end_orders(settlement, flight, seller, host, arbiter)
        where = (seller.number, learners[5])
        settlement.offerAccount(*where, learner_key, {"from": seller.operator})
        meanwhile()
        travel(14 * DAY)
        settlement.closeDispute(flight.silent, {"from": stranger})
        settlement.takeOver(*where, {"from": learner_key})
        price = flight.kept.max_price
        settlement.payOut(seller.number, [learners[6]], [price], {"from": seller.operator})
        travel(14 * DAY)
        numbers = [order.content for order in (flight.kept, flight.slow)]
        settlement.release(numbers, {"from": stranger})
        accounts = [seller.account, of_address(referrer)]
        for class_ in (0, 1):
            settlement.releaseCommissions(accounts, class_, {"from": stranger})
        _withdraw(settlement, [buyer, referrer, learner_key, *creators])
        for number, owner in enumerate((network_owner, host.owner, seller.owner)):
            available = settlement.availableOf(of_platform(number))
            settlement.withdrawPlatform(number, available, {"from": owner})

    return run_dry


def _end_orders(settlement, flight, seller, host, arbiter):
    """Refund what the seller and the host refund, and decide what the arbiter decides."""
    for order in (flight.batch[0], flight.prepaid[1]):
        settlement.refundBatch(order, {"from": seller.operator})
    settlement.refundBatchPart(flight.batch[1], 7, {"from": host.operator})
    settlement.refund(flight.refunded, {"from": seller.operator})
    settlement.resolveDispute(flight.paid_out, False, EVIDENCE, {"from": arbiter})


def _withdraw(settlement, owners):
    for owner in owners:
        available = settlement.availableOf(of_address(owner))
        settlement.withdraw(available, owner, {"from": owner})


def test_the_old_one_sells_nothing_more(settlement, flight, order, buyer, seller, groups, fund):
    """ALL-4, PAUSE-1."""
    fund(buyer)
    with refused("Paused"):
        settlement.buy(order(salt=b"9" * 32), {"from": buyer})
    with refused("Paused"):
        arguments = (3, today(), 10**12, words_of(groups))
        settlement.settle(*arguments, {"from": seller.operator})


def test_the_old_one_runs_dry(settlement, token, flight, run_dry):
    """INV-1, ALL-4: refunds, decisions, releases and withdrawals take everything out."""
    assert token.balanceOf(settlement) > 10**12
    run_dry()
    assert token.balanceOf(settlement) == 0


def test_the_old_licences_still_verify(settlement, licences, flight, run_dry, buyer):
    """INV-5, VERIFY-1 to VERIFY-3: whether its money is out or not, an order stays a licence."""
    run_dry()
    assert all(licences.verify(order, buyer) for order in flight.licences)
    claimed = as_number(flight.claimed.id(settlement.address))
    assert licences.verifyToken(claimed, flight.claimed.content, buyer)
    shown = [*flight.batch[1:], flight.prepaid[0]]
    assert all(licences.verifyBatch(order, order.learner) for order in shown)


def test_what_was_refunded_verifies_no_more(licences, flight, run_dry, buyer):
    """INV-5, REFUND-5."""
    run_dry()
    assert not any(licences.verify(order, buyer) for order in (flight.refunded, flight.silent))
    refunds = (flight.batch[0], flight.prepaid[1])
    assert not any(licences.verifyBatch(order, order.learner) for order in refunds)


def test_an_old_licence_is_claimed_afterwards(settlement, licences, flight, run_dry, buyer):
    """CLAIM-1, CLAIM-2."""
    run_dry()
    licences.claim(flight.kept, {"from": buyer})
    assert licences.holderOf(as_number(flight.kept.id(settlement.address))) == buyer


def test_the_new_one_sells_meanwhile(
    successor, token, run_dry, order, buyer, fund, seller, groups, network_owner
):
    """INV-1, INV-6: the same keys, learners and orders' terms; the lanes begin at 1 again."""
    licences, settlement = successor
    placed = order(deadline=2**40)

    def sell():
        token.mint(buyer, 10**12, {"from": network_owner})
        token.approve(settlement, 10**12, {"from": buyer})
        settlement.buy(placed, {"from": buyer})
        settlement.deposit(seller.account, 10**9, {"from": buyer})
        arguments = (1, today(), 10**12, words_of(groups))
        settlement.settle(*arguments, {"from": seller.operator})

    run_dry(sell)
    assert licences.verify(placed, buyer)
    assert token.balanceOf(settlement) == placed.max_price + 10**9
    assert settlement.nextBatch(seller.number, 1) == 2


def test_neither_knows_the_orders_of_the_other(successor, settlement, flight, seller, buyer):
    """ORDER-1, TREE-3: an id and a root belong to one deployment."""
    licences, new = successor
    assert not licences.verify(flight.kept, buyer)
    assert not licences.verifyBatch(flight.batch[1], flight.batch[1].learner)
    with refused("UnknownOrder", flight.kept.id(new.address)):
        new.refund(flight.kept, {"from": seller.operator})


def test_the_old_one_can_go_on_if_the_new_one_fails(
    settlement, licences, flight, order, buyer, fund, network_owner
):
    """PAUSE-1: nothing about pausing is for good."""
    settlement.unpause({"from": network_owner})
    fund(buyer)
    placed = order(salt=b"9" * 32)
    settlement.buy(placed, {"from": buyer})
    assert licences.verify(placed, buyer)
