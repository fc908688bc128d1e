"""A small network to trade on: three platforms, two contents each, ten learners."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any

from tests.databases import Databases
from zhifu import accounts
from zhifu.anvil import Anvil, dev_signer
from zhifu.chain import Chain
from zhifu.deployment import DAY_SECONDS, Network, deploy
from zhifu.gateway import Gateway
from zhifu.models import Publication, Share, SplitPlan
from zhifu.money import Money
from zhifu.operators import appoint
from zhifu.payments import PaymentRequest
from zhifu.providers.sandbox import SandboxProvider
from zhifu.signing import LocalSigner

#: Platforms 1 to 3 host the contents 1 and 2, 3 and 4, 5 and 6, at these prices in cents.
PRICES = {1: 4900, 2: 1, 3: 19_999, 4: 2_500, 5: 100, 6: 77_777}
LEARNERS = 10
DEPOSIT = 10**12
CREATOR = dev_signer(5)
REFERRER = dev_signer(6)
BUYER = dev_signer(7)
PLAN = SplitPlan(1500, 500, 1000, 200, (Share(CREATOR.address, 6800),))


@dataclass
class Fair:
    """The network, the provider and who may sign what."""

    anvil: Anvil
    network: Network
    admin: LocalSigner
    operators: Mapping[int, LocalSigner]
    databases: Databases | None = None
    provider: SandboxProvider = field(default_factory=SandboxProvider)
    keys: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def url(self, name: str = "gateway") -> str:
        """Where the test's database of that name is."""
        assert self.databases is not None
        return self.databases.url(name)

    def rows(self, query: str, name: str = "gateway") -> list[tuple[Any, ...]]:
        """What a query finds in it, past the gateway."""
        assert self.databases is not None
        with closing(self.databases.connect(name)) as connection:
            found: list[tuple[Any, ...]] = connection.execute(query).fetchall()
        return found

    def gateway(
        self,
        *platforms: int,
        network: Network | None = None,
        database: str = "gateway",
        **options: Any,
    ) -> Gateway:
        """A gateway for some of the platforms, for all if none is named."""
        operators = {each: self.operators[each] for each in platforms or self.operators}
        providers = {"sandbox": self.provider}
        url = self.url(database)
        return Gateway.open(url, network or self.network, operators, providers, **options)

    def outsider(self) -> Gateway:
        """A gateway that sold nothing and knows nothing but the chain."""
        return Gateway.open(self.url(f"outsider-{next(self.keys)}"), self.network, {}, {})

    def request(
        self, platform: int = 1, learner: int = 1, contents: tuple[int, ...] = (1,), **changes: Any
    ) -> PaymentRequest:
        """A request with its own key that the provider confirms."""
        amount = Money(sum(PRICES[each] for each in contents), "USD")
        request = PaymentRequest(
            platform, learner, contents, amount, "sandbox", "", f"key-{next(self.keys)}"
        )
        if "provider_payment_id" not in changes:
            changes["provider_payment_id"] = self.provider.pay(amount)
        return replace(request, **changes)

    def available(self, platform: int) -> int:
        return self.network.settlement.available_of(accounts.of_platform(platform))

    def same_chain(self, chain: Chain) -> Network:
        """The same contracts through another client."""
        return Network(chain, self.network.deployment)

    def pass_days(self, days: int) -> None:
        self.anvil.increase_time(days * DAY_SECONDS)


def open_fair(anvil: Anvil, chain: Chain, currency: str = "USD") -> Fair:
    """Deploy, admit, register, publish and deposit."""
    admin, operators = dev_signer(0), {number: dev_signer(number) for number in (1, 2, 3)}
    network = Network(chain, deploy(chain, admin, currency=currency))
    for number, operator in operators.items():
        network.registry.admit(
            admin, f"platform {number}", operator.address, operator.address, 100, 1000
        )
        appoint(network.registry, operator, number, operator)
    network.registry.register_learners(operators[1], LEARNERS)
    for number, operator in operators.items():
        first = 2 * number - 1
        network.license.publish(
            operator,
            [
                Publication(f"content {each}", PRICES[each] * 10_000, 0, PLAN)
                for each in (first, first + 1)
            ],
        )
        network.token.mint(admin, operator.address, DEPOSIT)
        network.token.approve(operator, network.settlement.address, DEPOSIT)
        network.settlement.deposit(operator, accounts.of_platform(number), DEPOSIT)
    return Fair(anvil, network, admin, operators)
