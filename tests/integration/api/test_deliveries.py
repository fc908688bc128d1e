"""What was sent to a webhook endpoint is told by the API, and sent again by it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import httpx
import pytest

from tests.integration.api.shop import Shop
from tests.integration.fair import Fair
from tests.receiver import Receiver
from zhifu.notify.courier import Courier
from zhifu.notify.destination import Rules
from zhifu.notify.endpoints import Endpoints
from zhifu.notify.outbox import Outbox
from zhifu.notify.payload import Ledger, Payloads
from zhifu.notify.sender import Sender

HERE = Rules(development_hosts=frozenset({"127.0.0.1"}))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as opened:
        yield opened


def clock() -> int:
    return int(time.time())


class Hook:
    """An endpoint of platform 1 at a receiver, and a courier to it."""

    def __init__(self, shop: Shop, receiver: Receiver) -> None:
        self._shop = shop
        self._endpoints = Endpoints(shop.store, shop.vault, clock, HERE)
        found, secret = self._endpoints.add(1, receiver.url("/hooks"), ("payment.*", "order.*"))
        receiver.secrets["/hooks"] = secret
        self.path = f"/v1/webhook-endpoints/{found.id}"

    def deliver(self) -> None:
        payloads = Payloads(Ledger("USD", 6))
        outbox = Outbox(self._shop.store, self._endpoints, payloads, clock)
        Courier(outbox, partial(Sender, HERE, timeout=30.0)).run_until_idle()


@pytest.fixture
def hook(shop: Shop, receiver: Receiver) -> Hook:
    return Hook(shop, receiver)


def post(client: httpx.Client, path: str, body: Any, key: str) -> httpx.Response:
    return client.post(path, json=body, headers={"Idempotency-Key": key})


def test_every_delivery_is_told_page_by_page(
    fair: Fair, shop: Shop, client: httpx.Client, hook: Hook, receiver: Receiver
) -> None:
    """NOTE-10, API-6"""
    shop.gateway.pay(fair.request(contents=(1, 3)))
    shop.gateway.pay(fair.request())
    hook.deliver()
    seen: list[dict[str, Any]] = []
    params: dict[str, Any] = {"limit": 2}
    while True:
        page = client.get(f"{hook.path}/deliveries", params=params).json()
        assert len(page["data"]) <= 2
        seen += page["data"]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    sent = {request.event["id"]: request.event["type"] for request in receiver.accepted}
    assert {each["event"]: each["type"] for each in seen} == sent
    assert len(seen) == len(sent) == 5
    assert {each["state"] for each in seen} == {"delivered"}
    assert all([made["status"] for made in each["attempts"]] == [204] for each in seen)
    foreign = client.get(f"{hook.path}/deliveries", params={"cursor": "x"})
    assert (foreign.status_code, foreign.json()["field"]) == (422, "cursor")


def test_an_event_or_a_range_is_sent_again_under_its_id(
    fair: Fair, shop: Shop, client: httpx.Client, hook: Hook, receiver: Receiver
) -> None:
    """NOTE-4, NOTE-10"""
    shop.gateway.pay(fair.request())
    hook.deliver()
    before = [request.event["id"] for request in receiver.accepted]
    assert len(before) == 2
    path = f"{hook.path}/resend"
    assert post(client, path, {"event": before[0]}, "one").json() == {
        "resent": 1,
        "last": None,
    }
    hook.deliver()
    assert [request.event["id"] for request in receiver.accepted] == [*before, before[0]]
    assert post(client, path, {"first": 1, "last": 1_000}, "all").json() == {
        "resent": 1,
        "last": 1_000,
    }
    hook.deliver()
    assert sorted(request.event["id"] for request in receiver.accepted) == sorted(
        [*before, before[0], *before]
    )
    for wrong in (
        {},
        {"first": 1},
        {"event": before[0], "first": 1, "last": 2},
        {"first": 2, "last": 1},
        {"first": 1, "last": 1_001},
    ):
        assert post(client, path, wrong, "wrong").status_code == 422, wrong


def test_another_platforms_event_is_sent_to_nobody(
    fair: Fair, shop: Shop, client: httpx.Client, hook: Hook
) -> None:
    """API-2, NOTE-3"""
    shop.gateway.pay(fair.request(platform=2))
    with shop.asking(2) as other:
        theirs = other.get("/v1/events").json()["data"][0]["id"]
    refused = post(client, f"{hook.path}/resend", {"event": theirs}, "theirs")
    assert (refused.status_code, refused.json()["code"]) == (404, "unknown_event")


def test_an_endpoint_is_changed(client: httpx.Client, hook: Hook) -> None:
    """API-17"""
    before = client.get(hook.path).json()
    assert client.patch(hook.path, json={}).json() == before
    moved = client.patch(hook.path, json={"types": ["order.paid"], "enabled": False}).json()
    assert moved == {
        **before,
        "types": ["order.paid"],
        "state": "disabled",
        "reason": "owner",
    }
    url = "https://example.org/elsewhere"
    again = client.patch(hook.path, json={"url": url, "enabled": True}).json()
    assert again == {**before, "types": ["order.paid"], "url": url}
    assert client.get(hook.path).json() == again
    wrongs: list[tuple[dict[str, Any], str]] = [
        ({"url": "https://127.0.0.1/hook"}, "url"),
        ({"types": ["nothing"]}, "types"),
        ({"types": []}, "types"),
        ({"enabled": 1}, "enabled"),
        ({"state": "enabled"}, "state"),
    ]
    for wrong, field in wrongs:
        refused = client.patch(hook.path, json=wrong)
        assert (refused.status_code, refused.json()["field"]) == (422, field), wrong
    plain = client.patch(hook.path, content=b"{}", headers={"Content-Type": "text/plain"})
    assert (plain.status_code, plain.json()["code"]) == (415, "unsupported_media_type")
    assert client.get(hook.path).json() == again
