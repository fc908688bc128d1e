"""The members of a small network, as tests speak of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.contracts import clock
from tests.contracts.accounts import ZERO, of_platform
from tests.contracts.orders import Order
from tests.contracts.plans import Plan, Publication


@dataclass(frozen=True)
class Platform:
    """A platform with the keys that act for it."""

    number: int
    owner: Any
    treasury: Any
    operator: Any

    @property
    def account(self) -> int:
        return of_platform(self.number)


@dataclass(frozen=True)
class Content:
    """A published content; its price is in ledger units."""

    number: int
    host: int
    price: int
    class_: int
    plan: Plan


def publish(licences, host: Platform, *publications: Publication) -> list[Content]:
    """Publish contents and return them with their numbers."""
    first = licences.contentCount() + 1
    licences.publish(publications, {"from": host.operator})
    return [
        Content(first + i, host.number, publication.price, publication.class_, publication.plan)
        for i, publication in enumerate(publications)
    ]


def appoint(registry, number: int, owner, operator) -> None:
    """Let a key act for a platform: its owner names it, and it accepts."""
    registry.setOperator(number, operator, True, {"from": owner})
    registry.acceptOperator(number, {"from": operator})


@dataclass(frozen=True)
class Market:
    """A network of one platform with one content, settled in some token."""

    token: Any
    settlement: Any
    platform: Platform
    content: Content

    def order(self, buyer) -> Order:
        """Return a direct order of the content."""
        parties = (self.content.number, self.platform.number, buyer.address, buyer.address, ZERO)
        return Order(*parties, self.content.price, clock.now() + clock.HOUR, bytes(32))
