"""What can be bought, on which terms and at what price (PUB, PRICE, PLAN, ACTIVE)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.differential.model.classes import DAY, HOUR
from tests.differential.model.facts import NOTHING, Facts
from tests.differential.model.plans import Plan
from tests.differential.model.refusal import Rules
from tests.differential.model.table import Table
from tests.differential.model.words import WHOLE_BPS, ZERO

if TYPE_CHECKING:
    from tests.differential.model import Model

HIGHEST_PRICE = 2**40 - 1
LONGEST_REF = 128
MOST_CREATORS = 128
FIRST_VERSION = 1
PRICE_STEPS = 4
LAST_DAY = 2**24 - 1
LONGEST_DURATION = 3_650 * DAY
ROYALTY_BPS_CAP = 1_000
LICENSE, SETTLEMENT = "ContentLicense", "Settlement"

Version = tuple[int, int]
"""A content and a version of its plan."""


class Terms(NamedTuple):
    """What the licences of a content are."""

    duration: int
    renewable: bool
    bound: bool
    royalty_bps: int


class Publication(NamedTuple):
    """A content to be published; its price is in ledger units."""

    ref: str
    price: int
    class_: int
    plan: Plan
    terms: Terms


@dataclass(frozen=True)
class Content:
    """A published content; prices by the day, plan versions by the epoch they hold from."""

    host: int
    class_: int
    terms: Terms
    plans: tuple[Plan, ...]
    versions: tuple[tuple[int, int], ...]
    prices: tuple[tuple[int, int], ...]
    active: bool = True

    def price_on(self, day: int) -> int:
        """Return the price that holds on a day (PRICE-2)."""
        return next(price for first, price in reversed(self.prices) if first <= day)

    def version_in(self, epoch: int) -> int:
        """Return the version of the plan that is in force in an epoch (SPLIT-5)."""
        return next(version for first, version in reversed(self.versions) if first <= epoch)

    def plan(self, version: int) -> Plan:
        """Return one version of the plan."""
        return self.plans[version - FIRST_VERSION]


class Contents:
    """The catalogue of the whole network."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.known: Table[int, Content | None] = Table("content", model.touched, None)
        self._refs: dict[tuple[int, str], int] = {}

    @property
    def today(self) -> int:
        """Return the present day."""
        return self._model.now // DAY

    def version_of(self, content: Content) -> int:
        """Return the version of a content's plan that is in force."""
        return content.version_in(self._model.classes.epoch(content.class_))

    def require_known(self, number: int, rules: Rules) -> Content | None:
        """Require that a content exists."""
        content = self.known[number]
        rules.require(content is not None, "UnknownContent", number)
        return content

    def read(
        self, number: int, day: int, referrer: str, starts_at: int, sold: bool, rules: Rules
    ) -> Facts:
        """Return what an order is made of now, at a day's price; `sold` if it has a seller."""
        content = self.require_known(number, rules)
        if content is None:
            return NOTHING
        rules.require(content.active, "ContentInactive", number)
        version = self.version_of(content)
        plan = content.plan(version)
        commission_bps = plan.commission_bps if sold else 0
        referrer_bps = plan.referrer_bps if referrer != ZERO else 0
        epoch = self._model.classes.epoch(content.class_)
        terms = (commission_bps, referrer_bps, version, content.class_, epoch)
        interval = self._interval(content.terms, starts_at, rules)
        return Facts(content.price_on(day), *terms, *interval)

    def _interval(self, terms: Terms, starts_at: int, rules: Rules) -> tuple[int, int]:
        """Return when a licence starts and ends, both 0 for one that does not end (ORDER-5)."""
        now = self._model.now
        latest = now + terms.duration if terms.renewable else 0
        rules.require(starts_at <= latest, "StartOutOfRange", starts_at, latest)
        start = max(starts_at, now)
        return (start, start + terms.duration) if terms.duration else (0, 0)

    # Verbs

    def publish(self, caller: str, publications: list[Any]) -> None:
        """PUB-1 to PUB-8."""
        rules = Rules()
        host = self._model.platforms.acting(caller, rules).platform
        rules.require(bool(publications), "EmptyPublication")
        first = len(self.known) + 1
        numbered = [(first + i, Publication(*each)) for i, each in enumerate(publications)]
        refs = dict(self._refs)
        for number, offered in numbered:
            self._require_publishable(host, offered, refs, rules)
            refs[host, offered.ref] = number
        rules.enforce()
        self._refs = refs
        for number, offered in numbered:
            self._add(number, host, offered)

    def set_price(self, caller: str, number: int, price: int) -> None:
        """PRICE-1, PRICE-2."""
        self.set_prices(caller, number, [(self.today + 1, price)])

    def set_prices(self, caller: str, number: int, steps: list[tuple[int, int]]) -> None:
        """PRICE-1 to PRICE-3."""
        rules = Rules()
        content = self._require_host(caller, number, rules)
        self._require_steps(content, steps, rules)
        rules.enforce()
        kept = tuple(each for each in content.prices if each[0] <= self.today)
        self.known[number] = replace(content, prices=(*kept, *steps))
        if steps[0][0] > self.today + 1:
            steps = [(self.today + 1, content.price_on(self.today)), *steps]
        for day, price in steps:
            self._model.emit(SETTLEMENT, "PriceChanged", number, price, day)

    def set_plan(self, caller: str, number: int, plan: Any) -> None:
        """PLAN-1, SPLIT-5."""
        rules, plan = Rules(), Plan(*plan)
        content = self._require_host(caller, number, rules)
        self._require_plan(content.host, plan, rules)
        rules.enforce()
        epoch, version = self._model.classes.epoch(content.class_) + 1, len(content.plans) + 1
        kept = tuple(each for each in content.versions if each[0] < epoch)
        plans, versions = (*content.plans, plan), (*kept, (epoch, version))
        self.known[number] = replace(content, plans=plans, versions=versions)
        self._model.emit(LICENSE, "PlanChanged", number, version, epoch, plan)

    def set_active(self, caller: str, number: int, active: bool) -> None:
        """ACTIVE-1."""
        rules = Rules()
        content = self._require_host(caller, number, rules)
        rules.enforce()
        self.known[number] = replace(content, active=active)
        self._model.emit(SETTLEMENT, "ContentActiveChanged", number, active)

    def _add(self, number: int, host: int, offered: Publication) -> None:
        ref, price, class_, plan, terms = offered
        plan, terms = Plan(*plan), Terms(*terms)
        versions, prices = ((0, FIRST_VERSION),), ((0, price),)
        self.known[number] = Content(host, class_, terms, (plan,), versions, prices)
        values = (number, host, ref, price, class_, plan, terms)
        self._model.emit(LICENSE, "ContentPublished", *values)

    # What a host must keep

    def _require_host(self, caller: str, number: int, rules: Rules) -> Content:
        content = self.require_known(number, rules)
        if content is None:
            rules.enforce()
            raise AssertionError
        platform = self._model.platforms.acting(caller, rules).platform
        rules.require(platform == content.host, "NotHost", caller, content.host)
        return content

    def _require_publishable(
        self, host: int, offered: Publication, refs: dict[tuple[int, str], int], rules: Rules
    ) -> None:
        length = len(offered.ref.encode())
        rules.require(1 <= length <= LONGEST_REF, "RefLengthOutOfRange", length, LONGEST_REF)
        taken = refs.get((host, offered.ref), 0)
        rules.require(not taken, "ContentExists", taken, offered.ref)
        _require_price(offered.price, rules)
        known = self._model.classes.is_known(offered.class_)
        rules.require(known, "UnknownClass", offered.class_)
        _require_terms(Terms(*offered.terms), rules)
        self._require_plan(host, Plan(*offered.plan), rules)

    def _require_plan(self, host: int, plan: Plan, rules: Rules) -> None:
        count, terms = len(plan.creators), self._model.platforms.terms(host)
        fits = 0 < count <= MOST_CREATORS
        rules.require(fits, "CreatorCountOutOfRange", count, MOST_CREATORS)
        for index, (payee, bps) in enumerate(plan.creators):
            owned = payee not in (ZERO, self._model.addresses.settlement)
            rules.require(bps > 0 and owned, "EmptyShare", index)
        total = plan.total_bps
        rules.require(total == WHOLE_BPS, "PlanDoesNotAddUp", total, WHOLE_BPS)
        for share, least in (
            (plan.network_bps, terms.network_bps),
            (plan.host_bps, terms.host_bps),
        ):
            rules.require(share >= least, "ShareBelowTerms", share, least)

    def _require_steps(self, content: Content, steps: list[tuple[int, int]], rules: Rules) -> None:
        changes = content.price_on(self.today) != content.price_on(self.today - 1)
        count, room = len(steps), PRICE_STEPS - 1 - changes
        rules.require(0 < count <= room, "PriceStepCountOutOfRange", count, room)
        earliest = self.today + 1
        for day, price in steps:
            _require_price(price, rules)
            rules.require(earliest <= day <= LAST_DAY, "PriceDayOutOfRange", day, earliest)
            earliest = day + 1


def _require_price(price: int, rules: Rules) -> None:
    rules.require(1 <= price <= HIGHEST_PRICE, "PriceOutOfRange", price, HIGHEST_PRICE)


def _require_terms(terms: Terms, rules: Rules) -> None:
    duration = terms.duration
    if duration == 0:
        rules.require(not terms.renewable, "NothingToRenew")
    else:
        fits = HOUR <= duration <= LONGEST_DURATION
        rules.require(fits, "DurationOutOfRange", duration, HOUR, LONGEST_DURATION)
    low = terms.royalty_bps <= ROYALTY_BPS_CAP
    rules.require(low, "RoyaltyAboveCap", terms.royalty_bps, ROYALTY_BPS_CAP)
