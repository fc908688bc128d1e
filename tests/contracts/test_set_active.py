"""Set active: a host closes a content for sale, or opens it again."""

from __future__ import annotations

from tests.contracts.accounts import of_platform
from tests.contracts.batch import words_of
from tests.contracts.clock import today
from tests.contracts.refusals import refused


def test_reverts_if_not_an_operator_of_the_host(licences, content, host, seller):
    """ACTIVE-1."""
    with refused("NotHost", seller.operator.address, host.number):
        licences.setActive(content.number, False, {"from": seller.operator})
    with refused("NotOperator", host.owner.address):
        licences.setActive(content.number, False, {"from": host.owner})


def test_reverts_if_the_content_is_unknown(licences, content, host):
    """ACTIVE-1."""
    with refused("UnknownContent", content.number + 1):
        licences.setActive(content.number + 1, False, {"from": host.operator})


def test_reverts_if_not_the_licence_contract(settlement, licences, content, host):
    """LINK-1."""
    with refused("WrongCaller", host.operator.address, licences.address):
        settlement.setActive(content.number, False, {"from": host.operator})


def test_a_closed_content_cannot_be_bought(
    licences, settlement, content, host, seller, buyer, order, groups
):
    """ACTIVE-1, ORDER-2, BATCH-6."""
    licences.setActive(content.number, False, {"from": host.operator})
    with refused("ContentInactive", content.number):
        settlement.buyFromBalance(order(), {"from": buyer})
    with refused("ContentInactive", content.number):
        arguments = (1, today(), 10**12, words_of(groups))
        settlement.settle(*arguments, {"from": seller.operator})


def test_closing_leaves_licences_and_holds(licences, settlement, content, host, seller, bought):
    """ACTIVE-1."""
    order = bought()
    holds = settlement.holdOf(content.number, 1) % 2**192
    licences.setActive(content.number, False, {"from": host.operator})
    assert licences.verify(order, order.receiver)
    assert settlement.holdOf(content.number, 1) % 2**192 == holds > 0
    settlement.refund(order, {"from": seller.operator})
    assert settlement.commissionOf(of_platform(seller.number), 0) >> 112 & 2**56 - 1 == 0


def test_opens_again_at_its_price(licences, settlement, content, host, bought):
    """ACTIVE-1, INV-8."""
    for active in (False, True):
        call = licences.setActive(content.number, active, {"from": host.operator})
        event = call.events["ContentActiveChanged"]
        assert dict(event) == {"content": content.number, "active": active}
        expected = (content.price, active)
        assert tuple(settlement.priceOn(content.number, today())) == expected
    order = bought()
    assert licences.verify(order, order.receiver)
