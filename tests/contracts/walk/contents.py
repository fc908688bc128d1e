"""Contents with their prices and plans."""

from __future__ import annotations

from tests.contracts import clock
from tests.contracts.plans import Plan, Publication, Share, Terms
from tests.contracts.walk.draws import Draws

PRICES = (1, 7, 9_999, 10_001, 49_990_003, 49_990_003, 199_000_000, 2**40 - 1)
TERMS = [
    Terms(),
    Terms(),
    Terms(bound=True),
    Terms(clock.HOUR),
    Terms(2 * clock.DAY, renewable=True),
]


class Contents(Draws):
    """Publishes contents, and changes what they cost and who has a share."""

    def publish(self, operator: str | None = None) -> None:
        """Publish a content with a drawn plan."""
        caller = operator or self._operator_of(self.random.randint(1, 3))
        ref = f"content {len(self.told)}"
        class_ = self._mostly(self.random.randint(0, 1), 5)
        terms = self.random.choice(TERMS)
        offered = Publication(ref, self.random.choice(PRICES), class_, self._some_plan(), terms)
        self._act(
            f"publishes {offered}",
            caller,
            lambda sender: self.chain.licences.publish([offered], sender),
            lambda: self.ledger.publish(caller, offered),
        )

    def _some_plan(self) -> Plan:
        seller, referrer = self.random.randint(0, 3_000), self.random.randint(0, 1_000)
        host, network = self.random.randint(1_000, 3_000), self.random.randint(300, 1_000)
        rest = 10_000 - seller - referrer - host - network
        cut = self.random.randint(1, rest - 1)
        creators = (Share(self.creators[0], cut), Share(self.creators[1], rest - cut))
        return Plan(seller, referrer, host, self._mostly(network, network + 1), creators)

    def set_price(self) -> None:
        """Set a price."""
        content, price = self._some_content(), self._mostly(self.random.choice(PRICES), 0)
        known = self.ledger.contents.get(content)
        caller = self._operator_of(known.host if known else 1)
        self._act(
            f"sets price of {content}: {price}",
            caller,
            lambda sender: self.chain.licences.setPrice(content, price, sender),
            lambda: self.ledger.set_prices(caller, content, [(self.ledger.today + 1, price)]),
        )

    def set_prices(self) -> None:
        """Set prices of several days."""
        content, first = self._some_content(), self._mostly(1, 0)
        known = self.ledger.contents.get(content)
        caller = self._operator_of(known.host if known else 1)
        days = [first + i * self.random.randint(1, 2) for i in range(self.random.randint(1, 3))]
        steps = [(self.ledger.today + day, self.random.choice(PRICES)) for day in days]
        self._act(
            f"sets prices of {content}: {steps}",
            caller,
            lambda sender: self.chain.licences.setPrices(content, steps, sender),
            lambda: self.ledger.set_prices(caller, content, steps),
            after=1,
        )

    def set_plan(self) -> None:
        """Give a content another plan."""
        content, plan = self._some_content(), self._some_plan()
        known = self.ledger.contents.get(content)
        caller = self._operator_of(known.host if known else 1)
        self._act(
            f"sets plan of {content}: {plan}",
            caller,
            lambda sender: self.chain.licences.setPlan(content, plan, sender),
            lambda: self.ledger.set_plan(caller, content, plan),
        )

    def set_active(self) -> None:
        """Close a content, more often open it."""
        content, active = self._some_content(), self.random.random() < 0.9
        known = self.ledger.contents.get(content)
        caller = self._operator_of(known.host if known else 1)
        self._act(
            f"sets {content} active: {active}",
            caller,
            lambda sender: self.chain.licences.setActive(content, active, sender),
            lambda: self.ledger.set_active(caller, content, active),
        )
