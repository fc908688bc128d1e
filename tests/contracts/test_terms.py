"""Terms: how long a licence lasts, whether it is renewed, may move, or owes a royalty."""

from __future__ import annotations

import pytest
from brownie import accounts, reverts

from tests.contracts.accounts import ZERO
from tests.contracts.batch import Group
from tests.contracts.clock import DAY, HOUR, LONG_WINDOW, SHORT_WINDOW, now, set_next, travel
from tests.contracts.plans import Publication, Terms
from tests.contracts.refusals import refused

LONGEST = 3_650 * DAY
NEVER = 2**64 - 1
MONTH = 30 * DAY
MATURE = 2 * SHORT_WINDOW


@pytest.fixture
def rental(publish):
    """A content whose licences last two days."""
    return publish("a-film", terms=Terms(2 * DAY))


@pytest.fixture
def subscription(publish):
    """A content whose licences last a month and can be renewed."""
    return publish("a-magazine", terms=Terms(MONTH, renewable=True))


@pytest.fixture
def bound(publish):
    """A content whose licences stay with who claimed them."""
    return publish("an-exam", terms=Terms(bound=True))


@pytest.fixture
def royal(publish):
    """A content whose resale owes 7.5 %."""
    return publish("a-painting", terms=Terms(royalty_bps=750))


@pytest.fixture
def token_of(bought, licences, buyer):
    """Buys and claims a licence; returns the order and its id as a token."""

    def token_of(content, **changes):
        order = bought(content=content.number, **changes)
        licences.claim(order, {"from": buyer})
        return order, int.from_bytes(order.id(licences.SETTLEMENT()), "big")

    return token_of


@pytest.fixture
def move(licences, buyer, stranger):
    """Moves the buyer's token to a stranger."""

    def move(token_id):
        return licences.safeTransferFrom(buyer, stranger, token_id, 1, b"", {"from": buyer})

    return move


@pytest.fixture
def refused_terms(licences, host, plan):
    """Tries to publish a content with terms that are refused."""

    def refused_terms(terms, error, *values):
        with refused(error, *values):
            licences.publish([Publication("a-course", 1, 0, plan, terms)], {"from": host.operator})
        assert licences.contentOf(host.number, "a-course") == 0

    return refused_terms


def lock_events(transaction):
    """Return what a transaction told of locks, in order."""
    return [(event.name, event["tokenId"]) for event in transaction.events if "ocked" in event.name]


# At publication


@pytest.mark.parametrize("duration", [1, HOUR - 1, LONGEST + 1, 2**32 - 1])
def test_reverts_if_a_licence_is_too_short_or_too_long(refused_terms, duration):
    """TERMS-1."""
    refused_terms(Terms(duration), "DurationOutOfRange", duration, HOUR, LONGEST)


def test_reverts_if_there_is_nothing_to_renew(refused_terms):
    """TERMS-1."""
    refused_terms(Terms(renewable=True), "NothingToRenew")


def test_reverts_if_the_royalty_is_too_high(refused_terms):
    """TERMS-1."""
    refused_terms(Terms(royalty_bps=1_001), "RoyaltyAboveCap", 1_001, 1_000)


@pytest.mark.parametrize(
    "terms",
    [
        Terms(),
        Terms(HOUR),
        Terms(LONGEST, renewable=True),
        Terms(bound=True),
        Terms(royalty_bps=1_000),
        Terms(MONTH, True, True, 1),
    ],
)
def test_keeps_the_terms(licences, publish, terms):
    """TERMS-1."""
    content = publish("a-course", terms=terms)
    assert tuple(licences.termsOf(content.number)) == terms
    assert licences.hostOf(content.number) == content.host


def test_each_content_of_a_call_has_its_own_terms(licences, host, plan):
    """TERMS-1, PUB-2."""
    both = [
        Publication("one", 1, 0, plan, Terms(HOUR)),
        Publication("two", 1, 0, plan),
        Publication("three", 1, 0, plan, Terms(bound=True)),
    ]
    licences.publish(both, {"from": host.operator})
    last = licences.contentCount()
    kept = [tuple(licences.termsOf(last - 2 + i)) for i in range(3)]
    assert kept == [each.terms for each in both]


# Rentals and subscriptions


def test_a_rental_verifies_until_it_ends(licences, rental, token_of, bought, buyer):
    """TERMS-2, VERIFY-1, VERIFY-3, INV-5."""
    kept = bought(content=rental.number, salt=b"1" * 32)
    claimed, token_id = token_of(rental)
    end = now() + 2 * DAY

    def verdicts():
        token = licences.verifyToken(token_id, rental.number, buyer)
        return [licences.verify(kept, buyer), licences.verify(claimed, buyer), token]

    assert verdicts() == [True, True, True]
    assert licences.userOf(token_id) == buyer
    travel(end + 1 - now())
    assert verdicts() == [False, False, False]
    assert licences.userOf(token_id) == ZERO
    assert licences.holderOf(token_id) == buyer


def test_a_rental_ends_to_the_second(licences, rental, bought, buyer, registry):
    """TERMS-2."""
    order = bought(content=rental.number)
    bought_at = now()
    travel(2 * DAY - 1)
    assert licences.verify(order, buyer)
    travel(1)
    assert now() == bought_at + 2 * DAY
    assert not licences.verify(order, buyer)


def test_a_rental_of_a_batch_verifies_until_it_ends(licences, rental, settled, learners):
    """TERMS-2, VERIFY-2, INV-5."""
    batch = settled([Group(rental.number, learners[:9])], (rental,))
    orders = batch.orders()
    assert all(licences.verifyBatch(order, order.learner) for order in orders)
    travel(2 * DAY)
    assert not any(licences.verifyBatch(order, order.learner) for order in orders)


def test_a_renewal_follows_without_a_gap(licences, subscription, bought, buyer):
    """TERMS-2, TERMS-3, ORDER-5."""
    first = bought(content=subscription.number)
    end = now() + MONTH
    renewal = bought(content=subscription.number, starts_at=end, salt=b"1" * 32)

    def verdicts():
        return [licences.verify(order, buyer) for order in (first, renewal)]

    assert verdicts() == [True, False]
    travel(end - 1 - now())
    assert verdicts() == [True, False]
    travel(1)
    assert verdicts() == [False, True]
    travel(MONTH - 1)
    assert verdicts() == [False, True]
    travel(1)
    assert verdicts() == [False, False]


def test_a_batch_carries_renewals(licences, subscription, settled, learners):
    """TERMS-3, ORDER-5, BATCH-5."""
    end = now() + MONTH
    batch = settled([Group(subscription.number, learners[:2], starts_at=end)], (subscription,))
    order = batch.order(0, 1)
    assert not licences.verifyBatch(order, order.learner)
    travel(end - now())
    assert licences.verifyBatch(order, order.learner)
    travel(MONTH)
    assert not licences.verifyBatch(order, order.learner)


def test_refunding_a_renewal_leaves_the_rest(
    licences, settlement, subscription, bought, buyer, seller
):
    """TERMS-3, REFUND-5."""
    first = bought(content=subscription.number)
    renewal = bought(content=subscription.number, starts_at=now() + DAY, salt=b"1" * 32)
    settlement.refund(renewal, {"from": seller.operator})
    assert licences.verify(first, buyer)
    travel(2 * DAY)
    assert licences.verify(first, buyer)
    assert not licences.verify(renewal, buyer)


def test_a_licence_is_claimed_before_its_start(licences, subscription, token_of, buyer):
    """CLAIM-1, TERMS-2."""
    start = now() + MONTH
    order, token_id = token_of(subscription, starts_at=start)
    assert licences.holderOf(token_id) == buyer
    assert not licences.verifyToken(token_id, subscription.number, buyer)
    assert licences.userOf(token_id) == ZERO
    assert licences.expiresAt(token_id) == licences.userExpires(token_id) == start + MONTH
    travel(start - now())
    assert licences.verifyToken(token_id, subscription.number, buyer)
    assert licences.verify(order, buyer)
    assert licences.userOf(token_id) == buyer


def test_a_licence_is_claimed_after_its_end(licences, rental, bought, buyer):
    """CLAIM-1, TERMS-2."""
    order = bought(content=rental.number)
    travel(3 * DAY)
    licences.claim(order, {"from": buyer})
    token_id = int.from_bytes(order.id(licences.SETTLEMENT()), "big")
    assert licences.holderOf(token_id) == buyer
    assert not licences.verifyToken(token_id, rental.number, buyer)
    assert not licences.verify(order, buyer)


def test_a_rental_moves_with_its_end(licences, subscription, token_of, move, stranger):
    """TERMS-2, CLAIM-2."""
    _, token_id = token_of(subscription)
    end = now() + MONTH
    travel(MATURE)
    move(token_id)
    assert abs(licences.expiresAt(token_id) - end) <= 1
    assert licences.userOf(token_id) == stranger
    travel(end + 1 - now())
    assert not licences.verifyToken(token_id, subscription.number, stranger)


def test_a_refund_leaves_nothing_of_a_rental(licences, settlement, rental, token_of, buyer, seller):
    """REFUND-5, TERMS-2."""
    order, token_id = token_of(rental)
    settlement.refund(order, {"from": seller.operator})
    assert licences.userOf(token_id) == licences.holderOf(token_id) == ZERO
    assert licences.userExpires(token_id) == 0
    assert not licences.verifyToken(token_id, rental.number, buyer)


def test_tells_whether_a_licence_can_be_renewed(licences, rental, subscription, content, token_of):
    """TERMS-3."""
    for each, renewable in ((rental, False), (subscription, True), (content, False)):
        _, token_id = token_of(each)
        assert licences.isRenewable(token_id) == renewable


def test_a_licence_without_an_end_never_ends(licences, content, token_of, buyer):
    """TERMS-2."""
    _, token_id = token_of(content)
    assert licences.expiresAt(token_id) == 0
    assert licences.userExpires(token_id) == NEVER
    travel(20 * 365 * DAY)
    assert licences.userOf(token_id) == buyer


# Bound licences


def test_a_bound_licence_never_moves(licences, bound, token_of, move, buyer):
    """TERMS-4."""
    _, token_id = token_of(bound)
    for _ in range(2):
        assert licences.locked(token_id)
        with refused("LicenseLocked", token_id, NEVER):
            move(token_id)
        travel(10 * LONG_WINDOW)
    assert licences.verifyToken(token_id, bound.number, buyer)


def test_a_bound_licence_of_a_batch_never_moves(
    licences, registry, bound, settled, learners, learner_key, seller, stranger
):
    """TERMS-4."""
    registry.bindKey(learners[0], learner_key, {"from": seller.operator})
    mine = settled([Group(bound.number, learners[:1])], (bound,)).order()
    licences.claimBatch(mine, {"from": learner_key})
    travel(10 * LONG_WINDOW)
    with refused("LicenseLocked", mine.id, NEVER):
        arguments = (learner_key, stranger, [mine.id], [1], b"")
        licences.safeBatchTransferFrom(*arguments, {"from": learner_key})
    assert licences.verifyBatch(mine, mine.learner)


def test_a_bound_licence_is_refunded(licences, settlement, bound, token_of, seller):
    """TERMS-4, REFUND-5."""
    order, token_id = token_of(bound)
    settlement.refund(order, {"from": seller.operator})
    assert licences.holderOf(token_id) == ZERO


def test_a_dispute_does_not_free_a_bound_licence(
    licences, settlement, bound, token_of, move, deposit, buyer, arbiter
):
    """TERMS-4, DISPUTE-2."""
    order, token_id = token_of(bound)
    deposit(int(buyer.address, 16))
    settlement.openDispute(order, bytes(32), {"from": buyer})
    settlement.resolveDispute(order, False, bytes(32), {"from": arbiter})
    assert licences.locked(token_id)
    with refused("LicenseLocked", token_id, NEVER):
        move(token_id)


def test_tells_that_a_bound_licence_is_locked(licences, bound, bought, buyer):
    """TERMS-4, LOCK-1, INV-8."""
    order = bought(content=bound.number)
    travel(3 * SHORT_WINDOW)
    claimed = licences.claim(order, {"from": buyer})
    token_id = claimed.events["LicenseClaimed"]["orderId"]
    assert claimed.events["LicenseClaimed"]["unlocksAt"] == NEVER
    assert lock_events(claimed) == [("Locked", token_id)]


# Locks


def test_a_lock_ends_with_the_first_transfer(licences, content, token_of, move, buyer, stranger):
    """LOCK-1, CLAIM-2."""
    _, token_id = token_of(content)
    assert licences.locked(token_id)
    travel(MATURE)
    assert not licences.locked(token_id)
    assert lock_events(move(token_id)) == [("Unlocked", token_id)]
    arguments = (stranger, buyer, token_id, 1, b"", {"from": stranger})
    assert lock_events(licences.safeTransferFrom(*arguments)) == []


def test_tells_of_the_lock_at_the_claim(licences, bought, buyer):
    """LOCK-1."""
    orders = [bought(salt=salt * 32) for salt in (b"1", b"2")]
    early = licences.claim(orders[0], {"from": buyer})
    travel(MATURE)
    late = licences.claim(orders[1], {"from": buyer})
    for claimed, name in ((early, "Locked"), (late, "Unlocked")):
        assert lock_events(claimed) == [(name, claimed.events["LicenseClaimed"]["orderId"])]
    assert not licences.locked(late.events["LicenseClaimed"]["orderId"])


def test_a_lock_ends_to_the_second(licences, content, token_of):
    """LOCK-1, CLAIM-2."""
    _, token_id = token_of(content)
    matures = (now() // SHORT_WINDOW + 2) * SHORT_WINDOW
    travel(matures - 1 - now())
    assert licences.locked(token_id)
    travel(1)
    assert not licences.locked(token_id)


def test_a_disputed_licence_is_locked_until_it_is_paid(
    licences, settlement, content, token_of, move, deposit, buyer, arbiter
):
    """LOCK-2, DISPUTE-2."""
    order, token_id = token_of(content)
    travel(MATURE - DAY)
    deposit(int(buyer.address, 16))
    opened = settlement.openDispute(order, bytes(32), {"from": buyer})
    assert lock_events(opened) == []
    travel(2 * DAY)
    assert licences.verify(order, buyer)
    with refused("LicenseLocked", token_id, NEVER):
        move(token_id)
    paid = settlement.resolveDispute(order, False, bytes(32), {"from": arbiter})
    assert lock_events(paid) == [("Unlocked", token_id)]
    assert lock_events(move(token_id)) == []


def test_a_licence_claimed_in_dispute_is_locked(
    licences, settlement, bought, deposit, buyer, arbiter
):
    """LOCK-2, DISPUTE-2."""
    order = bought()
    deposit(int(buyer.address, 16))
    settlement.openDispute(order, bytes(32), {"from": buyer})
    claimed = licences.claim(order, {"from": buyer})
    token_id = claimed.events["LicenseClaimed"]["orderId"]
    assert claimed.events["LicenseClaimed"]["unlocksAt"] == NEVER
    assert lock_events(claimed) == [("Locked", token_id)]
    settlement.resolveDispute(order, False, bytes(32), {"from": arbiter})
    assert not licences.locked(token_id)


def test_settlement_locks_and_unlocks(licences, settlement, content, token_of, move):
    """LOCK-2."""
    _, token_id = token_of(content)
    travel(MATURE)
    money = accounts.at(settlement.address, force=True)
    until = now() + DAY
    for lock, told in ((0, "Unlocked"), (0, None), (until, "Locked"), (until + 1, None)):
        transaction = licences.setLock(token_id, lock, {"from": money})
        assert lock_events(transaction) == ([(told, token_id)] if told else [])
    set_next(until)
    with refused("LicenseLocked", token_id, until + 1):
        move(token_id)
    set_next(until + 1)
    move(token_id)


def test_only_settlement_locks(licences, settlement, content, token_of, buyer):
    """LINK-1."""
    _, token_id = token_of(content)
    with refused("NotSettlement", buyer.address, settlement.address):
        licences.setLock(token_id, 0, {"from": buyer})


# Royalties


def test_a_resale_owes_the_first_creator(licences, royal, content, token_of, creators):
    """TERMS-5."""
    _, token_id = token_of(royal)
    for price, royalty in ((10_000, 750), (13, 0), (14, 1), (2**256 - 1, (2**256 - 1) * 3 // 40)):
        assert tuple(licences.royaltyInfo(token_id, price)) == (creators[0], royalty)
    _, free = token_of(content)
    assert tuple(licences.royaltyInfo(free, 10_000)) == (creators[0], 0)


def test_the_royalty_follows_the_plan_in_force(licences, royal, token_of, host, plan, creators):
    """TERMS-5, PLAN-3."""
    _, token_id = token_of(royal)
    swapped = plan._replace(creators=plan.creators[::-1])
    licences.setPlan(royal.number, swapped, {"from": host.operator})
    assert licences.royaltyInfo(token_id, 100)[0] == creators[0]
    travel(SHORT_WINDOW)
    assert licences.royaltyInfo(token_id, 100)[0] == creators[1]


# Shapes


def test_answers_nothing_for_what_nobody_holds(licences, settlement, content, token_of, seller):
    """VERIFY-4, TERMS-6."""
    order, token_id = token_of(content)
    settlement.refund(order, {"from": seller.operator})
    for unknown in (1, token_id):
        assert licences.userOf(unknown) == ZERO
        assert licences.userExpires(unknown) == 0
        for view in (licences.locked, licences.expiresAt, licences.isRenewable):
            with reverts(f"UnknownToken: {unknown}"):
                view(unknown)
        with reverts(f"UnknownToken: {unknown}"):
            licences.royaltyInfo(unknown, 1)


@pytest.mark.parametrize(
    ("interface", "answered"),
    [
        ("0x01ffc9a7", True),  # ERC-165
        ("0xd9b67a26", True),  # ERC-1155
        ("0x2a55205a", True),  # ERC-2981
        ("0xb45a3c0e", True),  # ERC-5192
        ("0xad092b5c", False),  # ERC-4907
        ("0x8c65f84d", False),  # ERC-5643
        ("0xffffffff", False),
    ],
)
def test_answers_for_the_interfaces_it_has_whole(licences, interface, answered):
    """TERMS-6."""
    assert licences.supportsInterface(interface) == answered
