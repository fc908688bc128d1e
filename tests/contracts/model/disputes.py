"""Orders whose money is withheld until someone decides."""

from __future__ import annotations

from dataclasses import dataclass

from tests.contracts.accounts import NETWORK, ZERO, of_address, of_learner, of_platform
from tests.contracts.model.learners import Learners
from tests.contracts.model.network import DAY
from tests.contracts.model.refunds import Refunds
from tests.contracts.model.refusal import refuse
from tests.contracts.model.releases import Releases
from tests.contracts.model.sale import NEVER, Dispute, Sale

DISPUTE = 14 * DAY


@dataclass
class Disputes(Refunds, Releases, Learners):
    """Opens and ends disputes, which the arbiter decides."""

    arbiter: str = ZERO

    def open_dispute(self, caller: str, sale: Sale) -> None:
        """DISPUTE-1, DISPUTE-2."""
        opener = self._opener(caller, sale)
        bond = (sale.left + 9) // 10
        poor = opener is not None and bond > self.available[opener]
        refuse(NotParty=opener is None, InsufficientBalance=poor, **self._gone(sale))
        assert opener is not None
        self.available[opener] -= bond
        sale.dispute = Dispute(opener, bond, self.now + DISPUTE)
        sale.touched, sale.unlocks_at = True, NEVER

    def _opener(self, caller: str, sale: Sale) -> int | None:
        """Return whose account gives the bond, or nothing if the caller is no party."""
        if sale.is_direct:
            parties: set[str | None] = {sale.id.buyer, sale.id.receiver}
            platforms = {self.contents[sale.content].host}
        else:
            account = of_learner(sale.seller, sale.licensee)
            parties = {self.keys.get(sale.licensee), self.account_keys.get(account)}
            platforms = {self.contents[sale.content].host, sale.seller}
        if caller in parties:
            return of_address(caller)
        known = self.operators.get(caller)
        acting = known is not None and known.active and known.platform in platforms
        return of_platform(known.platform) if known and acting else None

    def resolve_dispute(self, caller: str, sale: Sale, to_refund: bool) -> None:
        """DISPUTE-3."""
        refuse(
            WrongCaller=caller != self.arbiter,
            AlreadyRefunded=sale.refunded,
            NotInDispute=sale.dispute is None,
            DisputeExpired=sale.dispute is not None and self.now >= sale.dispute.deadline,
        )
        assert sale.dispute is not None
        if to_refund:
            self._undo(sale)
        else:
            self._pay(sale, sale.dispute)

    def close_dispute(self, sale: Sale) -> None:
        """DISPUTE-4."""
        refuse(
            AlreadyRefunded=sale.refunded,
            NotInDispute=sale.dispute is None,
            TooEarly=sale.dispute is not None and self.now < sale.dispute.deadline,
        )
        self._undo(sale)

    def _undo(self, sale: Sale) -> None:
        assert sale.dispute is not None
        self.available[sale.dispute.opener] += sale.dispute.bond
        self._end(sale)

    def _pay(self, sale: Sale, dispute: Dispute) -> None:
        revenue, seller, referrer = sale.parts()
        self._divide(sale.content, sale.facts.plan_version, revenue)
        self.available[of_platform(sale.seller)] += seller
        self.available[of_address(sale.referrer)] += referrer
        self.available[self._accused(sale, dispute.opener)] += dispute.bond
        sale.paid_out, sale.dispute, sale.unlocks_at = True, None, 0

    def _accused(self, sale: Sale, opener: int) -> int:
        """Return the seller, the host or the network, the first that did not open the dispute."""
        platforms = [sale.seller] * bool(sale.seller) + [self.contents[sale.content].host, NETWORK]
        return next(each for each in map(of_platform, platforms) if each != opener)

    def disputed(self) -> int:
        """Return what is in dispute, with the bonds."""
        sales = (sale for sale in self.sales.values() if sale.dispute)
        return sum(sale.left + sale.dispute.bond for sale in sales if sale.dispute)
