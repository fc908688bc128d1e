"""Release: a content's matured money is divided by its plan."""

from __future__ import annotations

import pytest

from tests.contracts.accounts import of_address, of_platform
from tests.contracts.batch import Group
from tests.contracts.clock import SHORT_WINDOW, now, set_next, travel
from tests.contracts.holds import unpack
from tests.contracts.plans import Share, capture, divide
from tests.contracts.refusals import refused

MATURE = 2 * SHORT_WINDOW


@pytest.fixture
def release(settlement, stranger):
    """Releases contents, as anyone may."""

    def release(*contents):
        return settlement.release([content.number for content in contents], {"from": stranger})

    return release


@pytest.fixture
def available(settlement, content, creators):
    """Returns what the first creator, the second, the host and the network can spend."""

    def available():
        accounts = [*map(of_address, creators), of_platform(content.host), of_platform(0)]
        return [settlement.availableOf(account) for account in accounts]

    return available


def test_reverts_if_a_content_is_unknown(settlement, content, bought, stranger):
    """RELEASE-1, ALL-1."""
    bought()
    travel(MATURE)
    with refused("UnknownContent", 99):
        settlement.release([content.number, 99], {"from": stranger})
    assert unpack(settlement.holdOf(content.number, 1)).total > 0


def test_nothing_happens_before_maturity(release, settlement, content, bought):
    """RELEASE-1, SPLIT-2."""
    bought()
    before = settlement.holdOf(content.number, 1)
    set_next((now() // SHORT_WINDOW + 2) * SHORT_WINDOW - 1)
    assert "Released" not in release(content).events
    assert settlement.holdOf(content.number, 1) == before


def test_nothing_happens_to_a_content_without_sales(release, settlement, content):
    """RELEASE-1."""
    before = settlement.holdOf(content.number, 1)
    assert "Released" not in release(content).events
    assert settlement.holdOf(content.number, 1) == before


def test_divides_by_the_plan(release, content, bought, available):
    """RELEASE-1, SPLIT-3, INV-3."""
    bought()
    revenue = capture(content.price, content.plan.commission_bps, 0).revenue
    set_next((now() // SHORT_WINDOW + 2) * SHORT_WINDOW)
    event = release(content).events["Released"]
    shares = dict(divide(content.plan, content.host, revenue))
    assert tuple(event.values()) == (content.number, 1, revenue)
    assert sorted(available()) == sorted(shares.values())
    assert sum(available()) == revenue


def test_the_remainder_goes_to_the_first_creator(release, publish, bought, available):
    """SPLIT-3, INV-3."""
    tiny = publish("tiny", price=7)
    bought(content=tiny.number)
    travel(MATURE)
    release(tiny)
    revenue, rest = 7 - 7 * 2_000 // 10_000, 10_000 - 2_000
    second, host, network = (revenue * bps // rest for bps in (2_367, 2_000, 300))
    assert available() == [revenue - second - host - network, second, host, network]
    assert available()[0] > revenue * 3_333 // rest


def test_the_money_of_all_sellers_is_released_once(
    release, settlement, content, bought, settled, learners, available
):
    """RELEASE-1, INV-2."""
    bought()
    settled([Group(content.number, learners[:4])])
    travel(MATURE)
    revenue = 5 * capture(content.price, content.plan.commission_bps, 0).revenue
    for _ in range(2):
        release(content, content)
        assert sum(available()) == revenue
    assert unpack(settlement.holdOf(content.number, 1)).total == 0


def test_money_that_has_not_matured_stays(release, settlement, content, bought, available):
    """RELEASE-1, SPLIT-2, INV-2."""
    for salt in range(3):
        bought(salt=bytes([salt]) * 32)
        travel(SHORT_WINDOW)
    revenue = capture(content.price, content.plan.commission_bps, 0).revenue
    release(content)
    assert sum(available()) == 2 * revenue
    assert unpack(settlement.holdOf(content.number, 1))[:3] == (0, revenue, 0)


def test_a_refunded_order_is_not_released(release, settlement, content, bought, seller, available):
    """REFUND-2, RELEASE-1, INV-2."""
    order = bought()
    bought(salt=b"1" * 32)
    settlement.refund(order, {"from": seller.operator})
    travel(MATURE)
    release(content)
    assert sum(available()) == capture(content.price, content.plan.commission_bps, 0).revenue


def test_pays_many_creators(release, settlement, publish, plan, bought):
    """SPLIT-3, PUB-6, INV-3."""
    payees = ["0x" + f"{0xC0DE00 + i:040x}" for i in range(100)]
    shares = tuple(Share(payee, 57) for payee in payees)
    content = publish("anthology", plan=plan._replace(creators=shares))
    bought(content=content.number)
    travel(MATURE)
    release(content)
    revenue = capture(content.price, 2_000, 0).revenue
    expected = dict(divide(content.plan, content.host, revenue))
    paid = {payee: settlement.availableOf(of_address(payee)) for payee in payees}
    assert paid == {payee: expected[of_address(payee)] for payee in payees}


def test_a_creator_named_twice_is_paid_twice(release, settlement, publish, plan, bought, stranger):
    """SPLIT-3, INV-3."""
    twice = (Share(stranger.address, 3_333), Share(stranger.address, 2_367))
    content = publish("twice", plan=plan._replace(creators=twice))
    bought(content=content.number)
    travel(MATURE)
    release(content)
    revenue = capture(content.price, 2_000, 0).revenue
    shares = divide(content.plan, content.host, revenue)
    mine = sum(amount for account, amount in shares if account == of_address(stranger))
    assert settlement.availableOf(of_address(stranger)) == mine


def test_releases_many_contents_and_passes_over_the_rest(release, publish, bought):
    """RELEASE-1."""
    contents = [publish(f"content {i}") for i in range(4)]
    for content in contents[:2]:
        bought(content=content.number, salt=bytes([content.number]) * 32)
    travel(MATURE)
    events = release(*contents).events
    assert [event["content"] for event in events["Released"]] == [c.number for c in contents[:2]]


def test_a_closed_content_of_a_suspended_host_is_released(
    release, licences, registry, content, bought, host, available
):
    """ALL-3, ACTIVE-1."""
    bought()
    licences.setActive(content.number, False, {"from": host.operator})
    registry.setStatus(host.number, 2, {"from": registry.owner()})
    travel(MATURE)
    release(content)
    assert sum(available()) > 0


def test_keeps_price_and_class(release, settlement, content, bought):
    """RELEASE-1."""
    bought()
    terms = settlement.holdOf(content.number, 1) >> 192
    travel(MATURE)
    release(content)
    assert settlement.holdOf(content.number, 1) >> 192 == terms


@pytest.fixture
def replanned(licences, content, plan, host, bought):
    """The content after sales under its first plan, its second and its third."""
    for salt, bps in enumerate((1, 2)):
        bought(salt=bytes([salt]) * 32)
        creators = (plan.creators[0]._replace(bps=3_333 - bps), plan.creators[1])
        changed = plan._replace(host_bps=plan.host_bps + bps, creators=creators)
        licences.setPlan(content.number, changed, {"from": host.operator})
        travel(SHORT_WINDOW)
    bought(salt=b"2" * 32)
    travel(MATURE)
    return content


def test_releases_the_latest_plan_and_the_one_before_it(release, replanned):
    """RELEASE-1, SPLIT-5."""
    events = release(replanned).events["Released"]
    assert [event["planVersion"] for event in events] == [2, 3]


def test_releases_an_older_plan_by_its_version(release, settlement, replanned, stranger):
    """RELEASE-3: once, and nothing of a version that is none."""
    release(replanned)
    revenue = capture(replanned.price, replanned.plan.commission_bps, 0).revenue
    sent = [
        settlement.releaseVersion(replanned.number, version, {"from": stranger}).events
        for version in (1, 1, 0, 4)
    ]
    assert tuple(sent[0]["Released"].values()) == (replanned.number, 1, revenue)
    assert not any("Released" in events for events in sent[1:])
    left = [unpack(settlement.holdOf(replanned.number, version)) for version in (1, 2, 3)]
    assert [hold.total for hold in left] == [0, 0, 0]


def test_reverts_if_the_content_of_a_version_is_unknown(settlement, stranger):
    """RELEASE-3."""
    with refused("UnknownContent", 99):
        settlement.releaseVersion(99, 1, {"from": stranger})
