"""What all balances and holds must add up to (INV-1, INV-2)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from tests.differential.model.facts import DISPUTED, PAID_OUT, REFUNDED
from tests.differential.model.holds import Hold
from tests.differential.model.words import of_address, of_platform

if TYPE_CHECKING:
    from tests.differential.model import Model

Bucket = tuple[Any, int]
"""A hold's key and an epoch."""


def covered(model: Model) -> int:
    """Return what the tokens of Settlement are for, in the token's smallest unit (INV-1)."""
    units = sum(model.accounts.available.values()) + model.holds.total() + model.disputes.total()
    unaccounted: int = model.accounts.unaccounted
    return units * int(model.tokens.per_unit) + unaccounted


def held(model: Model) -> Counter[Bucket]:
    """Return what the holds have of epochs that have not matured."""
    found: Counter[Bucket] = Counter()
    holds: dict[Any, Hold] = {**model.holds.contents, **model.holds.commissions}
    for key, hold in holds.items():
        now = model.classes.epoch(hold.class_)
        found.update({(key, e): units for e, units in hold.by_epoch.items() if e + 1 >= now})
    return +found


def owed(model: Model) -> Counter[Bucket]:
    """Return what orders whose money has not matured have in their holds (INV-2)."""
    found: Counter[Bucket] = Counter()
    for sale in model.sales.known.values():
        if sale is None or sale.has(REFUNDED | DISPUTED | PAID_OUT):
            continue
        facts = sale.facts
        if facts.epoch + 1 < model.classes.epoch(facts.class_):
            continue
        revenue, sellers, referrers = facts.parts(sale.left)
        seller, referrer = of_platform(sale.seller), of_address(sale.referrer)
        found[(sale.content, facts.plan_version), facts.epoch] += revenue
        found[(seller, facts.class_), facts.epoch] += sellers
        found[(referrer, facts.class_), facts.epoch] += referrers
    return +found
