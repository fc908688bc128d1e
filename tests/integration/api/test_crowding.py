"""Whoever crowds the service, or is slow, is refused or waits alone."""

from __future__ import annotations

import asyncio
import selectors
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.responses import Response
from starlette.types import Receive, Send
from starlette.types import Scope as HttpScope

from tests.databases import Databases
from tests.integration.api.shop import Shop, order_body
from tests.integration.fair import Fair
from zhifu.api import protocol, service
from zhifu.api.api_keys import ApiKeys, Mode
from zhifu.api.buckets import UNLIMITED
from zhifu.api.callers import Callers
from zhifu.api.limits import Limits
from zhifu.api.problems import Refused
from zhifu.api.resources import callbacks
from zhifu.api.scopes import ALL
from zhifu.exceptions import InvalidApiKey
from zhifu.store import Store

FOREVER = 120.0


def carrying(text: str) -> HttpScope:
    return {"headers": [(b"authorization", f"Bearer {text}".encode())]}


def stranger(number: int) -> str:
    return f"zk_test_{number:043d}"


class Door:
    """Callers whose database answers once it is let, and how often it was asked."""

    def __init__(self, store: Store) -> None:
        self.asked = 0
        self.open = asyncio.Event()
        self.keys = ApiKeys(store, lambda: 1_750_000_000)
        self.callers = Callers(self.keys, self._run, Mode.TEST, UNLIMITED)

    async def _run(self, function: Any, *args: Any) -> Any:
        self.asked += 1
        await self.open.wait()
        return function(*args)


@pytest.fixture
def store(databases: Databases) -> Iterator[Store]:
    with Store.open(databases.url()) as opened:
        yield opened


def test_few_keys_are_looked_for_at_once_that_nobody_knows(store: Store) -> None:
    """API-19"""

    async def story() -> None:
        door = Door(store)
        _, text = door.keys.create(1, "a test", Mode.TEST, ALL)
        door.open.set()
        known = await door.callers.of(carrying(text))
        door.open.clear()
        asked = door.asked
        asking = [
            asyncio.ensure_future(door.callers.of(carrying(stranger(each))))
            for each in range(1_000)
        ]
        for _ in range(20):
            await asyncio.sleep(0)
        done = [each for each in asking if each.done()]
        waiting = [each for each in asking if not each.done()]
        assert {type(each.exception()) for each in done} == {Refused}
        assert 200 < len(waiting) < 600
        assert door.asked - asked < 100
        assert await door.callers.of(carrying(text)) is known
        door.open.set()
        await asyncio.wait(waiting)
        assert {type(each.exception()) for each in waiting} == {InvalidApiKey}

    asyncio.run(story())


def test_whoever_comes_first_after_a_restart_waits_and_is_let_in(store: Store) -> None:
    """API-19"""

    async def story() -> None:
        door = Door(store)
        texts = [door.keys.create(1, "a test", Mode.TEST, ALL)[1] for _ in range(100)]
        asking = [asyncio.ensure_future(door.callers.of(carrying(text))) for text in texts]
        await asyncio.sleep(0)
        door.open.set()
        assert {caller.platform for caller in await asyncio.gather(*asking)} == {1}

    asyncio.run(story())


def test_a_key_that_is_not_there_is_not_looked_for_again_at_once(store: Store) -> None:
    """API-19"""

    async def story() -> None:
        door = Door(store)
        door.open.set()
        for _ in range(50):
            with pytest.raises(InvalidApiKey):
                await door.callers.of(carrying(stranger(1)))
        assert door.asked < 10

    asyncio.run(story())


def test_what_is_slow_holds_up_neither_callbacks_nor_the_books(
    fair: Fair, shop: Shop, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """API-8, API-19"""
    let_go, waiting = threading.Event(), threading.Semaphore(0)

    def slow(*_: object) -> Any:
        waiting.release()
        assert let_go.wait(FOREVER)
        return False

    order = shop.gateway.pay(fair.request()).orders[0].id
    name = fair.provider.open(fair.request().amount)
    monkeypatch.setattr(shop.gateway, "may_use", slow)
    with ThreadPoolExecutor(40) as asking:
        use = {"content": 1, "learner": 1}
        slow_ones = [asking.submit(client.get, "/v1/licences", params=use) for _ in range(40)]
        for _ in range(32):
            assert waiting.acquire(timeout=FOREVER)
        with shop.asking(key=shop.key()) as other:
            assert other.get("/v1/platforms").status_code == 200
            assert other.get("/readyz").status_code == 200
            assert other.get(f"/v1/orders/{order}").status_code == 200
            assert other.get("/v1/events").status_code == 200
            callback = fair.provider.callback(name)
            taken = other.post(
                "/v1/callbacks/sandbox", content=callback.body, headers=dict(callback.headers)
            )
            assert taken.status_code == 200
            headers = {"Idempotency-Key": "meanwhile"}
            body = order_body(fair.request())
            assert other.post("/v1/orders", json=body, headers=headers).status_code == 201
        let_go.set()
        assert {each.result().status_code for each in slow_ones} == {200}


@pytest.fixture
def a_small_door(monkeypatch: pytest.MonkeyPatch) -> int:
    """Of the services opened afterwards: how many callbacks are here at all."""
    monkeypatch.setattr(service, "CALLBACKS_HERE", 100)
    return 100


def test_no_more_callbacks_wait_than_there_is_room_for(
    a_small_door: int, shop: Shop, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """API-15, API-19"""
    let_go, take = threading.Event(), shop.gateway.take_callback

    def slow(*args: Any) -> Any:
        assert let_go.wait(FOREVER)
        return take(*args)

    monkeypatch.setattr(shop.gateway, "take_callback", slow)
    head, body = "POST /v1/callbacks/sandbox HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n", "{}"
    connections = [connect(shop) for _ in range(a_small_door + 8)]
    for each in connections:
        each.sendall((head + body).encode())
    with selectors.DefaultSelector() as told:
        for each in connections:
            told.register(each, selectors.EVENT_READ)
        first = told.select(FOREVER)[0][0].fileobj
    assert isinstance(first, socket.socket)
    refused = first.recv(4_096)
    connections.remove(first)
    assert refused.split()[1] == b"503"
    assert b'"busy"' in refused
    assert b"retry-after" in refused.lower()
    assert client.get("/v1/platforms").status_code == 200
    let_go.set()
    statuses = [answered(each) for each in connections]
    assert statuses.count(503) == 8 - 1
    assert set(statuses) == {400, 503}


def test_whoever_sends_no_body_keeps_no_callback_out(shop: Shop, client: httpx.Client) -> None:
    """API-15, API-19"""
    idle = [begun_callback(shop, "sandbox") for _ in range(80)]
    assert client.post("/v1/callbacks/sandbox", content=b"{}").status_code == 400
    for each in idle:
        each.close()


def test_whoever_sends_no_body_is_told_so_and_holds_a_place_no_longer(
    a_small_door: int, shop: Shop, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """API-15, API-19"""
    with monkeypatch.context() as hurried:
        hurried.setattr(callbacks, "BODY_SECONDS", 0.05)
        idle = [begun_callback(shop, "sandbox") for _ in range(a_small_door + 8)]
        told = [answered(each) for each in idle]
    assert set(told) == {503}
    assert client.post("/v1/callbacks/sandbox", content=b"{}").status_code == 400


def test_nobody_can_hold_a_place_with_a_callback_of_no_provider(
    shop: Shop, client: httpx.Client
) -> None:
    """API-15, API-19"""
    for provider in ("nobody", "balance", "%00"):
        assert answered(begun_callback(shop, provider)) == 404
    assert client.post("/v1/callbacks/sandbox", content=b"{}").status_code == 400


def begun_callback(shop: Shop, provider: str) -> socket.socket:
    """A connection on which the head of a callback was sent, and nothing of its body."""
    connection = connect(shop)
    head = f"POST /v1/callbacks/{provider} HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n"
    connection.sendall(head.encode())
    return connection


def answered(connection: socket.socket) -> int:
    """The status that a connection is answered."""
    with closing(connection), connection.makefile("rb") as reading:
        return int(reading.readline().split()[1])


def test_no_more_requests_are_worked_on_than_there_is_room_for() -> None:
    """API-19"""

    async def story() -> None:
        let_go, told = asyncio.Event(), list[int]()

        async def slow(scope: HttpScope, receive: Receive, send: Send) -> None:
            await let_go.wait()
            await Response(b"")(scope, receive, send)

        async def send(message: Any) -> None:
            told.append(message.get("status", 0))

        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        limits = Limits(slow, body_bytes=1, seconds=FOREVER, most=3)
        scopes: list[HttpScope] = [
            {"type": "http", "method": "GET", "path": path, "headers": [], "state": {}}
            for path in ("/v1/orders",) * 5 + ("/healthz", "/metrics")
        ]
        asking = [asyncio.ensure_future(limits(each, receive, send)) for each in scopes]
        await asyncio.wait(asking, timeout=0.05)
        # Two are refused; the probes, whose answers wait like the rest, are not.
        assert [each for each in told if each] == [503, 503]
        assert [each["state"].get("code") for each in scopes].count("busy") == 2
        let_go.set()
        await asyncio.gather(*asking)
        told.clear()
        await limits(scopes[0], receive, send)
        assert told[0] == 200

    asyncio.run(story())


def connect(shop: Shop) -> socket.socket:
    place = urlsplit(shop.url)
    return socket.create_connection((place.hostname, place.port), FOREVER)


def is_cut_off(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True


def test_a_head_without_end_is_cut_off(shop: Shop, client: httpx.Client) -> None:
    """API-19"""
    with closing(connect(shop)) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Much: ")
        try:
            for _ in range(1_000):
                connection.sendall(b"x" * 8_192)
        except ConnectionError:
            pass
        else:
            assert is_cut_off(connection)
    assert client.get("/healthz", headers={"X-Much": "x" * 20_000}).status_code == 200


def test_a_head_that_takes_its_time_is_cut_off(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """API-19"""
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.05)
    for begun in (b"", b"GET /healthz HTTP/1.1\r\nHost: a\r\n"):
        with closing(connect(shop)) as connection:
            connection.sendall(begun)
            assert is_cut_off(connection)


def test_a_request_is_answered_though_a_part_of_the_next_has_come(
    shop: Shop, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """API-19"""
    let_go, waiting = threading.Event(), threading.Event()

    def slow(*_: object) -> bool:
        waiting.set()
        return not let_go.wait(FOREVER)

    monkeypatch.setattr(shop.gateway, "may_use", slow)
    key = client.headers["Authorization"]
    request = f"GET /v1/licences?content=1&learner=1 HTTP/1.1\r\nHost: a\r\nAuthorization: {key}"
    with closing(connect(shop)) as connection:
        connection.sendall(f"{request}\r\n\r\n".encode())
        assert waiting.wait(FOREVER)
        with monkeypatch.context() as hurried:
            hurried.setattr(protocol, "HEAD_SECONDS", 0.01)
            connection.sendall(b"GET /healthz HTTP/1.1\r\n")
            time.sleep(0.2)
        assert client.get("/healthz").status_code == 200
        let_go.set()
        with connection.makefile("rb") as reading:
            assert reading.readline().split()[1] == b"200"


def test_a_connection_is_good_for_many_requests(fair: Fair, shop: Shop) -> None:
    """API-19"""
    with shop.asking(1) as client:
        for number in range(8):
            body = {**order_body(fair.request()), "referrer": None}
            padded = str(body).replace("'", '"').replace("None", "null") + " " * 50_000
            made = client.post(
                "/v1/orders",
                content=padded,
                headers={
                    "Idempotency-Key": f"many {number}",
                    "Content-Type": "application/json",
                    "X-Much": "x" * 20_000,
                },
            )
            assert made.status_code == 201
