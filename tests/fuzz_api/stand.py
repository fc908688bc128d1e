"""A running service with something of two platforms in every state, to be asked at random."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import httpx

from tests.databases import place
from tests.integration.api.shop import (
    Shop,
    checkout_body,
    open_shop,
    order_body,
    taken_back,
    top_up_body,
)
from tests.integration.fair import LEARNERS, PRICES, Fair, open_fair
from zhifu.anvil import Anvil
from zhifu.chain import Chain
from zhifu.exceptions import ProviderRefused
from zhifu.money import Money
from zhifu.payments import Purpose

ASKER, OTHER = 1, 2
"""The platform that asks, and the one whose objects it must not reach."""

_CART = (1, 3)
_PAID_BEFORE = 40
_HOOKS = 6
_TOP_UPS_A_DAY = 10**12
#: Who has a balance from the beginning, and how much, in ledger units.
_SAVER, _SAVED = 3, 5_000_000
_TEN = Money(1_000, "USD")
_WORD = "0x" + "11" * 32


#: The ids of what a platform has, by the parameters of paths that take them.
Objects = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Stand:
    """Where the service is, who asks it, how it describes itself, and what there is."""

    url: str
    key: str
    description: dict[str, Any]
    own: Objects
    others: Objects
    payments: Sequence[str]
    bodies: Mapping[str, list[Any]]

    def words(self) -> dict[str, list[str | int]]:
        """What parameters and fields mean something by, by what they are called."""
        kinds: dict[str, list[str | int]] = {
            name: [*ids, *self.others[name]] for name, ids in self.own.items()
        }
        return {
            **kinds,
            "content": [*PRICES],
            "learner": [*range(1, LEARNERS + 1)],
            "platform": [1, 2, 3],
            "channel": ["email", "sms", "telegram"],
            "price": [*PRICES.values()],
            "currency": ["USD"],
            "provider": ["sandbox", "balance"],
            "provider_payment": [*self.payments],
            "method": ["card"],
        }


@contextmanager
def open_stand(dialect: str) -> Iterator[Stand]:
    """Serve over a chain and a database of its own, of a kind of `tests.databases`."""
    with Anvil() as anvil, Chain(anvil.rpc_url) as chain, place(dialect) as databases:
        fair = open_fair(anvil, chain)
        fair.databases = databases
        for platform in (ASKER, OTHER):
            _let_top_up(fair, platform)
        fair.pass_days(3)
        for platform in (ASKER, OTHER):
            _fill_balance(fair, platform)
        with open_shop(fair, is_busy=True) as shop:
            for platform in (ASKER, OTHER):
                _furnish(shop, platform)
            with shop.asking(ASKER) as client:
                told = client.get("/v1/openapi.json").raise_for_status().json()
            own, others = (_objects(shop, each, told) for each in (ASKER, OTHER))
            payments = [fair.request().provider_payment_id for _ in range(_PAID_BEFORE)]
            yield Stand(
                shop.url, shop.texts[ASKER], told, own, others, payments, _bodies(fair, own)
            )


def _let_top_up(fair: Fair, platform: int) -> None:
    operator = fair.operators[platform]
    fair.network.settlement.set_top_up_limit(operator, platform, _TOP_UPS_A_DAY)


def _fill_balance(fair: Fair, platform: int) -> None:
    """Give a learner something that can be paid out, before the service has the key's turn."""
    fair.network.settlement.top_up(fair.operators[platform], [_SAVER], [_SAVED])


def _furnish(shop: Shop, platform: int) -> None:
    """Give a platform something of everything, in every state that it may be in."""
    fair, gateway = shop.fair, shop.gateway
    orders, payments = list[str](), list[str]()
    for learner in (1, 2):
        payment = gateway.pay(fair.request(platform, learner, _CART))
        payments.append(payment.provider_payment_id or "")
        orders += [each.id for each in payment.orders]
    gateway.settle(platform)
    gateway.refund(orders[0])
    gateway.open_dispute(orders[1], bytes.fromhex(_WORD[2:]), "dispute")
    # Its bank took back what the provider is then to refund: that is left to people.
    fair.provider.charge_back(payments[1])
    with suppress(ProviderRefused):
        gateway.refund(orders[2])
    taken_back(shop, platform)
    top_up = fair.request(
        platform,
        contents=(),
        amount=_TEN,
        purpose=Purpose.TOP_UP,
        provider_payment_id=fair.provider.pay(_TEN),
    )
    gateway.pay(top_up)
    gateway.pay_out(platform, _SAVER, Money(1, "USD"), "pay-out")
    gateway.withdraw(platform, Money(1, "USD"), "withdrawal")
    gateway.reserve_learners(platform, 1, "reservation")
    with shop.asking(platform) as client:
        for number in range(_HOOKS):
            hook = {"url": f"https://example.org/hook/{number}"}
            _posted(client, "/v1/webhook-endpoints", hook, f"hook {number}")
        checkout = checkout_body(fair.request(platform, 3))
        _posted(client, "/v1/checkouts", checkout, "checkout")
        contact = {"address": "li@example.org"}
        client.put("/v1/learners/1/contacts/email", json=contact).raise_for_status()


def _posted(client: httpx.Client, path: str, body: dict[str, Any], key: str) -> None:
    client.post(path, json=body, headers={"Idempotency-Key": key}).raise_for_status()


def _objects(shop: Shop, platform: int, description: dict[str, Any]) -> Objects:
    """Whatever a platform has that the API lists, and names in a path."""
    found = dict[str, list[str]]()
    with shop.asking(platform) as client:
        for path in description["paths"]:
            named = re.fullmatch(r"(/v1/[a-z-]+)/\{(\w+)\}", path)
            if named and "get" in description["paths"].get(named[1], ()):
                listed = client.get(named[1]).raise_for_status().json()["data"]
                found[named[2]] = [each["id"] for each in listed if "id" in each]
        orders = [client.get(f"/v1/orders/{each}").json() for each in found["order"]]
    found["payment"] = list(dict.fromkeys(each["payment"] for each in orders))
    # What all may know of the network has no ids, and goes by its numbers.
    return {name: ids for name, ids in found.items() if ids}


def _bodies(fair: Fair, own: Objects) -> dict[str, list[Any]]:
    """Bodies that are accepted, by path; chance alone finds none with an amount that fits."""
    money = {"amount": 100, "currency": "USD"}
    order, by_hand = own["order"], {"detail": "by bank transfer"}
    balance = {"learner": 1, "contents": [5], "amount": money, "provider": "balance"}
    return {
        "/v1/orders": [
            *(order_body(fair.request(contents=each)) for each in ((1,), (2, 5), (6,))),
            balance,
        ],
        "/v1/orders/bulk": [[order_body(fair.request()), order_body(fair.request(learner=4))]],
        "/v1/checkouts": [checkout_body(fair.request(learner=each)) for each in (5, 6)],
        "/v1/top-ups": [top_up_body(), top_up_body(5_000, learner=2)],
        "/v1/learners": [{"count": 1}],
        "/v1/learners/{learner}/bindings": [{"commitment": _WORD}],
        "/v1/learners/{learner}/contacts/{channel}": [{"address": "li@example.org"}],
        "/v1/refunds": [{"order": each} for each in order],
        "/v1/refunds/{refund}/returned": [by_hand],
        "/v1/paybacks/{payback}/returned": [by_hand],
        "/v1/top-ups/{top_up}/returned": [by_hand],
        "/v1/disputes": [{"order": each, "evidence": _WORD} for each in order],
        "/v1/payouts": [{"learner": _SAVER, "amount": money}],
        "/v1/payouts/{payout}/returned": [by_hand],
        "/v1/withdrawals": [{"amount": money}],
        "/v1/webhook-endpoints": [{"url": "https://example.org/more", "types": ["order.*"]}],
        "/v1/webhook-endpoints/{endpoint}": [{"types": ["refund.*"]}, {"enabled": True}],
        "/v1/webhook-endpoints/{endpoint}/resend": [
            *({"event": each} for each in own["event"][:3]),
            {"first": 1, "last": 9},
        ],
    }
