"""Contents with their prices and plans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.contracts.model.operators import Operators
from tests.contracts.model.refusal import refuse
from tests.contracts.plans import Plan, Publication, Terms

PRICE_STEPS = 4


@dataclass
class Content:
    """A content with its prices by the day, and its plans by the epoch, that they hold from."""

    host: int
    class_: int
    terms: Terms
    plans: dict[int, Plan]
    prices: dict[int, int]
    versions: dict[int, int] = field(default_factory=lambda: {0: 1})
    active: bool = True

    def price_on(self, day: int) -> int:
        return self.prices[max(first for first in self.prices if first <= day)]

    def version_in(self, epoch: int) -> int:
        return self.versions[max(first for first in self.versions if first <= epoch)]

    def latest_versions(self) -> list[int]:
        """Return the plan set last, in force or not yet, and the one that it follows."""
        return [self.versions[first] for first in sorted(self.versions)[-2:]]


@dataclass
class Contents(Operators):
    """The contents by number."""

    contents: dict[int, Content] = field(default_factory=dict)

    def publish(self, caller: str, publication: Publication) -> int:
        """PUB-1 to PUB-8."""
        host, wrong = self.acting(caller)
        plan = publication.plan
        refuse(
            **wrong,
            PriceOutOfRange=not 0 < publication.price < 2**40,
            UnknownClass=publication.class_ >= len(self.windows),
            **self._wrong_plan(host, plan),
        )
        number = len(self.contents) + 1
        self.contents[number] = Content(
            host, publication.class_, publication.terms, {1: plan}, {0: publication.price}
        )
        return number

    def set_prices(self, caller: str, content: int, steps: Sequence[tuple[int, int]]) -> None:
        """PRICE-1 to PRICE-3; a step is a day and its price."""
        days = [self.today, *(day for day, _ in steps)]
        known = self.contents.get(content)
        kept = {known.price_on(day) for day in (self.today - 1, self.today)} if known else {0}
        self._require_host(
            caller,
            content,
            PriceOutOfRange=any(not 0 < price < 2**40 for _, price in steps),
            PriceDayOutOfRange=days != sorted(set(days)),
            PriceStepCountOutOfRange=not 0 < len(steps) <= PRICE_STEPS - len(kept),
        )
        prices = self.contents[content].prices
        past = {day: price for day, price in prices.items() if day <= self.today}
        self.contents[content].prices = past | dict(steps)

    def set_plan(self, caller: str, content: int, plan: Plan) -> None:
        """PLAN-1 to PLAN-3."""
        self._require_host(caller, content, **self._wrong_plan(self.acting(caller)[0], plan))
        known = self.contents[content]
        version = len(known.plans) + 1
        known.plans[version] = plan
        known.versions[self.epoch(known.class_) + 1] = version

    def _wrong_plan(self, host: int, plan: Plan) -> dict[str, bool]:
        terms = self.platforms.get(host)
        shares = plan.commission_bps + plan.host_bps + plan.network_bps
        low = terms is not None and (
            plan.network_bps < terms.network_bps or plan.host_bps < terms.host_bps
        )
        return {
            "PlanDoesNotAddUp": shares + sum(creator.bps for creator in plan.creators) != 10_000,
            "ShareBelowTerms": low,
        }

    def set_active(self, caller: str, content: int, active: bool) -> None:
        """ACTIVE-1."""
        self._require_host(caller, content)
        self.contents[content].active = active

    def _require_host(self, caller: str, content: int, **broken: bool) -> None:
        platform, wrong = self.acting(caller)
        known = self.contents.get(content)
        away = known is not None and known.host != platform
        refuse(**wrong, **broken, UnknownContent=known is None, NotHost=away)
