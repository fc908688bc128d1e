"""Receipts: what a learner is handed for an order."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from string import Formatter

import pytest

from tests.integration.fair import PLAN, Fair
from tests.integration.test_gateway_refund import settled_order
from zhifu.exceptions import OrderUnpaid, UnknownOrder
from zhifu.gateway import Gateway
from zhifu.languages import Language
from zhifu.models import Publication
from zhifu.money import Money
from zhifu.payments import CheckoutTerms
from zhifu.printing import receipt_data, receipt_page, receipt_parts
from zhifu.printing.phrases import PHRASES
from zhifu.receipts import Receipt

HOSTILE = '<script>alert("1")</script>&\x1b[2J\u202eevil'


def usd(cents: int) -> Money:
    return Money(cents, "USD")


def test_a_receipt_tells_what_was_bought_and_paid(fair: Fair, gateway: Gateway) -> None:
    """RECEIPT-1"""
    payment = gateway.pay(fair.request(contents=(1, 3)))
    order = payment.orders[1]
    found = gateway.receipt(order.id)
    assert found.order == gateway.order(order.id)
    assert (found.seller.name, found.host.name) == ("platform 1", "platform 2")
    assert (found.content.number, found.content.ref) == (3, "content 3")
    assert found.order.price == found.kept
    assert found.returned == usd(0)
    assert found.paid_at == payment.created_at
    assert found.payment.request.provider == "sandbox"
    assert found.payment.provider_payment_id == payment.provider_payment_id
    assert found.grant is None
    assert len(found.payment.orders) == 2


def test_the_order_on_a_receipt_is_the_one_that_the_chain_verifies(
    fair: Fair, gateway: Gateway
) -> None:
    """RECEIPT-2"""
    order = settled_order(fair, gateway)
    grant = gateway.receipt(order.id).grant
    proof = gateway.license_of(order.id)
    assert grant is not None
    assert proof is not None
    assert int.from_bytes(grant.order_id, "big") == proof.order_id
    assert grant.license == fair.network.license.address
    assert fair.network.license.verify_batch(proof, order.learner)
    mined = fair.network.chain.receipt(grant.transaction_hash)
    assert mined is not None
    assert mined.block_number == grant.block_number
    assert (grant.starts_at, grant.ends_at) == (None, None)


def test_what_went_back_is_on_the_receipt(fair: Fair, gateway: Gateway) -> None:
    """RECEIPT-3"""
    order = settled_order(fair, gateway)
    gateway.refund_part(order.id, usd(900), "part")
    found = gateway.receipt(order.id)
    assert (found.returned, found.kept) == (usd(900), order.price - usd(900))
    gateway.refund(order.id)
    found = gateway.receipt(order.id)
    assert [each.is_part for each in found.refunds] == [True, False]
    assert (found.returned, found.kept) == (order.price, usd(0))
    data = receipt_data(found)
    assert sum(each["amount"]["amount"] for each in data["refunds"]) == order.price.amount


def test_there_is_no_receipt_for_what_was_not_paid(fair: Fair, gateway: Gateway) -> None:
    """RECEIPT-1"""
    request = fair.request(provider_payment_id="")
    terms = CheckoutTerms(int(time.time()) + 900, "card", "a content")
    order = gateway.checkout(request, terms).payment.orders[0]
    with pytest.raises(OrderUnpaid):
        gateway.receipt(order.id)
    with pytest.raises(UnknownOrder):
        gateway.receipt("ord_0000000000000001")


@pytest.mark.parametrize("language", Language)
def test_a_page_says_all_that_the_data_say(
    fair: Fair, gateway: Gateway, language: Language
) -> None:
    """RECEIPT-4"""
    order = settled_order(fair, gateway)
    gateway.refund_part(order.id, usd(900), "part")
    found = gateway.receipt(order.id)
    page = receipt_page(found, language)
    assert_alone(page)
    data = receipt_data(found)
    said = [data["order"], data["payment"], data["in_words"][language.value]]
    said += [data["licence"]["order_id"], data["licence"]["transaction_hash"]]
    said += [data["refunds"][0]["id"], "content 1", "platform 1"]
    for each in said:
        assert each in page, each
    for _, value in receipt_parts(found, language).facts:
        assert value


def assert_alone(page: str) -> None:
    """A page needs nothing from elsewhere, and runs nothing."""
    assert not re.search(r"<(script|img|link|iframe|object|embed|form)\b", page)
    assert "url(" not in page
    assert "@import" not in page
    assert not re.search(r"\bhttps?://", page)


def hostile_receipt(fair: Fair, gateway: Gateway) -> Receipt:
    signer, published = fair.operators[1], Publication(HOSTILE, 10_000, 0, PLAN)
    fair.network.license.publish(signer, [published])
    gateway.sync()
    content = max(each.number for each in gateway.contents())
    amount = usd(1)
    paid = fair.provider.pay(amount)
    request = fair.request(contents=(1,), amount=amount, provider_payment_id=paid)
    payment = gateway.pay(replace(request, contents=(content,)))
    return gateway.receipt(payment.orders[0].id)


@pytest.mark.parametrize("language", Language)
def test_names_are_text_on_a_page_and_never_move_a_terminal(
    fair: Fair, gateway: Gateway, language: Language
) -> None:
    """RECEIPT-4"""
    found = hostile_receipt(fair, gateway)
    page = receipt_page(found, language)
    assert_alone(page)
    assert "&lt;script&gt;" in page
    shown = str(receipt_parts(found, language))
    for hidden in ("\\x1b", "\x1b", "\u202e"):
        assert hidden not in page
        assert hidden not in shown
    assert receipt_data(found)["content"]["ref"] == found.content.ref


def test_each_phrase_is_in_both_languages_and_asks_for_the_same_values() -> None:
    """STATEMENT-6"""
    for word, (chinese, english) in PHRASES.items():
        assert chinese, word
        assert english, word
        assert named_in(chinese) == named_in(english), word


def named_in(phrase: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(phrase)} - {None}
