"""Release commissions: the matured shares of sellers and referrers are credited."""

from __future__ import annotations

import pytest

from tests.contracts.accounts import of_address
from tests.contracts.batch import Group
from tests.contracts.clock import SHORT_WINDOW, now, set_next, travel
from tests.contracts.holds import unpack
from tests.contracts.plans import capture
from tests.contracts.refusals import refused

MATURE = 2 * SHORT_WINDOW


@pytest.fixture
def release(settlement, stranger):
    """Releases an account's commission, as anyone may."""

    def release(account, class_=0):
        return settlement.releaseCommissions([account], class_, {"from": stranger})

    return release


OWNED_BY_NOBODY = [0, 1 << 160, 1 << 248 | 1 << 32, 1 << 248 | 1 << 240 | 2, 2 << 248]


@pytest.mark.parametrize("account", OWNED_BY_NOBODY, ids=hex)
def test_reverts_if_nobody_can_own_an_account(release, settlement, bought, seller, account):
    """RELEASE-2: no key leads to a commission of another class."""
    bought()
    travel(MATURE)
    with refused("InvalidAccount", account):
        release(account)
    assert unpack(settlement.commissionOf(seller.account, 0)).total > 0


@pytest.mark.parametrize("class_", [2, 7, 8, 255])
def test_reverts_if_the_class_is_unknown(release, seller, class_):
    """RELEASE-2."""
    with refused("UnknownClass", class_):
        release(seller.account, class_)


def test_nothing_happens_before_maturity(release, settlement, bought, seller):
    """RELEASE-2, SPLIT-2."""
    bought()
    before = settlement.commissionOf(seller.account, 0)
    set_next((now() // SHORT_WINDOW + 2) * SHORT_WINDOW - 1)
    assert not release(seller.account).events
    assert settlement.commissionOf(seller.account, 0) == before
    assert settlement.availableOf(seller.account) == 0


def test_nothing_happens_to_an_account_without_commission(release, settlement, stranger):
    """RELEASE-2."""
    assert not release(of_address(stranger)).events
    assert settlement.commissionOf(of_address(stranger), 0) == 0


def test_credits_the_seller_once(release, settlement, bought, content, seller):
    """RELEASE-2, INV-2, INV-8."""
    bought()
    part = capture(content.price, content.plan.commission_bps, 0).seller
    set_next((now() // SHORT_WINDOW + 2) * SHORT_WINDOW)
    event = release(seller.account).events["CommissionReleased"]
    assert dict(event) == {"account": seller.account, "class": 0, "amount": part}
    assert not release(seller.account).events
    assert settlement.availableOf(seller.account) == part
    assert unpack(settlement.commissionOf(seller.account, 0)).total == 0


def test_credits_many_and_passes_over_the_rest(
    settlement, settled, content, learners, referrer, seller, stranger
):
    """RELEASE-2: an account named twice is credited once."""
    settled([Group(content.number, learners[:9], referrer.address)])
    travel(MATURE)
    accounts = [seller.account, of_address(stranger), of_address(referrer), seller.account]
    events = settlement.releaseCommissions(accounts, 0, {"from": stranger}).events
    credited = [event["account"] for event in events["CommissionReleased"]]
    assert credited == [seller.account, of_address(referrer)]


def test_credits_the_referrer(release, settlement, settled, content, learners, referrer, seller):
    """RELEASE-2, SPLIT-1."""
    settled([Group(content.number, learners[:9], referrer.address)])
    travel(MATURE)
    release(of_address(referrer))
    part = capture(content.price, 2_000, 500).referrer
    assert settlement.availableOf(of_address(referrer)) == 9 * part
    assert unpack(settlement.commissionOf(seller.account, 0)).total > 0


def test_each_class_is_released_alone(release, settlement, publish, bought, content, seller):
    """RELEASE-2, SPLIT-2."""
    slow = publish("slow", class_=1)
    bought()
    bought(content=slow.number)
    part = capture(content.price, 2_000, 0).seller
    travel(MATURE)
    for class_, expected in ((1, 0), (0, part)):
        release(seller.account, class_)
        assert settlement.availableOf(seller.account) == expected


def test_money_that_has_not_matured_stays(release, settlement, bought, content, seller):
    """RELEASE-2, SPLIT-2."""
    for salt in range(3):
        bought(salt=bytes([salt]) * 32)
        travel(SHORT_WINDOW)
    part = capture(content.price, 2_000, 0).seller
    release(seller.account)
    assert settlement.availableOf(seller.account) == 2 * part
    assert unpack(settlement.commissionOf(seller.account, 0))[:3] == (0, part, 0)


def test_a_refunded_order_pays_no_commission(release, settlement, bought, seller):
    """REFUND-2, RELEASE-2."""
    settlement.refund(bought(), {"from": seller.operator})
    travel(MATURE)
    assert not release(seller.account).events
