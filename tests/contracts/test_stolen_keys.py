"""Stolen keys: what a thief can do with one of each kind, played to the end.

The rows are those of the table in `docs/security.md`; each test ends with what the thief has.
"""

from __future__ import annotations

import pytest
from brownie import accounts

from tests.contracts.accounts import ZERO, of_address, of_learner, of_platform
from tests.contracts.batch import Group, words_of
from tests.contracts.clock import DAY, SHORT_WINDOW, now, set_next, today, travel
from tests.contracts.network import appoint, publish
from tests.contracts.plans import Plan, Publication, Share
from tests.contracts.refusals import refused

EVIDENCE = bytes(32)
SAVINGS = 10**9
ARBITER = 0


@pytest.fixture
def thief():
    return accounts[19]


@pytest.fixture
def loot(token, thief):
    """Returns what the thief has in its own pocket."""
    return lambda: token.balanceOf(thief)


@pytest.fixture
def rich(settlement, deposit, seller, host, buyer, creators, learners, token):
    """Everyone's accounts with savings; returns what others than `mine` still have of them."""
    owners = [seller.account, host.account, of_platform(0), of_address(buyer)]
    owners += [of_address(creators[0]), of_learner(seller.number, learners[0])]
    for account in owners:
        deposit(account, SAVINGS)

    def untouched(*mine):
        others = [account for account in owners if account not in mine]
        return all(settlement.availableOf(account) >= SAVINGS for account in others)

    return untouched


# The network's owner


def test_the_networks_owners_key_is_worth_the_networks_account_in_two_days(
    settlement, registry, rich, network_owner, network_treasury, thief, loot, token
):
    """TREASURY-1, INV-4: until then its withdrawals go to the present treasury."""
    before = token.balanceOf(network_treasury)
    registry.setTreasury(0, thief, {"from": network_owner})
    settlement.withdrawPlatform(0, SAVINGS // 2, {"from": network_owner})
    assert (loot(), token.balanceOf(network_treasury)) == (0, before + SAVINGS // 2)
    travel(registry.DELAY())
    settlement.withdrawPlatform(0, SAVINGS // 2, {"from": network_owner})
    assert loot() == SAVINGS // 2
    assert rich(of_platform(0))


def test_the_networks_owners_key_stops_sales_and_no_way_out(
    settlement, registry, licences, bought, rich, network_owner, seller, buyer
):
    """ALL-3, ALL-4: suspended and paused, everybody's money still leaves."""
    order = bought()
    settlement.pause({"from": network_owner})
    registry.setStatus(seller.number, 2, {"from": network_owner})
    settlement.refund(order, {"from": seller.operator})
    settlement.withdraw(SAVINGS, buyer, {"from": buyer})
    settlement.withdrawPlatform(seller.number, SAVINGS, {"from": seller.operator})
    assert settlement.availableOf(of_address(buyer)) == 0


def test_the_networks_owners_key_makes_an_arbiter_no_sooner_than_in_two_days(
    registry, network_owner, thief
):
    """ROLE-2: everyone sees it coming."""
    registry.nominate(ARBITER, thief, {"from": network_owner})
    since = now() + registry.DELAY()
    set_next(since - 1)
    with refused("TooEarly", since):
        registry.acceptRole(ARBITER, {"from": thief})


def test_the_networks_owners_key_is_worth_the_network_in_two_days(registry, network_owner, thief):
    """ADMIT-7."""
    registry.transferOwnership(thief, {"from": network_owner})
    since = now() + registry.DELAY()
    set_next(since - 1)
    with refused("TooEarly", since):
        registry.acceptOwnership({"from": thief})
    set_next(since)
    registry.acceptOwnership({"from": thief})
    assert registry.owner() == thief


def test_who_still_has_the_networks_owners_key_takes_the_network_back(
    registry, network_owner, thief
):
    """ADMIT-7: within two days."""
    registry.transferOwnership(thief, {"from": network_owner})
    travel(DAY)
    registry.transferOwnership(ZERO, {"from": network_owner})
    travel(registry.DELAY())
    with refused("OwnableUnauthorizedAccount", thief.address):
        registry.acceptOwnership({"from": thief})
    assert registry.owner() == network_owner


# A platform's owner


def test_a_platforms_owners_key_is_worth_its_account_in_two_days(
    settlement, registry, rich, seller, thief, loot
):
    """TREASURY-1, INV-4."""
    registry.setTreasury(seller.number, thief, {"from": seller.owner})
    set_next(now() + registry.DELAY() - 1)
    settlement.withdrawPlatform(seller.number, SAVINGS // 2, {"from": seller.owner})
    assert loot() == 0
    travel(2)
    settlement.withdrawPlatform(seller.number, SAVINGS // 2, {"from": seller.owner})
    assert loot() == SAVINGS // 2
    assert rich(seller.account)


def test_who_still_has_the_owners_key_takes_the_theft_back(
    settlement, registry, rich, seller, thief, loot
):
    """TREASURY-1, OWNER-1: within two days."""
    registry.setTreasury(seller.number, thief, {"from": seller.owner})
    registry.transferPlatform(seller.number, thief, {"from": seller.owner})
    travel(DAY)
    registry.setTreasury(seller.number, seller.treasury, {"from": seller.owner})
    registry.transferPlatform(seller.number, ZERO, {"from": seller.owner})
    travel(2 * DAY)
    settlement.withdrawPlatform(seller.number, SAVINGS, {"from": seller.owner})
    with refused("WrongCaller", thief.address, ZERO):
        registry.acceptPlatform(seller.number, {"from": thief})
    assert loot() == 0


def test_a_platforms_owners_key_lets_learners_be_topped_up_no_sooner_than_in_two_days(
    settlement, seller
):
    """TOPUP-4: and only by an operator."""
    settlement.setTopUpLimit(seller.number, SAVINGS, {"from": seller.owner})
    assert tuple(settlement.topUpLimitOf(seller.number)) == (0, 0)
    travel(2 * DAY)
    assert tuple(settlement.topUpLimitOf(seller.number)) == (SAVINGS, SAVINGS)


# An operator


@pytest.fixture
def limited(settlement, seller):
    """The seller, which lets its operators top learners up by a tenth of its savings a day."""
    settlement.setTopUpLimit(seller.number, SAVINGS // 10, {"from": seller.owner})
    travel(2 * DAY)
    return seller


def test_an_operators_key_sends_nothing_but_to_the_treasury(
    settlement, token, rich, seller, thief, loot
):
    """WITHDRAW-2."""
    before = token.balanceOf(seller.treasury)
    settlement.withdrawPlatform(seller.number, SAVINGS, {"from": seller.operator})
    assert (loot(), token.balanceOf(seller.treasury)) == (0, before + SAVINGS)


def test_an_operators_key_is_worth_the_days_top_ups_at_once(
    settlement, rich, limited, learners, thief, loot
):
    """TOPUP-3, TOPUP-4: to a thief who is a learner with an account of its own, and no more."""
    learner, operator = learners[1], {"from": limited.operator}
    settlement.offerAccount(limited.number, learner, thief, operator)
    travel(2 * DAY)
    settlement.takeOver(limited.number, learner, {"from": thief})
    settlement.topUp([learner], [SAVINGS // 10], operator)
    settlement.withdraw(SAVINGS // 10, thief, {"from": thief})
    with refused("TopUpAboveLimit", 1, 0):
        settlement.topUp([learner], [1], operator)
    assert loot() == SAVINGS // 10
    assert rich(limited.account)


def test_an_operators_key_gets_nothing_through_an_account_it_offers_before_two_days(
    settlement, rich, limited, learners, thief
):
    """TOPUP-3."""
    where = (limited.number, learners[1])
    settlement.offerAccount(*where, thief, {"from": limited.operator})
    settlement.topUp([learners[1]], [SAVINGS // 10], {"from": limited.operator})
    since = settlement.keysOf(of_learner(*where))[2]
    set_next(since - 1)
    with refused("TooEarly", since - 1, since):
        settlement.takeOver(*where, {"from": thief})
    assert rich(limited.account)


def test_another_operator_takes_it_back_in_time(
    settlement, registry, rich, limited, learners, thief
):
    """TOPUP-2, TOPUP-3, OPER-1: the owner stops the stolen key, and another one pays out."""
    learner, honest = learners[1], accounts[16]
    appoint(registry, limited.number, limited.owner, honest)
    settlement.offerAccount(limited.number, learner, thief, {"from": limited.operator})
    settlement.topUp([learner], [SAVINGS // 10], {"from": limited.operator})
    registry.setOperator(limited.number, limited.operator, False, {"from": limited.owner})
    settlement.offerAccount(limited.number, learner, ZERO, {"from": honest})
    settlement.payOut(limited.number, [learner], [SAVINGS // 10], {"from": honest})
    travel(2 * DAY)
    with refused("WrongCaller", thief.address, ZERO):
        settlement.takeOver(limited.number, learner, {"from": thief})
    assert rich()


def test_an_operators_key_takes_learners_balances_in_custody_no_sooner_than_in_two_days(
    settlement, rich, seller, learners, thief, loot
):
    """TOPUP-3: the operators are the custodians of accounts that no learner took over."""
    account = of_learner(seller.number, learners[0])
    settlement.offerAccount(seller.number, learners[0], thief, {"from": seller.operator})
    travel(2 * DAY)
    settlement.takeOver(seller.number, learners[0], {"from": thief})
    settlement.withdraw(SAVINGS, thief, {"from": thief})
    assert loot() == SAVINGS
    assert rich(account)


def test_an_operators_key_has_no_part_in_accounts_that_learners_took_over(
    settlement, rich, seller, learners, learner_key, thief
):
    """TOPUP-3, CONSENT-2."""
    where = (seller.number, learners[0])
    settlement.offerAccount(*where, learner_key, {"from": seller.operator})
    travel(2 * DAY)
    settlement.takeOver(*where, {"from": learner_key})
    with refused("WrongCaller", seller.operator.address, learner_key.address):
        settlement.offerAccount(*where, thief, {"from": seller.operator})
    with refused("InsufficientBalance", of_learner(*where), 0, 1):
        settlement.payOut(seller.number, [learners[0]], [1], {"from": seller.operator})
    assert settlement.availableOf(of_address(learner_key)) == SAVINGS


@pytest.fixture
def fence(licences, host, thief):
    """A content that pays the thief nearly everything it is sold for."""
    plan = Plan(0, 0, 500, 200, (Share(thief.address, 9_300),))
    return publish(licences, host, Publication("a-fence", SAVINGS, 0, plan))[0]


def test_an_operators_key_that_sells_to_itself_is_paid_after_a_window(
    settlement, rich, seller, fence, learners, thief, loot
):
    """SPLIT-2, INV-4: never less than one window, never more than the account has."""
    words = words_of([Group(fence.number, learners[:1])])
    settlement.settle(1, today(), SAVINGS, words, {"from": seller.operator})
    account = of_platform(seller.number)
    with refused("InsufficientBalance", account, 0, SAVINGS):
        settlement.settle(2, today(), SAVINGS, words, {"from": seller.operator})
    travel(SHORT_WINDOW)
    settlement.release([fence.number], {"from": thief})
    assert settlement.availableOf(of_address(thief)) == 0
    travel(SHORT_WINDOW)
    settlement.release([fence.number], {"from": thief})
    settlement.withdraw(SAVINGS * 93 // 100, thief, {"from": thief})
    assert loot() == SAVINGS * 93 // 100
    assert rich(account)


def test_another_operator_refunds_what_a_stolen_key_sold_to_itself(
    settlement, registry, rich, seller, fence, learners, settled, thief
):
    """REFUND-1, REFUND-2: within the window nothing is lost."""
    honest = accounts[16]
    appoint(registry, seller.number, seller.owner, honest)
    (order,) = settled([Group(fence.number, learners[:1])], (fence,)).orders()
    registry.setOperator(seller.number, seller.operator, False, {"from": seller.owner})
    settlement.refundBatch(order, {"from": honest})
    travel(2 * SHORT_WINDOW)
    settlement.release([fence.number], {"from": thief})
    assert settlement.availableOf(of_address(thief)) == 0
    assert rich()


def test_an_operators_key_gives_honest_sales_back_and_has_nothing_of_it(
    settlement, token, bought, settled, seller, buyer, content, loot
):
    """REFUND-3, REFUND-4: refunds go to who paid."""
    order, batch = bought(), settled()
    before, available = token.balanceOf(buyer), settlement.availableOf(seller.account)
    settlement.refund(order, {"from": seller.operator})
    settlement.refundBatch(batch.order(), {"from": seller.operator})
    assert token.balanceOf(buyer) == before + content.price
    assert settlement.availableOf(seller.account) == available + content.price
    assert loot() == 0


def test_a_hosts_operators_key_gives_parts_back_and_has_nothing_of_it(
    settlement, token, bought, settled, host, seller, buyer, content, loot
):
    """REFUND-3, REFUND-4, REFUND-6: to who paid, whoever sold."""
    order, batch, part = bought(), settled().order(), content.price - 1
    before, available = token.balanceOf(buyer), settlement.availableOf(seller.account)
    settlement.refundPart(order, part, {"from": host.operator})
    settlement.refundBatchPart(batch, part, {"from": host.operator})
    assert token.balanceOf(buyer) == before + part
    assert settlement.availableOf(seller.account) == available + part
    assert loot() == 0


def test_an_operators_key_uses_up_a_days_learner_numbers_and_not_the_networks(
    registry, seller, host
):
    """REG-2: until the network suspends the platform."""
    registry.registerLearners(2**20, bytes(32), {"from": host.operator})
    with refused("LearnerCountOutOfRange", 2**20, 0):
        registry.registerLearners(2**20, bytes(32), {"from": host.operator})
    registry.registerLearner(bytes(32), {"from": seller.operator})


def test_an_operators_key_takes_the_licences_of_learners_without_a_key(
    registry, licences, settled, seller, learners, learner_key, thief
):
    """BIND-2: those with a key keep theirs."""
    registry.bindKey(learners[1], learner_key, {"from": seller.operator})
    first, second, _ = settled().orders()
    registry.bindKey(learners[0], thief, {"from": seller.operator})
    licences.claimBatch(first, {"from": thief})
    assert licences.holderOf(first.id) == thief
    with refused("WrongCaller", seller.operator.address, learner_key.address):
        registry.bindKey(learners[1], thief, {"from": seller.operator})
    with refused("NotLicensee", thief.address, learner_key.address):
        licences.claimBatch(second, {"from": thief})


def test_an_operators_key_that_disputes_honest_sales_loses_a_tenth_of_them(
    settlement, settled, rich, seller, host, arbiter, content
):
    """DISPUTE-1, DISPUTE-3: the bonds, to the host it accused."""
    orders = settled().orders()
    before = settlement.availableOf(host.account)
    for order in orders:
        settlement.openBatchDispute(order, EVIDENCE, {"from": seller.operator})
        settlement.resolveBatchDispute(order, False, EVIDENCE, {"from": arbiter})
    bonds = len(orders) * ((content.price + 9) // 10)
    revenue = content.price * 8_000 // 10_000
    hosts = len(orders) * (revenue * content.plan.host_bps // 8_000)
    assert settlement.availableOf(host.account) - before == bonds + hosts
    assert rich()


# Arbiter and pauser


def test_the_arbiters_key_turns_disputes_and_has_nothing_of_it(
    settlement, bought, buyer, arbiter, rich, token
):
    """DISPUTE-3, INV-4: money goes to the order's own parties, one way or the other."""
    order = bought()
    settlement.openDispute(order, EVIDENCE, {"from": buyer})
    before = token.balanceOf(settlement)
    settlement.resolveDispute(order, False, EVIDENCE, {"from": arbiter})
    assert token.balanceOf(settlement) == before
    assert settlement.availableOf(of_address(arbiter)) == 0
    assert rich(of_address(buyer))


def test_the_arbiters_key_touches_no_order_that_nobody_disputed(
    settlement, bought, settled, arbiter
):
    """DISPUTE-4."""
    order, batch = bought(), settled().order()
    with refused("NotInDispute", int.from_bytes(order.id(settlement.address), "big")):
        settlement.resolveDispute(order, True, EVIDENCE, {"from": arbiter})
    with refused("NotInDispute", batch.id):
        settlement.resolveBatchDispute(batch, True, EVIDENCE, {"from": arbiter})


def test_the_pausers_key_stops_sales_until_the_owner_takes_the_role_away(
    settlement, registry, bought, rich, pauser, network_owner
):
    """PAUSE-1, ROLE-3."""
    settlement.pause({"from": pauser})
    with refused("Paused"):
        bought()
    registry.dismiss(1, {"from": network_owner})
    settlement.unpause({"from": network_owner})
    with refused("WrongCaller", pauser.address, network_owner.address):
        settlement.pause({"from": pauser})
    bought()
    assert rich()


# Those who are paid, and those who pay


def test_a_creators_key_is_worth_its_account_and_what_comes_in_later(
    settlement, bought, content, rich, creators, thief, loot
):
    """WITHDRAW-1: plans are the host's."""
    first, _ = creators
    bought()
    travel(2 * SHORT_WINDOW)
    settlement.release([content.number], {"from": thief})
    available = settlement.availableOf(of_address(first))
    settlement.withdraw(available, thief, {"from": first})
    assert loot() == available > SAVINGS
    assert rich(of_address(first))


def test_a_learners_key_is_worth_its_licences_and_the_accounts_it_took_over(
    settlement, registry, licences, settled, rich, seller, learners, learner_key, thief, loot
):
    """CLAIM-1, CLAIM-2, TOPUP-3."""
    registry.bindKey(learners[0], learner_key, {"from": seller.operator})
    settlement.offerAccount(seller.number, learners[0], learner_key, {"from": seller.operator})
    order = settled().order()
    travel(2 * SHORT_WINDOW)
    settlement.takeOver(seller.number, learners[0], {"from": learner_key})
    licences.claimBatch(order, {"from": learner_key})
    licences.safeTransferFrom(learner_key, thief, order.id, 1, b"", {"from": learner_key})
    settlement.withdraw(SAVINGS, thief, {"from": learner_key})
    assert licences.verifyToken(order.id, order.word >> 224, thief)
    assert loot() == SAVINGS
    assert rich(of_learner(seller.number, learners[0]))


def test_a_buyers_key_is_worth_its_account(settlement, rich, buyer, thief, loot):
    """WITHDRAW-1."""
    settlement.withdraw(SAVINGS, thief, {"from": buyer})
    assert loot() == SAVINGS
    assert rich(of_address(buyer))
