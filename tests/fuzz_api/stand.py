"""A running service with something of two platforms in every state, to be asked at random."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.databases import place
from tests.integration.api.shop import Shop, checkout_body, open_shop, order_body, top_up_body
from tests.integration.fair import LEARNERS, PRICES, Fair, open_fair
from zhifu.anvil import Anvil
from zhifu.chain import Chain

ASKER, OTHER = 1, 2
"""The platform that asks, and the one whose objects it must not reach."""

_CART = (1, 3)
_PAID_BEFORE = 40
_WORD = "0x" + "11" * 32


@dataclass
class Objects:
    """The ids of what a platform has, by the kinds that the API names them by."""

    order: list[str] = field(default_factory=list)
    payment: list[str] = field(default_factory=list)
    refund: list[str] = field(default_factory=list)
    endpoint: list[str] = field(default_factory=list)
    event: list[str] = field(default_factory=list)

    def all(self) -> list[str]:
        """Every id."""
        return [each for ids in vars(self).values() for each in ids]


@dataclass(frozen=True)
class Stand:
    """Where the service is, who asks it, and what there is."""

    url: str
    key: str
    own: Objects
    others: Objects
    payments: Sequence[str]
    bodies: dict[str, list[Any]]

    def words(self) -> dict[str, list[str | int]]:
        """What parameters and fields mean something by, by what they are called."""
        kinds = {name: [*ids, *getattr(self.others, name)] for name, ids in vars(self.own).items()}
        return {
            **kinds,
            "content": [*PRICES],
            "learner": [*range(1, LEARNERS + 1)],
            "platform": [1, 2, 3],
            "price": [*PRICES.values()],
            "currency": ["USD"],
            "provider": ["sandbox"],
            "provider_payment": [*self.payments],
            "method": ["card"],
        }


@contextmanager
def open_stand(dialect: str) -> Iterator[Stand]:
    """Serve over a chain and a database of its own, of a kind of `tests.databases`."""
    with Anvil() as anvil, Chain(anvil.rpc_url) as chain, place(dialect) as databases:
        fair = open_fair(anvil, chain)
        fair.databases = databases
        with open_shop(fair, is_busy=True) as shop:
            own, others = _furnish(shop, ASKER), _furnish(shop, OTHER)
            payments = [fair.request().provider_payment_id for _ in range(_PAID_BEFORE)]
            bodies = _bodies(fair, own)
            yield Stand(shop.url, shop.texts[ASKER], own, others, payments, bodies)


def _furnish(shop: Shop, platform: int) -> Objects:
    """Give a platform orders that are paid, settled, refunded and in dispute, and a webhook."""
    fair, gateway, found = shop.fair, shop.gateway, Objects()
    for learner in (1, 2):
        payment = gateway.pay(fair.request(platform, learner, _CART))
        found.payment.append(payment.id)
        found.order += [each.id for each in payment.orders]
    gateway.settle(platform)
    gateway.refund(found.order[0])
    found.refund.append(gateway.refund_of(found.order[0]).id)
    gateway.open_dispute(found.order[1], bytes.fromhex(_WORD[2:]), "dispute")
    with shop.asking(platform) as client:
        hook = {"url": "https://example.org/hook"}
        found.endpoint.append(_posted(client, "/v1/webhook-endpoints", hook)["id"])
        checkout = _posted(client, "/v1/checkouts", checkout_body(fair.request(platform, 3)))
        found.payment.append(checkout["payment"]["id"])
        events = client.get("/v1/events").raise_for_status().json()["data"]
    found.event += [each["id"] for each in events]
    return found


def _posted(client: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(path, json=body, headers={"Idempotency-Key": f"first {path}"})
    told: dict[str, Any] = answer.raise_for_status().json()
    return told


def _bodies(fair: Fair, own: Objects) -> dict[str, list[Any]]:
    """Bodies that are accepted, by path; chance alone finds none with an amount that fits."""
    money = {"amount": 100, "currency": "USD"}
    return {
        "/v1/orders": [order_body(fair.request(contents=each)) for each in ((1,), (2, 5), (6,))],
        "/v1/orders/bulk": [[order_body(fair.request()), order_body(fair.request(learner=4))]],
        "/v1/checkouts": [checkout_body(fair.request(learner=each)) for each in (5, 6)],
        "/v1/top-ups": [top_up_body(), top_up_body(5_000, learner=2)],
        "/v1/learners": [{"count": 1}],
        "/v1/learners/{learner}/bindings": [{"commitment": _WORD}],
        "/v1/refunds": [{"order": own.order[-1]}],
        "/v1/disputes": [{"order": own.order[-2], "evidence": _WORD}],
        "/v1/withdrawals": [{"amount": money}],
        "/v1/webhook-endpoints": [{"url": "https://example.org/more", "types": ["order.*"]}],
    }
