"""Top-ups and learners' balances over HTTP, from the payment to what it buys."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.integration.api.shop import (
    Shop,
    eventually,
    open_shop,
    order_body,
    top_up_body,
    topped_up,
)
from tests.integration.fair import Fair
from tests.integration.purse import allow, on_account
from tests.integration.test_spending import load
from zhifu.money import Money

PATH = "/v1/top-ups"


def post(client: httpx.Client, body: Any, key: str, path: str = PATH) -> httpx.Response:
    return client.post(path, json=body, headers={"Idempotency-Key": key})


def paid_body(fair: Fair, cents: int = 1_000) -> dict[str, Any]:
    """A top-up of which there is a payment."""
    name = fair.provider.pay(Money(cents, "USD"))
    body = {**top_up_body(cents), "provider_payment_id": name}
    return {key: value for key, value in body.items() if key not in ("method", "description")}


def spending(fair: Fair, contents: tuple[int, ...] = (1,)) -> dict[str, Any]:
    body = order_body(fair.request(contents=contents, provider="balance", provider_payment_id=""))
    del body["provider_payment_id"]
    return body


def spendable(client: httpx.Client) -> int:
    told = client.get("/v1/learners/1/balances").raise_for_status().json()
    amount: int = told["spendable"]["available"]["amount"]
    return amount


def test_a_learner_pays_for_a_balance_and_buys_from_it(fair: Fair) -> None:
    """API-20, TOPUP-5, SPEND-1"""
    allow(fair)
    with open_shop(fair, is_busy=True) as shop, shop.asking(1) as client:
        answer = post(client, top_up_body(5_000), "one")
        assert answer.status_code == 201
        top_up, name = answer.json()["top_up"], answer.json()["action"]["sandbox_payment"]
        assert (top_up["state"], top_up["problem"]) == ("awaiting_payment", None)
        fair.provider.confirm(name)
        callback = fair.provider.callback(name)
        headers = dict(callback.headers)
        client.post("/v1/callbacks/sandbox", content=callback.body, headers=headers)
        path = f"{PATH}/{top_up['id']}"
        eventually(lambda: client.get(path).json()["state"] in ("settled", "confirmed"))
        assert client.get(path).json()["transaction_hash"]
        assert spendable(client) == 5_000
        spent = post(client, spending(fair), "spend", "/v1/orders")
        assert (spent.status_code, spent.json()["state"]) == (201, "paid")
        eventually(lambda: on_account(fair) == 100)
        # Until the books have seen the batch, what it spent counts as spent once more.
        eventually(lambda: spendable(client) == 100)


def test_the_same_top_up_is_one_payment(fair: Fair, shop: Shop, client: httpx.Client) -> None:
    """API-3, API-20"""
    for body in (top_up_body(), paid_body(fair)):
        key = str(body)
        first, again = post(client, body, key), post(client, body, key)
        assert first.status_code == 201
        assert again.content == first.content
        assert again.headers["Idempotency-Replayed"] == "true"
        assert post(client, {**body, "learner": 2}, key).json()["code"] == "idempotency_conflict"
    assert len(shop.gateway.top_ups(1)) == 2


def test_what_a_top_up_answers_stays_as_it_was(fair: Fair, client: httpx.Client) -> None:
    """API-10, API-20"""
    body = paid_body(fair)
    first = post(client, body, "one")
    assert first.json()["top_up"]["state"] == "waiting"
    path = f"{PATH}/{first.json()['top_up']['id']}"
    assert post(client, {}, "back", f"{path}/refund").json()["state"] == "refunded"
    assert post(client, body, "one").content == first.content


def test_a_top_up_names_a_payment_or_has_one_made(fair: Fair, client: httpx.Client) -> None:
    """API-5, API-20"""
    whole = top_up_body()
    wrong = (
        {key: value for key, value in whole.items() if key != "method"},
        {key: value for key, value in whole.items() if key != "description"},
        {**whole, "provider_payment_id": fair.provider.pay(Money(1_000, "USD"))},
        {**paid_body(fair), "payer": "somebody"},
        {**whole, "contents": [1]},
        {**whole, "provider": "balance"},
    )
    for at, body in enumerate(wrong):
        refused = post(client, body, f"wrong {at}")
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_input"), body
    unpaid = {**paid_body(fair), "amount": {"amount": 1, "currency": "USD"}}
    assert post(client, unpaid, "less").status_code == 422
    assert client.get(PATH).json()["data"] == []


def test_top_ups_are_listed_page_by_page(shop: Shop, client: httpx.Client) -> None:
    """API-9, API-20"""
    made = [topped_up(shop).id for _ in range(5)]
    shop.gateway.pay(shop.fair.request())
    found, cursor = [], None
    while True:
        params = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = client.get(PATH, params=params).json()
        found += [each["id"] for each in page["data"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == made[::-1]
    assert client.get("/v1/orders", params={"cursor": "AAAA"}).status_code == 422


def test_what_the_provider_refuses_to_return_is_ended_by_hand(
    fair: Fair, shop: Shop, client: httpx.Client
) -> None:
    """API-20, TOPUP-7"""
    payment = topped_up(shop)
    fair.provider.charge_back(payment.provider_payment_id or "", Money(300, "USD"))
    path = f"{PATH}/{payment.id}"
    early = post(client, {"detail": "by hand"}, "early", f"{path}/returned")
    assert (early.status_code, early.json()["code"]) == (409, "not_refundable")
    refused = post(client, {}, "back", f"{path}/refund")
    assert (refused.status_code, refused.json()["code"]) == (409, "provider_refused")
    assert client.get(path).json()["problem"] == "provider_refused"
    done = post(client, {"detail": "by transfer 4711"}, "hand", f"{path}/returned")
    assert (done.json()["state"], done.json()["problem"]) == ("refunded", None)
    last = client.get(f"{path}/history").json()["data"][-1]
    assert (last["state"], last["detail"]) == ("refunded", "by transfer 4711")
    events = client.get("/v1/events").json()["data"]
    (told,) = [each["data"] for each in events if each["type"] == "top_up.refunded"]
    assert told["problem"] is None


def test_balances_are_told_wherever_they_are(fair: Fair, shop: Shop, client: httpx.Client) -> None:
    """API-20, SPEND-2"""
    load(fair, 5_000)
    shop.gateway.sync()
    assert post(client, spending(fair), "spend", "/v1/orders").status_code == 201
    refused = post(client, spending(fair, (4,)), "more", "/v1/orders")
    assert refused.json()["code"] == "insufficient_balance"
    told = client.get("/v1/learners/1/balances").json()
    assert told["spendable"]["available_units"] == 100 * 10_000
    (held,) = told["data"]
    assert (held["platform"], held["available"]["amount"]) == (1, 5_000)
    with shop.asking(2) as other:
        theirs = other.get("/v1/learners/1/balances").json()
    assert (theirs["spendable"]["available_units"], theirs["data"]) == (0, [held])
    unknown = client.get("/v1/learners/999/balances")
    assert unknown.json()["code"] == "unknown_learner"


@pytest.mark.parametrize("learner", ["0", "x", "4294967296"])
def test_a_learner_is_a_number(client: httpx.Client, learner: str) -> None:
    """API-5"""
    assert client.get(f"/v1/learners/{learner}/balances").status_code == 422
