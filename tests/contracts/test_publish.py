"""Publish: a host offers contents with prices and split plans."""

from __future__ import annotations

import pytest
from brownie import reverts

from tests.contracts import network
from tests.contracts.accounts import ZERO, of_address
from tests.contracts.plans import Publication, Share, Terms
from tests.contracts.refusals import refused

HIGHEST_PRICE = 2**40 - 1


@pytest.fixture
def publication(plan):
    """Makes a publication; any field can be changed."""

    def publication(**changes):
        return Publication("a-course", 1_000_000, 0, plan)._replace(**changes)

    return publication


def test_reverts_if_not_an_operator(licences, publication, stranger):
    """PUB-1."""
    with refused("NotOperator", stranger.address):
        licences.publish([publication()], {"from": stranger})


def test_reverts_if_the_host_is_suspended(licences, registry, publication, host, network_owner):
    """PUB-1, ALL-3."""
    registry.setStatus(host.number, 2, {"from": network_owner})
    with refused("PlatformNotActive", host.number, 2):
        licences.publish([publication()], {"from": host.operator})


@pytest.mark.parametrize("ref", ["", "r" * 129, "知" * 43])
def test_reverts_if_the_ref_is_empty_or_too_long(licences, publication, host, ref):
    """PUB-3."""
    with refused("RefLengthOutOfRange", len(ref.encode()), 128):
        licences.publish([publication(ref=ref)], {"from": host.operator})


def test_reverts_if_the_ref_exists(licences, publication, host, content):
    """PUB-3."""
    with refused("ContentExists", content.number, "intro-to-finance"):
        licences.publish([publication(ref="intro-to-finance")], {"from": host.operator})


def test_reverts_if_the_ref_stands_twice_in_one_call(licences, publication, host):
    """PUB-3, PUB-2."""
    number = licences.contentCount() + 1
    with refused("ContentExists", number, "a-course"):
        licences.publish([publication(), publication()], {"from": host.operator})
    assert licences.contentOf(host.number, "a-course") == 0


@pytest.mark.parametrize("price", [0, HIGHEST_PRICE + 1, 2**64 - 1])
def test_reverts_if_the_price_is_out_of_range(licences, publication, host, price):
    """PUB-4."""
    with refused("PriceOutOfRange", price, HIGHEST_PRICE):
        licences.publish([publication(price=price)], {"from": host.operator})


@pytest.mark.parametrize("class_", [2, 7, 8, 255])
def test_reverts_if_the_class_is_unknown(licences, publication, host, class_):
    """PUB-4."""
    with refused("UnknownClass", class_):
        licences.publish([publication(class_=class_)], {"from": host.operator})


@pytest.mark.parametrize("share", ["seller_bps", "referrer_bps", "host_bps", "network_bps"])
@pytest.mark.parametrize("by", [-1, 1])
def test_reverts_if_the_plan_does_not_add_up(licences, publication, host, plan, share, by):
    """PUB-5."""
    wrong = plan._replace(**{share: getattr(plan, share) + by})
    with refused("PlanDoesNotAddUp", 10_000 + by, 10_000):
        licences.publish([publication(plan=wrong)], {"from": host.operator})


def test_reverts_if_shares_overflow_to_a_whole(licences, publication, host, plan, stranger):
    """PUB-5."""
    shares = (Share(stranger.address, 65_535), Share(stranger.address, 5_701))
    with refused("PlanDoesNotAddUp", 75_536, 10_000):
        wrong = plan._replace(creators=shares)
        licences.publish([publication(plan=wrong)], {"from": host.operator})


@pytest.mark.parametrize("count", [0, 129])
def test_reverts_if_there_is_no_creator_or_too_many(licences, publication, host, plan, count):
    """PUB-6."""
    wrong = plan._replace(creators=(plan.creators[0],) * count)
    with refused("CreatorCountOutOfRange", count, 128):
        licences.publish([publication(plan=wrong)], {"from": host.operator})


def test_reverts_if_nothing_is_published(licences, host):
    """PUB-2."""
    with refused("EmptyPublication"):
        licences.publish([], {"from": host.operator})


def test_reverts_if_a_creator_cannot_be_paid(
    licences, settlement, publication, host, plan, creators
):
    """PUB-6."""
    unpaid = (Share(ZERO, 2_367), Share(settlement.address, 2_367), Share(creators[1].address, 0))
    for empty in unpaid:
        wrong = plan._replace(creators=(plan.creators[0], empty))
        with refused("EmptyShare", 1):
            licences.publish([publication(plan=wrong)], {"from": host.operator})


@pytest.mark.parametrize(("share", "least"), [("network_bps", 200), ("host_bps", 500)])
def test_reverts_if_a_share_is_below_the_terms(licences, publication, host, plan, share, least):
    """PUB-7."""
    missing = getattr(plan, share) - least + 1
    low = plan._replace(seller_bps=plan.seller_bps + missing, **{share: least - 1})
    with refused("ShareBelowTerms", least - 1, least):
        licences.publish([publication(plan=low)], {"from": host.operator})


def test_publishes_none_if_one_is_refused(licences, publication, host):
    """PUB-2, ALL-1."""
    before = licences.contentCount()
    with refused("PriceOutOfRange", 0, HIGHEST_PRICE):
        licences.publish([publication(), publication(ref="b", price=0)], {"from": host.operator})
    assert licences.contentCount() == before
    assert licences.contentOf(host.number, "a-course") == 0


def test_knows_no_content_beyond_the_last(licences, content):
    """PUB-2."""
    unknown = content.number + 1
    for view in (licences.hostOf, licences.termsOf, licences.planCount):
        with reverts(f"UnknownContent: {unknown}"):
            view(unknown)
    for view in (licences.planOf, licences.packedPlanOf, licences.referrerBpsOf):
        with reverts(f"UnknownContent: {unknown}"):
            view(unknown, 1)


def test_numbers_contents_over_the_whole_network(licences, publication, host, seller, content):
    """PUB-1, PUB-2."""
    first = content.number + 1
    for number, platform in ((first, seller), (first + 1, host)):
        licences.publish([publication()], {"from": platform.operator})
        assert licences.contentOf(platform.number, "a-course") == number
        assert licences.hostOf(number) == platform.number
    assert licences.contentCount() == first + 1


def test_is_for_sale_at_its_price(licences, settlement, publication, host):
    """PUB-8, PUB-4."""
    prices = (1, HIGHEST_PRICE)
    both = [publication(ref=str(price), price=price, class_=1) for price in prices]
    contents = network.publish(licences, host, *both)
    for content, price in zip(contents, prices, strict=True):
        assert tuple(settlement.priceOn(content.number, 0)) == (price, True)


def test_keeps_the_plan(licences, content, plan, host):
    """PUB-5."""
    stored_host, stored = licences.planOf(content.number, 1)
    assert stored_host == host.number
    assert tuple(stored)[:4] == plan[:4]
    assert tuple(map(tuple, stored[4])) == plan.creators
    assert licences.referrerBpsOf(content.number, 1) == plan.referrer_bps
    assert licences.planCount(content.number) == 1


@pytest.mark.parametrize("version", [0, 2, 65_535])
def test_has_one_plan(licences, content, version):
    """PUB-5."""
    for view in (licences.planOf, licences.packedPlanOf, licences.referrerBpsOf):
        with reverts(f"UnknownPlan: {content.number}, {version}"):
            view(content.number, version)


def test_shows_the_plan_as_it_is_stored(licences, content, plan, host):
    """PUB-5, SPLIT-3."""
    header, others = licences.packedPlanOf(content.number, 1)
    (first, _), (second, bps) = plan.creators
    shares = [header >> shift & 0x3FFF for shift in (160, 174, 188, 202)]
    assert header % 2**160 == of_address(first)
    assert shares == list(plan[:4])
    assert (header >> 216 & 0xFF, header >> 224) == (1, host.number)
    assert list(others) == [of_address(second) | bps << 160]


def test_keeps_a_plan_of_many_creators(licences, publish, plan):
    """PUB-6."""
    shares = tuple(Share("0x" + f"{i:040x}", 1) for i in range(1, 129))
    many = plan._replace(seller_bps=10_000 - 500 - 2_000 - 300 - 128, creators=shares)
    content = publish("many", plan=many)
    _, stored = licences.planOf(content.number, 1)
    assert tuple(map(tuple, stored[4])) == shares


def test_tells_everything_about_the_content(licences, publication, host):
    """INV-8."""
    offered = publication(ref="知", terms=Terms(3_600, True, True, 1_000))
    event = licences.publish([offered], {"from": host.operator}).events["ContentPublished"]
    number, host_number, ref, price, class_, plan, terms = event.values()
    assert (number, host_number) == (licences.contentCount(), host.number)
    assert (ref, price, class_) == offered[:3]
    assert tuple(plan)[:4] == offered.plan[:4]
    assert tuple(map(tuple, plan[4])) == offered.plan.creators
    assert tuple(terms) == offered.terms
