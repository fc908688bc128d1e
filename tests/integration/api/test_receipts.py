"""Receipts over HTTP: a platform's own, as data or as a page."""

from __future__ import annotations

import httpx
import pytest

from tests.integration.api.shop import Shop
from tests.integration.fair import Fair
from zhifu.api.scopes import Scope


def test_a_receipt_is_data_or_a_page(fair: Fair, shop: Shop, client: httpx.Client) -> None:
    """RECEIPT-5"""
    order = shop.gateway.pay(fair.request()).orders[0].id
    shop.gateway.settle(1)
    path = f"/v1/orders/{order}/receipt"
    told = client.get(path)
    assert told.headers["Content-Type"] == "application/json"
    data = told.json()
    assert data["order"] == order
    assert data["licence"]["order_id"].startswith("0x")
    assert data["in_words"]["en"] == "Forty-nine and 00/100 US dollars"
    page = client.get(path, headers={"Accept": "text/html,*/*;q=0.8"})
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store"
    assert "收据" in page.text
    english = client.get(path, params={"language": "en"}, headers={"Accept": "text/html"})
    assert "Receipt" in english.text
    refused = client.get(path, params={"language": "fr"})
    assert refused.status_code == 422


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_a_receipt_is_for_the_platform_that_sold(fair: Fair, shop: Shop, accept: str) -> None:
    """RECEIPT-5"""
    order = shop.gateway.pay(fair.request()).orders[0].id
    path, headers = f"/v1/orders/{order}/receipt", {"Accept": accept}
    with shop.asking(2) as other:
        answer = other.get(path, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_order")
    narrow = shop.key(1, frozenset({Scope.LICENCES_READ}))
    with shop.asking(1, narrow) as other:
        assert other.get(path, headers=headers).status_code == 403


def test_what_is_not_paid_has_no_receipt(fair: Fair, shop: Shop, client: httpx.Client) -> None:
    """RECEIPT-1"""
    body = {
        "learner": 1,
        "contents": [1],
        "amount": {"amount": 4900, "currency": "USD"},
        "provider": "sandbox",
        "method": "card",
        "description": "A course",
    }
    made = client.post("/v1/checkouts", json=body, headers={"Idempotency-Key": "one"})
    assert made.status_code == 201, made.text
    order = made.json()["payment"]["orders"][0]["id"]
    answer = client.get(f"/v1/orders/{order}/receipt")
    assert (answer.status_code, answer.json()["code"]) == (409, "order_unpaid")
