"""API keys and limits: what lets in, how often, how much at once, and for how long."""

from __future__ import annotations

import threading
import time

import httpx
import pytest

from tests.integration.api.shop import Shop, eventually, open_shop, order_body
from tests.integration.fair import Fair
from zhifu.api.api_keys import ApiKeys, Mode, hash_of
from zhifu.api.buckets import Bucket, Rate
from zhifu.api.scopes import Scope, read_scopes
from zhifu.api.service import Options
from zhifu.exceptions import DatabaseRefused, InvalidInput, UnknownApiKey
from zhifu.providers import ProviderPayment
from zhifu.store import Store

FOREVER = 120.0


def test_only_a_hash_of_a_key_is_kept(fair: Fair, shop: Shop) -> None:
    """API-7"""
    text = shop.key()
    (row,) = fair.rows("SELECT * FROM api_keys")
    assert hash_of(text) in [bytes(each) for each in row if isinstance(each, (bytes, memoryview))]
    assert all(text not in str(each) and text[12:] not in str(each) for each in row)


def test_a_revoked_key_is_refused_within_a_second(shop: Shop, client: httpx.Client) -> None:
    """API-7"""
    assert client.get("/v1/platforms").status_code == 200
    (key,) = shop.keys.all()
    shop.keys.revoke(key.id)
    time.sleep(1.0)
    assert client.get("/v1/platforms").status_code == 401
    assert shop.keys.revoke(key.id).revoked_at


def test_an_expired_key_is_refused(fair: Fair) -> None:
    """API-7"""
    now = [1_000]
    keys = ApiKeys(Store.open(fair.url("keys")), lambda: now[0])
    key, _ = keys.create(1, "short", Mode.TEST, frozenset(Scope), expires_at=1_010)
    assert key.is_in_force(1_009)
    assert not key.is_in_force(1_010)
    with pytest.raises(InvalidInput):
        keys.create(1, "late", Mode.TEST, frozenset(Scope), expires_at=1_000)


def test_the_database_keeps_what_a_key_may_do(fair: Fair, shop: Shop) -> None:
    """API-7"""
    shop.key()
    store = Store.open(fair.url())
    (key,) = shop.keys.all()
    shop.keys.revoke(key.id)
    for change in (
        "UPDATE api_keys SET scopes = 'all'",
        "UPDATE api_keys SET platform = 2",
        "UPDATE api_keys SET revoked_at = NULL",
        "DELETE FROM api_keys",
    ):
        with pytest.raises(DatabaseRefused), store.writing() as transaction:
            transaction._cursor.execute(change)
    store.close()


def test_when_a_key_was_used_last_is_kept(fair: Fair) -> None:
    """API-7"""
    with open_shop(fair) as shop, shop.asking(1) as client:
        client.get("/v1/platforms")
    with Store.open(fair.url()) as store:
        (key,) = ApiKeys(store, lambda: 0).all()
    assert key.last_used_at is not None


def test_what_no_key_can_be_is_refused(shop: Shop) -> None:
    with pytest.raises(UnknownApiKey):
        shop.keys.get("key_0000000000000001")
    with pytest.raises(UnknownApiKey):
        shop.keys.revoke("ord_0000000000000001")
    for platform, name in ((0, "a"), (1, ""), (1, "a" * 101), (1, "a\nb")):
        with pytest.raises(InvalidInput):
            shop.keys.create(platform, name, Mode.TEST, frozenset(Scope))
    assert read_scopes(["all"]) == frozenset(Scope)
    for names in (["everything"], []):
        with pytest.raises(InvalidInput):
            read_scopes(names)


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    """API-8"""
    bucket = Bucket(Rate(per_second=2, burst=3), 100.0)
    assert [bucket.take(100.0) for _ in range(4)] == [0, 0, 0, 0.5]
    assert bucket.take(100.5) == 0
    assert bucket.take(100.5) == 0.5
    assert [bucket.take(1_000.0) for _ in range(4)] == [0, 0, 0, 0.5]
    assert Bucket(Rate(0, 1), 0.0).take(0.0) == 0


def test_a_key_that_asks_too_often_is_told_when_to_come_back(fair: Fair) -> None:
    """API-8"""
    with open_shop(fair, Options(rate=Rate(per_second=1, burst=3))) as shop:
        with shop.asking(1) as client:
            answers = [client.get("/v1/platforms")]
            while answers[-1].status_code == 200:
                answers.append(client.get("/v1/platforms"))
        with shop.asking(2) as other:
            assert other.get("/v1/platforms").status_code == 200
    assert [answer.status_code for answer in answers[:3]] == [200, 200, 200]
    refused = answers[-1]
    assert refused.status_code == 429
    assert refused.json()["code"] == "too_many_requests"
    assert int(refused.headers["Retry-After"]) >= 1
    assert answers[0].headers["RateLimit-Policy"] == '"key";q=3;w=3'
    assert answers[0].headers["RateLimit"] == '"key";r=2;t=1'


def test_a_body_is_no_larger_than_the_limit_however_it_comes(fair: Fair) -> None:
    """API-8"""
    headers = {"Idempotency-Key": "large", "Content-Type": "application/json"}
    with open_shop(fair, Options(body_bytes=2_000)) as shop, shop.asking(1) as client:
        for path in ("/v1/orders", "/v1/refunds"):
            whole = client.post(path, content=b" " * 2_001, headers=headers)
            chunked = client.post(path, content=iter([b" " * 1_500] * 2), headers=headers)
            assert whole.status_code == chunked.status_code == 413
            assert whole.json()["code"] == chunked.json()["code"] == "body_too_large"
        fits = client.post(
            "/v1/orders", json=order_body(fair.request()), headers={"Idempotency-Key": "fits"}
        )
        assert fits.status_code == 201


def test_a_request_that_takes_too_long_is_ended_and_may_come_again(fair: Fair) -> None:
    """API-8, 3"""
    let_go, query = threading.Event(), fair.provider.query

    def slow(provider_payment_id: str) -> ProviderPayment:
        assert let_go.wait(FOREVER)
        return query(provider_payment_id)

    fair.provider.query = slow  # type: ignore[method-assign]
    body, headers = order_body(fair.request()), {"Idempotency-Key": "slow"}
    with open_shop(fair, Options(seconds=0.5)) as shop, shop.asking(1) as client:
        ended = client.post("/v1/orders", json=body, headers=headers)
        assert (ended.status_code, ended.json()["code"]) == (503, "timed_out")
        let_go.set()
        eventually(lambda: client.post("/v1/orders", json=body, headers=headers).status_code == 201)
        assert shop.gateway.waiting(1) == 1


def test_every_answer_has_an_id_and_says_how_it_may_be_used(
    shop: Shop, client: httpx.Client
) -> None:
    """API-9"""
    for path in ("/v1/platforms", "/v1/nothing", "/healthz"):
        headers = client.get(path).headers
        assert headers["X-Request-Id"].startswith("req_")
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert "server" not in headers
    given = {"X-Request-Id": "from-the-shop.1"}
    assert client.get("/healthz", headers=given).headers["X-Request-Id"] == "from-the-shop.1"
    unfit = {"X-Request-Id": "with spaces"}
    assert client.get("/healthz", headers=unfit).headers["X-Request-Id"].startswith("req_")


def test_the_log_tells_of_every_request_and_of_no_secret(fair: Fair) -> None:
    """API-9"""
    body, key = order_body(fair.request()), {"Idempotency-Key": "logged", "X-Request-Id": "mine"}
    with open_shop(fair) as shop, shop.asking(1) as client:
        client.post("/v1/orders", json=body, headers=key)
        client.post("/v1/orders", json={**body, "learner": 2}, headers=key)
        text = shop.texts[1]
        client.post("/v1/webhook-endpoints", json={"url": "https://example.org/s"}, headers=key)
    lines = [line for line in shop.log() if line["event"] == "request"]
    assert [(line["status"], line["code"]) for line in lines[:2]] == [
        (201, None),
        (409, "idempotency_conflict"),
    ]
    assert lines[0]["request_id"] == "mine"
    assert lines[0]["route"] == "/v1/orders"
    assert lines[0]["platform"] == 1
    written = shop.written.getvalue()
    for secret in (text, text[12:], body["provider_payment_id"], "whsec_", "example.org"):
        assert secret.encode() not in written
