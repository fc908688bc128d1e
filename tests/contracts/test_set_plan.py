"""Set a plan: a host divides a content's money otherwise from the next epoch on."""

from __future__ import annotations

import pytest
from brownie import web3
from eth_abi.abi import encode
from eth_hash.auto import keccak

from tests.contracts.accounts import of_address, of_platform
from tests.contracts.clock import SHORT_WINDOW, now, request, travel
from tests.contracts.plans import Share, capture, divide
from tests.contracts.refusals import refused

MATURE = 2 * SHORT_WINDOW


@pytest.fixture
def other(plan, stranger, creators):
    """Another plan: a new first creator, less for the seller and more for the host."""
    shares = (Share(stranger.address, 2_500), Share(creators[0].address, 3_200))
    return plan._replace(seller_bps=500, referrer_bps=300, host_bps=3_200, creators=shares)


@pytest.fixture
def set_plan(licences, content, host):
    """Sets the content's plan as its host."""

    def set_plan(plan):
        return licences.setPlan(content.number, plan, {"from": host.operator})

    return set_plan


@pytest.fixture
def versions(settlement, bought):
    """Buys the content and returns the version of the plan the order was made under."""

    def versions(**changes):
        order = bought(**changes)
        return (
            settlement.factsOf(int.from_bytes(order.id(settlement.address), "big")) >> 72 & 0xFFFF
        )

    return versions


def test_reverts_if_not_an_operator_of_the_host(licences, content, host, seller, other):
    """PLAN-1."""
    with refused("NotHost", seller.operator.address, host.number):
        licences.setPlan(content.number, other, {"from": seller.operator})
    with refused("NotOperator", host.owner.address):
        licences.setPlan(content.number, other, {"from": host.owner})
    with refused("UnknownContent", content.number + 1):
        licences.setPlan(content.number + 1, other, {"from": host.operator})


def test_reverts_if_the_host_is_suspended(registry, set_plan, host, other, network_owner):
    """ALL-3."""
    registry.setStatus(host.number, 2, {"from": network_owner})
    with refused("PlatformNotActive", host.number, 2):
        set_plan(other)


def test_reverts_if_not_the_licence_contract(settlement, licences, content, host):
    """LINK-1."""
    with refused("WrongCaller", host.operator.address, licences.address):
        settlement.setPlan(content.number, 2, 500, {"from": host.operator})


def test_reverts_if_the_plan_is_not_one(licences, settlement, set_plan, content, other, creators):
    """PLAN-1, PUB-5, PUB-6, ALL-1."""
    with refused("PlanDoesNotAddUp", 10_001, 10_000):
        set_plan(other._replace(seller_bps=501))
    with refused("CreatorCountOutOfRange", 0, 128):
        set_plan(other._replace(creators=()))
    for unpaid in (Share(settlement.address, 5_700), Share(creators[0].address, 0)):
        with refused("EmptyShare", 0):
            set_plan(other._replace(creators=(unpaid,)))
    assert licences.planCount(content.number) == 1


@pytest.mark.parametrize(("share", "least"), [("network_bps", 200), ("host_bps", 500)])
def test_reverts_if_a_share_is_below_the_terms(set_plan, other, share, least):
    """PLAN-1, PUB-7."""
    missing = getattr(other, share) - least + 1
    with refused("ShareBelowTerms", least - 1, least):
        set_plan(other._replace(seller_bps=500 + missing, **{share: least - 1}))


def test_reverts_if_no_version_is_left(licences, set_plan, content, other):
    """PLAN-2."""
    set_plan(other)
    # A content's later plans are counted from bit 64 on in its slot of the sixth variable.
    slot = "0x" + keccak(encode(["uint256", "uint256"], [content.number, 5])).hex()
    count = int.from_bytes(web3.eth.get_storage_at(licences.address, int(slot, 16)), "big")
    assert count == 1 << 64
    request(
        "anvil_setStorageAt",
        licences.address,
        slot,
        "0x" + (65_534 << 64).to_bytes(32, "big").hex(),
    )
    assert licences.planCount(content.number) == 65_535
    with refused("PlansExhausted", content.number):
        set_plan(other)


def test_keeps_every_plan(licences, set_plan, content, plan, other, host):
    """PLAN-2."""
    third = other._replace(seller_bps=600, host_bps=3_100)
    for each in (other, third):
        set_plan(each)
    assert licences.planCount(content.number) == 3
    for version, kept in enumerate((plan, other, third), 1):
        stored_host, stored = licences.planOf(content.number, version)
        assert stored_host == host.number
        assert tuple(stored)[:4] == kept[:4]
        assert tuple(map(tuple, stored[4])) == kept.creators
        assert licences.referrerBpsOf(content.number, version) == kept.referrer_bps


def test_keeps_the_terms(licences, publish, host, other):
    """PLAN-2, TERMS-1."""
    terms = (3_600, True, True, 1_000)
    content = publish("a-magazine", terms=terms)
    licences.setPlan(content.number, other, {"from": host.operator})
    assert tuple(licences.termsOf(content.number)) == terms


def test_holds_from_the_next_epoch(settlement, set_plan, versions, content, other):
    """PLAN-3."""
    set_plan(other)
    assert settlement.planVersionOf(content.number) == versions() == 1
    travel((now() // SHORT_WINDOW + 1) * SHORT_WINDOW - now())
    assert settlement.planVersionOf(content.number) == versions(salt=b"1" * 32) == 2


def test_the_last_plan_of_an_epoch_counts(settlement, set_plan, versions, content, plan, other):
    """PLAN-3."""
    for each in (other, plan, other):
        set_plan(each)
    assert versions() == 1
    travel(SHORT_WINDOW)
    assert settlement.planVersionOf(content.number) == versions(salt=b"1" * 32) == 4


def test_leaves_other_contents_alone(settlement, licences, set_plan, publish, other):
    """PLAN-3."""
    neighbour = publish("another")
    set_plan(other)
    travel(SHORT_WINDOW)
    assert settlement.planVersionOf(neighbour.number) == 1
    assert licences.planCount(neighbour.number) == 1


def test_divides_each_epochs_money_by_its_plan(
    settlement, set_plan, bought, content, plan, other, stranger, creators
):
    """PLAN-3, SPLIT-3, SPLIT-5."""
    bought()
    set_plan(other)
    bought(salt=b"1" * 32)
    travel(SHORT_WINDOW)
    bought(salt=b"2" * 32)
    travel(MATURE)
    settlement.release([content.number], {"from": stranger})
    due: dict[int, int] = {}
    for kept, orders in ((plan, 2), (other, 1)):
        revenue = orders * capture(content.price, kept.commission_bps, 0).revenue
        for account, amount in divide(kept, content.host, revenue):
            due[account] = due.get(account, 0) + amount
    payees = [of_address(each.address) for each in (*creators, stranger)]
    for account in (*payees, of_platform(content.host), of_platform(0)):
        assert settlement.availableOf(account) == due[account]


def test_a_refund_follows_the_plan_of_its_order(settlement, set_plan, bought, seller, other):
    """PLAN-3, REFUND-2."""
    old = bought()
    set_plan(other)
    travel(SHORT_WINDOW)
    new = bought(salt=b"1" * 32)
    for order in (old, new):
        settlement.refund(order, {"from": seller.operator})
    assert not any(settlement.holdOf(old.content, version) % 2**168 for version in (1, 2))


def test_holds_the_plan_against_what_is_asked_now(registry, set_plan, host, plan, other):
    """PLAN-1, PUB-7."""
    registry.setHostFee(host.number, 3_000, {"from": host.owner})
    travel(3 * SHORT_WINDOW)
    with refused("ShareBelowTerms", plan.host_bps, 3_000):
        set_plan(plan)
    set_plan(other)


def test_tells_from_which_epoch(set_plan, content, other):
    """INV-8."""
    number, version, from_epoch, plan = set_plan(other).events["PlanChanged"].values()
    assert (number, version) == (content.number, 2)
    assert from_epoch == now() // SHORT_WINDOW + 1
    assert tuple(plan)[:4] == other[:4]
    assert tuple(map(tuple, plan[4])) == other.creators
