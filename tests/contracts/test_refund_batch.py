"""Refund of a batch order: its price goes back to the platform that paid."""

from __future__ import annotations

import pytest
from brownie import accounts
from eth_hash.auto import keccak

from tests.contracts.accounts import of_address
from tests.contracts.batch import ROOT_TAG, Group, Leaf, hash_words
from tests.contracts.clock import SHORT_WINDOW, now, set_next, travel
from tests.contracts.holds import unpack
from tests.contracts.network import appoint
from tests.contracts.refusals import refused

ONES = "0x" + "11" * 20


@pytest.fixture
def batch(settled, content, learners, referrer):
    """A batch of three words, the last half empty, with a referrer."""
    return settled([Group(content.number, learners[:17], referrer.address)])


@pytest.fixture
def refund(settlement, seller):
    """Refunds as an operator of the seller."""

    def refund(order, operator=seller.operator):
        return settlement.refundBatch(order, {"from": operator})

    return refund


def test_reverts_if_not_an_operator_of_the_platform(refund, batch, seller, host, stranger):
    """REFUND-1, INV-4."""
    for caller in (host.operator, seller.owner, stranger):
        with refused("NotOperatorOf", caller.address, seller.number):
            refund(batch.order(), caller)


def test_reverts_if_another_platform_claims_the_batch(refund, batch, host):
    """REFUND-1, TREE-3."""
    with refused("InvalidProof", batch.root, bytes(32)):
        refund(batch.order()._replace(platform=host.number), host.operator)


@pytest.mark.parametrize("field", ["lane", "number"])
def test_reverts_if_no_such_batch_was_settled(refund, batch, field):
    """TREE-3."""
    with refused("InvalidProof", batch.root, bytes(32)):
        refund(batch.order()._replace(**{field: 2}))


WRONG = {
    "price": lambda order: order._replace(facts=order.facts + 1),
    "commission": lambda order: order._replace(facts=order.facts + (1 << 40)),
    "referrer share": lambda order: order._replace(facts=order.facts + (1 << 56)),
    "plan version": lambda order: order._replace(facts=order.facts + (1 << 72)),
    "class": lambda order: order._replace(facts=order.facts + (1 << 88)),
    "epoch": lambda order: order._replace(facts=order.facts + (1 << 96)),
    "state": lambda order: order._replace(facts=order.facts | 1 << 160),
    "referrer": lambda order: order._replace(referrer=ONES),
    "content": lambda order: order._replace(word=order.word + (1 << 224)),
    "learner": lambda order: order._replace(word=order.word + 1),
    "leaf": lambda order: order._replace(leaf=1),
    "sibling": lambda order: order._replace(proof=(order.proof[0], bytes(32))),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_reverts_if_a_field_is_wrong(refund, batch, wrong):
    """TREE-3."""
    order = wrong(batch.order(0, 0))
    reached = root_from(order)
    assert reached != batch.root
    with refused("InvalidProof", reached, batch.root):
        refund(order)


@pytest.mark.parametrize("change", [{"leaf": 3}, {"leaves": 5}, {"proof": ()}])
def test_reverts_if_the_proof_does_not_fit_its_leaf(refund, batch, change):
    """TREE-3."""
    with refused("InvalidProof", bytes(32), batch.root):
        refund(batch.order(0, 0)._replace(**change))


@pytest.mark.parametrize("place", [3, 6, 7, 255])
def test_reverts_if_nobody_stands_at_the_place(refund, batch, place):
    """TREE-3."""
    with refused("EmptyPlace", place):
        refund(batch.order(2, place))


def test_reverts_if_refunded_before(refund, batch):
    """REFUND-1, INV-7."""
    order = batch.order(1, 2)
    refund(order)
    with refused("AlreadyRefunded", order.id):
        refund(order)


def test_reverts_once_the_money_has_matured(refund, batch):
    """REFUND-1, SPLIT-2."""
    epoch = now() // SHORT_WINDOW
    set_next((epoch + 2) * SHORT_WINDOW)
    with refused("RefundWindowClosed", epoch, epoch + 2):
        refund(batch.order())


def test_the_price_goes_back_to_the_platform(refund, settlement, token, batch, content, seller):
    """REFUND-4, INV-1."""
    available = settlement.availableOf(seller.account)
    held = token.balanceOf(settlement)
    order = batch.order(2, 1)
    event = refund(order).events["BatchOrderRefunded"]
    assert settlement.availableOf(seller.account) == available + content.price
    assert token.balanceOf(settlement) == held
    assert tuple(event.values()) == (order.id, content.number, content.price)


def test_takes_from_each_hold_what_the_order_put_in(
    refund, settlement, batch, content, seller, referrer
):
    """REFUND-2, INV-2."""

    def held():
        commissions = [
            settlement.commissionOf(a, 0) for a in (seller.account, of_address(referrer))
        ]
        return [unpack(hold).captured for hold in (settlement.holdOf(content.number), *commissions)]

    before = held()
    refund(batch.order(0, 6))
    assert [17 * (old - new) for old, new in zip(before, held(), strict=True)] == before


def test_every_order_can_be_refunded(refund, settlement, batch, content, seller):
    """REFUND-2, INV-2."""
    for order in batch.orders():
        refund(order)
    assert unpack(settlement.holdOf(content.number)).total == 0
    assert unpack(settlement.commissionOf(seller.account, 0)).total == 0
    assert settlement.availableOf(seller.account) == 10**12


def test_refunds_until_the_last_second(refund, settlement, batch, seller, content):
    """REFUND-1, SPLIT-2."""
    set_next((now() // SHORT_WINDOW + 2) * SHORT_WINDOW - 1)
    refund(batch.order())
    assert settlement.availableOf(seller.account) == 10**12 - 16 * content.price


def test_any_operator_of_a_suspended_platform_refunds(refund, registry, batch, seller, licences):
    """REFUND-1, ALL-3."""
    second, order = accounts[16], batch.order()
    appoint(registry, seller.number, seller.owner, second)
    registry.setStatus(seller.number, 2, {"from": registry.owner()})
    refund(order, second)
    assert not licences.verifyBatch(order, order.learner)


def test_burns_a_claimed_token(refund, registry, licences, batch, seller, learner_key, content):
    """REFUND-5, VERIFY-3."""
    order = batch.order(0, 1)
    registry.bindKey(order.learner, learner_key, {"from": seller.operator})
    licences.claimBatch(order, {"from": learner_key})
    refund(order)
    assert licences.balanceOf(learner_key, order.id) == 0
    assert not licences.verifyBatch(order, order.learner)
    assert not licences.verifyToken(order.id, content.number, learner_key)


def test_a_burned_order_is_not_refunded_again(
    refund, registry, licences, batch, seller, learner_key
):
    """REFUND-1, INV-7."""
    order = batch.order(0, 1)
    registry.bindKey(order.learner, learner_key, {"from": seller.operator})
    licences.claimBatch(order, {"from": learner_key})
    refund(order)
    with refused("AlreadyRefunded", order.id):
        refund(order)


def test_a_moved_licence_is_not_refunded(
    refund, registry, licences, batch, seller, learner_key, stranger
):
    """REFUND-1, CLAIM-2: a token moves only when its window has closed."""
    order = batch.order(0, 1)
    epoch = now() // SHORT_WINDOW
    registry.bindKey(order.learner, learner_key, {"from": seller.operator})
    licences.claimBatch(order, {"from": learner_key})
    travel(2 * SHORT_WINDOW)
    licences.safeTransferFrom(learner_key, stranger, order.id, 1, b"", {"from": learner_key})
    with refused("RefundWindowClosed", epoch, epoch + 2):
        refund(order)


def test_the_spent_bits_are_those_of_refunded_and_claimed_orders(
    refund, settlement, registry, licences, settled, content, learners, learner_key, seller
):
    """TREE-4."""
    batch = settled([Group(content.number, (list(learners) * 7)[:263])])
    lane = (batch.platform, batch.lane, batch.number)
    orders = batch.orders()
    done = (orders[3], orders[254], orders[255], orders[256], orders[262])
    for order in done[:-1]:
        refund(order)
    registry.bindKey(done[-1].learner, learner_key, {"from": seller.operator})
    licences.claimBatch(done[-1], {"from": learner_key})

    groups = [settlement.spentOf(*lane, group) for group in range(3)]
    assert groups == [1 << 3 | 1 << 254 | 1 << 255, 1 << 0 | 1 << 6, 0]
    assert settlement.spentOf(*lane[:2], batch.number + 1, 0) == 0


def root_from(order):
    """Return the root that the order's proof leads to."""
    node, index = Leaf(order.word, order.facts, order.referrer).hash(), order.leaf
    for sibling in order.proof:
        node = keccak(sibling + node if index & 1 else node + sibling)
        index >>= 1
    return hash_words(ROOT_TAG, int.from_bytes(node, "big"), order.leaves)
