"""Settle: a platform settles many fiat orders in one transaction."""

from __future__ import annotations

import pytest
from brownie import accounts

from tests.contracts.accounts import of_address
from tests.contracts.batch import Group, words_of
from tests.contracts.clock import DAY, SHORT_WINDOW, now, today, travel
from tests.contracts.holds import BUCKET, unpack
from tests.contracts.network import appoint
from tests.contracts.plans import capture
from tests.contracts.refusals import refused

MAXIMUM = 2**200


@pytest.fixture
def settle(settlement, seller, groups):
    """Settles as the seller; every argument can be made wrong."""

    def settle(words=None, number=1, day=None, maximum=MAXIMUM, sender=seller.operator):
        words = words_of(groups) if words is None else words
        day = today() if day is None else day
        return settlement.settle(number, day, maximum, words, {"from": sender})

    return settle


@pytest.fixture
def funded(deposit, seller):
    """The seller's account, with plenty."""
    deposit(seller.account)
    return seller.account


def test_reverts_if_not_an_operator(settle, stranger, seller):
    """BATCH-1, INV-4."""
    for caller in (stranger, seller.owner):
        with refused("NotOperator", caller.address):
            settle(sender=caller)


def test_reverts_if_the_operator_was_stopped(settle, registry, seller):
    """BATCH-1, OPER-4."""
    registry.setOperator(seller.number, seller.operator, False, {"from": seller.owner})
    with refused("NotOperator", seller.operator.address):
        settle()


def test_reverts_if_the_platform_is_suspended(settle, registry, seller, network_owner):
    """BATCH-1, ALL-3."""
    registry.setStatus(seller.number, 2, {"from": network_owner})
    with refused("PlatformNotActive", seller.number, 2):
        settle()


def test_reverts_if_a_contract_calls(settlement, registry, Relay, seller, groups):
    """BATCH-1."""
    relay = Relay.deploy({"from": seller.owner})
    registry.setOperator(seller.number, relay, True, {"from": seller.owner})
    accept = registry.acceptOperator.encode_input(seller.number)
    relay.forward(registry, accept, {"from": seller.operator})
    call = settlement.settle.encode_input(1, today(), MAXIMUM, words_of(groups))
    with refused("NotTopLevel", relay.address):
        relay.forward(settlement, call, {"from": seller.operator})


def test_reverts_if_the_operator_has_code(settle, web3, seller, funded):
    """BATCH-1."""
    delegated = "0xef0100" + "11" * 20
    web3.provider.make_request("anvil_setCode", [seller.operator.address, delegated])
    with refused("NotTopLevel", seller.operator.address):
        settle()


@pytest.mark.parametrize("number", [0, 2, 2**64 - 1])
def test_reverts_if_the_number_is_not_the_next(settle, funded, number):
    """BATCH-2, INV-6."""
    with refused("BatchNumberMismatch", number, 1):
        settle(number=number)


def test_reverts_if_a_batch_is_sent_again(settle, settlement, funded):
    """BATCH-2, INV-6, INV-7."""
    settle()
    available = settlement.availableOf(funded)
    with refused("BatchNumberMismatch", 1, 2):
        settle()
    assert settlement.availableOf(funded) == available


@pytest.mark.parametrize("days", [-2, 1, -(2**14)])
def test_reverts_if_the_sale_day_is_not_today_or_yesterday(settle, funded, days):
    """BATCH-3."""
    with refused("SaleDayOutOfRange", today() + days, today()):
        settle(day=today() + days)


def test_yesterday_becomes_too_old_at_midnight(settle, funded):
    """BATCH-3."""
    yesterday = today() - 1
    travel(DAY)
    with refused("SaleDayOutOfRange", yesterday, yesterday + 2):
        settle(day=yesterday)


def test_reverts_if_the_debit_is_above_the_maximum(settle, funded, content):
    """BATCH-7."""
    with refused("DebitAboveMaximum", 3 * content.price, 3 * content.price - 1):
        settle(maximum=3 * content.price - 1)


def test_reverts_if_the_platform_has_too_little(settle, settlement, deposit, seller, content):
    """BATCH-7, ALL-1."""
    deposit(seller.account, 3 * content.price - 1)
    needed = (3 * content.price - 1, 3 * content.price)
    with refused("InsufficientBalance", seller.account, *needed):
        settle()
    assert settlement.nextBatch(seller.number, 1) == 1
    assert unpack(settlement.holdOf(content.number)).total == 0


@pytest.mark.parametrize("place", range(7))
@pytest.mark.parametrize("beyond", [1, 2**31, 2**32 - 1])
def test_reverts_if_a_learner_is_unknown(settle, content, learners, funded, place, beyond):
    """BATCH-6."""
    row = list(learners[:7])
    row[place] = beyond = max(beyond, learners[-1] + 1)
    with refused("UnknownLearner", beyond, learners[-1]):
        settle(Group(content.number, row).words())


def test_reverts_if_a_learner_is_unknown_in_a_later_word(settle, content, learners, funded):
    """BATCH-6."""
    row = [*learners[:20], learners[-1] + 1]
    with refused("UnknownLearner", learners[-1] + 1, learners[-1]):
        settle(Group(content.number, row).words())


@pytest.mark.parametrize("number", [99, 2**32 - 1])
def test_reverts_if_a_content_is_unknown(settle, learners, funded, groups, number):
    """BATCH-6."""
    with refused("UnknownContent", number):
        settle(words_of([*groups, Group(number, learners[:1])]))


def test_reverts_if_a_content_is_closed(settle, licences, host, publish, learners, funded, groups):
    """BATCH-6, ACTIVE-1."""
    closed = publish("closed")
    licences.setActive(closed.number, False, {"from": host.operator})
    with refused("ContentInactive", closed.number):
        settle(words_of([*groups, Group(closed.number, learners[:1])]))


def test_reverts_if_there_is_no_order(settle, funded):
    """BATCH-6."""
    with refused("EmptyBatch"):
        settle([])


@pytest.mark.parametrize("row", [[], [0, 1], [0, 0, 0, 0, 0, 0, 1]])
def test_reverts_if_a_word_has_no_first_learner(settle, content, groups, funded, row):
    """BATCH-4."""
    (word,) = Group(content.number, row or [0]).words()
    with refused("MalformedWord", 1, word):
        settle([*words_of(groups), word])


@pytest.mark.parametrize("word", [0, 1 << 160, 1 << 192 | 5, 2**224 - 1])
def test_reverts_if_a_referrer_word_is_none(settle, groups, funded, word):
    """BATCH-5."""
    with refused("MalformedWord", 0, word):
        settle([word, *words_of(groups)])


def test_reverts_if_a_referrer_follows_a_referrer(settle, groups, funded, referrer):
    """BATCH-5."""
    word = of_address(referrer)
    with refused("MalformedWord", 1, word):
        settle([word, word, *words_of(groups)])


def test_reverts_if_a_referrer_is_followed_by_nothing(settle, groups, funded, referrer):
    """BATCH-5."""
    with refused("EmptyBatch"):
        settle([*words_of(groups), of_address(referrer)])
    with refused("EmptyBatch"):
        settle([of_address(referrer)])


def test_an_order_that_overflows_its_hold_is_refused(
    settle, publish, plan, learners, deposit, seller
):
    """SPLIT-4."""
    precious = publish("precious", price=2**40 - 1)
    revenue = capture(precious.price, plan.commission_bps, 0).revenue
    words, more = divmod(BUCKET // revenue, 7)
    deposit(seller.account, 2**57)
    full = Group(precious.number, learners[:7]).words() * words
    settle([*full, *Group(precious.number, learners[:more]).words()])
    room = BUCKET - (words * 7 + more) * revenue
    with refused("HoldOverflow", revenue, room):
        settle(Group(precious.number, learners[:1]).words(), number=2)


def test_debits_the_platform_once(settle, settlement, token, funded, content):
    """BATCH-7, INV-1."""
    before = settlement.availableOf(funded)
    event = settle(maximum=3 * content.price).events["BatchSettled"]
    assert event["debit"] == 3 * content.price
    assert settlement.availableOf(funded) == before - 3 * content.price
    assert token.balanceOf(settlement) == before


def test_rounds_each_order_alone(settle, settlement, funded, content, seller):
    """BATCH-8, SPLIT-1, INV-2, INV-3."""
    settle()
    parts = capture(content.price, content.plan.commission_bps, 0)
    epoch = now() // SHORT_WINDOW
    revenue = unpack(settlement.holdOf(content.number))
    commission = unpack(settlement.commissionOf(seller.account, 0))
    assert revenue == (0, 0, 3 * parts.revenue, epoch)
    assert commission == (0, 0, 3 * parts.seller, epoch)
    assert 3 * parts.seller != 3 * content.price * content.plan.commission_bps // 10_000


def test_a_referrer_is_paid_for_its_group_alone(
    settled, settlement, publish, content, learners, seller, referrer
):
    """BATCH-5, SPLIT-1."""
    other = publish("another")
    groups = [
        Group(content.number, learners[:9], referrer.address),
        Group(other.number, learners[:2]),
    ]
    settled(groups, (content, other))
    with_referrer = capture(content.price, 2_000, 500)
    without = capture(content.price, 2_000, 0)
    paid = unpack(settlement.commissionOf(of_address(referrer), 0)).captured
    earned = unpack(settlement.commissionOf(seller.account, 0)).captured
    assert paid == 9 * with_referrer.referrer > 0
    assert earned == 9 * with_referrer.seller + 2 * without.seller


def test_commissions_join_the_hold_of_their_class(
    settled, settlement, publish, content, learners, seller
):
    """BATCH-8, SPLIT-2."""
    slow = publish("slow", class_=1)
    groups = [Group(slow.number, learners[:5]), Group(content.number, learners[:2])]
    settled(groups, (content, slow))
    part = capture(content.price, 2_000, 0).seller
    holds = [unpack(settlement.commissionOf(seller.account, class_)) for class_ in (0, 1)]
    assert [hold.captured for hold in holds] == [2 * part, 5 * part]
    assert [hold.epoch for hold in holds] == [now() // SHORT_WINDOW, now() // (2 * SHORT_WINDOW)]


def test_yesterdays_orders_settle_at_yesterdays_price(
    settle, settlement, licences, funded, content, host
):
    """BATCH-3, PRICE-2."""
    licences.setPrice(content.number, 5, {"from": host.operator})
    travel(DAY)
    before = settlement.availableOf(funded)
    settle(day=today() - 1)
    assert before - settlement.availableOf(funded) == 3 * content.price
    settle(number=2)
    assert before - settlement.availableOf(funded) == 3 * content.price + 15


def test_yesterdays_orders_join_the_epoch_of_the_block(settle, settlement, funded, content):
    """BATCH-8."""
    assert today() % 7 == 0, "the epoch began today"
    settle(day=today() - 1)
    assert unpack(settlement.holdOf(content.number)).epoch == now() // SHORT_WINDOW


@pytest.mark.parametrize("orders", [1, 6, 7, 8, 14, 15, 40])
def test_commits_to_its_orders(settled, settlement, licences, content, learners, seller, orders):
    """TREE-1, TREE-2, VERIFY-2."""
    batch = settled([Group(content.number, learners[:orders])])
    assert bytes(settlement.rootOf(seller.number, 1, 1)) == batch.root
    shown = batch.orders()
    assert [order.learner for order in shown] == list(learners[:orders])
    assert all(licences.verifyBatch(order, order.learner) for order in (shown[0], shown[-1]))
    assert settlement.batchOrderIdOf(shown[-1]) == shown[-1].id


def test_empty_places_between_learners_are_no_orders(
    settled, settlement, content, learners, seller
):
    """BATCH-4, TREE-3."""
    row = [learners[0], 0, learners[1], 0, 0, 0, learners[2]]
    batch = settled([Group(content.number, row)])
    assert len(batch.orders()) == 3
    assert settlement.availableOf(seller.account) == 10**12 - 3 * content.price


def test_a_learner_may_buy_the_same_twice(settled, licences, content, learners):
    """INV-5."""
    batch = settled([Group(content.number, [learners[0]] * 2)])
    for order in batch.orders():
        assert licences.verifyBatch(order, learners[0])


def test_groups_of_one_content_may_stand_apart(settled, settlement, publish, content, learners):
    """BATCH-5."""
    other = publish("another")
    rows = [(content, 8), (other, 1), (content, 2)]
    groups = [Group(each.number, learners[:count]) for each, count in rows]
    batch = settled(groups, (content, other))
    assert bytes(settlement.rootOf(batch.platform, 1, 1)) == batch.root
    revenue = capture(content.price, 2_000, 0).revenue
    assert unpack(settlement.holdOf(content.number)).captured == 10 * revenue


def test_every_lane_counts_for_itself(settle, settlement, registry, seller, host, deposit, funded):
    """BATCH-2, INV-6."""
    second = accounts[16]
    appoint(registry, seller.number, seller.owner, second)
    deposit(host.account)
    settle()
    settle(sender=second)
    settle(number=2, sender=second)
    settle(sender=host.operator)
    lanes = [(seller.number, 1), (seller.number, 2), (host.number, 1), (host.number, 2)]
    assert [settlement.nextBatch(*lane) for lane in lanes] == [2, 3, 2, 1]


def test_tells_what_it_settled(settle, settlement, content, learners, seller, funded):
    """INV-8."""
    words = Group(content.number, learners[:8]).words()
    event = settle(words).events["BatchSettled"]
    root = settlement.rootOf(seller.number, 1, 1)
    debit = 8 * content.price
    assert tuple(event.values()) == (seller.number, 1, 1, root, 2, 8, today(), debit)
