"""Claim: a licence becomes a token of its owner."""

from __future__ import annotations

import pytest

from tests.contracts.accounts import ZERO
from tests.contracts.batch import Group
from tests.contracts.clock import SHORT_WINDOW, now, set_next, travel
from tests.contracts.orders import as_number
from tests.contracts.refusals import refused


@pytest.fixture
def mine(settled, registry, seller, content, learners, learner_key):
    """A batch order of the learner who has a key."""
    registry.bindKey(learners[1], learner_key, {"from": seller.operator})
    return settled([Group(content.number, learners[:9])]).order(0, 1)


@pytest.fixture
def token_of(bought, licences, buyer):
    """Buys and claims a licence; returns the order and its id as a token."""

    def token_of(**changes):
        order = bought(**changes)
        licences.claim(order, {"from": buyer})
        return order, as_number(order.id(licences.SETTLEMENT()))

    return token_of


def unlock_time():
    """Return when an order of now matures."""
    return (now() // SHORT_WINDOW + 2) * SHORT_WINDOW


def test_reverts_if_not_the_receiver(licences, bought, buyer, stranger):
    """CLAIM-1."""
    order = bought(receiver=stranger.address)
    with refused("NotLicensee", buyer.address, stranger.address):
        licences.claim(order, {"from": buyer})


def test_reverts_if_the_order_was_never_placed(licences, settlement, order, buyer):
    """CLAIM-1, REFUND-1."""
    with refused("UnknownOrder", order().id(settlement.address)):
        licences.claim(order(), {"from": buyer})


def test_reverts_if_claimed_before(licences, token_of, buyer):
    """CLAIM-1."""
    order, token_id = token_of()
    with refused("AlreadyClaimed", token_id, buyer.address):
        licences.claim(order, {"from": buyer})


def test_reverts_if_refunded(licences, settlement, bought, buyer, seller):
    """CLAIM-1."""
    order = bought()
    settlement.refund(order, {"from": seller.operator})
    with refused("AlreadyRefunded", as_number(order.id(settlement.address))):
        licences.claim(order, {"from": buyer})


def test_reverts_if_claimed_and_refunded(licences, settlement, token_of, buyer, seller):
    """CLAIM-1, REFUND-5."""
    order, token_id = token_of()
    settlement.refund(order, {"from": seller.operator})
    with refused("AlreadyRefunded", token_id):
        licences.claim(order, {"from": buyer})


def test_reverts_if_the_receiver_takes_no_tokens(licences, Relay, bought, buyer):
    """CLAIM-1, ALL-1."""
    relay = Relay.deploy({"from": buyer})
    order = bought(receiver=relay.address)
    with refused("ERC1155InvalidReceiver", relay.address):
        relay.forward(licences, licences.claim.encode_input(order), {"from": buyer})
    assert licences.verify(order, relay)


def test_reverts_if_not_the_learners_key(licences, mine, learner_key, stranger):
    """CLAIM-1."""
    with refused("NotLicensee", stranger.address, learner_key.address):
        licences.claimBatch(mine, {"from": stranger})


def test_reverts_if_the_learner_has_no_key(licences, settled, stranger):
    """CLAIM-1."""
    with refused("NotLicensee", stranger.address, ZERO):
        licences.claimBatch(settled().order(), {"from": stranger})


@pytest.mark.parametrize("place", [2, 7, 255])
def test_reverts_if_another_place_is_named(licences, mine, learner_key, place):
    """CLAIM-1, TREE-3."""
    with refused("NotLicensee", learner_key.address, ZERO):
        licences.claimBatch(mine._replace(place=place), {"from": learner_key})


def test_reverts_if_the_proof_is_wrong(licences, settlement, mine, learner_key):
    """TREE-3."""
    root = settlement.rootOf(mine.platform, mine.lane, mine.number)
    with refused("InvalidProof", bytes(32), root):
        licences.claimBatch(mine._replace(proof=()), {"from": learner_key})


def test_reverts_if_a_batch_order_was_claimed_before(licences, mine, learner_key):
    """CLAIM-1."""
    licences.claimBatch(mine, {"from": learner_key})
    with refused("AlreadyClaimed", mine.id, learner_key.address):
        licences.claimBatch(mine, {"from": learner_key})


@pytest.mark.parametrize("claimed", [False, True])
def test_reverts_if_a_batch_order_was_refunded(
    licences, settlement, mine, learner_key, seller, claimed
):
    """CLAIM-1, REFUND-5."""
    if claimed:
        licences.claimBatch(mine, {"from": learner_key})
    settlement.refundBatch(mine, {"from": seller.operator})
    with refused("AlreadyRefunded", mine.id):
        licences.claimBatch(mine, {"from": learner_key})


def test_only_the_licence_contract_marks_claims(settlement, licences, bought, mine, buyer):
    """LINK-1."""
    for mark, order in ((settlement.markClaimed, bought()), (settlement.markBatchClaimed, mine)):
        with refused("WrongCaller", buyer.address, licences.address):
            mark(order, {"from": buyer})


def test_only_settlement_burns(licences, settlement, token_of, buyer):
    """LINK-1."""
    _, token_id = token_of()
    with refused("NotSettlement", buyer.address, settlement.address):
        licences.burn(token_id, {"from": buyer})


def test_the_receiver_gets_one_token_with_the_orders_id(licences, token_of, buyer, content):
    """CLAIM-2, VERIFY-1, VERIFY-3."""
    order, token_id = token_of()
    assert licences.balanceOf(buyer, token_id) == 1
    assert licences.holderOf(token_id) == buyer
    assert licences.verify(order, buyer)
    assert licences.verifyToken(token_id, content.number, buyer)
    assert not licences.verifyToken(token_id, content.number + 1, buyer)


def test_the_learners_key_gets_one_token_with_the_orders_id(licences, mine, learner_key, content):
    """CLAIM-2, VERIFY-2, VERIFY-3."""
    licences.claimBatch(mine, {"from": learner_key})
    assert licences.balanceOf(learner_key, mine.id) == 1
    assert licences.verifyBatch(mine, mine.learner)
    assert licences.verifyToken(mine.id, content.number, learner_key)
    assert not licences.verifyToken(mine.id + 1, content.number, learner_key)


def test_claims_after_maturity_and_suspension(
    licences, registry, mine, learner_key, seller, network_owner
):
    """CLAIM-1, ALL-3."""
    registry.setStatus(seller.number, 2, {"from": network_owner})
    travel(3 * SHORT_WINDOW)
    licences.claimBatch(mine, {"from": learner_key})
    assert licences.holderOf(mine.id) == learner_key


def test_tells_of_the_claim(licences, bought, buyer, content, settlement):
    """INV-8, CLAIM-2."""
    order = bought()
    events = licences.claim(order, {"from": buyer}).events
    token_id = as_number(order.id(settlement.address))
    assert events["OrderClaimed"]["orderId"] == token_id
    claimed = (token_id, content.number, buyer, unlock_time())
    assert tuple(events["LicenseClaimed"].values()) == claimed
    assert events["TransferSingle"]["value"] == 1


def test_a_token_is_locked_until_its_money_matures(licences, token_of, buyer, stranger):
    """CLAIM-2, SPLIT-2."""
    _, token_id = token_of()
    unlock = unlock_time()
    set_next(unlock - 1)
    with refused("LicenseLocked", token_id, unlock):
        licences.safeTransferFrom(buyer, stranger, token_id, 1, b"", {"from": buyer})
    set_next(unlock)
    licences.safeTransferFrom(buyer, stranger, token_id, 1, b"", {"from": buyer})
    assert licences.holderOf(token_id) == stranger


def test_a_lock_holds_in_a_transfer_of_many(licences, token_of, buyer, stranger):
    """CLAIM-2."""
    _, old = token_of()
    travel(2 * SHORT_WINDOW)
    _, new = token_of(salt=b"1" * 32)
    with refused("LicenseLocked", new, unlock_time()):
        arguments = (buyer, stranger, [old, new], [1, 1], b"")
        licences.safeBatchTransferFrom(*arguments, {"from": buyer})


def test_a_moved_licence_verifies_for_its_new_holder(licences, token_of, buyer, stranger, content):
    """VERIFY-1, VERIFY-3, INV-5."""
    order, token_id = token_of()
    travel(2 * SHORT_WINDOW)
    licences.safeTransferFrom(buyer, stranger, token_id, 1, b"", {"from": buyer})
    assert licences.verify(order, stranger)
    assert not licences.verify(order, buyer)
    assert licences.verifyToken(token_id, content.number, stranger)
    assert not licences.verifyToken(token_id, content.number, buyer)


def test_a_moved_batch_licence_is_its_learners_no_more(
    licences, mine, learner_key, stranger, content
):
    """VERIFY-2, VERIFY-3, INV-5."""
    licences.claimBatch(mine, {"from": learner_key})
    travel(2 * SHORT_WINDOW)
    licences.safeTransferFrom(learner_key, stranger, mine.id, 1, b"", {"from": learner_key})
    assert not licences.verifyBatch(mine, mine.learner)
    assert licences.verifyToken(mine.id, content.number, stranger)


def test_a_claimed_licence_stays_with_the_key_that_claimed(
    licences, registry, mine, learner_key, stranger
):
    """VERIFY-2, BIND-2."""
    licences.claimBatch(mine, {"from": learner_key})
    registry.bindKey(mine.learner, stranger, {"from": learner_key})
    assert not licences.verifyBatch(mine, mine.learner)
    travel(2 * SHORT_WINDOW)
    licences.safeTransferFrom(learner_key, stranger, mine.id, 1, b"", {"from": learner_key})
    assert licences.verifyBatch(mine, mine.learner)


def test_moving_nothing_changes_no_holder(licences, token_of, buyer, stranger):
    """CLAIM-2, INV-5."""
    _, token_id = token_of()
    travel(2 * SHORT_WINDOW)
    licences.safeTransferFrom(stranger, stranger, token_id, 0, b"", {"from": stranger})
    assert licences.holderOf(token_id) == buyer


def test_nobody_moves_anothers_token(licences, token_of, buyer, stranger):
    """INV-5."""
    _, token_id = token_of()
    travel(2 * SHORT_WINDOW)
    with refused("ERC1155MissingApprovalForAll", stranger.address, buyer.address):
        licences.safeTransferFrom(buyer, stranger, token_id, 1, b"", {"from": stranger})
