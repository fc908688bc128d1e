"""Who may do what: every route of the table, whoever asks, whoever's the object is.

The routes are read from the application, so that a new one cannot be forgotten: it fails here until
it is said what to ask it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx
import pytest

from tests.integration.api.shop import (
    PATIENCE_SECONDS,
    Shop,
    checkout_body,
    order_body,
    taken_back,
    top_up_body,
    topped_up,
)
from tests.integration.fair import Fair
from tests.integration.test_spending import load
from zhifu.api.app import ROUTERS
from zhifu.api.resources import health
from zhifu.api.route import PlatformRoute
from zhifu.api.scopes import ALL, Scope
from zhifu.money import Money

#: What takes an object away comes last.
PLATFORM_ROUTES = sorted(
    (route for router in ROUTERS for route in router.routes if isinstance(route, PlatformRoute)),
    key=lambda route: "DELETE" in (route.methods or ()),
)
OPEN_ROUTES = {"/healthz", "/readyz", "/metrics", "/v1/callbacks/{provider}"}

WORD = "0x" + "11" * 32

#: What is there in no platform.
MISSING = {
    "order": "ord_0000000000000001",
    "payment": "pay_0000000000000001",
    "top_up": "pay_0000000000000002",
    "refund": "ref_0000000000000001",
    "payback": "pbk_0000000000000001",
    "chargeback": "chb_0000000000000001",
    "payout": "out_0000000000000001",
    "withdrawal": "wdr_0000000000000001",
    "reservation": "rsv_0000000000000001",
    "dispute": "dsp_0000000000000001",
    "endpoint": "end_0000000000000001",
    "event": "evt_000000000100000000000001",
}

#: What the whole network may know.
PUBLIC = {"number": "1", "learner": "1", "channel": "email"}

#: What is asked by query, where something must be.
QUERIES: dict[str, dict[str, str]] = {
    "/v1/quotes": {"content": "1"},
    "/v1/licences": {"content": "1", "learner": "1"},
    "/v1/licences/proof": {"content": "1", "learner": "1"},
}


def name(route: PlatformRoute) -> str:
    return f"{next(iter(route.methods or ()))} {route.path}"


def body(route: PlatformRoute, shop: Shop, objects: dict[str, str]) -> Any:
    """What is sent to a route that takes a body; a new one must be named here."""
    bodies: dict[str, Any] = {
        "/v1/orders": lambda: order_body(shop.fair.request()),
        "/v1/orders/bulk": lambda: [order_body(shop.fair.request())],
        "/v1/checkouts": lambda: checkout_body(shop.fair.request()),
        "/v1/learners": lambda: {"count": 1},
        "/v1/learners/{learner}/bindings": lambda: {"commitment": WORD},
        "/v1/learners/{learner}/contacts/{channel}": lambda: {"address": "li@example.org"},
        "/v1/learners/{learner}/forget": dict,
        "/v1/refunds": lambda: {"order": objects["order"]},
        "/v1/refunds/{refund}/returned": lambda: {"detail": "by hand"},
        "/v1/paybacks/{payback}/again": dict,
        "/v1/paybacks/{payback}/returned": lambda: {"detail": "by bank"},
        "/v1/top-ups": lambda: top_up_body(),
        "/v1/top-ups/{top_up}/refund": dict,
        "/v1/top-ups/{top_up}/returned": lambda: {"detail": "by hand"},
        "/v1/disputes": lambda: {"order": objects["order"], "evidence": WORD},
        "/v1/payouts": lambda: {"learner": 1, "amount": {"amount": 1, "currency": "USD"}},
        "/v1/payouts/{payout}/returned": lambda: {"detail": "by hand"},
        "/v1/withdrawals": lambda: {"amount": {"amount": 1, "currency": "USD"}},
        "/v1/webhook-endpoints": lambda: {"url": "https://example.org/hook"},
        "/v1/webhook-endpoints/{endpoint}": lambda: {"types": ["order.*"]},
        "/v1/webhook-endpoints/{endpoint}/resend": lambda: {"event": objects["event"]},
        "/v1/webhook-endpoints/{endpoint}/enable": dict,
        "/v1/webhook-endpoints/{endpoint}/disable": dict,
        "/v1/webhook-endpoints/{endpoint}/rotate": dict,
    }
    has_body = (route.methods or set()) & {"POST", "PUT", "PATCH"}
    return bodies[route.path]() if has_body else None


@dataclass
class World:
    """A service with an order, a payment, a refund and an endpoint of platform 1."""

    shop: Shop
    own: dict[str, str]
    keys: Iterator[int]
    client: httpx.Client

    def ask(self, route: PlatformRoute, key: str | None, objects: dict[str, str]) -> httpx.Response:
        named = {each: {**PUBLIC, **objects}[each] for each in route.param_convertors}
        headers = {"Idempotency-Key": f"access {next(self.keys)}"}
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        return self.client.request(
            next(iter(route.methods or ())),
            route.path_format.format(**named),
            params=QUERIES.get(route.path),
            json=body(route, self.shop, objects),
            headers=headers,
        )


@pytest.fixture
def world(fair: Fair, shop: Shop) -> Iterator[World]:
    load(fair, 10)
    charged_back = taken_back(shop).id
    (payback,) = shop.gateway.paybacks(charged_back)
    (chargeback,) = shop.gateway.chargebacks(charged_back)
    disputed = shop.gateway.pay(fair.request(contents=(5,))).orders[0]
    shop.gateway.settle(1)
    dispute = shop.gateway.open_dispute(disputed.id, bytes.fromhex(WORD[2:]), "a dispute")
    payment = shop.gateway.pay(fair.request(contents=(1, 3)))
    order, other = payment.orders
    shop.gateway.refund(other.id)
    with shop.asking(1) as client:
        headers = {"Idempotency-Key": "the endpoint"}
        hook = {"url": "https://example.org/hook"}
        endpoint = client.post("/v1/webhook-endpoints", json=hook, headers=headers).json()["id"]
        event = client.get("/v1/events").json()["data"][0]["id"]
    own = {
        "order": order.id,
        "payment": payment.id,
        "top_up": topped_up(shop).id,
        "refund": shop.gateway.refund_of(other.id).id,
        "payback": payback.id,
        "chargeback": chargeback.id,
        "payout": shop.gateway.pay_out(1, 1, Money(1, "USD"), "a pay-out").id,
        "withdrawal": shop.gateway.withdraw(1, Money(1, "USD"), "a withdrawal").id,
        "reservation": shop.gateway.reserve_learners(1, 1, "a reservation").id,
        "dispute": dispute.id,
        "endpoint": endpoint,
        "event": event,
    }
    with httpx.Client(base_url=shop.url, timeout=PATIENCE_SECONDS) as client:
        yield World(shop, own, count(1), client)


def test_every_route_is_a_platforms_or_known_to_be_open() -> None:
    """API-1"""
    others = {
        getattr(route, "path", None)
        for router in ROUTERS
        for route in router.routes
        if not isinstance(route, PlatformRoute)
    }
    assert others <= OPEN_ROUTES
    assert all(not isinstance(route, PlatformRoute) for route in health.router.routes)


def test_no_route_answers_without_a_key_and_its_scope(world: World) -> None:
    """API-1"""
    revoked = world.shop.key()
    world.shop.keys.revoke(world.shop.keys.all()[-1].id)
    for route in PLATFORM_ROUTES:
        for key in (None, "word", "zk_test_" + "A" * 43, revoked, revoked.replace("test", "live")):
            refused = world.ask(route, key, world.own)
            assert (refused.status_code, refused.json()["code"]) == (401, "invalid_api_key"), name(
                route
            )
            assert refused.headers["WWW-Authenticate"] == "Bearer"


def test_no_scope_opens_another_route(world: World) -> None:
    """API-1"""
    without = {scope: world.shop.key(scopes=ALL - {scope}) for scope in Scope}
    alone = {scope: world.shop.key(scopes=frozenset({scope})) for scope in Scope}
    for route in PLATFORM_ROUTES:
        scope = route.operation.scope
        refused = world.ask(route, without[scope], world.own)
        assert (refused.status_code, refused.json()["code"]) == (403, "missing_scope"), name(route)
        assert refused.json()["values"] == {"scope": scope.value}
        taken = world.ask(route, alone[scope], MISSING)
        assert taken.status_code not in (401, 403, 500), (name(route), taken.text)


def test_another_platforms_object_is_as_unknown_as_none(world: World) -> None:
    """API-2"""
    stranger = world.shop.key(2)
    seen = 0
    for route in PLATFORM_ROUTES:
        sent = body(route, world.shop, MISSING)
        in_body = isinstance(sent, dict) and "order" in sent
        if not in_body and not set(route.param_convertors) & set(MISSING):
            continue
        seen += 1
        theirs = world.ask(route, stranger, world.own)
        missing = world.ask(route, stranger, MISSING)
        assert theirs.status_code == missing.status_code == 404, (name(route), theirs.text)
        told = theirs.text
        for kind, own in world.own.items():
            told = told.replace(own, MISSING[kind])
        assert told == missing.text
        assert world.ask(route, world.shop.key(1), world.own).status_code != 404 or (
            name(route) in NOTHING_YET
        ), name(route)
    assert seen >= 16


#: Where there is nothing about an order that is not settled.
NOTHING_YET = {"GET /v1/orders/{order}/licence", "GET /v1/orders/{order}/dispute"}


def test_lists_are_of_ones_own(world: World) -> None:
    """API-2"""
    stranger = {"Authorization": f"Bearer {world.shop.key(2)}"}
    owner = {"Authorization": f"Bearer {world.shop.key(1)}"}
    payment = taken_back(world.shop).id
    for path in (
        *("/v1/orders", "/v1/refunds", "/v1/webhook-endpoints", "/v1/events"),
        *("/v1/withdrawals", "/v1/reservations", "/v1/disputes", "/v1/top-ups"),
        "/v1/payouts",
        *("/v1/paybacks", f"/v1/paybacks?payment={payment}"),
        *("/v1/chargebacks", f"/v1/chargebacks?payment={payment}"),
    ):
        assert world.client.get(path, headers=stranger).json()["data"] == []
        assert world.client.get(path, headers=owner).json()["data"]


def test_keys_of_one_platform_do_not_take_those_of_another(fair: Fair, shop: Shop) -> None:
    """API-2, 3"""
    for platform in (1, 2):
        with shop.asking(platform) as client:
            made = client.post(
                "/v1/orders",
                json=order_body(fair.request()),
                headers={"Idempotency-Key": "the same"},
            )
            assert made.status_code == 201
            assert made.json()["platform"] == platform
