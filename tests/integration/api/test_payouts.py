"""PAYOUT-1, PAYOUT-4 over HTTP: learners are paid out, and people say what they returned."""

from __future__ import annotations

from typing import Any

import httpx

from tests.integration.api.shop import Shop
from tests.integration.fair import Fair
from tests.integration.test_spending import load

TEN = {"amount": 1_000, "currency": "USD"}


def post(client: httpx.Client, path: str, body: Any, key: str) -> httpx.Response:
    return client.post(path, json=body, headers={"Idempotency-Key": key})


def test_a_balance_is_paid_out_once(fair: Fair, shop: Shop, client: httpx.Client) -> None:
    """API-3, 14"""
    load(fair, 1_500)
    asked = {"learner": 1, "amount": TEN}
    made = post(client, "/v1/payouts", asked, "out")
    assert (made.status_code, made.json()["amount"]) == (201, TEN)
    assert post(client, "/v1/payouts", asked, "out").content == made.content
    assert post(client, "/v1/payouts", asked, "more").json()["code"] == "insufficient_balance"
    euros = {"learner": 1, "amount": {"amount": 1, "currency": "EUR"}}
    assert post(client, "/v1/payouts", euros, "euros").json()["code"] == "currency_mismatch"
    shop.gateway.sync()
    assert shop.gateway.follow_pay_outs(1) == 1
    path = f"/v1/payouts/{made.json()['id']}"
    found = client.get(path).json()
    assert (found["state"], found["by_hand"]) == ("returning", TEN)
    assert client.get("/v1/payouts").json() == {"data": [found], "next_cursor": None}
    returned = post(client, f"{path}/returned", {"detail": "transfer 17"}, "returned").json()
    assert (returned["state"], returned["detail"]) == ("paid_out", "transfer 17")
    refused = post(client, f"{path}/returned", {"detail": "transfer 18"}, "again")
    assert (refused.status_code, refused.json()["code"]) == (409, "pay_out_not_by_hand")
