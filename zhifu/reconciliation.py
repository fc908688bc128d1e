"""What a reconciliation finds: what is not simply matched, and the sums of each day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any, NamedTuple

from zhifu.money import Money
from zhifu.reasons import Reason, Route

LISTED_OF_A_REASON = 100
"""Of each reason so many are listed; all are counted, and none is left out of the sums."""


class Item(NamedTuple):
    """One thing that is not simply matched.

    `subject` names it, `provider` is empty where none is concerned, `platform` None where it is not
    known. `day` is the bill's, or the day that it belongs to without one. `amount` is by how much
    the first side of its route is above the second; `detail` what each side says.
    """

    reason: Reason
    subject: str
    provider: str
    platform: int | None
    day: date
    amount: Money
    detail: str

    @property
    def said(self) -> str:
        """In a sentence."""
        detail = f" ({self.detail})" if self.detail else ""
        return f"{self.subject} {self.reason.said}{detail}"

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        reason = self.reason
        return {
            "reason": reason.code,
            "verdict": reason.verdict.value,
            "explained": reason.is_explained,
            "route": reason.route.value,
            "subject": self.subject,
            "provider": self.provider or None,
            "platform": self.platform,
            "day": self.day.isoformat(),
            "amount": self.amount.amount,
            "currency": self.amount.currency,
            "said": self.said,
            "advice": reason.advice,
        }


@dataclass(slots=True)
class Sums:
    """Sums of a provider and a day, in minor units: of its bill, of the books, of the chain.

    A payment belongs to the day of its bill, wherever it is settled later. `orders` were paid in
    full, `surplus` belongs to no order, `void` never comes on chain because it goes back before;
    `settled_later` of `debited` is on chain on a later day. `refunded` is what went back of orders
    after they were settled, by the books and on chain. `bill_differs` and `chain_differs` is
    what items say by how much two sides differ.
    """

    taken: int = 0
    given_back: int = 0
    taken_back: int = 0
    fees: int = 0
    other: int = 0
    received: int = 0
    returned: int = 0
    charged_back: int = 0
    orders: int = 0
    top_ups: int = 0
    surplus: int = 0
    debited: int = 0
    settled_later: int = 0
    under_way: int = 0
    void: int = 0
    refunded: int = 0
    refunded_on_chain: int = 0
    bill_differs: int = 0
    chain_differs: int = 0

    def add(self, other: Sums) -> None:
        """Add what another one has."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    @property
    def on_bill(self) -> int:
        """What the provider owes of it, before its fees."""
        return self.taken - self.given_back - self.taken_back

    @property
    def in_books(self) -> int:
        """The same by the books."""
        return self.received - self.returned - self.charged_back

    @property
    def on_chain(self) -> int:
        """What stays debited."""
        return self.debited - self.refunded_on_chain

    @property
    def unexplained(self) -> int:
        """What no item explains; 0 unless this very computation is wrong."""
        bill = self.on_bill - self.in_books - self.bill_differs
        books = self.received - self.orders - self.top_ups - self.surplus
        paid = self.orders - self.refunded
        chain = paid - self.on_chain - self.under_way - self.void - self.chain_differs
        return abs(bill) + abs(books) + abs(chain)

    def to_dict(self) -> dict[str, int]:
        """As a JSON object, with what is computed of it."""
        told = {each.name: getattr(self, each.name) for each in fields(self)}
        computed = ("on_bill", "in_books", "on_chain", "unexplained")
        return told | {name: getattr(self, name) for name in computed}


class Key(NamedTuple):
    """What sums are of: a provider by its name, a day, a currency."""

    provider: str
    day: date
    currency: str


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What was found from the day `first` to `last`, of one platform or of all (None).

    `block` is the one that the chain was followed to. `matched` counts by route what agrees,
    `counts` the items by their reason's code, listed or not. The exit status hangs on `is_fine`.
    """

    first: date
    last: date
    platform: int | None
    block: int
    matched: Mapping[Route, int]
    counts: Mapping[str, int]
    items: tuple[Item, ...]
    sums: Mapping[Key, Sums]

    @property
    def unexplained(self) -> tuple[Item, ...]:
        """The listed items that somebody has to look into."""
        return tuple(each for each in self.items if not each.reason.is_explained)

    @property
    def is_fine(self) -> bool:
        """Whether everything is matched or explained, to the last unit."""
        return not self.unexplained and not any(each.unexplained for each in self.sums.values())

    def together(self) -> dict[tuple[str, str], Sums]:
        """The sums of all days by provider and currency."""
        found: dict[tuple[str, str], Sums] = {}
        for key, sums in self.sums.items():
            found.setdefault((key.provider, key.currency), Sums()).add(sums)
        return found

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        return {
            "from": self.first.isoformat(),
            "to": self.last.isoformat(),
            "platform": self.platform,
            "block": self.block,
            "fine": self.is_fine,
            "matched": {route.value: count for route, count in self.matched.items()},
            "counts": dict(self.counts),
            "items": [each.to_dict() for each in self.items],
            "sums": [
                {"provider": key.provider, "day": key.day.isoformat(), "currency": key.currency}
                | sums.to_dict()
                for key, sums in sorted(self.sums.items())
            ],
        }


@dataclass(slots=True)
class Tally:
    """Collects what a reconciliation finds."""

    currency: str
    matched: Counter[Route] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    items: list[Item] = field(default_factory=list)
    _sums: dict[tuple[str, int, str], Sums] = field(default_factory=dict)

    def of(self, provider: str, day: int, currency: str | None = None) -> Sums:
        """The sums of a provider and a day, which is told as `date.toordinal` counts."""
        named = (provider, day, currency or self.currency)
        found = self._sums.get(named)
        if found is None:
            found = self._sums[named] = Sums()
        return found

    @property
    def sums(self) -> dict[Key, Sums]:
        """All of them."""
        return {
            Key(provider, date.fromordinal(day), currency): sums
            for (provider, day, currency), sums in self._sums.items()
        }

    def note(
        self,
        reason: Reason,
        subject: str,
        day: int,
        *,
        provider: str = "",
        platform: int | None = None,
        amount: int = 0,
        currency: str | None = None,
        detail: str = "",
    ) -> None:
        """Take an item down."""
        self.counts[reason.code] += 1
        if self.counts[reason.code] <= LISTED_OF_A_REASON:
            money = Money(amount, currency or self.currency)
            self.items.append(
                Item(reason, subject, provider, platform, date.fromordinal(day), money, detail)
            )
