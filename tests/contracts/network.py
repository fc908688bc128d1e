"""The members of a small network, as tests speak of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests.contracts import clock
from tests.contracts.accounts import ZERO, of_platform
from tests.contracts.batch import Facts, Group, Leaf
from tests.contracts.orders import Order
from tests.contracts.plans import Plan, Publication, Terms


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
    terms: Terms


def leaves_of(
    groups: Sequence[Group], contents: Sequence[Content], timestamp: int, state: int = 0
) -> Iterator[Leaf]:
    """Tell what a batch of contents under their first plans commits to."""
    by_number = {each.number: each for each in contents}
    for group in groups:
        facts = facts_of(by_number[group.content], timestamp, group.referrer, group.starts_at)
        packed = facts._replace(state=state).packed()
        yield from (Leaf(word, packed, group.referrer) for word in group.words())


def facts_of(content: Content, timestamp: int, referrer: str = ZERO, starts_at: int = 0) -> Facts:
    """Tell what an order of a content under its first plan commits to."""
    epoch = timestamp // (clock.SHORT_WINDOW, clock.LONG_WINDOW)[content.class_]
    plan, duration = content.plan, content.terms.duration_seconds
    referrer_bps = plan.referrer_bps if referrer != ZERO else 0
    facts = Facts(content.price, plan.commission_bps, referrer_bps, content.class_, epoch)
    start = max(starts_at, timestamp)
    dates = {"starts_at": start, "expires_at": start + duration}
    return facts._replace(**dates) if duration else facts


def publish(licences, host: Platform, *publications: Publication) -> list[Content]:
    """Publish contents and return them with their numbers."""
    first = licences.contentCount() + 1
    licences.publish(publications, {"from": host.operator})
    return [
        Content(first + i, host.number, *publication[1:])
        for i, publication in enumerate(publications)
    ]


def appoint(registry, number: int, owner, operator) -> None:
    """Let a key act for a platform: its owner names it, and it accepts."""
    registry.setOperator(number, operator, True, {"from": owner})
    registry.acceptOperator(number, {"from": operator})


@dataclass(frozen=True)
class Market:
    """A network of one platform with one content, settled in some token that anyone mints."""

    token: Any
    settlement: Any
    licences: Any
    platform: Platform
    content: Content

    def order(self, buyer, **changes) -> Order:
        """Return a direct order of the content; any field can be changed."""
        parties = (self.content.number, self.platform.number, buyer.address, buyer.address, ZERO)
        order = Order(*parties, self.content.price, 0, clock.now() + clock.HOUR, bytes(32))
        return order._replace(**changes)

    def fund(self, owner, amount: int) -> None:
        """Give an address tokens that Settlement may take."""
        self.token.mint(owner, amount, {"from": owner})
        self.token.approve(self.settlement, amount, {"from": owner})

    def deposit(self, owner, account: int, amount: int) -> None:
        """Deposit an address's new tokens for an account."""
        self.fund(owner, amount)
        self.settlement.deposit(account, amount, {"from": owner})

    def bought(self, buyer, **changes) -> Order:
        """Buy under allowance and return the order."""
        order = self.order(buyer, **changes)
        self.fund(buyer, order.max_price)
        self.settlement.buy(order, {"from": buyer})
        return order
