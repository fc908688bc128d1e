"""Drawing the parts of a call: usually right ones, now and then wrong ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any, TypeVar

from tests.differential.model import Call, Model
from tests.differential.model.batches import BatchOrder
from tests.differential.model.facts import DISPUTED, PAID_OUT
from tests.differential.model.orders import Order
from tests.differential.model.platforms import ACTIVE
from tests.differential.model.sales import Sale
from tests.differential.model.words import ZERO, of_address, of_platform
from tests.differential.world import PEOPLE

T = TypeVar("T")

WRONG = 0.015
"""How often one part of a call is drawn wrong: a call has some parts, so one call in ten fails."""

RECENT = 100
ODD = DISPUTED | PAID_OUT
TRIES = 8


class Draw:
    """Draws from one seed, with a look at the model to know what would be right."""

    def __init__(self, random: Random, model: Model) -> None:
        self.random, self.model = random, model
        self.direct: list[int] = []
        self.batched: list[int] = []

    def remember(self, sale: Sale) -> None:
        """Note an order that was paid, so that later calls find it."""
        (self.batched if sale.place else self.direct).append(sale.id)

    def mostly(self, usual: T, other: T) -> T:
        """Draw the usual value, or now and then another one."""
        return other if self.random.random() < WRONG else usual

    def rarely(self) -> bool:
        """Draw whether to do something wrong."""
        return self.random.random() < WRONG

    def one_of(self, values: Sequence[T]) -> T:
        """Draw one of some values."""
        return values[int(self.random.random() * len(values))]

    def number(self, low: int, high: int) -> int:
        """Draw a number between two, both included."""
        return low + int(self.random.random() * (high - low + 1))

    def salt(self) -> bytes:
        """Draw 32 bytes."""
        return self.random.randbytes(32)

    # Who

    def anyone(self) -> str:
        return self.one_of(PEOPLE.all)

    def network(self) -> str:
        """Draw the network's owner, mostly."""
        return self.mostly(self.model.platforms.network_owner, self.anyone())

    def platform(self) -> int:
        """Draw a platform's number, mostly of one that may act."""
        members = self.model.platforms.members
        active = [number for number, each in members.items() if each.status == ACTIVE]
        any_number = self.number(0, len(members) + 1)
        return self.mostly(self.one_of(active or list(members)), any_number)

    def owner_of(self, platform: int) -> str:
        """Draw a platform's owner, mostly."""
        owner = self.model.platforms.terms(platform).owner
        return self.mostly(self.anyone() if owner == ZERO else owner, self.anyone())

    def operator_of(self, platform: int) -> str:
        """Draw a key that may act for a platform, mostly."""
        platforms = self.model.platforms
        keys = [each for each in PEOPLE.operators if platforms.is_operator_of(each, platform)]
        return self.mostly(self.one_of(keys), self.anyone()) if keys else self.anyone()

    def has_operator(self, platform: int) -> bool:
        """Tell whether some key may act for a platform."""
        is_operator_of = self.model.platforms.is_operator_of
        return any(is_operator_of(key, platform) for key in PEOPLE.operators)

    def operator(self) -> str:
        """Draw a key that may act, mostly."""
        known = self.model.operators.known
        acting = [key for key, each in known.items() if each.active]
        acting = [key for key in acting if self._is_active(known[key].platform)]
        return self.mostly(self.one_of(acting or PEOPLE.operators), self.anyone())

    def _is_active(self, platform: int) -> bool:
        return self.model.platforms.members[platform].status == ACTIVE

    def referrer(self) -> str:
        """Draw a referrer or none."""
        return self.one_of([ZERO, ZERO, *PEOPLE.referrers])

    def learner(self) -> int:
        """Draw a learner's number."""
        highest = self.model.learners.highest
        low = self.number(1, max(1, min(20, highest)))
        return self.mostly(low, self.one_of([0, highest, highest + 1]))

    # What

    def content(self) -> int:
        """Draw a content's number."""
        count = len(self.model.contents.known)
        return self.mostly(self.number(1, max(1, count)), self.one_of([0, count + 1]))

    def content_on_sale(self) -> int:
        """Draw a content's number, mostly of one that is for sale."""
        number = self.content()
        content = self.model.contents.known[number]
        return number if content is None or content.active else self.content()

    def starts_at(self, number: int) -> int:
        """Draw when a licence of a content starts, 0 for at once."""
        content, now = self.model.contents.known[number], self.model.now
        duration = content.terms.duration if content and content.terms.renewable else 0
        usual = self.one_of([0, now + self.number(0, duration), now - 1]) if duration else 0
        return self.mostly(usual, now + duration + self.number(0, 1))

    def class_(self) -> int:
        """Draw a refund-window class."""
        count = len(self.model.classes.windows)
        return self.mostly(self.number(0, count - 1), self.one_of([count, 8, 255]))

    def price(self) -> int:
        """Draw a price."""
        prices = [1, 7, 9_999, 10_001, 49_990_003, self.number(1, 10**6), self.number(1, 10**9)]
        usual = self.one_of(prices) if self.number(0, 30) else 2**40 - 1
        return self.mostly(usual, self.one_of([0, 2**40, 2**64 - 1]))

    def units_of(self, account: int) -> int:
        """Draw an amount that an account has, mostly."""
        has = self.model.accounts.available[account]
        right = self.one_of([1, has, self.number(1, max(1, has))]) or 1
        return self.mostly(right, self.one_of([0, has + 1, 2**255, 2**256 - 1]))

    def funded_account(self, accounts: Sequence[int]) -> int:
        """Draw one of some accounts, of those with money if there are any."""
        available = self.model.accounts.available
        return self.one_of([each for each in accounts if available[each]] or accounts)

    def account(self) -> int:
        """Draw an account that can own money."""
        people = [of_address(self.anyone()) for _ in range(2)]
        return self.one_of([*people, of_platform(self.number(0, 4))])

    # Orders

    def sale(self, ids: Sequence[int], fits: Callable[[Sale], bool]) -> Sale | None:
        """Draw one of some orders: mostly a recent one that fits, else one with a dispute."""
        if not ids:
            return None
        known, recent = self.model.sales.known, ids[-RECENT:]
        found = [each for each in (known[self.one_of(recent)] for _ in range(TRIES)) if each]
        fitting = [each for each in found if fits(each)]
        if self.number(0, 24) == 0:
            odd = [each for each in map(known.__getitem__, recent) if each and each.has(ODD)]
            return self.one_of(odd or found) if found else None
        if not fitting and not self.rarely():
            return None
        return self.mostly((fitting or found)[0], known[self.one_of(ids)])

    def show(self, sale: Sale) -> Order | BatchOrder:
        """Return an order as its verbs take it, mostly with the right proof."""
        if sale.place is None:
            return self.model.orders.stated[sale.id]
        order = self.model.batches.show(sale.place)
        return self._altered(order) if self.rarely() else order

    def is_refundable(self, sale: Sale) -> bool:
        """Tell whether an order's money can be taken back, by somebody who may."""
        facts, refunder = sale.facts, sale.seller or self.model.sales.host(sale)
        open_ = self.model.classes.epoch(facts.class_) <= facts.epoch + 1
        return open_ and self.has_operator(refunder)

    def refunder_of(self, sale: Sale) -> str:
        """Draw who may refund an order, mostly."""
        return self.operator_of(sale.seller or self.model.sales.host(sale))

    def _altered(self, order: BatchOrder) -> BatchOrder:
        """Change one thing that the proof is about (TREE-3)."""
        changes: list[dict[str, Any]] = [
            {"platform": order.platform % 3 + 1},
            {"lane": order.lane + 1},
            {"number": order.number + 1},
            {"leaves": order.leaves + 1},
            {"leaf": order.leaf + 1},
            {"place": self.number(0, 255)},
            {"word": order.word ^ 1 << self.number(0, 255)},
            {"facts": order.facts ^ 1 << self.number(0, 255)},
            {"referrer": self.anyone()},
            {"proof": (*order.proof, self.salt())},
            {"proof": order.proof[:-1] if order.proof else (bytes(32),)},
            {"proof": tuple(reversed(order.proof)) or (self.salt(),)},
        ]
        return order._replace(**self.one_of(changes))


def call(caller: str, contract: str, function: str, *arguments: Any) -> Call:
    """Return a call."""
    return Call(caller, contract, function, arguments)
