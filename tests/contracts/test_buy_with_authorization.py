"""Buy with an authorization: the buyer signs, anyone sends."""

from __future__ import annotations

import pytest

from tests.contracts.accounts import of_address
from tests.contracts.clock import HOUR, now, set_next
from tests.contracts.holds import unpack
from tests.contracts.orders import as_number, sign_authorization, sign_cancellation
from tests.contracts.plans import Terms
from tests.contracts.refusals import refused

OTHER_KEY = "0x" + "c2" * 32


@pytest.fixture
def sign(settlement, token, buyer_key):
    """Signs the authorization that an order needs; any part can be made wrong."""

    def sign(order, key=buyer_key, token=token, **wrong):
        message = {"to": settlement.address, "validBefore": order.deadline}
        message |= {"value": order.max_price, "order_id": order.id(settlement.address)}
        message |= wrong
        return sign_authorization(key, token, message.pop("order_id"), **message)

    return sign


@pytest.fixture
def rich(token, buyer, network_owner):
    """The buyer, with tokens and no allowance."""
    token.mint(buyer, 10**12, {"from": network_owner})
    return buyer


WRONG_MESSAGES = {
    "amount": {"value": 1},
    "payee": {"to": "0x" + "11" * 20},
    "start": {"validAfter": 1},
    "end": {"validBefore": 2**40},
    "order": {"order_id": b"\1" * 32},
    "chain": {"chain_id": 1},
}


@pytest.mark.parametrize("wrong", WRONG_MESSAGES.values(), ids=WRONG_MESSAGES.keys())
def test_reverts_if_another_message_was_signed(settlement, order, sign, rich, stranger, wrong):
    """AUTH-1, ALL-1."""
    placed = order()
    with refused("ERC3009InvalidSignature"):
        settlement.buyWithAuthorization(placed, *sign(placed, **wrong), {"from": stranger})
    assert settlement.factsOf(as_number(placed.id(settlement.address))) == 0


def test_reverts_if_another_key_signed(settlement, order, sign, rich, stranger):
    """AUTH-1, INV-4."""
    placed = order()
    signature = sign(placed, OTHER_KEY, **{"from": rich.address})
    with refused("ERC3009InvalidSignature"):
        settlement.buyWithAuthorization(placed, *signature, {"from": stranger})


def test_reverts_if_signed_for_another_token(
    settlement, SettlementToken, order, sign, rich, stranger
):
    """AUTH-1."""
    other = SettlementToken.deploy("US Dollar", "USD", 6, rich, {"from": rich})
    placed = order()
    with refused("ERC3009InvalidSignature"):
        signature = sign(placed, token=other)
        settlement.buyWithAuthorization(placed, *signature, {"from": stranger})


CHANGES = {
    "receiver": {"receiver": "0x" + "11" * 20},
    "referrer": {"referrer": "0x" + "11" * 20},
    "seller": {"seller": 1},
    "maximum": {"max_price": 2 * 49_990_003},
    "deadline": {"deadline": 2**40},
    "salt": {"salt": b"\1" * 32},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_reverts_if_the_order_was_changed(settlement, order, sign, rich, stranger, change):
    """AUTH-1, INV-4."""
    signed = order()
    signature = sign(signed)
    with refused("ERC3009InvalidSignature"):
        changed = signed._replace(**change)
        settlement.buyWithAuthorization(changed, *signature, {"from": stranger})


def test_reverts_if_the_start_was_changed(settlement, publish, order, sign, rich, stranger):
    """AUTH-1, ORDER-5."""
    renewable = publish("a-magazine", terms=Terms(2 * HOUR, renewable=True))
    signed = order(content=renewable.number, starts_at=now() + HOUR)
    changed = signed._replace(starts_at=signed.starts_at + 1)
    with refused("ERC3009InvalidSignature"):
        settlement.buyWithAuthorization(changed, *sign(signed), {"from": stranger})


def test_reverts_if_the_content_was_changed(settlement, publish, order, sign, rich, stranger):
    """AUTH-1, INV-4."""
    signed = order()
    changed = signed._replace(content=publish("another").number)
    with refused("ERC3009InvalidSignature"):
        settlement.buyWithAuthorization(changed, *sign(signed), {"from": stranger})


def test_reverts_after_the_deadline(settlement, order, sign, rich, stranger):
    """ORDER-2."""
    placed = order(deadline=now() + HOUR)
    signature = sign(placed)
    set_next(placed.deadline + 1)
    with refused("DeadlinePassed", placed.deadline, placed.deadline + 1):
        settlement.buyWithAuthorization(placed, *signature, {"from": stranger})


def test_reverts_if_the_authorization_was_cancelled(
    settlement, token, order, sign, rich, stranger, buyer_key
):
    """AUTH-3."""
    placed = order()
    nonce = placed.id(settlement.address)
    cancellation = sign_cancellation(buyer_key, token, nonce)
    token.cancelAuthorization(rich, nonce, *cancellation, {"from": stranger})
    with refused("ERC3009UsedAuthorization", rich.address, nonce):
        settlement.buyWithAuthorization(placed, *sign(placed), {"from": stranger})


def test_reverts_if_the_authorization_was_used(settlement, order, sign, rich, stranger):
    """AUTH-3, ORDER-1."""
    placed = order()
    settlement.buyWithAuthorization(placed, *sign(placed), {"from": stranger})
    with refused("OrderExists", placed.id(settlement.address)):
        settlement.buyWithAuthorization(placed, *sign(placed), {"from": stranger})


def test_nobody_else_can_use_the_authorization(settlement, token, order, sign, rich, stranger):
    """AUTH-1, INV-4."""
    placed = order()
    arguments = (rich, settlement, placed.max_price, 0, placed.deadline)
    nonce = placed.id(settlement.address)
    with refused("ERC20InvalidReceiver", settlement.address):
        signature = sign(placed)
        token.receiveWithAuthorization(*arguments, nonce, *signature, {"from": stranger})


def test_reverts_if_the_buyer_has_too_little(settlement, order, sign, buyer, stranger, content):
    """AUTH-1, ALL-1."""
    placed = order()
    with refused("ERC20InsufficientBalance", buyer.address, 0, content.price):
        settlement.buyWithAuthorization(placed, *sign(placed), {"from": stranger})


def test_reverts_if_less_arrives_than_was_asked(shop, FeeToken, buyer, buyer_key):
    """DEP-3."""
    token = FeeToken.deploy({"from": buyer})
    market = shop(token)
    token.mint(buyer, 10_000, {"from": buyer})
    order = market.order(buyer)
    message = {"to": market.settlement.address, "value": 10_000, "validBefore": order.deadline}
    order_id = order.id(market.settlement.address)
    with refused("TransferMismatch", 9_900, 10_000):
        signature = sign_authorization(buyer_key, token, order_id, **message)
        market.settlement.buyWithAuthorization(order, *signature, {"from": buyer})


def test_anyone_sends_what_the_buyer_signed(settlement, token, order, sign, rich, stranger):
    """AUTH-1, INV-1."""
    placed = order()
    settlement.buyWithAuthorization(placed, *sign(placed), {"from": stranger})
    assert token.balanceOf(rich) == 10**12 - placed.max_price
    assert token.balanceOf(settlement) == placed.max_price
    assert settlement.availableOf(of_address(rich)) == 0


def test_the_excess_stays_on_the_buyers_account(
    settlement, token, order, sign, rich, stranger, content
):
    """AUTH-2, INV-1."""
    placed = order(max_price=content.price + 500)
    call = settlement.buyWithAuthorization(placed, *sign(placed), {"from": stranger})
    assert call.events["OrderPlaced"]["paid"] == content.price + 500
    assert settlement.availableOf(of_address(rich)) == 500
    assert token.balanceOf(settlement) == content.price + 500


def test_captures_the_price_and_not_the_maximum(
    settlement, licences, order, sign, rich, stranger, content, seller
):
    """SPLIT-1, ORDER-3, VERIFY-1."""
    placed = order(max_price=content.price + 500)
    settlement.buyWithAuthorization(placed, *sign(placed), {"from": stranger})
    held = unpack(settlement.holdOf(content.number, 1)).total
    held += unpack(settlement.commissionOf(seller.account, 0)).total
    assert held == content.price
    assert licences.verify(placed, rich)
