"""Paybacks and chargebacks are told by the API, and what a provider refused is mended by it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.integration.api.shop import Shop, taken_back
from tests.integration.fair import PRICES, Fair


def post(client: httpx.Client, path: str, body: Any, key: str) -> httpx.Response:
    return client.post(path, json=body, headers={"Idempotency-Key": key})


def only(client: httpx.Client, path: str) -> dict[str, Any]:
    page = client.get(path).json()
    assert page["next_cursor"] is None
    (found,) = page["data"]
    assert client.get(f"{path.partition('?')[0]}/{found['id']}").json() == found
    return dict(found)


def test_what_goes_back_is_told(shop: Shop, client: httpx.Client) -> None:
    """PAY-8, API-6"""
    payment = taken_back(shop)
    payback = only(client, "/v1/paybacks")
    assert payback["payment"] == payment.id
    assert payback["amount"] == {"amount": 7, "currency": "USD"}
    assert (payback["reason"], payback["state"]) == ("overpaid", "payback_failed")
    assert "more than was paid" in payback["detail"]
    chargeback = only(client, "/v1/chargebacks")
    assert chargeback["payment"] == payment.id
    assert chargeback["amount"] == {"amount": PRICES[1] + 7, "currency": "USD"}
    assert (chargeback["stage"], chargeback["state"]) == ("before_maturity", "open")
    other = taken_back(shop)
    for path in ("/v1/paybacks", "/v1/chargebacks"):
        first = client.get(path, params={"limit": 1}).json()
        assert [each["payment"] for each in first["data"]] == [other.id]
        rest = client.get(path, params={"limit": 1, "cursor": first["next_cursor"]}).json()
        assert [each["payment"] for each in rest["data"]] == [payment.id]
        assert rest["next_cursor"] is None
        assert only(client, f"{path}?payment={payment.id}")["payment"] == payment.id
        foreign = client.get(path, params={"payment": other.id, "cursor": first["next_cursor"]})
        assert (foreign.status_code, foreign.json()["field"]) == (422, "cursor")
        assert client.get(path, params={"payment": "ord_1"}).status_code == 422


def test_what_was_refused_is_tried_again(fair: Fair, shop: Shop, client: httpx.Client) -> None:
    """API-18"""
    payment = taken_back(shop)
    path = f"/v1/paybacks/{only(client, '/v1/paybacks')['id']}"
    name = payment.provider_payment_id or ""
    fair.provider.return_chargeback(name)
    again = post(client, f"{path}/again", {}, "again")
    assert again.json()["state"] == "payback_pending"
    assert post(client, f"{path}/again", {}, "again").content == again.content
    assert post(client, f"{path}/again", {}, "after a crash").json() == again.json()
    refused = post(client, f"{path}/returned", {"detail": "by bank"}, "too early")
    assert (refused.status_code, refused.json()["code"]) == (409, "payback_not_failed")
    assert shop.gateway.pay_back() == 1
    assert client.get(path).json()["state"] == "paid_back"
    assert post(client, f"{path}/again", {}, "later").json()["state"] == "paid_back"
    assert fair.provider.refunded(name).amount == 7


@pytest.mark.parametrize("detail", ["", "\n", "x" * 256])
def test_how_it_was_returned_must_be_said(shop: Shop, client: httpx.Client, detail: str) -> None:
    """API-5, API-18"""
    taken_back(shop)
    path = f"/v1/paybacks/{only(client, '/v1/paybacks')['id']}"
    refused = post(client, f"{path}/returned", {"detail": detail}, "hand")
    assert (refused.status_code, refused.json()["field"]) == (422, "detail")
    assert client.get(path).json()["state"] == "payback_failed"


def test_what_was_returned_by_hand_is_not_sent_again(
    fair: Fair, shop: Shop, client: httpx.Client
) -> None:
    """API-18"""
    payment = taken_back(shop)
    path = f"/v1/paybacks/{only(client, '/v1/paybacks')['id']}"
    made = post(client, f"{path}/returned", {"detail": "transfer 7"}, "hand").json()
    assert (made["state"], made["detail"]) == ("paid_back", "transfer 7")
    assert client.get(path).json() == made
    again = post(client, f"{path}/returned", {"detail": "transfer 7"}, "after a crash")
    assert (again.status_code, again.json()) == (200, made)
    refused = post(client, f"{path}/again", {}, "and by the provider")
    assert (refused.status_code, refused.json()["code"]) == (409, "payback_not_failed")
    fair.provider.return_chargeback(payment.provider_payment_id or "")
    assert shop.gateway.pay_back() == 0
    for verb, body in (("again", {}), ("returned", {"detail": "transfer 8"})):
        refused = post(client, f"{path}/{verb}", body, verb)
        assert refused.json()["code"] == "payback_not_failed"
    assert fair.provider.refunded(payment.provider_payment_id or "").amount == 0
