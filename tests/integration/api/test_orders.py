"""Orders over HTTP: recorded once, told the same every time."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import httpx
import orjson
import pytest

from tests.integration.api.crowd import Asked, ask_at_once
from tests.integration.api.shop import Shop, order_body
from tests.integration.fair import Fair


def post(client: httpx.Client, body: Any, key: str, path: str = "/v1/orders") -> httpx.Response:
    return client.post(path, json=body, headers={"Idempotency-Key": key})


def test_a_cart_is_recorded_and_told_as_it_goes_on(
    fair: Fair, shop: Shop, client: httpx.Client
) -> None:
    """API-10"""
    made = post(client, order_body(fair.request(contents=(1, 3))), "cart")
    assert made.status_code == 201
    payment = made.json()
    assert payment["state"] == "paid"
    assert [each["content"] for each in payment["orders"]] == [1, 3]
    assert payment["orders"][0]["price"] == {"amount": 4900, "currency": "USD"}
    order = payment["orders"][0]["id"]
    assert client.get(f"/v1/orders/{order}").json()["state"] == "paid"
    shop.gateway.settle(1)
    found = client.get(f"/v1/orders/{order}").json()
    assert found["state"] == "settled"
    assert found["batch"]["position"] == 0
    assert client.get(f"/v1/payments/{payment['id']}").json()["orders"][0]["state"] == "settled"
    history = client.get(f"/v1/orders/{order}/history").json()["data"]
    assert [change["state"] for change in history][:2] == ["paid", "batched"]


def test_the_same_request_is_answered_the_same_whatever_became_of_it(
    fair: Fair, shop: Shop, client: httpx.Client
) -> None:
    """API-3"""
    body = order_body(fair.request())
    first = post(client, body, "one")
    shop.gateway.settle(1)
    again = post(client, body, "one")
    assert again.status_code == first.status_code == 201
    assert again.content == first.content
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers


def test_another_request_under_the_same_key_is_refused(fair: Fair, client: httpx.Client) -> None:
    """API-3"""
    body = order_body(fair.request())
    post(client, body, "one")
    refused = post(client, {**body, "learner": 2}, "one")
    assert refused.status_code == 409
    assert refused.json()["code"] == "idempotency_conflict"
    assert refused.headers["Content-Type"] == "application/problem+json"


def test_fifty_at_once_under_each_key_make_one_payment_each(fair: Fair, shop: Shop) -> None:
    """API-3"""
    asked = [Asked(shop.url, shop.key(), f"key {n}", order_body(fair.request())) for n in range(10)]
    answers = asyncio.run(ask_at_once(asked, times=50))
    assert Counter(answer.status for answer in answers) == {201: 500}
    assert set(Counter(answer.body for answer in answers).values()) == {50}
    assert sum(not answer.is_replayed for answer in answers) == 10
    assert shop.gateway.waiting(1) == 10


def test_a_bulk_takes_and_refuses_each_alone(fair: Fair, shop: Shop, client: httpx.Client) -> None:
    """API-11"""
    good = [order_body(fair.request()) for _ in range(3)]
    items = [good[0], {**good[1], "learner": 99}, {**good[1], "colour": "red"}, good[2]]
    made = post(client, items, "many", "/v1/orders/bulk")
    assert made.status_code == 200
    told = made.json()["data"]
    assert [each["status"] for each in told] == [201, 404, 422, 201]
    assert [each["index"] for each in told] == [0, 1, 2, 3]
    assert told[1]["problem"]["code"] == "unknown_learner"
    assert told[2]["problem"]["field"] == "colour"
    assert shop.gateway.waiting(1) == 2
    assert post(client, items, "many", "/v1/orders/bulk").json() == made.json()
    assert shop.gateway.waiting(1) == 2


def test_a_bulk_of_lines_is_answered_by_lines(fair: Fair, shop: Shop, client: httpx.Client) -> None:
    """API-11"""
    bodies = [{**order_body(fair.request()), "idempotency_key": f"own {n}"} for n in range(3)]
    lines = [orjson.dumps(body) for body in bodies] + [b"{"]
    headers = {"Idempotency-Key": "lines", "Content-Type": "application/x-ndjson"}
    made = client.post("/v1/orders/bulk", content=b"\n".join(lines), headers=headers)
    told = [orjson.loads(line) for line in made.content.splitlines()]
    assert [each["status"] for each in told] == [201, 201, 201, 400]
    single = {name: value for name, value in bodies[0].items() if name != "idempotency_key"}
    assert post(client, single, "own 0").json() == told[0]["payment"]


@pytest.mark.parametrize("size", [0, 10_001])
def test_a_bulk_has_at_least_one_and_not_too_many(client: httpx.Client, size: int) -> None:
    """API-11"""
    refused = post(client, [{}] * size, "size", "/v1/orders/bulk")
    assert refused.status_code == 422


def test_pages_go_on_where_they_ended_whatever_comes_meanwhile(
    fair: Fair, client: httpx.Client
) -> None:
    """API-6"""
    made = [post(client, order_body(fair.request()), f"{n}").json() for n in range(5)]
    expected = [each["orders"][0]["id"] for each in reversed(made)]
    page = client.get("/v1/orders", params={"limit": 2}).json()
    seen = [each["id"] for each in page["data"]]
    while page["next_cursor"]:
        post(client, order_body(fair.request()), f"meanwhile {len(seen)}")
        params = {"limit": 2, "cursor": page["next_cursor"]}
        page = client.get("/v1/orders", params=params).json()
        seen += [each["id"] for each in page["data"]]
    assert seen == expected


def test_a_cursor_is_good_for_its_own_list_alone(
    fair: Fair, shop: Shop, client: httpx.Client
) -> None:
    """API-6"""
    for n in range(2):
        post(client, order_body(fair.request()), f"{n}")
    cursor = client.get("/v1/orders", params={"limit": 1}).json()["next_cursor"]
    for path in ("/v1/refunds", "/v1/contents"):
        refused = client.get(path, params={"cursor": cursor})
        assert (refused.status_code, refused.json()["field"]) == (422, "cursor")
    with shop.asking(2) as other:
        assert other.get("/v1/orders", params={"cursor": cursor}).status_code == 422
    for broken in ("", "!", "AAAA", cursor[:-1], cursor + "A"):
        assert client.get("/v1/orders", params={"cursor": broken}).status_code == 422
