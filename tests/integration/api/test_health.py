"""What the service tells of itself, to anybody who asks, and what that costs."""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import httpx

from tests.integration.api.shop import Shop, eventually, open_shop, order_body
from tests.integration.fair import Fair
from zhifu.chain import Chain
from zhifu.money import Money
from zhifu.notify.endpoints import Endpoints
from zhifu.notify.outbox import Outbox
from zhifu.notify.payload import Ledger, Payloads
from zhifu.rpc import JsonRpc

#: Shorter than what a node may take to answer, longer than all else.
PATIENCE_SECONDS = 20.0


class Part:
    """Something beside the requests that breaks once it is told to."""

    def __init__(self) -> None:
        self.breaks, self.stopped = threading.Event(), threading.Event()

    def run(self) -> None:
        while not self.stopped.wait(0.01):
            if self.breaks.is_set():
                raise RuntimeError("it broke")

    def stop(self) -> None:
        self.stopped.set()


def order(client: httpx.Client, fair: Fair, key: str) -> httpx.Response:
    body = order_body(fair.request())
    return client.post("/v1/orders", json=body, headers={"Idempotency-Key": key})


def test_the_service_tells_how_it_is(fair: Fair, shop: Shop, client: httpx.Client) -> None:
    """API-12"""
    assert client.get("/healthz").json()["status"] == "ok"
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json()["checks"] == {"database": "ok", "chain": "ok"}
    assert order(client, fair, "counted").status_code == 201
    told = client.get("/metrics").text
    counted = 'zhifu_http_requests_total{method="POST",route="/v1/orders",status="201"} 1.0'
    assert counted in told.splitlines()
    assert "zhifu_commits_waiting 0.0" in told.splitlines()


def test_whoever_asks_about_a_node_that_hangs_holds_up_nobody(fair: Fair) -> None:
    """API-12"""
    with Chain(fair.anvil.rpc_url) as chain, socket.create_server(("127.0.0.1", 0)) as silent:
        network = fair.same_chain(chain)
        with open_shop(fair, network=network) as shop, shop.asking(1) as client:
            client.timeout = httpx.Timeout(PATIENCE_SECONDS)
            assert client.get("/v1/platforms").status_code == 200
            chain.rpc = JsonRpc(f"http://127.0.0.1:{silent.getsockname()[1]}")
            with ThreadPoolExecutor(8) as asking:
                probes = [asking.submit(client.get, "/readyz") for _ in range(8)]
                for each in probes:
                    told = each.result()
                    assert told.status_code == 503
                    assert told.json()["checks"] == {"database": "ok", "chain": "timed_out"}
            time.sleep(1.0)  # Keys are asked for anew.
            assert client.get("/v1/platforms").status_code == 200
            assert order(client, fair, "meanwhile").status_code == 201


def test_what_broke_beside_the_requests_is_told(fair: Fair) -> None:
    """API-12"""
    part = Part()
    with open_shop(fair, beside={"webhooks": part}) as shop, shop.asking(1) as client:
        eventually(lambda: client.get("/readyz").json()["checks"]["webhooks"] == "ok")
        assert client.get("/readyz").json()["status"] == "ok"
        part.breaks.set()
        eventually(lambda: client.get("/readyz").json()["checks"]["webhooks"] == "broken")
        told = client.get("/readyz")
        assert (told.status_code, told.json()["status"]) == (200, "degraded")
        assert told.json()["checks"]["database"] == "ok"
        assert "zhifu_parts_broken 1.0" in client.get("/metrics").text.splitlines()


def gauge(client: httpx.Client, name: str) -> float:
    lines = client.get("/metrics").text.splitlines()
    (value,) = [line.split()[1] for line in lines if line.split()[0] == name]
    return float(value)


def is_behind(client: httpx.Client, name: str) -> bool:
    return gauge(client, name) > 0


def test_what_is_behind_is_told_in_seconds(fair: Fair, shop: Shop, client: httpx.Client) -> None:
    """API-12"""
    names = ("webhooks_overdue", "callbacks_overdue", "oldest_waiting_order")
    told = [f"zhifu_{name}_seconds" for name in names]
    assert [gauge(client, name) for name in told] == [0, 0, 0]
    client.post(
        "/v1/webhook-endpoints",
        json={"url": "https://example.org/hook"},
        headers={"Idempotency-Key": "hook"},
    )
    assert order(client, fair, "waits").status_code == 201
    # It is taken, and nobody sends it.
    payloads, hooks = Payloads(Ledger("USD", 6)), Endpoints(shop.store, shop.vault, then)
    assert Outbox(shop.store, hooks, payloads, then, lease_seconds=0).turn((), {}).messages
    callback = fair.provider.callback(fair.provider.pay(Money(1, "USD")))
    assert shop.gateway.take_callback("sandbox", callback).status == 200
    for name in told:
        eventually(partial(is_behind, client, name))


def then() -> int:
    return int(time.time()) - 100


def test_a_service_without_its_chain_is_not_ready(fair: Fair) -> None:
    """API-12"""
    with Chain(fair.anvil.rpc_url) as chain:
        network = fair.same_chain(chain)
        with open_shop(fair, network=network) as shop, shop.asking(1) as client:
            chain.rpc = JsonRpc("http://127.0.0.1:9")
            answer = client.get("/readyz")
            assert answer.status_code == 503
            assert answer.json()["checks"]["chain"] == "chain_unreachable"
            assert answer.json()["checks"]["database"] == "ok"
            assert client.get("/healthz").status_code == 200
