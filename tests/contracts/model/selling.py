"""What direct and batch orders have in common."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.contracts.accounts import NETWORK, ZERO, of_address, of_platform
from tests.contracts.batch import Facts, Group
from tests.contracts.model.contents import Content, Contents
from tests.contracts.model.holds import Held, Holds
from tests.contracts.model.pausing import Pausing
from tests.contracts.model.sale import Sale


@dataclass
class Selling(Contents, Holds, Pausing):
    """Every order that was paid, by its id."""

    sales: dict[Any, Sale] = field(default_factory=dict)

    def _may_start(self, content: Content | None, starts_at: int) -> bool:
        """ORDER-5."""
        if content is None or starts_at == 0:
            return True
        latest = self.now + content.terms.duration_seconds
        return content.terms.renewable and starts_at <= latest

    def facts(self, group: Group, price: int, *, commissioned: bool = True) -> Facts:
        """Return what an order of now commits to (ORDER-5, SPLIT-1, SPLIT-5)."""
        content = self.contents[group.content]
        epoch, terms = self.epoch(content.class_), content.terms
        version = content.version_in(epoch)
        plan = content.plans[version]
        commission = plan.commission_bps * commissioned
        referrer = plan.referrer_bps if group.referrer != ZERO else 0
        facts = Facts(price, commission, referrer, content.class_, epoch, version)
        if not terms.duration_seconds:
            return facts
        start = max(group.starts_at, self.now)
        return facts._replace(starts_at=start, expires_at=start + terms.duration_seconds)

    def _capture(
        self,
        order_id: Any,
        group: Group,
        seller: int,
        facts: Facts,
        payer: int,
        from_account: bool,
        licensee: Any,
    ) -> Sale:
        """Put the parts of an order into the holds (SPLIT-1, SPLIT-5, ORDER-4)."""
        payment = (facts, payer, from_account, licensee)
        sale = Sale(order_id, group.content, seller, group.referrer, *payment)
        self.sales[order_id] = sale
        self.holds[group.content, facts.plan_version].append(Held(sale, 0))
        if seller != NETWORK:
            self.holds[of_platform(seller), facts.class_].append(Held(sale, 1))
        if group.referrer != ZERO:
            self.holds[of_address(group.referrer), facts.class_].append(Held(sale, 2))
        return sale
