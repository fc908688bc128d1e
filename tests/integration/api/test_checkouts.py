"""Payments that the gateway makes: from the checkout to the licence, by the provider's word."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.integration.api.shop import Shop, checkout_body, eventually, open_shop
from tests.integration.fair import Fair


def post(client: httpx.Client, body: Any, key: str) -> httpx.Response:
    return client.post("/v1/checkouts", json=body, headers={"Idempotency-Key": key})


def test_a_payment_is_made_paid_told_and_settled_by_itself(fair: Fair) -> None:
    """API-10, 15"""
    with open_shop(fair, is_busy=True) as shop, shop.asking(1) as client:
        made = post(client, checkout_body(fair.request()), "one").json()
        payment = made["payment"]
        assert payment["state"] == "awaiting_payment"
        assert made["action"]
        assert made["expires_at"] > payment["created_at"]
        name = payment["provider_payment_id"]
        fair.provider.confirm(name)
        callback = fair.provider.callback(name)
        answer = client.post(
            "/v1/callbacks/sandbox", content=callback.body, headers=dict(callback.headers)
        )
        assert answer.status_code == 200
        path, use = f"/v1/payments/{payment['id']}", {"content": 1, "learner": 1}
        eventually(lambda: client.get(path).json()["state"] == "paid")
        eventually(lambda: client.get("/v1/licences", params=use).json()["may_use"])
        eventually(lambda: told(client) >= {"payment.created", "payment.paid", "batch.settled"})


def told(client: httpx.Client) -> set[str]:
    return {event["type"] for event in client.get("/v1/events").json()["data"]}


def test_the_same_checkout_is_one_payment(fair: Fair, client: httpx.Client) -> None:
    """API-3"""
    body = checkout_body(fair.request())
    first, again = post(client, body, "one"), post(client, body, "one")
    assert first.status_code == 201
    assert again.content == first.content
    assert again.headers["Idempotency-Replayed"] == "true"
    other = post(client, {**body, "description": "Another"}, "one")
    assert other.json()["code"] == "idempotency_conflict"


def test_what_opens_a_payment_is_kept_no_longer_than_it_can_be_paid(
    fair: Fair, shop: Shop, client: httpx.Client
) -> None:
    """API-3, PAY-14"""
    body = checkout_body(fair.request())
    first = post(client, body, "one")
    (action,) = first.json()["action"].values()
    kept = fair.rows("SELECT body FROM api_replies")
    assert [action.encode() in bytes(row[0]) for row in kept] == [False]
    name = first.json()["payment"]["provider_payment_id"]
    fair.provider.confirm(name)
    shop.gateway.take_callback("sandbox", fair.provider.callback(name))
    assert shop.gateway.process_callbacks() == 1
    forgotten = client.post("/v1/learners/1/forget", json={}, headers={"Idempotency-Key": "forget"})
    assert forgotten.json() == {"learner": 1}
    again = post(client, body, "one")
    assert again.json() == {**first.json(), "action": {}}
    assert again.headers["Idempotency-Replayed"] == "true"
    other = client.post("/v1/refunds", json=body, headers={"Idempotency-Key": "one"})
    assert other.json()["code"] == "idempotency_conflict"


def test_a_checkout_that_got_no_answer_goes_on_under_its_key(
    fair: Fair, shop: Shop, client: httpx.Client
) -> None:
    """API-3"""
    body = checkout_body(fair.request())
    with fair.provider.silence():
        assert post(client, body, "one").json()["code"] == "payment_unknown"
    made = post(client, body, "one")
    assert made.status_code == 201
    assert len(list(shop.gateway.payments(1))) == 1


@pytest.mark.parametrize("tampered", [b"{}", b"", b"{"])
def test_what_no_provider_said_is_answered_so_and_changes_nothing(
    fair: Fair, shop: Shop, client: httpx.Client, tampered: bytes
) -> None:
    """API-15"""
    name = fair.request().provider_payment_id
    headers = dict(fair.provider.callback(name).headers)
    answer = client.post("/v1/callbacks/sandbox", content=tampered, headers=headers)
    assert answer.status_code >= 400
    assert shop.gateway.process_callbacks() == 0
    unknown = client.post("/v1/callbacks/bank", content=tampered)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_provider")


def test_events_go_on_after_a_sequence_number(fair: Fair, shop: Shop, client: httpx.Client) -> None:
    """API-16"""
    for _ in range(3):
        shop.gateway.pay(fair.request())
    page = client.get("/v1/events", params={"limit": 2}).json()
    seen = [event["sequence"] for event in page["data"]]
    while page["next_after"]:
        params = {"limit": 2, "after": page["next_after"]}
        page = client.get("/v1/events", params=params).json()
        seen += [event["sequence"] for event in page["data"]]
    assert seen == sorted(set(seen))
    assert len(seen) >= 3
    event = client.get("/v1/events", params={"limit": 1}).json()["data"][0]
    assert client.get(f"/v1/events/{event['id']}").json() == event
