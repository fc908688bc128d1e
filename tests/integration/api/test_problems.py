"""Errors: RFC 9457 problems with stable codes, one status each, and nothing that is nobody's."""

from __future__ import annotations

import re
from typing import Any

import httpx
import orjson
import pytest

from tests.integration.api.shop import Shop, eventually, open_shop, order_body
from tests.integration.fair import Fair
from zhifu import exceptions
from zhifu.api.api_keys import Mode
from zhifu.api.problems import respond, status_of
from zhifu.api.service import Options
from zhifu.exceptions import ChainUnreachable, DatabaseRefused, ZhifuError

STATUSES = {
    "InputError": 422,
    "NotFoundError": 404,
    "AuthorityError": 403,
    "StateError": 409,
    "ChainError": 503,
    "ProviderError": 502,
}


def order(client: httpx.Client, body: Any, **headers: str) -> httpx.Response:
    return client.post("/v1/orders", json=body, headers={"Idempotency-Key": "a", **headers})


def told(answer: httpx.Response) -> tuple[int, str, str]:
    problem = answer.json()
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert problem["status"] == answer.status_code
    assert problem["type"] == f"urn:zhifu:problem:{problem['code']}"
    assert problem["title"]
    assert problem["detail"].startswith(problem["field"])
    return answer.status_code, problem["code"], problem["field"]


def test_every_error_has_a_status_by_its_category() -> None:
    """API-4"""
    for each in exceptions.__all__:
        error = getattr(exceptions, each)
        if issubclass(error, ZhifuError) and "code" in vars(error):
            status = status_of(error.__new__(error))
            category = error.__mro__[1].__name__
            assert status == STATUSES[category] or 400 <= status < 600


def test_a_provider_that_is_asked_too_much_is_to_be_asked_later() -> None:
    """API-4"""
    answer = respond(exceptions.ProviderBusy("stripe"))
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert orjson.loads(answer.body)["code"] == "provider_busy"


BAD: list[tuple[dict[str, Any], str]] = [
    ({"learner": "1"}, "learner"),
    ({"learner": 0}, "learner"),
    ({"learner": True}, "learner"),
    ({"learner": 1.0}, "learner"),
    ({"learner": None}, "learner"),
    ({"contents": []}, "contents"),
    ({"contents": [1, "2"]}, "contents.1"),
    ({"contents": {"1": 1}}, "contents"),
    ({"amount": 49.0}, "amount"),
    ({"amount": {"amount": 49.5, "currency": "USD"}}, "amount.amount"),
    ({"amount": {"amount": -1, "currency": "USD"}}, "amount.amount"),
    ({"amount": {"amount": 4900, "currency": "usd"}}, "amount.currency"),
    ({"amount": {"amount": 4900, "currency": "USD", "cents": 1}}, "amount.cents"),
    ({"referrer": "0x12"}, "referrer"),
    ({"platform": 2}, "platform"),
    ({"idempotency_key": "b"}, "idempotency_key"),
    ({"provider": ""}, "provider"),
]


def test_what_is_malformed_is_named_and_changes_nothing(
    fair: Fair, shop: Shop, client: httpx.Client
) -> None:
    """API-5"""
    good = order_body(fair.request())
    for change, field in BAD:
        refused = order(client, {**good, **change})
        assert told(refused) == (422, "invalid_input", field), change
        problem = refused.json()
        assert all(each["rule"].startswith("must ") for each in problem["errors"]), problem
    del good["learner"]
    assert told(order(client, good)) == (422, "invalid_input", "learner")
    assert shop.gateway.waiting(1) == 0


def test_what_the_gateway_refuses_keeps_its_code(
    fair: Fair, shop: Shop, client: httpx.Client
) -> None:
    """API-4"""
    good = order_body(fair.request())
    wrong: dict[str, Any] = {"amount": 1, "currency": "USD"}
    expected: list[tuple[dict[str, Any], tuple[int, str, str]]] = [
        ({"learner": 99}, (404, "unknown_learner", "learner")),
        ({"contents": [99]}, (404, "unknown_content", "content")),
        ({"contents": [1, 1]}, (422, "invalid_input", "contents")),
        ({"amount": wrong}, (422, "amount_mismatch", "amount")),
        ({"amount": {**wrong, "currency": "EUR"}}, (422, "currency_mismatch", "currency")),
        ({"amount": {**wrong, "currency": "ZZZ"}}, (422, "unknown_currency", "currency")),
        ({"provider": "bank"}, (404, "unknown_provider", "provider")),
        ({"provider_payment_id": "unpaid"}, (402, "payment_unpaid", "provider_payment_id")),
    ]
    for change, problem in expected:
        assert told(order(client, {**good, **change})) == problem
    assert order(client, good).status_code == 201
    assert told(order(client, good, **{"Idempotency-Key": "b"}))[:2] == (409, "duplicate_payment")


def test_a_silent_provider_is_a_gateway_that_timed_out(fair: Fair, client: httpx.Client) -> None:
    """API-4"""
    body = order_body(fair.request())
    with fair.provider.silence():
        answer = order(client, body)
    assert told(answer) == (504, "payment_unknown", "payment")
    assert answer.headers["Retry-After"]
    assert "values" not in answer.json()
    assert order(client, body).status_code == 201


def test_what_is_not_an_exchange_of_ours_is_a_problem_too(client: httpx.Client) -> None:
    """API-4"""
    assert told(client.get("/v1/nothing")) == (404, "unknown_path", "path")
    wrong = client.put("/v1/orders")
    assert told(wrong) == (405, "method_not_allowed", "method")
    assert wrong.headers["Allow"]
    headers = {"Idempotency-Key": "a", "Content-Type": "text/plain"}
    assert told(client.post("/v1/orders", content="x", headers=headers))[0] == 415
    assert told(client.post("/v1/refunds", content="x", headers=headers))[0] == 415
    broken = {"Idempotency-Key": "a", "Content-Type": "application/json"}
    for path in ("/v1/orders", "/v1/orders/bulk", "/v1/refunds"):
        answer = client.post(path, content=b'{"a":', headers=broken)
        assert told(answer) == (400, "malformed_json", "body"), path
    unknown = client.get("/v1/orders", params={"colour": "red"})
    assert told(unknown) == (422, "invalid_input", "colour")
    assert told(client.get("/v1/orders", params={"limit": "many"}))[2] == "limit"


@pytest.mark.parametrize("key", [None, "", "x" * 256, "caf\xe9", "a\tb"])
def test_a_post_has_one_good_idempotency_key(client: httpx.Client, key: str | None) -> None:
    """API-3"""
    headers = [] if key is None else [(b"Idempotency-Key", key.encode("latin-1"))]
    for path in ("/v1/orders", "/v1/orders/bulk", "/v1/refunds"):
        answer = client.post(path, json={}, headers=headers)
        assert told(answer)[:2] == (400, "invalid_idempotency_key")


def test_two_idempotency_keys_are_none(client: httpx.Client) -> None:
    """API-3"""
    headers = [(b"Idempotency-Key", b"a"), (b"Idempotency-Key", b"b")]
    assert told(client.post("/v1/orders", json={}, headers=headers))[0] == 400


@pytest.mark.parametrize(
    "error", [DatabaseRefused("secret"), ChainUnreachable("http://user:secret@node", "secret")]
)
def test_a_failure_tells_its_code_and_keeps_the_rest_for_the_log(
    fair: Fair, shop: Shop, client: httpx.Client, monkeypatch: pytest.MonkeyPatch, error: ZhifuError
) -> None:
    """API-4"""

    def fail(*_: object) -> Any:
        raise error

    monkeypatch.setattr(shop.gateway, "order", fail)
    answer = client.get("/v1/orders/ord_0000000000000001")
    assert told(answer)[:2] == (503, error.code)
    assert "secret" not in answer.text
    eventually(lambda: any(line.get("code") == error.code for line in shop.log()))


def test_a_defect_is_logged_and_told_as_one(
    shop: Shop, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """API-4"""

    def fail(*_: object) -> Any:
        raise ZeroDivisionError("the secret of it")

    monkeypatch.setattr(shop.gateway, "order", fail)
    answer = client.get("/v1/orders/ord_0000000000000001")
    assert told(answer)[:2] == (500, "internal_error")
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    eventually(lambda: any(line["event"] == "defect" for line in shop.log()))
    (line,) = [line for line in shop.log() if line["event"] == "defect"]
    assert line["request_id"] == answer.headers["X-Request-Id"]
    assert line["exception"][0]["exc_type"] == "ZeroDivisionError"


def test_a_live_gateway_takes_live_keys_alone(fair: Fair) -> None:
    """API-7"""
    with open_shop(fair, Options(mode=Mode.LIVE)) as shop:
        for mode, status in ((Mode.TEST, 401), (Mode.LIVE, 200)):
            key = shop.key(mode=mode)
            assert re.match(f"zk_{mode.value}_", key)
            with shop.asking(key=key) as client:
                assert client.get("/v1/platforms").status_code == status
