"""Learners' contacts are given, changed, taken away and forgotten by the API."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.integration.api.shop import Shop
from tests.integration.fair import Fair

PATH = "/v1/learners/1/contacts"
MAIL: dict[str, Any] = {"address": "li@example.org", "language": "en"}


def forget(client: httpx.Client, key: str) -> httpx.Response:
    headers = {"Idempotency-Key": key}
    return client.post("/v1/learners/1/forget", json={}, headers=headers)


def test_a_contact_is_given_changed_and_taken_away(client: httpx.Client) -> None:
    """NOTE-14, API-17"""
    assert client.get(PATH).json() == {"data": []}
    assert client.put(f"{PATH}/email", json=MAIL).json() == {"channel": "email", **MAIL}
    again = client.put(f"{PATH}/email", json={"address": "li@example.com"}).json()
    assert again == {"channel": "email", "address": "li@example.com", "language": "zh"}
    phone = client.put(f"{PATH}/sms", json={"address": "+8613800138000"}).json()
    assert client.get(PATH).json() == {"data": [again, phone]}
    for _ in range(2):
        assert client.delete(f"{PATH}/email").status_code == 204
    assert client.get(PATH).json() == {"data": [phone]}


def test_contacts_are_a_platforms_own_and_sealed(
    fair: Fair, shop: Shop, client: httpx.Client
) -> None:
    """API-2, NOTE-15"""
    client.put(f"{PATH}/email", json=MAIL)
    with shop.asking(2) as other:
        assert other.get(PATH).json() == {"data": []}
        other.put(f"{PATH}/email", json={"address": "other@example.org"})
        assert other.delete(f"{PATH}/email").status_code == 204
        assert forget(other, "theirs").status_code == 200
    assert client.get(PATH).json()["data"][0]["address"] == MAIL["address"]
    (row,) = fair.rows("SELECT * FROM contacts")
    assert all(b"example.org" not in bytes(each) for each in row if isinstance(each, bytes))
    assert b"example.org" not in shop.written.getvalue()


def test_of_a_learner_who_is_forgotten_no_contact_is_left(
    fair: Fair, shop: Shop, client: httpx.Client
) -> None:
    """NOTE-17, PAY-14"""
    order = shop.gateway.pay(fair.request()).orders[0].id
    client.put(f"{PATH}/email", json=MAIL)
    assert forget(client, "one").json() == {"learner": 1}
    assert client.get(PATH).json() == {"data": []}
    assert fair.rows("SELECT * FROM contacts") == []
    assert client.get(f"/v1/orders/{order}").json()["learner"] == 1
    client.put(f"{PATH}/email", json=MAIL)
    assert forget(client, "one").headers["Idempotency-Replayed"] == "true"
    assert client.get(PATH).json()["data"]
    forget(client, "another")
    assert client.get(PATH).json() == {"data": []}


@pytest.mark.parametrize(
    ("channel", "body", "field"),
    [
        ("email", {"address": "li-at-home"}, "address"),
        ("sms", {"address": "13800138000"}, "address"),
        ("message", {"address": "with space"}, "address"),
        ("email", {}, "address"),
        ("email", {**MAIL, "language": "fr"}, "language"),
        ("email", {**MAIL, "name": "Li"}, "name"),
        ("fax", MAIL, "channel"),
    ],
)
def test_what_is_no_contact_is_refused_without_repeating_it(
    client: httpx.Client, channel: str, body: dict[str, Any], field: str
) -> None:
    """API-5, NOTE-15"""
    refused = client.put(f"{PATH}/{channel}", json=body)
    assert (refused.status_code, refused.json()["field"]) == (422, field)
    assert body.get("address", MAIL["address"]) not in refused.text
    assert client.get(PATH).json() == {"data": []}
