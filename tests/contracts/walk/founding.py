"""The network that a walk starts with."""

from __future__ import annotations

from tests.contracts import clock
from tests.contracts.accounts import of_platform
from tests.contracts.network import appoint
from tests.contracts.walk.contents import Contents
from tests.contracts.walk.custody import Custody
from tests.contracts.walk.money import Money
from tests.contracts.walk.registry import Registry
from tests.contracts.walk.steps import WINDOWS

ARBITER, PAUSER = 0, 1


class Founding(Registry, Contents, Money, Custody):
    """Founds three platforms with contents, learners and money."""

    def _found(self) -> None:
        registry, network = self.chain.registry, {"from": self.network}
        for window in WINDOWS:
            self.chain.settlement.addWindow(window, network)
        for owner, fees in zip(self.owners, [(0, 0), (100, 1_000), (300, 0)], strict=True):
            registry.admit("a platform", owner, self.treasury, *fees, network)
            platform = self.ledger.admit(owner, self.treasury, *fees)
            for operator in self.operators[platform - 1 :: 3]:
                appoint(registry, platform, owner, operator)
                self.ledger.set_operator(owner, platform, operator, True)
                self.ledger.accept_operator(operator, platform)
        self._fill_roles()
        self.ledger.now = clock.now()
        for platform in (1, 2, 3):
            self.set_top_up_limit(platform, 2**40)
        for operator in self.operators[:3]:
            self.register(operator)
            self.publish(operator)
            self.publish(operator)
        for buyer in self.buyers:
            self._endow(buyer)
        for platform in (1, 2, 3):
            self.deposit(of_platform(platform))

    def _fill_roles(self) -> None:
        registry = self.chain.registry
        for role, holder in ((ARBITER, self.arbiter), (PAUSER, self.pauser)):
            registry.nominate(role, holder, {"from": self.network})
        clock.travel(registry.DELAY())
        for role, holder in ((ARBITER, self.arbiter), (PAUSER, self.pauser)):
            registry.acceptRole(role, {"from": holder})
        self.ledger.arbiter, self.ledger.pauser = self.arbiter, self.pauser
