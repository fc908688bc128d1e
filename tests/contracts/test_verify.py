"""Verify: whether a learner, or a holder, may use a content."""

from __future__ import annotations

import pytest

from tests.contracts.accounts import ZERO
from tests.contracts.batch import Group
from tests.contracts.clock import LONG_WINDOW, travel

WRONG_FIELDS = {
    "platform": 1,
    "lane": 2,
    "number": 2,
    "leaves": 4,
    "leaf": 2,
    "word": 1 << 224 | 1 << 192,
    "facts": 0,
    "referrer": "0x" + "11" * 20,
    "proof": (),
}


@pytest.fixture
def batch(settled, content, learners, referrer):
    """A batch of three words; the last is half empty."""
    return settled([Group(content.number, learners[:17], referrer.address)])


def test_an_order_never_placed_is_no_licence(licences, order, buyer):
    """VERIFY-1, VERIFY-4, INV-5."""
    assert not licences.verify(order(), buyer)
    assert not licences.verify(order(receiver=ZERO), ZERO)


def test_a_direct_order_is_the_receivers(licences, bought, buyer, stranger):
    """VERIFY-1."""
    order = bought(receiver=stranger.address)
    assert licences.verify(order, stranger)
    assert not licences.verify(order, buyer)
    assert not licences.verify(order, ZERO)


def test_a_changed_order_is_no_licence(licences, bought, publish, stranger):
    """VERIFY-1, VERIFY-4."""
    order = bought()
    changes = [
        {"receiver": stranger.address},
        {"content": publish("another").number},
        {"max_price": 1},
    ]
    for change in changes:
        changed = order._replace(**change)
        assert not licences.verify(changed, changed.receiver)


def test_a_refunded_order_is_no_licence(licences, settlement, bought, seller, buyer):
    """VERIFY-1, REFUND-5, INV-5."""
    order = bought()
    settlement.refund(order, {"from": seller.operator})
    assert not licences.verify(order, buyer)


def test_a_licence_lasts(licences, settlement, bought, buyer, content):
    """VERIFY-1, INV-5."""
    order = bought()
    travel(10 * LONG_WINDOW)
    settlement.release([content.number], {"from": buyer})
    assert licences.verify(order, buyer)


def test_each_learner_of_a_batch_has_a_licence(licences, batch, learners):
    """VERIFY-2, INV-5."""
    shown = batch.orders()
    assert [order.learner for order in shown] == list(learners[:17])
    assert all(licences.verifyBatch(order, order.learner) for order in shown)


def test_nobody_else_has_it(licences, batch, learners):
    """VERIFY-2, VERIFY-4."""
    order = batch.order(1, 3)
    others = [0, order.learner + 1, learners[-1], learners[-1] + 1]
    assert not any(licences.verifyBatch(order, other) for other in others)


@pytest.mark.parametrize("field", WRONG_FIELDS)
def test_a_wrong_field_proves_nothing(licences, batch, field):
    """TREE-3, VERIFY-4."""
    order = batch.order(0, 0)
    wrong = order._replace(**{field: WRONG_FIELDS[field]})
    assert licences.verifyBatch(order, order.learner)
    assert not licences.verifyBatch(wrong, wrong.learner)


@pytest.mark.parametrize("bit", [0, 40, 56, 72, 88, 96, 120, 160, 255])
def test_wrong_facts_prove_nothing(licences, batch, bit):
    """TREE-3."""
    order = batch.order(2, 1)
    wrong = order._replace(facts=order.facts ^ 1 << bit)
    assert not licences.verifyBatch(wrong, wrong.learner)


def test_a_proof_with_a_sibling_too_many_or_swapped_proves_nothing(licences, batch):
    """TREE-3."""
    order = batch.order(0, 0)
    first, second = order.proof
    for proof in ((first, second, second), (second, first), (first,), (second,)):
        assert not licences.verifyBatch(order._replace(proof=proof), order.learner)


def test_an_inner_node_is_no_leaf(licences, batch):
    """TREE-1, TREE-3."""
    left, right = batch.tree.levels[0][:2]
    inner = batch.order(0, 0)._replace(
        leaves=2,
        word=int.from_bytes(left, "big"),
        facts=int.from_bytes(right, "big"),
        proof=(batch.tree.levels[1][1],),
    )
    assert not licences.verifyBatch(inner, inner.learner)


@pytest.mark.parametrize("place", [3, 6, 7, 8, 255])
def test_an_empty_place_is_no_licence(licences, batch, place):
    """VERIFY-4, TREE-3."""
    order = batch.order(2, 0)._replace(place=place)
    assert not any(licences.verifyBatch(order, learner) for learner in range(20))


def test_a_place_names_its_learner_alone(licences, batch, learners):
    """VERIFY-2, TREE-3."""
    for place in range(7):
        order = batch.order(0, place)
        valid = [each for each in learners[:7] if licences.verifyBatch(order, each)]
        assert valid == [learners[place]]


def test_a_refunded_batch_order_is_no_licence_and_its_neighbours_are(
    licences, settlement, batch, seller
):
    """VERIFY-2, REFUND-5, INV-5."""
    refunded = batch.order(1, 1)
    settlement.refundBatch(refunded, {"from": seller.operator})
    for order in batch.orders():
        assert licences.verifyBatch(order, order.learner) == (order != refunded)


def test_tokens_never_made_are_no_licences(licences, batch, content, stranger):
    """VERIFY-3."""
    order = batch.order()
    for holder in (stranger, ZERO):
        assert not licences.verifyToken(order.id, content.number, holder)


def test_a_part_refund_and_a_dispute_leave_the_licence(
    licences, settlement, bought, settled, deposit, seller, host, buyer
):
    """VERIFY-1, VERIFY-2, REFUND-6, DISPUTE-2, INV-5."""
    direct, shown = bought(), settled().order()
    deposit(seller.account)
    deposit(int(buyer.address, 16))
    settlement.refundPart(direct, 1, {"from": host.operator})
    settlement.refundBatchPart(shown, 1, {"from": host.operator})
    settlement.openDispute(direct, bytes(32), {"from": buyer})
    settlement.openBatchDispute(shown, bytes(32), {"from": seller.operator})
    assert licences.verify(direct, buyer)
    assert licences.verifyBatch(shown, shown.learner)
