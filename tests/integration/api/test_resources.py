"""The resources beside orders, each to its end on the chain."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.integration.api.shop import Shop, order_body
from tests.integration.fair import DEPOSIT, LEARNERS, PRICES, Fair
from zhifu.exceptions import ChainUnreachable
from zhifu.facts import Facts
from zhifu.models import BatchOrder

WORD = "0x" + "11" * 32


def post(client: httpx.Client, path: str, body: Any, key: str) -> httpx.Response:
    return client.post(path, json=body, headers={"Idempotency-Key": key})


def settled(fair: Fair, shop: Shop, contents: tuple[int, ...] = (1,)) -> str:
    payment = shop.gateway.pay(fair.request(contents=contents))
    shop.gateway.settle(1)
    return payment.orders[0].id


def test_the_catalogue_is_everybodys(client: httpx.Client) -> None:
    """API-6"""
    platforms = client.get("/v1/platforms").json()["data"]
    assert [each["number"] for each in platforms] == [1, 2, 3]
    assert client.get("/v1/platforms/2").json() == platforms[1]
    assert platforms[0]["status"] == "active"
    assert client.get("/v1/platforms/9").json()["code"] == "unknown_platform"
    page = client.get("/v1/contents", params={"limit": 4}).json()
    assert [each["number"] for each in page["data"]] == [6, 5, 4, 3]
    rest = client.get("/v1/contents", params={"limit": 4, "cursor": page["next_cursor"]}).json()
    assert [each["number"] for each in rest["data"]] == [2, 1]
    assert rest["next_cursor"] is None
    assert client.get("/v1/contents/1").json() == rest["data"][1]
    assert rest["data"][1]["price"] == {"amount": PRICES[1], "currency": "USD"}
    hosted = client.get("/v1/contents", params={"host": 2}).json()["data"]
    assert {each["host"] for each in hosted} == {2}
    assert client.get("/v1/contents/99").json()["code"] == "unknown_content"


def test_a_quote_is_what_the_cart_costs_and_until_when(
    fair: Fair, shop: Shop, client: httpx.Client
) -> None:
    """API-10"""
    quote = client.get("/v1/quotes", params={"content": [1, 3]}).json()
    assert quote["amount"] == {"amount": PRICES[1] + PRICES[3], "currency": "USD"}
    assert quote["valid_until"] == (shop.gateway.today() + 1) * 86_400
    made = post(
        client,
        "/v1/orders",
        {**order_body(fair.request(contents=(1, 3))), "amount": quote["amount"]},
        "quoted",
    )
    assert made.status_code == 201
    for wrong, status in ({"content": [99]}, 404), ({"content": [1, 1]}, 422), ({}, 422):
        assert client.get("/v1/quotes", params=wrong).status_code == status


def test_learner_numbers_are_reserved_once_however_often_asked(
    fair: Fair, client: httpx.Client
) -> None:
    """API-3, 14"""

    def reserve(_: int) -> httpx.Response:
        return post(client, "/v1/learners", {"count": 5}, "five")

    with ThreadPoolExecutor(10) as asking:
        answers = list(asking.map(reserve, range(10)))
    assert Counter(answer.content for answer in answers) == {answers[0].content: 10}
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
    first = answers[0].json()["first"]
    assert (first, answers[0].json()["last"]) == (LEARNERS + 1, LEARNERS + 5)
    assert fair.network.registry.learner_count() == LEARNERS + 5
    again = post(client, "/v1/learners", {"count": 6}, "five")
    assert (again.status_code, again.json()["code"]) == (409, "idempotency_conflict")
    elsewhere = post(client, "/v1/webhook-endpoints", {"count": 5}, "five")
    assert elsewhere.json()["code"] == "idempotency_conflict"
    body = order_body(fair.request(learner=first))
    assert post(client, "/v1/orders", body, "the new one").status_code == 201


def test_a_platform_says_which_learners_it_knows(shop: Shop) -> None:
    """API-14"""
    with shop.asking(2) as client:
        made = post(client, "/v1/learners/1/bindings", {"commitment": WORD}, "bind")
        assert made.status_code == 201
        assert made.json()["platform"] == 2
        unknown = post(client, "/v1/learners/99/bindings", {"commitment": WORD}, "nobody")
        assert unknown.json()["code"] == "unknown_learner"


def test_a_refused_request_leaves_its_key_free(
    fair: Fair, shop: Shop, client: httpx.Client
) -> None:
    """API-3"""
    order = shop.gateway.pay(fair.request()).orders[0].id
    evidence = {"order": order, "evidence": WORD}
    refused = post(client, "/v1/disputes", evidence, "early")
    assert refused.json()["code"] == "not_refundable"
    shop.gateway.settle(1)
    assert post(client, "/v1/disputes", evidence, "early").status_code == 201


def test_who_may_use_what_and_the_proof_that_the_contracts_take(
    fair: Fair, shop: Shop, client: httpx.Client
) -> None:
    """API-10"""
    question = {"content": 1, "learner": 1}
    assert client.get("/v1/licences", params=question).json()["may_use"] is False
    assert client.get("/v1/licences/proof", params=question).json()["code"] == "unknown_license"
    order = settled(fair, shop)
    assert client.get("/v1/licences", params=question).json()["may_use"] is True
    proof = client.get("/v1/licences/proof", params=question).json()
    assert proof == client.get(f"/v1/orders/{order}/licence").json()
    told = BatchOrder(
        proof["platform"],
        proof["lane"],
        proof["number"],
        proof["leaves"],
        proof["leaf"],
        proof["place"],
        bytes.fromhex(proof["word"][2:]),
        Facts.unpack(int(proof["facts"], 16)),
        proof["referrer"],
        [bytes.fromhex(each[2:]) for each in proof["proof"]],
    )
    assert fair.network.license.verify_batch(told, 1)
    with shop.asking(2) as other:
        assert other.get("/v1/licences", params=question).json()["may_use"] is True
    nobody: dict[str, Any] = {"content": 1, "holder": "0x" + "12" * 20}
    assert client.get("/v1/licences", params=nobody).json()["may_use"] is False
    wrongs: list[dict[str, Any]] = [{"content": 1}, {**question, **nobody}, {"learner": 1}]
    for wrong in wrongs:
        assert client.get("/v1/licences", params=wrong).status_code == 422


@pytest.mark.parametrize("is_settled", [False, True])
def test_an_order_is_refunded_once(
    fair: Fair, shop: Shop, client: httpx.Client, is_settled: bool
) -> None:
    """API-3, 14"""
    request = fair.request()
    order = shop.gateway.pay(request).orders[0].id
    if is_settled:
        shop.gateway.settle(1)
    made = post(client, "/v1/refunds", {"order": order}, "back")
    assert made.status_code == 201
    refund = made.json()
    assert refund["state"] == "refunded"
    assert refund["on_chain"] == ("done" if is_settled else "none")
    assert post(client, "/v1/refunds", {"order": order}, "back").content == made.content
    assert client.get(f"/v1/refunds/{refund['id']}").json() == refund
    assert client.get("/v1/refunds").json() == {"data": [refund], "next_cursor": None}
    assert fair.provider.refunded(request.provider_payment_id).amount == PRICES[1]


def test_parts_of_an_order_are_refunds_of_their_own(
    fair: Fair, shop: Shop, client: httpx.Client
) -> None:
    """REFUND-7, REFUND-9, API-3: each once under its key."""
    order = settled(fair, shop)
    body = {"order": order, "amount": {"amount": 900, "currency": "USD"}}
    first, second = (post(client, "/v1/refunds", body, key) for key in ("first", "second"))
    assert (first.status_code, second.status_code) == (201, 201)
    assert post(client, "/v1/refunds", body, "first").content == first.content
    assert [each.json()["part"] for each in (first, second)] == [True, True]
    too_much = {"order": order, "amount": {"amount": PRICES[1], "currency": "USD"}}
    refused = post(client, "/v1/refunds", too_much, "third")
    assert (refused.status_code, refused.json()["field"]) == (422, "amount")
    rest = post(client, "/v1/refunds", {"order": order}, "rest").json()
    assert (rest["part"], rest["amount"]["amount"]) == (False, PRICES[1] - 1_800)
    listed = client.get("/v1/refunds").json()["data"]
    assert listed == [rest, second.json(), first.json()]
    assert client.get(f"/v1/orders/{order}").json()["state"] == "refunded"


def test_a_dispute_holds_the_order(fair: Fair, shop: Shop, client: httpx.Client) -> None:
    """API-14"""
    order = settled(fair, shop)
    assert client.get(f"/v1/orders/{order}/dispute").json()["code"] == "unknown_dispute"
    made = post(client, "/v1/disputes", {"order": order, "evidence": WORD}, "dispute")
    assert made.status_code == 201
    assert made.json()["opener"] == "platform 1"
    assert client.get(f"/v1/disputes/{made.json()['id']}").json() == made.json()
    assert client.get("/v1/disputes").json() == {"data": [made.json()], "next_cursor": None}
    assert client.get(f"/v1/orders/{order}/dispute").json() == made.json()
    refused = post(client, "/v1/refunds", {"order": order}, "back")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_refundable")


def test_a_balance_goes_to_the_treasury_once(fair: Fair, client: httpx.Client) -> None:
    """API-3, 14"""
    before = client.get("/v1/balance").json()
    assert before["available_units"] == DEPOSIT
    assert before["available"] == {"amount": DEPOSIT // 10_000, "currency": "USD"}
    amount = {"amount": 12_345, "currency": "USD"}
    made = post(client, "/v1/withdrawals", {"amount": amount}, "out")
    assert made.status_code == 201
    assert made.json()["treasury"] == fair.operators[1].address
    assert post(client, "/v1/withdrawals", {"amount": amount}, "out").content == made.content
    withdrawal = client.get(f"/v1/withdrawals/{made.json()['id']}").json()
    assert withdrawal == made.json()
    assert client.get("/v1/withdrawals").json() == {"data": [withdrawal], "next_cursor": None}
    after = client.get("/v1/balance").json()
    assert after["available"]["amount"] == before["available"]["amount"] - 12_345
    much = {"amount": {"amount": 2**52, "currency": "USD"}}
    assert post(client, "/v1/withdrawals", much, "much").json()["code"] == "insufficient_balance"
    euros = {"amount": {"amount": 1, "currency": "EUR"}}
    assert post(client, "/v1/withdrawals", euros, "euros").json()["code"] == "currency_mismatch"


def test_a_webhook_endpoints_secret_is_told_once(fair: Fair, client: httpx.Client) -> None:
    """API-3"""
    body = {"url": "https://example.org/hook", "types": ["order.*"]}
    made = post(client, "/v1/webhook-endpoints", body, "hook")
    assert made.status_code == 201
    secret = made.json()["secret"]
    assert secret.startswith("whsec_")
    again = post(client, "/v1/webhook-endpoints", body, "hook").json()
    assert again == {**made.json(), "secret": None}
    assert all(secret not in str(row) for row in fair.rows("SELECT * FROM api_replies"))
    path = f"/v1/webhook-endpoints/{made.json()['id']}"
    shown = {name: value for name, value in made.json().items() if name != "secret"}
    assert client.get(path).json() == shown
    assert client.get("/v1/webhook-endpoints").json() == {"data": [shown]}
    assert post(client, f"{path}/rotate", {}, "rotate").json()["secret"] != secret
    assert post(client, f"{path}/disable", {}, "off").json()["state"] == "disabled"
    assert post(client, f"{path}/enable", {}, "on").json()["state"] == "enabled"
    assert client.delete(path).status_code == 204
    assert client.get(path).json()["code"] == "unknown_endpoint"
    local = {"url": "https://127.0.0.1/hook"}
    assert post(client, "/v1/webhook-endpoints", local, "local").status_code == 422


def test_a_withdrawal_whose_reply_was_lost_is_asked_for_again(
    fair: Fair, shop: Shop, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """API-3, SUB-3: the money moves once, and the retry tells where."""
    body = {"amount": {"amount": 100, "currency": "USD"}}
    receipts = fair.network.chain.receipts

    def gone(_: Any) -> Any:
        raise ChainUnreachable("http://node", "it went away")

    monkeypatch.setattr(fair.network.chain, "receipts", gone)
    assert post(client, "/v1/withdrawals", body, "out").json()["code"] == "chain_unreachable"
    monkeypatch.setattr(fair.network.chain, "receipts", receipts)
    (begun,) = client.get("/v1/withdrawals").json()["data"]
    assert begun["state"] == "submitted"
    again = post(client, "/v1/withdrawals", body, "out")
    assert (again.status_code, again.json()["id"]) == (201, begun["id"])
    assert again.json()["treasury"] == fair.operators[1].address
    assert fair.available(1) == DEPOSIT - 1_000_000
    other = {"amount": {"amount": 101, "currency": "USD"}}
    refused = post(client, "/v1/withdrawals", other, "out")
    assert (refused.status_code, refused.json()["code"]) == (409, "idempotency_conflict")
