"""What can be bought, on which terms and at what price (PUB, PRICE, ACTIVE)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.differential.model.classes import DAY
from tests.differential.model.plans import Facts, Plan
from tests.differential.model.refusal import Rules
from tests.differential.model.table import Table
from tests.differential.model.words import WHOLE_BPS, ZERO

if TYPE_CHECKING:
    from tests.differential.model import Model

HIGHEST_PRICE = 2**40 - 1
LONGEST_REF = 128
MOST_CREATORS = 128
FIRST_VERSION = 1
LICENSE = "ContentLicense"


class Publication(NamedTuple):
    """A content to be published; its price is in ledger units."""

    ref: str
    price: int
    class_: int
    plan: Plan


@dataclass(frozen=True)
class Content:
    """A published content, with its prices by the day they hold from."""

    host: int
    class_: int
    plan: Plan
    prices: tuple[tuple[int, int], ...]
    active: bool = True

    def price_on(self, day: int) -> int:
        """Return the price that holds on a day (PRICE-2)."""
        return next(price for first, price in reversed(self.prices) if first <= day)


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

    def number_of(self, host: int, ref: str) -> int:
        """Return the number of a host's content, or 0."""
        return self._refs.get((host, ref), 0)

    def require_on_sale(self, number: int, rules: Rules) -> Content | None:
        """Require that a content exists and is for sale."""
        content = self.known[number]
        if not rules.require(content is not None, "UnknownContent", number) or content is None:
            return None
        rules.require(content.active, "ContentInactive", number)
        return content

    def read(self, content: Content, day: int, referrer: str) -> Facts:
        """Return what an order of a content is made of now, at a day's price."""
        plan, epoch = content.plan, self._model.classes.epoch(content.class_)
        referrer_bps = plan.referrer_bps if referrer != ZERO else 0
        terms = (plan.commission_bps, referrer_bps, FIRST_VERSION, content.class_, epoch)
        return Facts(content.price_on(day), *terms)

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
        rules = Rules()
        content = self._require_host(caller, number, rules)
        _require_price(price, rules)
        rules.enforce()
        day = self.today + 1
        kept = tuple(each for each in content.prices if each[0] != day)
        self.known[number] = replace(content, prices=(*kept, (day, price)))
        self._model.emit("Settlement", "PriceChanged", number, price, day)

    def set_active(self, caller: str, number: int, active: bool) -> None:
        """ACTIVE-1."""
        rules = Rules()
        content = self._require_host(caller, number, rules)
        rules.enforce()
        self.known[number] = replace(content, active=active)
        self._model.emit("Settlement", "ContentActiveChanged", number, active)

    def _add(self, number: int, host: int, offered: Publication) -> None:
        ref, price, class_, plan = offered
        plan = Plan(*plan)
        self.known[number] = Content(host, class_, plan, ((0, price),))
        self._model.emit(LICENSE, "ContentPublished", number, host, ref, price, class_, plan)

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

    def _require_host(self, caller: str, number: int, rules: Rules) -> Content:
        content = self.known[number]
        if not rules.require(content is not None, "UnknownContent", number) or content is None:
            rules.enforce()
            raise AssertionError
        platform = self._model.platforms.acting(caller, rules).platform
        rules.require(platform == content.host, "NotHost", caller, content.host)
        return content


def _require_price(price: int, rules: Rules) -> None:
    rules.require(1 <= price <= HIGHEST_PRICE, "PriceOutOfRange", price, HIGHEST_PRICE)
